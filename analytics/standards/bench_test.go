package standards

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"steward/analytics/job"
	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// busy is a month of incidents, made while they are read.
type busy struct{ incidents, projects int }

func (b busy) Each(_ context.Context, from, _ time.Time, do func(*incident.Incident) error) error {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range b.incidents {
		began := from.Add(time.Duration(n) * 31 * 24 * time.Hour / time.Duration(b.incidents))
		project := n % b.projects
		i := incident.Incident{
			ID: fmt.Sprintf("20261001-%016d", n), Rule: fmt.Sprint("rule-", n%20), State: incident.Resolved, StartedAt: began,
			Place: authz.Place{Region: fmt.Sprint("region-", project%10), Project: fmt.Sprint("project-", project)},
			Class: telemetry.Elevator, Device: fmt.Sprint("lift-", n%30_000),
		}
		for c := range 4 {
			took, limit := 600*r.ExpFloat64(), 1200.
			stopped := began.Add(time.Duration(took * 1e9))
			state := incident.Met
			if took > limit {
				state = incident.Breached
			}
			i.Clocks = append(i.Clocks, incident.Clock{
				Standard: fmt.Sprint("standard-", c), State: state, Limit: limit, StartedAt: &began, StoppedAt: &stopped, Elapsed: &took,
			})
		}
		if err := do(&i); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkMonth judges a million clocks of 300 projects, and shows what is in memory
// at most.
func BenchmarkMonth(b *testing.B) {
	var most uint64
	look := func(_, total int64, _ string) {
		if total == 0 {
			return // while they are read
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapInuse)
	}
	j := New(Options{Incidents: busy{250_000, 300}, Contractor: func(d telemetry.Device) string { return "contractor-" + d.ID[len(d.ID)-1:] }})
	b.ReportAllocs()
	for b.Loop() {
		err := j.Run(b.Context(), &job.Run{
			From: from, To: to, Now: now, Progress: look,
			Write: func(context.Context, []job.Number) error { return nil },
			Note:  func(context.Context, string, string, string, string, any) error { return nil },
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(most)/(1<<20), "MiB")
}
