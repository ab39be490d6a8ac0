package api

import (
	"context"
	"net/http"
	"time"

	"steward/internal/authz"
	"steward/internal/live"
	"steward/internal/telemetry"
)

// Live is the board of latest states. Live states are nil where no role of this
// process keeps one.
type Live interface {
	Latest(live.LatestQuery) []live.DeviceState
	Forget(person string) int
}

var _ Live = (*live.Board)(nil)

type latestIn struct {
	Region  string   `query:"region" maxLength:"64" doc:"Only devices of this region." example:"north"`
	Project string   `query:"project" maxLength:"64" doc:"Only devices of this project; with region." example:"harbour"`
	Class   string   `query:"class" enum:"meter,elevator,fire,access" doc:"Only devices of this class."`
	Device  string   `query:"device" maxLength:"64" doc:"Only devices with this id."`
	Devices []string `query:"devices" maxItems:"100" doc:"Only these devices, as region/project/class/id, and all in one answer." example:"north/harbour/meter/m1"`
	Metric  []string `query:"metric" maxItems:"50" doc:"Only these values."`
	Limit   int      `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"At most so many devices."`
	Cursor  string   `query:"cursor" maxLength:"256" doc:"Where to go on: the next of the list before."`
}

type latestDevice struct {
	DeviceName
	Connection string        `json:"connection" enum:"online,offline,unknown" doc:"unknown while the broker has not said."`
	Since      *time.Time    `json:"since,omitempty" doc:"When the connection became so."`
	Seen       *time.Time    `json:"seen,omitempty" doc:"When the newest message came in."`
	Values     []latestValue `json:"values"`
}

type latestValue struct {
	Metric   string    `json:"metric" example:"power_kw"`
	Value    *float64  `json:"value,omitempty" doc:"A number, or else text."`
	Text     *string   `json:"text,omitempty" doc:"A state in words, or else value."`
	TS       time.Time `json:"ts" doc:"When the device Measured it."`
	Received time.Time `json:"received" doc:"When Steward received it."`
}

// DeviceName says which device a row is of.
type DeviceName struct {
	Region  string          `json:"region" example:"north"`
	Project string          `json:"project" example:"harbour"`
	Class   telemetry.Class `json:"class" example:"meter"`
	Device  string          `json:"device" example:"m1"`
}

func nameOf(d telemetry.Device) DeviceName { return DeviceName{d.Region, d.Project, d.Class, d.ID} }

var (
	exampleName = DeviceName{"north", "harbour", telemetry.Meter, "m1"}
	exampleTime = time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
)

func (a *API) registerLatest() {
	power := 3.2
	register(a, authz.Read, operation{
		ID: "latest", Method: http.MethodGet, Path: "/latest", Tag: "Measurements", Summary: "Read the latest state of devices",
		Description: "In order of region, project, class and device. What was Measured last counts, not what came in last.",
		Answer: listBody[latestDevice]{Items: []latestDevice{{
			DeviceName: exampleName, Connection: live.Online.String(), Since: &exampleTime, Seen: &exampleTime,
			Values: []latestValue{{Metric: "power_kw", Value: &power, TS: exampleTime, Received: exampleTime}},
		}}},
	}, func(ctx context.Context, c caller, in *latestIn) (*listOut[latestDevice], error) {
		if a.Live == nil {
			return nil, notHere("the live board")
		}
		if in.Cursor != "" {
			if _, err := refOf(in.Cursor); err != nil {
				return nil, invalid("cursor", in.Cursor, "is not the next of a list of latest states")
			}
		}
		refs, err := refsOf(in.Devices)
		if err != nil {
			return nil, err
		}
		q := live.LatestQuery{
			Filter:  live.Filter{Region: in.Region, Project: in.Project, Class: telemetry.Class(in.Class), Device: in.Device},
			Allowed: c.Scope(), Devices: refs, Metrics: in.Metric, After: in.Cursor, Limit: in.Limit + 1,
		}
		states := a.Live.Latest(q)
		next := ""
		if len(refs) == 0 && len(states) > in.Limit {
			states = states[:in.Limit]
			next = states[in.Limit-1].Device.String()
		}
		items := make([]latestDevice, len(states))
		for i := range states {
			items[i] = latestOf(&states[i])
		}
		return list(ctx, items, next), nil
	})
}

func latestOf(s *live.DeviceState) latestDevice {
	d := latestDevice{DeviceName: nameOf(*s.Device), Connection: s.Connection.String(), Since: moment(s.Since), Seen: moment(s.Seen), Values: make([]latestValue, len(s.Values))}
	for i := range s.Values {
		v := &s.Values[i]
		d.Values[i] = latestValue{Metric: v.Metric, TS: v.TS.Time(), Received: v.Received.Time()}
		if v.IsText {
			d.Values[i].Text = &v.Text
		} else {
			d.Values[i].Value = &v.Number
		}
	}
	return d
}

// moment is a time in JSON; none for 0.
func moment(ms telemetry.Millis) *time.Time {
	if ms == 0 {
		return nil
	}
	t := ms.Time()
	return &t
}

func notHere(what string) *Problem {
	return problem(http.StatusServiceUnavailable, CodeNotHere, "%s is not part of this process; ask the one that runs it", what)
}
