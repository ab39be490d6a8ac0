package scorecard

import (
	"fmt"
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
