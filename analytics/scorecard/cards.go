package scorecard

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"steward/analytics/job"
	"steward/internal/authz"
)

// cards are those of a run: of the company, then each region and its projects.
type cards struct {
	order    []authz.Place
	at       map[authz.Place]*Card
	regions  []authz.Place
	projects []authz.Place
}

// cards makes them all. What is known of a region is the sum over its projects, by the
// rules of the region.
func (r *runner) cards() *cards {
	c := &cards{at: map[authz.Place]*Card{}, projects: r.order, order: []authz.Place{authz.HQ}}
	above := map[authz.Place]map[string]*tally{authz.HQ: {}}
	for _, at := range r.order {
		region := authz.Place{Region: at.Region}
		if above[region] == nil {
			above[region] = map[string]*tally{}
			c.regions, c.order = append(c.regions, region), append(c.order, region)
		}
		c.order = append(c.order, at)
		p := r.projects[at]
		components := make([]Component, len(p.rules))
		for i := range p.rules {
			rule := &p.rules[i]
			if rule.Name == Availability {
				components[i] = r.availability(at, rule)
				continue
			}
			t := r.tally(p, rule)
			components[i] = t.component(rule)
			for _, up := range []authz.Place{region, authz.HQ} {
				if above[up][rule.Name] == nil {
					above[up][rule.Name] = &tally{}
				}
				above[up][rule.Name].join(&t)
			}
		}
		c.at[at] = r.card(components)
	}
	for at, tallies := range above {
		rules := r.Config.For(at)
		components := make([]Component, len(rules))
		for i := range rules {
			rule := &rules[i]
			switch t := tallies[rule.Name]; {
			case rule.Name == Availability:
				components[i] = r.availability(at, rule)
			case t == nil:
				components[i] = (&tally{}).component(rule)
			default:
				components[i] = t.component(rule)
			}
		}
		c.at[at] = r.card(components)
	}
	return c
}

// card is the score of some components.
//
// The interval of the weighted mean is made from those of its components by MOVER,
// which takes them for independent (Zou, Huang and Zhang, A note on confidence interval
// estimation for a linear function of binomial proportions, Computational Statistics
// and Data Analysis 53, 2009): the distance to each limit is the root of the sum of
// the squares of the components' distances. A component without an interval adds none.
func (r *runner) card(components []Component) *Card {
	c := &Card{Month: r.month.String(), Components: components}
	var all, known, sum, cover, down, up float64
	for i := range components {
		p := &components[i]
		all += p.Weight
		if p.Score == nil || p.Weight == 0 {
			continue
		}
		known, sum, cover = known+p.Weight, sum+p.Weight**p.Score, cover+p.Weight*p.Coverage
		down, up = down+square(p.Weight*(*p.Score-p.worst)), up+square(p.Weight*(p.best-*p.Score))
	}
	if all > 0 {
		c.Known = known / all
	}
	if known > 0 {
		c.Coverage = cover / known
	}
	if known == 0 || c.Known < r.Config.known {
		c.Why = fmt.Sprintf("insufficient data: components with %.0f %% of the weights are known, and %.0f %% are needed", 100*c.Known, 100*r.Config.known)
		return c
	}
	score := sum / known
	low, high := max(0, score-math.Sqrt(down)/known), min(100, score+math.Sqrt(up)/known)
	c.Score, c.Low, c.High = &score, &low, &high
	if missing := c.missing(); len(missing) > 0 {
		c.Warnings = append(c.Warnings, "not known, and left out of the score: "+strings.Join(missing, ", "))
	}
	return c
}

func square(x float64) float64 { return x * x }

func (c *Card) missing() []string {
	var names []string
	for i := range c.Components {
		if p := &c.Components[i]; p.Score == nil && p.Weight > 0 {
			names = append(names, p.Name)
		}
	}
	return names
}

// rank ranks regions among regions and projects among projects.
func (c *cards) rank(config *Config) {
	for _, places := range [][]authz.Place{c.regions, c.projects} {
		var list []*Card
		for _, at := range places {
			card := c.at[at]
			switch {
			case card.Score == nil:
			case card.Known < config.rankKnown:
				card.Warnings = append(card.Warnings, fmt.Sprintf("not ranked: components with %.0f %% of the weights are known, and %.0f %% are needed", 100*card.Known, 100*config.rankKnown))
			case card.Coverage < config.rankCoverage:
				card.Warnings = append(card.Warnings, fmt.Sprintf("not ranked: coverage %.2f, and %.2f is needed", card.Coverage, config.rankCoverage))
			default:
				list = append(list, card)
			}
		}
		rank(list)
	}
}

// rank gives cards with a score their ranks, and those that their intervals allow: so
// many others are better for certain, or worse.
func rank(list []*Card) {
	slices.SortStableFunc(list, func(a, b *Card) int { return cmp.Compare(*b.Score, *a.Score) })
	lows, highs := make([]float64, len(list)), make([]float64, len(list))
	for i, card := range list {
		lows[i], highs[i] = *card.Low, *card.High
	}
	slices.Sort(lows)
	slices.Sort(highs)
	for i, card := range list {
		card.Of, card.Rank = len(list), i+1
		if i > 0 && *card.Score == *list[i-1].Score {
			card.Rank = list[i-1].Rank
		}
		notAbove, _ := slices.BinarySearchFunc(lows, *card.High, func(low, high float64) int {
			if low <= high {
				return -1
			}
			return 1
		})
		below, _ := slices.BinarySearch(highs, *card.Low)
		card.RankLow, card.RankHigh = 1+len(list)-notAbove, len(list)-below
		if others := card.RankHigh - card.RankLow; others > 0 {
			card.Warnings = append(card.Warnings, job.Counted(others, "not to be told apart from %d other: the intervals of their scores overlap", "not to be told apart from %d others: the intervals of their scores overlap"))
		}
	}
}

// report writes a card and its numbers.
func (r *runner) report(ctx context.Context, at authz.Place, c *Card) error {
	if err := r.Note(ctx, "scorecard", at.Region, at.Project, "", c); err != nil {
		return err
	}
	number := func(n job.Number) job.Number {
		n.Region, n.Project = at.Region, at.Project
		if n.Low != nil || n.High != nil {
			n.Level = level
		}
		return n
	}
	numbers := []job.Number{number(job.Number{
		Kind: "score", Value: c.Score, Low: c.Low, High: c.High, N: float64(len(c.Components) - len(c.missing())), Exposure: c.Known, Coverage: c.Coverage,
		Why: cmp.Or(c.Why, strings.Join(c.Warnings, "; ")),
	})}
	if c.Rank > 0 {
		rank, low, high := float64(c.Rank), float64(c.RankLow), float64(c.RankHigh)
		numbers = append(numbers, number(job.Number{Kind: "rank", Value: &rank, Low: &low, High: &high, N: float64(c.Of), Coverage: c.Coverage}))
	}
	for i := range c.Components {
		p := &c.Components[i]
		n := number(job.Number{Kind: p.Name, Unit: p.Unit, Value: p.Value, Low: p.Low, High: p.High, N: p.N, Coverage: p.Coverage, Why: p.Why})
		score := n
		score.Kind, score.Unit, score.Value, score.Low, score.High, score.Level = "score_"+p.Name, "", p.Score, nil, nil, 0
		numbers = append(numbers, n, score)
		if s := p.Scores; s != nil {
			numbers = append(numbers, number(job.Number{Kind: "mean_score_" + p.Name, Value: &s.Mean, Low: s.Low, High: s.High, N: float64(s.N), Coverage: p.Coverage, Why: s.Why}))
		}
	}
	return r.Write(ctx, numbers)
}

// rankings writes the lists of the company and of the regions.
func (r *runner) rankings(ctx context.Context, c *cards) error {
	for _, top := range append([]authz.Place{authz.HQ}, c.regions...) {
		list := Ranking{Month: r.month.String(), Projects: []Ranked{}}
		if top == authz.HQ {
			list.Regions = c.ranked(c.regions)
		}
		list.Projects = append(list.Projects, c.ranked(below(c.projects, top))...)
		if err := r.Note(ctx, "ranking", top.Region, "", "", list); err != nil {
			return err
		}
	}
	return nil
}

func below(all []authz.Place, top authz.Place) (out []authz.Place) {
	for _, at := range all {
		if top.Contains(at) {
			out = append(out, at)
		}
	}
	return out
}

func (c *cards) ranked(places []authz.Place) []Ranked {
	list := make([]Ranked, len(places))
	for i, at := range places {
		card := c.at[at]
		list[i] = Ranked{
			Place: at, Score: card.Score, Low: card.Low, High: card.High, Known: card.Known, Rank: card.Rank, RankLow: card.RankLow, RankHigh: card.RankHigh, Why: card.Why,
		}
		for k := range card.Components {
			if card.Components[k].Outside {
				list[i].Outside = append(list[i].Outside, card.Components[k].Name)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Ranked) int {
		switch {
		case a.Score == nil || b.Score == nil:
			return cmp.Compare(boolInt(a.Score == nil), boolInt(b.Score == nil))
		}
		return cmp.Compare(*b.Score, *a.Score)
	})
	return list
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
