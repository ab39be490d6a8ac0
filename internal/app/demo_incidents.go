package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/alerting/rule"
	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/operations"
	"steward/internal/simulate"
	"steward/internal/telemetry"
)

// demoIncidentsAtOnce is how many incidents are written in one transaction: what
// happens live meanwhile waits for no more than that.
const demoIncidentsAtOnce = 200

// The people of a demonstration, as timelines name them.
var (
	demoControlRoom = incident.Actor{Kind: string(authz.Person), ID: "demo-control-room", Name: "中控室"}
	demoFrontDesk   = incident.Actor{Kind: string(authz.Person), ID: "demo-front-desk", Name: "客服前台"}
	demoCraftsman   = incident.Actor{Kind: string(authz.Person), ID: "demo-craftsman", Name: "工程值班"}
)

// fillIncidents writes what people were called for in the past: of what happened in
// the simulated world, by the clocks of the standards in force. Only what was over by
// the end of the history is among it, so that nothing waits for people who are not
// there. Nobody is told of it. Written again it is the same.
func (a *App) fillIncidents(ctx context.Context, state demoState, truth simulate.Truth, records []operations.Record) error {
	p := &demoPast{app: a, seed: state.Seed, until: state.Live, devices: map[string]simulate.Info{}, rules: map[string]*rule.Rule{}}
	for _, d := range truth.Devices {
		p.devices[d.Path] = d
	}
	for _, layer := range a.alertingFiles.Rules {
		for _, r := range layer {
			p.rules[r.Name] = r
		}
	}
	for _, e := range truth.Entrapments {
		p.entrapment(e)
	}
	for _, f := range truth.Alarms {
		p.fire(f)
	}
	for _, f := range truth.Failures {
		if !f.At.Before(state.Start) {
			p.fault(f)
		}
	}
	for _, r := range records {
		switch r := r.(type) {
		case *operations.RepairOrder:
			p.order(r)
		case *operations.Complaint:
			p.complaint(r)
		}
	}
	slices.SortFunc(p.told, func(a, b *demoCase) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), strings.Compare(a.ID, b.ID))
	})
	for part := range slices.Chunk(p.told, demoIncidentsAtOnce) {
		err := a.incidents.Update(ctx, func(tx *incident.Tx) error {
			for _, c := range part {
				// One that is there was written before an interruption.
				if err := tx.Save(&c.Incident, c.entries...); err != nil && !errors.Is(err, incident.ErrExists) {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("write incidents of the history: %w", err)
		}
	}
	return nil
}

// demoPast tells the incidents of the past.
type demoPast struct {
	app     *App
	seed    uint64
	until   time.Time // what was not over by then is left to the present
	devices map[string]simulate.Info
	rules   map[string]*rule.Rule
	told    []*demoCase
}

// entrapment is answered by the control room, which is slower by night and not equally
// quick everywhere; who comes and who is freed is what the lift reports.
func (p *demoPast) entrapment(e simulate.Entrapment) {
	c := p.raised("elevator_entrapment", e.Device, e.At, e.ReleasedAt)
	if c == nil {
		return
	}
	chance := simulate.Chance(p.seed, e.Event)
	answered := e.At.Add(demoSeconds(chance.Lognormal(50*p.pace(c.Place, e.At), 0.7)))
	first := e.ReleasedAt
	if !e.SelfCleared {
		first = e.ArrivedAt
	}
	if answered.Before(first) {
		c.move(incident.Acknowledged, answered, demoControlRoom)
		if sent := answered.Add(demoSeconds(chance.Lognormal(35, 0.5))); sent.Before(first) {
			c.move(incident.Dispatched, sent, demoControlRoom)
		}
	}
	if !e.SelfCleared {
		c.move(incident.Arrived, e.ArrivedAt, c.device())
		c.stop(e.ArrivedAt, "event:"+telemetry.Arrived)
		c.end(e.ReleasedAt, c.device(), "event:"+telemetry.Released)
		return
	}
	c.end(e.ReleasedAt, c.device(), "event:"+telemetry.EntrapmentCleared)
}

// fire is confirmed at the panel. Tests are not told: nobody is called for them.
func (p *demoPast) fire(f simulate.FireAlarm) {
	if f.Cause == simulate.CauseTest {
		return
	}
	c := p.raised("fire_alarm", f.Device, f.At, f.ClearedAt)
	if c == nil {
		return
	}
	if f.AcknowledgedAt.Before(f.ClearedAt) {
		c.move(incident.Acknowledged, f.AcknowledgedAt, c.device())
		c.stop(f.AcknowledgedAt, "event:acknowledged")
	}
	c.end(f.ClearedAt, c.device())
}

// fault is one that lasted long enough for its rule, with the order for its repair.
func (p *demoPast) fault(f simulate.Failure) {
	d, name := p.devices[f.Device], ""
	switch d.Device.Class {
	case telemetry.Elevator:
		name = "elevator_out_of_service"
	case telemetry.Fire:
		name = "fire_device_fault"
	default:
		return
	}
	r := p.rules[name]
	if r == nil || f.ClearedAt.Sub(f.At) <= r.For {
		return
	}
	opened := f.At.Add(r.For)
	c := p.raised(name, f.Device, opened, f.ClearedAt)
	if c == nil {
		return
	}
	chance := simulate.Chance(p.seed, c.ID)
	left := f.ClearedAt.Sub(opened)
	at := opened
	for _, step := range []struct {
		to    incident.State
		after time.Duration
	}{
		{incident.Acknowledged, demoSeconds(chance.Lognormal(200*p.pace(c.Place, opened), 0.8))},
		{incident.Dispatched, demoSeconds(chance.Lognormal(400, 0.6))},
		{incident.Arrived, time.Duration(float64(left) * (0.15 + 0.4*chance.Uniform()))},
	} {
		if at = at.Add(step.after); !at.Before(f.ClearedAt) {
			break
		}
		c.move(step.to, at, demoControlRoom)
	}
	c.end(f.ClearedAt, c.device())
}

// order is a repair order that cannot wait.
func (p *demoPast) order(o *operations.RepairOrder) {
	if o.Priority != operations.Urgent || o.Arrived == nil || o.Done == nil {
		return
	}
	c := p.entered("urgent_repair", o.Head, o.Created, *o.Done, telemetry.Critical, demoOrders[o.Type])
	if c == nil {
		return
	}
	if o.Dispatched != nil {
		c.move(incident.Acknowledged, *o.Dispatched, demoFrontDesk)
		c.move(incident.Dispatched, *o.Dispatched, demoFrontDesk)
	}
	c.move(incident.Arrived, *o.Arrived, demoCraftsman)
	c.end(*o.Done, demoCraftsman)
}

func (p *demoPast) complaint(r *operations.Complaint) {
	if r.Answered == nil || r.Closed == nil {
		return
	}
	c := p.entered("complaint", r.Head, r.Created, *r.Closed, telemetry.Info, demoComplaints[r.Type])
	if c == nil {
		return
	}
	c.move(incident.Acknowledged, *r.Answered, demoFrontDesk)
	c.end(*r.Closed, demoFrontDesk)
}

// What the front desk writes down.
var (
	demoOrders = map[string]incident.Text{
		"plumbing": {ZH: "急修：给排水", EN: "Urgent repair: plumbing"}, "electrical": {ZH: "急修：电气", EN: "Urgent repair: electrical"},
		"civil": {ZH: "急修：土建", EN: "Urgent repair: building"}, "access": {ZH: "急修：门禁", EN: "Urgent repair: access"},
		"elevator": {ZH: "急修：电梯", EN: "Urgent repair: lift"}, "fire": {ZH: "急修：消防", EN: "Urgent repair: fire system"},
	}
	demoComplaints = map[string]incident.Text{
		"repair": {ZH: "投诉：维修", EN: "Complaint: repairs"}, "noise": {ZH: "投诉：噪声扰民", EN: "Complaint: noise"},
		"cleaning": {ZH: "投诉：保洁", EN: "Complaint: cleaning"}, "security": {ZH: "投诉：秩序安全", EN: "Complaint: security"},
		"parking": {ZH: "投诉：停车", EN: "Complaint: parking"}, "fee": {ZH: "投诉：收费", EN: "Complaint: fees"}, "other": {ZH: "投诉：其他", EN: "Complaint: other"},
	}
)

// pace is how slow people are at a place and a time of the day, against the median.
func (p *demoPast) pace(at authz.Place, when time.Time) float64 {
	pace := 0.7 + 1.1*simulate.Chance(p.seed, "pace/"+at.String()).Uniform()
	if hour := when.In(p.app.estate.Project(at).Zone).Hour(); hour < 6 || hour >= 22 {
		pace *= 1.7
	}
	return pace
}

func demoSeconds(n float64) time.Duration {
	return time.Duration(n * float64(time.Second)).Truncate(time.Millisecond)
}
