package forecast

import (
	"context"
	"strings"
	"testing"
	"time"

	"steward/analytics/job"
	"steward/internal/authz"
	"steward/internal/clickhouse"
)

// A detector that has died is one still, by what others of its model sense.
func TestSense(t *testing.T) {
	of := func(class, model, senses string) *device {
		return &device{LifetimeDevice: clickhouse.LifetimeDevice{Class: class, Model: model, Senses: senses}}
	}
	list := []*device{
		of("fire", "SD", smoke), of("fire", "SD", ""), of("fire", "FP", water), of("fire", "FP", ""), of("fire", "", ""), of("access", "SD", ""), of("fire", "X", smoke), of("fire", "X", water), of("fire", "X", ""),
	}
	sense(list)
	var got []string
	for _, d := range list {
		got = append(got, d.Senses)
	}
	if want := "smoke,smoke,water,water,,,smoke,water,"; strings.Join(got, ",") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// What was exchanged under its name is as old as that, and its verification was that
// of its predecessor.
func TestExchangedUnderItsName(t *testing.T) {
	days := func(n int32) *int32 { return &n }
	d := clickhouse.LifetimeDevice{Class: "meter", ID: "m", InstalledOn: days(10), VerifyBy: days(100), FirstReading: day, LastReading: 200 * day}
	f := func(events, installed, verify string) {
		t.Helper()
		got := newDevice(authz.HQ, d, courseOf(t, events, 200*day), span{0, 200 * day}, time.UTC)
		if got.installedOn() != installed || got.verifyBy() != verify {
			t.Errorf("%s: %s, %s", events, got.installedOn(), got.verifyBy())
		}
	}
	f("", "1970-01-11", "1970-04-11")
	f("replaced:@50", "1970-02-20", "1970-04-11")
	f("replaced:@150", "1970-05-31", "")
}

// What is called alike and is of another class is no evidence, and a large estate has
// several documents.
func TestNamesakesAndLargeEstates(t *testing.T) {
	s := sample(3, 1)
	for range partDevices + 1 {
		s.fleet.devices = append(s.fleet.devices, &device{at: authz.Place{Region: "r", Project: "p"}, LifetimeDevice: clickhouse.LifetimeDevice{Class: "fire", Model: "A"}})
	}
	s.fleet.devices = append(s.fleet.devices, &device{LifetimeDevice: clickhouse.LifetimeDevice{Class: "meter", Model: "A"}})
	all := pools(s.fleet.devices)
	if n := len(all["model:A"].devices); n != partDevices+1 {
		t.Errorf("%d are called alike", n)
	}
	var subjects []string
	r := &job.Run{Note: func(_ context.Context, _, _, _, subject string, body any) error {
		if n := len(body.(Prospects).Devices); n > partDevices {
			t.Errorf("%d in a document", n)
		}
		subjects = append(subjects, subject)
		return nil
	}}
	if err := s.fleet.prospects(t.Context(), r, s.fleet.devices[:partDevices+1], map[string]*lived{}, nil, map[key]*sum{}); err != nil || strings.Join(subjects, ",") != ",part-00002" {
		t.Error(subjects, err)
	}
}
