package response

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"steward/analytics/rate"
)

// Scorecard is how a contractor works.
type Scorecard struct {
	Contractor string         `json:"contractor"`
	Summary                   // of the times to restoration
	Against    *Comparison    `json:"against_others,omitempty"`
	Repeats    Repeats        `json:"repeats"`
	Penalties  []MonthPenalty `json:"penalties,omitempty"` // by month, in order
	Yuan       *float64       `json:"penalty_yuan"`        // their sum; nil without a contract
}

// Repeats is how often a repair did not last: the same unit was called for again
// within a number of days.
type Repeats struct {
	Days int `json:"days"`
	// N is the repairs that were watched for all of these days. Others are left out:
	// that nothing came would not be known of them.
	N       int      `json:"n"`
	Repeats int      `json:"repeats"`
	Share   *float64 `json:"share"`
	Low     *float64 `json:"low"` // exact, of Clopper and Pearson
	High    *float64 `json:"high"`
	Why     string   `json:"why,omitempty"`
}

// ScorecardOptions say how contractors are judged, besides Options.
type ScorecardOptions struct {
	RepeatDays int        // a call for the same unit within so many days is a repeat; 30 when 0
	Penalties  *Penalties // may be nil
}

// maxRepeatDays bounds the time after which a fault is no more the same one: ten
// years.
const maxRepeatDays = 3653

// Scorecards are of all contractors, in order of their names. Options.Now must be
// given: repairs are judged by what came until then.
//
// A call that comes while another for the same unit is open is the same trouble, and
// no repeat. A repeat counts for who did the repair before it.
func (l *Log) Scorecards(o Options, s ScorecardOptions) ([]Scorecard, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	if s.RepeatDays == 0 {
		s.RepeatDays = 30
	}
	switch {
	case s.RepeatDays < 0 || s.RepeatDays > maxRepeatDays:
		return nil, fmt.Errorf("response: repeats within %d days are not between 1 and %d", s.RepeatDays, maxRepeatDays)
	case o.Now.IsZero():
		return nil, fmt.Errorf("response: a scorecard needs the time until which is known what happened")
	}
	var cards []Scorecard
	repeats, months := l.repeats(&o, s.RepeatDays), l.penalties(&o, s.Penalties)
	for _, part := range l.parts(byContractor, &o) {
		if part.Name == "" {
			continue // nobody's
		}
		card := Scorecard{Contractor: part.Name, Summary: part.Summary, Against: part.Against}
		card.Repeats = repeats[part.Name].judged(s.RepeatDays, o.Level)
		if s.Penalties.For(part.Name) != nil {
			var sum float64
			for _, month := range slices.Sorted(maps.Keys(months[part.Name])) {
				m := months[part.Name][month]
				card.Penalties = append(card.Penalties, *m)
				sum += m.Yuan
			}
			card.Yuan = &sum
		}
		cards = append(cards, card)
	}
	return cards, nil
}

// repairs counts repairs, and those that did not last.
type repairs struct{ followed, repeated int }

func (r repairs) judged(days int, level float64) Repeats {
	out := Repeats{Days: days, N: r.followed, Repeats: r.repeated}
	if r.followed == 0 {
		out.Why = fmt.Sprintf("insufficient data: no repair of a named device was watched for %d days", days)
		return out
	}
	share := float64(r.repeated) / float64(r.followed)
	low, high := rate.Share(r.repeated, r.followed, level)
	out.Share, out.Low, out.High = &share, &low, &high
	return out
}

// repeats counts the repairs of each contractor.
func (l *Log) repeats(o *Options, days int) map[string]repairs {
	out := map[string]repairs{}
	if l.labels[byUnit] == nil {
		return out
	}
	units := make([][]int32, len(l.names[byUnit]))
	for call, id := range l.labels[byUnit] {
		if id != 0 {
			units[id] = append(units[id], int32(call))
		}
	}
	window := int64(time.Duration(days) * 24 * time.Hour)
	now := o.Now.UnixNano()
	for _, calls := range units {
		slices.SortFunc(calls, func(a, b int32) int {
			switch {
			case l.created[a] < l.created[b]:
				return -1
			case l.created[a] > l.created[b]:
				return 1
			}
			return int(a - b)
		})
		for _, call := range calls {
			contractor := l.name(byContractor, int(call))
			if _, open := l.duration(int(call)); open || contractor == "" {
				continue
			}
			end := l.endOf(int(call))
			if end > math.MaxInt64-window || end+window > now {
				continue
			}
			r := out[contractor]
			r.followed++
			next, _ := slices.BinarySearchFunc(calls, end, func(c int32, end int64) int {
				if l.created[c] <= end {
					return -1
				}
				return 1
			})
			if next < len(calls) && l.created[calls[next]]-end <= window {
				r.repeated++
			}
			out[contractor] = r
		}
	}
	return out
}

// penalties are what contractors owe, by month.
func (l *Log) penalties(o *Options, p *Penalties) map[string]map[string]*MonthPenalty {
	out := map[string]map[string]*MonthPenalty{}
	if p == nil {
		return out
	}
	for call := range l.Len() {
		contractor := l.name(byContractor, call)
		contract := p.For(contractor)
		if contractor == "" || contract == nil || l.outcome(call, o) != breached {
			continue
		}
		took, open := l.duration(call)
		limit := l.limitOf(call, o)
		months := out[contractor]
		if months == nil {
			months = map[string]*MonthPenalty{}
			out[contractor] = months
		}
		for _, s := range contract.ByMonth(time.Unix(0, later(l.created[call], limit)), took-limit, o.Zone) {
			if months[s.Month] == nil {
				months[s.Month] = &MonthPenalty{Month: s.Month}
			}
			months[s.Month].Add(contract, s, open)
		}
	}
	return out
}
