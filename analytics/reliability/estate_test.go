package reliability

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// A project of one lift with a bad year no longer leads the list of a company whose
// other projects have many.
func TestSmallEstatesAreShrunk(t *testing.T) {
	period := span{0, 8766 * hour}
	f := newFleet(period)
	add := func(project string, lifts, faults int) {
		for i := range lifts {
			d := &clickhouse.ReliabilityDevice{Class: "elevator", ID: fmt.Sprint(i), Messages: 1, FirstReading: 1, Expected: 1, Came: 1}
			r := new(recorder)
			for k := range faults {
				at := telemetry.Millis(k+1) * 300 * hour
				r.take(telemetry.Fault, "", at)
				r.take(telemetry.FaultCleared, "", at+hour)
			}
			f.device(authz.Place{Region: "r", Project: project}, d, r.end(period.to), time.UTC)
		}
	}
	add("tiny", 1, 9)
	for i := range 6 {
		add(fmt.Sprint("large-", i), 40, 3+i%3)
	}
	got := runFleet(t, f)
	own, shrunk := got.find(t, "failure_rate", "r", "tiny", "class:elevator"), got.find(t, "failure_rate_shrunk", "r", "tiny", "class:elevator")
	if math.Abs(*own.Value-9) > 1e-2 || *shrunk.Value > 6 || *shrunk.Low > *shrunk.Value || *shrunk.High < *shrunk.Value {
		t.Errorf("own %v, shrunk %v", *own.Value, *shrunk.Value)
	}
	large, kept := got.find(t, "failure_rate", "r", "large-2", "class:elevator"), got.find(t, "failure_rate_shrunk", "r", "large-2", "class:elevator")
	if math.Abs(*kept.Value / *large.Value - 1) > 0.05 {
		t.Errorf("own %v, shrunk %v", *large.Value, *kept.Value)
	}
	doc, ok := got.notes["shrinkage class:elevator"].(Estates)
	if !ok || len(doc.Projects) != 7 || doc.Why != "" || *doc.Projects[0].Own.Value < *doc.Projects[6].Own.Value {
		t.Errorf("%+v", got.notes)
	}
}

func TestWatchOf(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	days := func(n int32) *int32 { return &n }
	period := span{100 * day, 200 * day} // days since 1970, UTC
	f := func(d clickhouse.ReliabilityDevice, from, to float64) {
		t.Helper()
		w := watchOf(&d, period, zone)
		if got := [2]float64{float64(w.from) / day, float64(w.to) / day}; math.Abs(got[0]-from) > 1e-9 || math.Abs(got[1]-to) > 1e-9 {
			t.Errorf("%+v: %v, want %g to %g", d, got, from, to)
		}
	}
	const eight = 8. / 24 // a day begins so much earlier in China
	seen := telemetry.Millis(90 * day)
	f(clickhouse.ReliabilityDevice{}, 100, 100) // sent nothing
	f(clickhouse.ReliabilityDevice{Messages: 1, FirstReading: seen}, 100, 200)
	f(clickhouse.ReliabilityDevice{Messages: 1, FirstReading: 120 * day, CommissionedOn: days(50)}, 120, 200)
	f(clickhouse.ReliabilityDevice{Messages: 1, FirstReading: seen, CommissionedOn: days(150)}, 150-eight, 200)
	f(clickhouse.ReliabilityDevice{Messages: 1, FirstReading: seen, CommissionedOn: days(250)}, 250-eight, 250-eight)
	f(clickhouse.ReliabilityDevice{Messages: 1, FirstReading: seen, RetiredOn: days(150)}, 100, 151-eight)
	f(clickhouse.ReliabilityDevice{Messages: 1, FirstReading: seen, RetiredOn: days(50)}, 100, 100)
	f(clickhouse.ReliabilityDevice{Messages: 1, FirstReading: seen, State: "replaced", LastReading: 130 * day, LastEvent: 140 * day}, 100, 140)
	// Of what only sends events the first does not tell when it came.
	f(clickhouse.ReliabilityDevice{Messages: 1, FirstEvent: 180 * day, CommissionedOn: days(50)}, 100, 200)
	f(clickhouse.ReliabilityDevice{Messages: 1, FirstEvent: 180 * day}, 180, 200)
}

func TestAgesDivideAWatch(t *testing.T) {
	r := func(year int) *int32 {
		n := int32(time.Date(year, 3, 1, 0, 0, 0, 0, time.UTC).Unix() / 86_400)
		return &n
	}
	watch := span{telemetry.MillisOf(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)), telemetry.MillisOf(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))}
	f := func(d clickhouse.ReliabilityDevice, want string) {
		t.Helper()
		var words []string
		for _, b := range bands(&d, watch, time.UTC) {
			words = append(words, fmt.Sprintf("%s:%g", b.name, b.hours()/24))
		}
		if got := strings.Join(words, " "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	f(clickhouse.ReliabilityDevice{}, "unknown:365")
	f(clickhouse.ReliabilityDevice{CommissionedOn: r(2024)}, "0-2:365")
	f(clickhouse.ReliabilityDevice{CommissionedOn: r(2020), InstalledOn: r(2000)}, "2-5:59 5-10:306")
	f(clickhouse.ReliabilityDevice{InstalledOn: r(2000)}, "15+:365")
	f(clickhouse.ReliabilityDevice{InstalledOn: r(2025)}, "0-2:365")
}
