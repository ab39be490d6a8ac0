package api

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/registry"
	"steward/internal/runs"
	"steward/internal/telemetry"
)

// MeterCorrections is where corrections of counters are kept: clickhouse.Store.
type MeterCorrections interface {
	DeviceCorrections(ctx context.Context, d telemetry.Device, withdrawn bool) ([]clickhouse.MeterCorrection, error)
	PutMeterCorrections(ctx context.Context, list []clickhouse.MeterCorrection) error
	CorrectionSpan(ctx context.Context, c clickhouse.MeterCorrection) (from, to time.Time, err error)
}

var _ MeterCorrections = (*clickhouse.Store)(nil)

// meterCorrection is what somebody knows better than the readings of a device.
type meterCorrection struct {
	ID        string    `json:"id" example:"20261122-mfrggzdfmztwq2lk"`
	Kind      string    `json:"kind" example:"replaced"`
	Metric    string    `json:"metric,omitempty" doc:"Absent for all counters of the device."`
	At        time.Time `json:"at"`
	Until     time.Time `json:"until,omitzero" doc:"Of ignore."`
	Old       *float64  `json:"old,omitempty"`
	New       *float64  `json:"new,omitempty"`
	Note      string    `json:"note,omitempty"`
	By        string    `json:"by" doc:"Who made or withdrew it."`
	ChangedAt time.Time `json:"changed_at" doc:"When it was made or withdrawn."`
	Withdrawn bool      `json:"withdrawn,omitempty"`
}

func correctionOf(c clickhouse.MeterCorrection) meterCorrection {
	out := meterCorrection{
		ID: c.ID, Kind: c.Kind, Metric: c.Metric, At: c.At, Old: c.Old, New: c.New, Note: c.Note, By: c.By, ChangedAt: c.Made, Withdrawn: c.Withdrawn,
	}
	if c.Until.After(c.At) {
		out.Until = c.Until
	}
	return out
}

// correctionNew is a correction that somebody makes.
type correctionNew struct {
	Kind   string    `json:"kind" required:"true" enum:"replaced,reset,rollover,accept,ignore,multiplier,removed,installed" example:"replaced" doc:"Replaced, reset: the counter was, at a time; old and new are what it showed before and after, where that is known. Removed: the device was taken out and showed old; what it counts later does not count. Installed: it was put in and showed new; what it counted before does not count. When a device of another id takes a place, these two, one of each device, count what was used around the exchange. Rollover: it went over its width at a time; new is the value that reads as zero. Accept: a rise at a time that looks impossible is real. Ignore: readings from at to until, both included, do not count. Multiplier: from at on a unit of the register is worth new."`
	Metric string    `json:"metric,omitempty" maxLength:"128" example:"energy_kwh" doc:"The counter; all of the device when absent."`
	At     time.Time `json:"at" required:"true" doc:"When, by the device's own clock."`
	Until  time.Time `json:"until,omitzero" doc:"Of ignore: the end; at when absent."`
	Old    *float64  `json:"old,omitempty" doc:"Of replaced and reset: the last value before, as the register showed it. Needed for removed."`
	New    *float64  `json:"new,omitempty" doc:"Of replaced and reset: the first value after. Needed for rollover, multiplier and installed."`
	Note   string    `json:"note,omitempty" maxLength:"2000" doc:"Why, in words."`
}

// recount is how the hours that a correction touches are counted again.
type recount struct {
	Job  string    `json:"job" example:"consumption" doc:"The analysis that counts them, those of the device's project."`
	From time.Time `json:"from"`
	To   time.Time `json:"to" doc:"Not included. The job's own schedule counts what is later."`
	Run  string    `json:"run,omitempty" doc:"The run that was started for it."`
	Why  string    `json:"why,omitempty" doc:"Why none was started: what to do."`
}

type correctionMade struct {
	Correction meterCorrection `json:"correction"`
	Recount    recount         `json:"recount"`
}

type correctionsIn struct {
	DevicePath
	Withdrawn bool `query:"withdrawn" doc:"Those that were withdrawn as well."`
}

type correctionCreate struct {
	DevicePath
	Body correctionNew
}

type correctionWithdraw struct {
	DevicePath
	Correction string `path:"correction" pattern:"^[0-9]{8}-[a-z2-7]{16}$" example:"20261122-mfrggzdfmztwq2lk" doc:"The correction."`
}

type correctionOut struct {
	Status int
	Body   correctionMade
}

const deviceCorrections = oneDevice + "/corrections"

func (a *API) corrections() (MeterCorrections, error) {
	if a.Corrections == nil {
		return nil, notHere("the store of measurements")
	}
	return a.Corrections, nil
}

func (a *API) registerCorrections() {
	old, fresh := 48_211.7, 0.4
	made := meterCorrection{
		ID: "20261120-mfrggzdfmztwq2lk", Kind: "replaced", Metric: "energy_kwh", At: exampleTime, Old: &old, New: &fresh, Note: "换表",
		By: "li", ChangedAt: exampleTime.Add(3 * time.Hour),
	}
	answer := correctionMade{made, recount{
		Job: "consumption", From: exampleTime.Truncate(24*time.Hour).AddDate(0, 0, -1), To: exampleTime.Truncate(24*time.Hour).AddDate(0, 0, 2), Run: "20261120-mfrggzdfmztwq2lk",
	}}
	withdrawn := answer
	withdrawn.Correction.Withdrawn = true
	register(a, authz.Read, operation{
		ID: "list-meter-corrections", Method: http.MethodGet, Path: deviceCorrections, Tag: "Devices", Summary: "List the corrections of a device's counters",
		Description: "By their time. Readings stay as they came; corrections say how they are counted.", Answer: listBody[meterCorrection]{Items: []meterCorrection{made}},
	}, func(ctx context.Context, c caller, in *correctionsIn) (*listOut[meterCorrection], error) {
		all, err := a.correctionsOf(ctx, c, in.ref(), in.Withdrawn)
		items := make([]meterCorrection, len(all))
		for i, one := range all {
			items[i] = correctionOf(one)
		}
		return list(ctx, items, ""), err
	})
	register(a, authz.Configure, operation{
		ID: "create-meter-correction", Method: http.MethodPost, Path: deviceCorrections, Tag: "Devices", Summary: "Correct how a device's counters are counted",
		Description: "The hours that it touches are counted again by a run of the analysis consumption, which is started; analyses that stand on them follow with their own next runs.",
		Status:      http.StatusCreated,
		Request:     correctionNew{Kind: "replaced", Metric: "energy_kwh", At: exampleTime, Old: &old, New: &fresh, Note: "换表"}, Answer: answer,
	}, a.createCorrection)
	register(a, authz.Configure, operation{
		ID: "withdraw-meter-correction", Method: http.MethodPost, Path: deviceCorrections + "/{correction}/withdraw", Tag: "Devices", Summary: "Withdraw a correction",
		Description: "The hours are counted again as if it had not been made. One that was withdrawn before stays so.", Answer: withdrawn,
	}, a.withdrawCorrection)
}

// correctionsOf are the corrections of a device that the caller may read.
func (a *API) correctionsOf(ctx context.Context, c caller, d telemetry.Device, withdrawn bool) ([]clickhouse.MeterCorrection, error) {
	if _, err := a.as(c).Device(ctx, d); err != nil {
		return nil, err
	}
	if !c.Scope().Covers(authz.Place{Region: d.Region, Project: d.Project}) {
		return nil, registry.ErrForbidden
	}
	store, err := a.corrections()
	if err != nil {
		return nil, err
	}
	return store.DeviceCorrections(ctx, d, withdrawn)
}

func (a *API) createCorrection(ctx context.Context, c caller, in *correctionCreate) (*correctionOut, error) {
	d, now := in.ref(), a.Now()
	known, err := a.correctionsOf(ctx, c, d, true)
	if err != nil {
		return nil, err
	}
	if err := in.Body.check(now); err != nil {
		return nil, err
	}
	if len(known) >= clickhouse.MaxCorrections {
		return nil, invalid("kind", in.Body.Kind, "the device has %d corrections, and no more are taken: exchange the device", len(known))
	}
	b := &in.Body
	one := clickhouse.MeterCorrection{
		ID: newCorrectionID(now), Device: d, Metric: b.Metric, At: b.At.UTC().Truncate(time.Millisecond), Until: b.Until.UTC().Truncate(time.Millisecond),
		Kind: b.Kind, Old: b.Old, New: b.New, Note: b.Note, By: c.Principal.Name, Made: now.UTC().Truncate(time.Millisecond),
	}
	made, err := a.correct(ctx, c, one, "meter_correction.create")
	return &correctionOut{Status: http.StatusCreated, Body: made}, err
}

func (a *API) withdrawCorrection(ctx context.Context, c caller, in *correctionWithdraw) (*correctionOut, error) {
	known, err := a.correctionsOf(ctx, c, in.ref(), true)
	if err != nil {
		return nil, err
	}
	for _, one := range known {
		if one.ID != in.Correction {
			continue
		}
		if one.Withdrawn { // what it changed may wait for its run yet
			again, err := a.recount(ctx, c, one)
			return &correctionOut{Status: http.StatusOK, Body: correctionMade{correctionOf(one), again}}, err
		}
		// Of two rows of one id the one that was made later counts.
		now := a.Now().UTC().Truncate(time.Millisecond)
		if earliest := one.Made.Add(time.Millisecond); now.Before(earliest) {
			now = earliest
		}
		one.Withdrawn, one.By, one.Made = true, c.Principal.Name, now
		made, err := a.correct(ctx, c, one, "meter_correction.withdraw")
		return &correctionOut{Status: http.StatusOK, Body: made}, err
	}
	return nil, registry.ErrNotFound
}

// correct keeps a correction and has the hours that it touches counted again.
func (a *API) correct(ctx context.Context, c caller, one clickhouse.MeterCorrection, action string) (correctionMade, error) {
	store, err := a.corrections()
	if err != nil {
		return correctionMade{}, err
	}
	out := correctionMade{Correction: correctionOf(one)}
	d := one.Device
	if err := a.note(ctx, c, Deed{Action: action, Kind: "meter_correction", Key: d.String() + "/" + one.ID, Place: authz.Place{Region: d.Region, Project: d.Project}, After: out.Correction}); err != nil {
		return out, err
	}
	if err := store.PutMeterCorrections(ctx, []clickhouse.MeterCorrection{one}); err != nil {
		return out, err
	}
	out.Recount, err = a.recount(ctx, c, one)
	return out, err
}

// recount starts the run that counts the hours again which a correction touches.
func (a *API) recount(ctx context.Context, c caller, one clickhouse.MeterCorrection) (recount, error) {
	store, err := a.corrections()
	if err != nil {
		return recount{}, err
	}
	from, to, err := store.CorrectionSpan(ctx, one)
	if err != nil {
		return recount{}, err
	}
	present := a.Now().UTC().Truncate(time.Hour)
	if one.Kind == "multiplier" || to.After(present) {
		to = present
	}
	out := recount{Job: "consumption", From: from, To: to}
	if a.Analytics == nil {
		out.Why = "this process runs no analyses: start the job over the period"
		return out, nil
	}
	at := authz.Place{Region: one.Device.Region, Project: one.Device.Project}
	for range mostRecounts {
		run, _, err := a.Analytics.Start(ctx, c.Principal, AnalyticsRequest{Job: out.Job, From: out.From, To: out.To, Params: map[string]string{"place": at.String()}})
		var cannot *registry.InvalidError
		if errors.As(err, &cannot) { // the correction stands all the same
			out.Why = "no run could be started now: start the job over the period later (" + cannot.Error() + ")"
			return out, nil
		}
		if err != nil {
			return out, err
		}
		if run.State == runs.Queued {
			out.Run = run.ID
			return out, nil
		}
		// The same runs already, and may have read the corrections before this one was
		// among them. Another hour makes it another run.
		out.From = out.From.Add(-time.Hour)
	}
	out.Why = "runs over the period are under way that may not know of it: start the job over the period when they have ended"
	return out, nil
}

// mostRecounts is how many runs over nearly the same period there may be at once.
const mostRecounts = 24

// mostShown bounds what a register may show: more digits than any has.
const mostShown = 1e15

// mostMultiplier bounds what a unit of a register may be worth: a current transformer
// of 10,000/5 A on a voltage transformer of 220 kV/100 V makes 4.4 million.
const mostMultiplier = 1e7

// registers are the counters that a multiplier is of.
var registers = map[string]bool{"energy_kwh": true, "reactive_kvarh": true, "volume_m3": true, "heat_gj": true}

func (b *correctionNew) check(now time.Time) error {
	var fields []FieldProblem
	wrong := func(field, value, what string, args ...any) {
		fields = append(fields, FieldProblem{field, shorten(value), fmt.Sprintf(what, args...)})
	}
	moment := func(field string, at time.Time) {
		if !within(at) || at.After(now) {
			wrong(field, at.Format(time.RFC3339), "is in the future, or before 1970: give a time at which it was so")
		}
	}
	if b.Metric != "" && telemetry.LookupMetric(b.Metric).Kind != telemetry.KindCounter {
		wrong("metric", b.Metric, "is not a counter, such as energy_kwh, volume_m3 or trips_total: leave it out for all counters of the device")
	}
	moment("at", b.At)
	switch {
	case b.Until.IsZero():
	case b.Kind != "ignore":
		wrong("until", b.Until.Format(time.RFC3339), "is of ignore alone: leave it out")
	case b.Until.Before(b.At):
		wrong("until", b.Until.Format(time.RFC3339), "is before at: readings are ignored from at to until")
	default:
		moment("until", b.Until)
	}
	number := func(field string, v *float64, least, most float64) {
		if v != nil && !(*v >= least && *v <= most) {
			wrong(field, "", "is not a number from %g to %g", least, most)
		}
	}
	switch b.Kind {
	case "replaced", "reset":
		number("old", b.Old, 0, mostShown)
		number("new", b.New, 0, mostShown)
	case "removed", "installed":
		// Of each that is one of the two registers; the other is of the other device.
		shown, other, name, elses := b.Old, b.New, "old", "new"
		if b.Kind == "installed" {
			shown, other, name, elses = b.New, b.Old, "new", "old"
		}
		number(name, shown, 0, mostShown)
		if shown == nil {
			wrong(name, "", "is missing: give what the register showed")
		}
		if other != nil {
			wrong(elses, "", "is not of %s: leave it out", b.Kind)
		}
	case "rollover", "multiplier":
		what, most := "the value that reads as zero, such as 1000000 for a register of six digits", mostShown
		if b.Kind == "multiplier" {
			what, most = "what a unit of the register is worth from then on", mostMultiplier
			if b.Metric != "" && !registers[b.Metric] {
				wrong("metric", b.Metric, "has no multiplier: only energy_kwh, reactive_kvarh, volume_m3 and heat_gj have")
			}
		}
		switch {
		case b.New == nil:
			wrong("new", "", "is missing: give %s", what)
		case !(*b.New > 0 && *b.New <= most):
			wrong("new", "", "is not above 0 and at most %g: give %s", most, what)
		}
		if b.Old != nil {
			wrong("old", "", "is of replaced and reset alone: leave it out")
		}
	default: // accept, ignore
		if b.Old != nil {
			wrong("old", "", "is not of %s: leave it out", b.Kind)
		}
		if b.New != nil {
			wrong("new", "", "is not of %s: leave it out", b.Kind)
		}
	}
	if len(fields) > 0 {
		return invalidFields(fields)
	}
	return nil
}

// newCorrectionID begins with the day, so that people can tell corrections apart.
func newCorrectionID(now time.Time) string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // does not fail
	return now.UTC().Format("20060102") + "-" + strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}
