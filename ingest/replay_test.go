package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// drawer is a Quarantine in memory. It shows everything, whatever the scope:
// the replay itself must hold to it too.
type drawer struct {
	letters  []telemetry.DeadLetter
	replayed []string
	rows     int
	tokens   []string
}

func (d *drawer) LettersToReplay(_ context.Context, _ authz.Scope, q clickhouse.ReplayQuery) ([]telemetry.DeadLetter, error) {
	if q.After != nil {
		return nil, nil
	}
	var out []telemetry.DeadLetter
	for _, l := range d.letters {
		if (q.Reason == "" || q.Reason == l.Reason) && (q.IDs == nil || slices.Contains(q.IDs, l.ID)) && !slices.Contains(d.replayed, l.ID) {
			out = append(out, l)
		}
	}
	return out, nil
}

func (d *drawer) MarkReplayed(_ context.Context, ids []string) error {
	d.replayed = append(d.replayed, ids...)
	return nil
}

func (d *drawer) Append(_ context.Context, b *clickhouse.Batch, token string) error {
	d.rows += b.Rows()
	d.tokens = append(d.tokens, token)
	return nil
}

func letter(id, topic, payload string, reason telemetry.Reason) telemetry.DeadLetter {
	return telemetry.DeadLetter{ID: id, Received: testNow, Topic: topic, Payload: []byte(payload), Reason: reason}
}

func newDrawer() *drawer {
	return &drawer{letters: []telemetry.DeadLetter{
		letter("good", "property/north/harbour/meter/m1/telemetry", `{"a":1,"b":2}`, telemetry.ClockAhead),
		letter("wrong", "property/north/harbour/meter/m1/telemetry", `garbage`, telemetry.BadSyntax),
		letter("foreign", "property/east/park/meter/m1/telemetry", `{"a":1}`, telemetry.ClockAhead),
		letter("bad", "property/north/harbour/meter/bad/telemetry", `{"a":1}`, telemetry.UnknownDevice),
		letter("gate", "property/north/harbour/access/a1/telemetry", `{"user":"zhang san"}`, telemetry.ClockAhead),
		letter("nowhere", "meters/m1", `{"a":1}`, telemetry.BadTopic),
		letter("half", "property/north/harbour/boiler/m1/telemetry", `{"a":1}`, telemetry.BadTopic),
	}}
}

func replayOptions(t *testing.T) ReplayOptions {
	d, _ := testDirectory(KeepUnknown)
	d.Put(telemetry.Device{Region: "north", Project: "harbour", Class: telemetry.Meter, ID: "bad"}, Refused)
	return ReplayOptions{Clock: telemetry.DefaultClockPolicy(), Privacy: testPrivacy(t), Devices: d}
}

func scopeAt(place string) authz.Scope {
	p, err := authz.ParsePlace(place)
	if err != nil {
		panic(err)
	}
	return authz.Principal{Grants: []authz.Grant{{Role: authz.Engineer, Place: p}}}.Scope(authz.Configure)
}

// What passes today is stored once; what does not, of any scope but the
// caller's, or of a refused device, stays.
func TestReplay(t *testing.T) {
	for _, c := range []struct {
		scope  authz.Scope
		ids    []string
		reason telemetry.Reason
		want   []string
		rows   int
	}{
		{authz.Everything(), nil, "", []string{"good", "foreign", "gate"}, 4},
		{scopeAt("north/harbour"), nil, "", []string{"good", "gate"}, 3},
		{scopeAt("north"), nil, telemetry.UnknownDevice, nil, 0},
		{scopeAt("north"), []string{"gate", "foreign"}, "", []string{"gate"}, 1},
		{authz.Scope{}, nil, "", nil, 0},
	} {
		q, o := newDrawer(), replayOptions(t)
		o.IDs, o.Reason = c.ids, c.reason
		for range 2 { // the second time there is nothing left to do
			result, err := Replay(t.Context(), q, c.scope, o)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(q.replayed, c.want) || q.rows != c.rows {
				t.Errorf("%v: %+v: replayed %v with %d rows, want %v, %d", c.scope, result, q.replayed, q.rows, c.want, c.rows)
			}
		}
	}
}

func TestReplayOne(t *testing.T) {
	text := func(s string) *string { return &s }
	north := scopeAt("north/harbour")
	for _, c := range []struct {
		id    string
		scope authz.Scope
		edit  Edit
		err   error
		rows  int
		says  string // of the problem
	}{
		{"good", north, Edit{}, nil, 2, ""},
		{"wrong", north, Edit{}, nil, 0, "bad_syntax"},
		{"wrong", north, Edit{Payload: []byte(`{"a":3}`)}, nil, 1, ""},
		{"half", north, Edit{Topic: text("property/north/harbour/meter/m1/telemetry")}, nil, 1, ""},
		{"half", north, Edit{}, nil, 0, "bad_topic"},
		// Neither a letter nor its new topic may be another's.
		{"foreign", north, Edit{}, ErrOutOfScope, 0, ""},
		{"foreign", north, Edit{Topic: text("property/north/harbour/meter/m1/telemetry")}, ErrOutOfScope, 0, ""},
		{"good", north, Edit{Topic: text("property/north/hill/meter/m1/telemetry")}, ErrOutOfScope, 0, ""},
		{"nowhere", north, Edit{Topic: text("property/north/harbour/meter/m1/telemetry")}, ErrOutOfScope, 0, ""},
		{"nowhere", authz.Everything(), Edit{Topic: text("property/north/harbour/meter/m1/telemetry")}, nil, 1, ""},
		{"good", authz.Scope{}, Edit{}, ErrOutOfScope, 0, ""},
		{"bad", north, Edit{}, ErrNotAdmitted, 0, ""},
		{"good", north, Edit{Topic: text("property/north/harbour/meter/bad/telemetry")}, ErrNotAdmitted, 0, ""},
	} {
		q := newDrawer()
		i := slices.IndexFunc(q.letters, func(l telemetry.DeadLetter) bool { return l.ID == c.id })
		trial, err := ReplayOne(t.Context(), q, c.scope, Letter{DeadLetter: q.letters[i]}, c.edit, replayOptions(t))
		var says string
		for _, p := range trial.Problems {
			says = string(p.Reason)
		}
		if !errors.Is(err, c.err) || q.rows != c.rows || says != c.says || len(q.replayed) != min(1, c.rows) {
			t.Errorf("%s with %+v: %v, %d rows, marked %v, %q", c.id, c.edit, err, q.rows, q.replayed, says)
		}
	}
	if _, err := ReplayOne(t.Context(), newDrawer(), north, Letter{newDrawer().letters[0], true}, Edit{}, replayOptions(t)); !errors.Is(err, ErrReplayed) {
		t.Errorf("a second time: %v", err)
	}
}

func TestTry(t *testing.T) {
	f := func(topic, payload, want string) {
		t.Helper()
		trial := Try(topic, []byte(payload), testNow, replayOptions(t))
		var parts []string
		for _, r := range trial.Readings {
			parts = append(parts, fmt.Sprintf("%s=%v@%d", r.Metric, r.Value, r.TS-testNow))
		}
		for _, s := range trial.States {
			parts = append(parts, s.Metric+"="+s.Value)
		}
		for _, e := range trial.Events {
			parts = append(parts, e.Kind+e.Attrs)
		}
		for _, p := range trial.Problems {
			parts = append(parts, "!"+string(p.Reason))
		}
		if trial.Online != nil {
			parts = append(parts, fmt.Sprint("online ", *trial.Online))
		}
		if trial.More > 0 {
			parts = append(parts, fmt.Sprint(trial.More, " more"))
		}
		if got := strings.Join(parts, " "); got != want || trial.Accepted() == strings.Contains(want, "!") {
			t.Errorf("%s %.60s\n got %s\nwant %s", topic, payload, got, want)
		}
	}
	const meter = "property/r/p/meter/m1/telemetry"
	f(meter, `{"ts":1795334399000,"values":{"a":1,"mode":"on"}}`, `a=1@-1000 mode=on`)
	f(meter, `[{"a":1},{"ts":0,"a":2}]`, `a=1@0 !clock_behind`)
	f(meter, `garbage`, `!bad_syntax`)
	f("meters/m1", `{"a":1}`, `!bad_topic`)
	f("property/r/p/access/a1/event", `{"event":"granted","attrs":{"card":"4406123"}}`, `granted{"card":"`+testPrivacy(t).Of(somebodyNo)+`"}`)
	f("property/r/p/elevator/e1/status", `offline`, `offline{} online false`)
	var many []string
	for i := range trialParts + 3 {
		many = append(many, fmt.Sprintf(`"m%d":1`, i))
	}
	trial := Try(meter, []byte("{"+strings.Join(many, ",")+"}"), testNow, replayOptions(t))
	if len(trial.Readings) != trialParts || trial.More != 3 {
		t.Errorf("%d readings and %d more", len(trial.Readings), trial.More)
	}
}
