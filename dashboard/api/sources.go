package api

import (
	"context"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// Door is where messages come in, and what is asked of them, without secrets.
type Door struct {
	Embedded   bool    `json:"embedded" doc:"The broker is the one inside Steward."`
	Address    string  `json:"address" example:"0.0.0.0:1883" doc:"Host and port of the broker."`
	TLS        bool    `json:"tls"`
	Anonymous  bool    `json:"anonymous" doc:"Anybody may publish: a demonstration."`
	Connected  bool    `json:"connected" doc:"Messages come in."`
	MaxPayload int64   `json:"max_payload" doc:"Bytes; what is larger is quarantined."`
	Ahead      float64 `json:"clock_ahead_seconds" doc:"So far may a device's clock be ahead."`
	Behind     float64 `json:"clock_behind_seconds" doc:"So old may a message be."`
	Unknown    string  `json:"unknown_devices" enum:"pending,refuse" doc:"Devices that are not registered wait for approval, or are refused."`
}

type sourcesIn struct {
	Region  string    `query:"region" maxLength:"64" doc:"Only those of this region." example:"north"`
	Project string    `query:"project" maxLength:"64" doc:"Only those of this project; with region." example:"harbour"`
	From    time.Time `query:"from" doc:"What came since, of 31 days at most; of a day when absent." example:"2026-11-19T06:00:00Z"`
}

type source struct {
	authz.Place
	Class      telemetry.Class `json:"class,omitempty" example:"meter" doc:"Absent for messages in quarantine whose topic names no class."`
	Devices    int             `json:"devices" doc:"In service."`
	Heard      int             `json:"heard" doc:"Devices in service of which anything came."`
	Readings   uint64          `json:"readings" doc:"Measured since from."`
	Events     uint64          `json:"events" doc:"That happened since from."`
	Last       *time.Time      `json:"last,omitempty" doc:"When the last of these was received."`
	Letters    int             `json:"dead_letters" doc:"Messages that were quarantined since from."`
	LastLetter *time.Time      `json:"last_dead_letter,omitempty"`
}

type sourcesOut struct {
	Body struct {
		From  time.Time `json:"from"`
		Door  *Door     `json:"door,omitempty" doc:"For those who may connect devices; absent where another process has it."`
		Items []source  `json:"items" nullable:"false" doc:"By region, project and class."`
	} `nameHint:"Sources"`
}

const (
	sourcesUsual   = 24 * time.Hour
	sourcesLongest = 31 * 24 * time.Hour
)

func (a *API) registerSources() {
	register(a, authz.Read, operation{
		ID: "list-sources", Method: http.MethodGet, Path: "/sources", Tag: "Measurements", Summary: "See where messages come in, and what came",
		Description: "By project and class of device: what is in service, what was heard, and what was refused.", Heavy: true,
		Answer: map[string]any{
			"from":  exampleTime.Add(-sourcesUsual),
			"door":  Door{Embedded: true, Address: "0.0.0.0:1883", Connected: true, MaxPayload: 1 << 20, Ahead: 300, Behind: 34560000, Unknown: "pending"},
			"items": []source{{Place: authz.Place{Region: "north", Project: "harbour"}, Class: telemetry.Meter, Devices: 40, Heard: 39, Readings: 56160, Events: 2, Last: &exampleTime, Letters: 3, LastLetter: &exampleTime}},
		},
	}, a.sources)
}

func (a *API) sources(ctx context.Context, c caller, in *sourcesIn) (*sourcesOut, error) {
	if err := placeFilter(authz.Place{Region: in.Region, Project: in.Project}); err != nil {
		return nil, err
	}
	now := a.Now()
	from := in.From
	switch {
	case from.IsZero():
		from = now.Add(-sourcesUsual)
	case from.After(now) || now.Sub(from) > sourcesLongest:
		return nil, invalid("from", from.Format(time.RFC3339), "is not within the last 31 days")
	}
	data, err := a.data()
	if err != nil {
		return nil, err
	}
	found, err := data.Sources(ctx, c.Scope(), clickhouse.Filter{Region: in.Region, Project: in.Project}, from)
	if err != nil {
		return nil, err
	}
	out := &sourcesOut{}
	out.Body.From, out.Body.Items = from.UTC().Truncate(time.Hour), make([]source, len(found))
	for i, s := range found {
		out.Body.Items[i] = source{
			Place: s.Place, Class: s.Class, Devices: s.Devices, Heard: s.Heard, Readings: s.Readings, Events: s.Events, Last: moment(s.Last),
			Letters: s.Letters, LastLetter: moment(s.LastLetter),
		}
	}
	if a.Configured != nil && !c.Principal.Scope(authz.Configure).Empty() { // for those who connect devices
		door := a.Configured.Door()
		out.Body.Door = &door
	}
	return out, nil
}
