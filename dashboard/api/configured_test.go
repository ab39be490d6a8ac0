package api

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

type configuredStandIn struct{}

func (configuredStandIn) Standards() Standards {
	return Standards{FileSource{"standards.yaml", false, "alerting.standards"}, []Standard{{
		Name: "answered", Incidents: []string{"entrapment"}, Start: "opened", Stop: []string{"acknowledged"}, Limit: 180, Calendar: "always", Pause: []string{}, Warn: []string{}, Breach: []string{"project"},
	}}}
}

func (configuredStandIn) Tariffs() Tariffs {
	return Tariffs{FileSource{"tariffs.yaml", false, "analytics.tariffs"}, []Tariff{{Name: "example", Media: []TariffMedium{}}}}
}

func (configuredStandIn) Door() Door {
	return Door{Embedded: true, Address: "127.0.0.1:1883", Connected: true, Unknown: "pending"}
}

// Sources and counts are of what the caller may see, and say what is there.
func TestSourcesAndCounts(t *testing.T) {
	w := newWorld(t)
	engineer := somebody(authz.Engineer, harbour)
	// As the registry is mirrored: the gate waits for approval.
	row := func(class telemetry.Class, id, state string) clickhouse.DeviceRow {
		return clickhouse.DeviceRow{Device: telemetry.Device{Region: harbour.Region, Project: harbour.Project, Class: class, ID: id}, State: state, Version: 1, UpdatedAt: w.now}
	}
	w.must(w.data.PutDevices(t.Context(), []clickhouse.DeviceRow{
		row(telemetry.Meter, "m-"+harbour.Project, "active"), row(telemetry.Meter, "silent", "active"), row(telemetry.Access, "w-"+harbour.Project, "pending"),
	}))
	ask := func(p authz.Principal, path string, v any) {
		t.Helper()
		r := w.do(p, get(path))
		if err := json.Unmarshal(r.Body.Bytes(), v); r.Code != http.StatusOK || err != nil {
			t.Fatalf("%s: %d %s %v", path, r.Code, r.Body, err)
		}
	}
	var sources struct {
		Door  Door
		Items []source
	}
	ask(engineer, "/sources", &sources)
	if len(sources.Items) == 0 || sources.Door.Address != "127.0.0.1:1883" {
		t.Fatalf("%+v", sources)
	}
	readings := uint64(0)
	for _, s := range sources.Items {
		if s.Place != harbour {
			t.Errorf("of %s", s.Place)
		}
		if s.Class == telemetry.Meter {
			readings += s.Readings
			if s.Devices != 2 || s.Heard != 1 || s.Last == nil {
				t.Errorf("%+v", s)
			}
		}
		if s.Class == telemetry.Access && (s.Devices != 0 || s.Heard != 0 || s.Events == 0) {
			t.Errorf("what waits is heard, and not of those in service: %+v", s)
		}
	}
	if readings == 0 {
		t.Error("no readings")
	}
	var counts struct {
		Letters int
		Reasons []reasonCount
	}
	from := "?from=" + w.now.Add(-48*time.Hour).Format(time.RFC3339)
	ask(engineer, "/dead-letters/counts"+from, &counts)
	if counts.Letters != 1 || len(counts.Reasons) != 1 || len(counts.Reasons[0].Steps) != 1 {
		t.Errorf("%+v", counts)
	}
	ask(somebody(authz.Administrator, authz.HQ), "/dead-letters/counts"+from+"&step=1h", &counts)
	if counts.Letters < len(estates()) {
		t.Errorf("headquarters: %+v", counts)
	}
	ask(engineer, "/dead-letters/counts"+from+"&topic=nothing-like-it", &counts)
	if counts.Letters != 0 {
		t.Errorf("of another topic: %+v", counts)
	}
	for _, path := range []string{"/dead-letters/counts?from=1990-01-01T00:00:00Z", "/sources?from=1990-01-01T00:00:00Z"} {
		if r := w.do(engineer, get(path)); r.Code != http.StatusBadRequest && r.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", path, r.Code, r.Body)
		}
	}
}
