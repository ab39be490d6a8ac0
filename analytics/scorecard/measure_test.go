package scorecard

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/clickhouse"
)

// TestFeesOfFewMonthsAreNotJudged: a project in its first month, of whose twelve records
// none is paid yet, gets no notice.
func TestFeesOfFewMonthsAreNotJudged(t *testing.T) {
	config := shipped(t)
	rule := config.rule(CollectionRate)
	f := func(months int) Component {
		p := &project{fees: fees{due: 1200, records: 12, months: map[string]bool{}}}
		for m := range months {
			p.fees.months[fmt.Sprint(m)] = true
		}
		tally := (&runner{Options: Options{Config: config}}).tally(p, rule)
		return tally.component(rule)
	}
	for _, months := range []int{1, 9} {
		if c := f(months); c.Value != nil || c.Score != nil || c.Outside || !strings.HasPrefix(c.Why, "insufficient data: coverage 0.") {
			t.Errorf("%d months: %+v", months, c)
		}
	}
	if c := f(10); c.Value == nil || *c.Value != 0 || !c.Outside {
		t.Errorf("%+v", c)
	}
}

// TestPartsOfARegion: households are those of all projects also for a type of which one
// project had no complaint, so that the types add up to the rate; kinds of fees and
// inspections are of what was due of the kind. How many is a number of cases, never yuan.
func TestPartsOfARegion(t *testing.T) {
	config := shipped(t)
	r := &runner{Options: Options{Config: config}}
	harbour := &project{households: 1000, keeps: true, complaints: map[string]int{"noise": 6, "repair": 3}}
	harbour.fees = fees{due: 300, paid: 150, records: 3, kinds: map[string]*pair{"property": {100, 200, 2}, "parking": {50, 100, 1}}}
	harbour.inspected = map[string]*inspections{byRegion: {planned: 2, done: 1, kinds: map[string]*pair{"fire": {1, 2, 2}}}}
	hill := &project{households: 3000, keeps: true, complaints: map[string]int{"noise": 6, "other": 9}}
	hill.fees = fees{due: 100, paid: 100, records: 4, kinds: map[string]*pair{"property": {100, 100, 4}}}
	hill.inspected = map[string]*inspections{byRegion: {planned: 1, done: 1, kinds: map[string]*pair{"quality": {1, 1, 1}}}}
	f := func(name string, want ...Share) {
		t.Helper()
		rule := config.rule(name)
		var region tally
		for _, p := range []*project{harbour, hill} {
			one := r.tally(p, rule)
			region.join(&one)
		}
		if got := region.component(rule).Parts; !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	f(ComplaintRate, Share{"noise", 0.3, 12}, Share{"other", 0.225, 9}, Share{"repair", 0.075, 3}) // of 40 hundreds
	f(CollectionRate, Share{"parking", 0.5, 1}, Share{"property", 200. / 300, 6})
	f(InspectionRegion, Share{"fire", 0.5, 2}, Share{"quality", 1, 1})
}

// TestAvailabilityWithoutInterval: the score of the best project is not made worthless by
// an interval that its availability has not, and nobody gets a notice on such a one.
func TestAvailabilityWithoutInterval(t *testing.T) {
	config := shipped(t)
	rule := config.rule(Availability)
	f := func(value float64, limits ...float64) Component {
		n := clickhouse.AnalyticsNumber{Value: &value, N: 8}
		if len(limits) > 0 {
			n.Low, n.High = &limits[0], &limits[1]
		}
		r := &runner{Options: Options{Config: config}, available: map[authz.Place]clickhouse.AnalyticsNumber{harbour: n}}
		return r.availability(harbour, rule)
	}
	if c := f(1); *c.Score != 100 || c.worst != 100 || c.best != 100 || c.Low != nil || c.Why == "" {
		t.Errorf("%+v", c)
	}
	if c := f(0.5); *c.Score != 0 || c.Outside {
		t.Errorf("%+v", c)
	}
	if c := f(0.5, 0.4, 0.6); !c.Outside || *c.Low != 0.4 {
		t.Errorf("%+v", c)
	}
	if c := f(1, 0.998, 1); *c.Score != 100 || !(c.worst > 90) || c.Why != "" {
		t.Errorf("%+v", c)
	}
}
