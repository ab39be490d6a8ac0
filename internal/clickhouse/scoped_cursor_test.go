package clickhouse

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

var aQuery = fingerprint("events", authz.Everything(), EventsQuery{Kinds: []string{"tamper"}})

func aCursor() cursor {
	return cursor{
		Query: aQuery, From: 1, To: 1_800_000_000_000, Resolution: Hourly, Count: 2,
		After: position{TS: 1_700_000_000_000, Region: "north", Project: "harbour", Class: "meter", Device: "m-1", Metric: "力矩", Kind: "开门", ID: "a\x00'\\"},
	}
}

func TestACursorIsReadAsItWasWritten(t *testing.T) {
	want := aCursor()
	got, err := parseCursor(want.String(), aQuery)
	if err != nil || got.String() != want.String() || got.After != want.After || got.Resolution != Hourly || got.From != 1 || got.Count != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
	if strings.ContainsAny(want.String(), "+/=&?# ") {
		t.Errorf("%s does not fit into an address", want)
	}
	first, err := parseCursor("", aQuery)
	if err != nil || first.After != (position{}) || first.Count != 0 {
		t.Errorf("without a cursor: %+v, %v", first, err)
	}
}

func TestWrongCursors(t *testing.T) {
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	decode := func(c cursor) string {
		text, err := base64.RawURLEncoding.DecodeString(c.String())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	good := decode(aCursor())
	changed := func(change func(c *cursor)) string {
		c := aCursor()
		change(&c)
		return c.String()
	}
	for name, text := range map[string]string{
		"no base64":          "!",
		"padding":            encode(good+" ") + "=",
		"no object":          encode("[]"),
		"null":               encode("null"),
		"half":               encode(good[:len(good)/2]),
		"two":                encode(good + good),
		"unknown fields":     encode(strings.Replace(good, "{", `{"x":1,`, 1)),
		"another query":      changed(func(c *cursor) { c.Query = []byte("12345678") }),
		"no query":           changed(func(c *cursor) { c.Query = nil }),
		"no rows":            changed(func(c *cursor) { c.Count = 0 }),
		"less than no rows":  changed(func(c *cursor) { c.Count = -1 }),
		"rows for ever":      changed(func(c *cursor) { c.Count = 1 << 40 }),
		"a time before 1970": changed(func(c *cursor) { c.After.TS = -1 }),
		"a time after all":   changed(func(c *cursor) { c.After.TS = 1 << 60 }),
		"a period backwards": changed(func(c *cursor) { c.From, c.To = 2, 1 }),
		"a period too long":  changed(func(c *cursor) { c.To = 1 << 60 }),
		"long":               changed(func(c *cursor) { c.After.ID = strings.Repeat("x", maxCursor) }),
	} {
		_, err := parseCursor(text, aQuery)
		bad := new(ArgumentError)
		if !errors.As(err, &bad) || bad.Field != "cursor" || len(err.Error()) > 300 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever differs between two queries tells their cursors apart.
func TestFingerprints(t *testing.T) {
	p := authz.Principal{Kind: authz.Person, Grants: []authz.Grant{{Role: authz.Viewer, Place: authz.Place{Region: "north"}}}}
	seen := map[string]string{}
	for name, print := range map[string][]byte{
		"events":            aQuery,
		"letters":           fingerprint("letters", authz.Everything(), EventsQuery{Kinds: []string{"tamper"}}),
		"of a region":       fingerprint("events", p.Scope(authz.Read), EventsQuery{Kinds: []string{"tamper"}}),
		"of nothing":        fingerprint("events", authz.Scope{}, EventsQuery{Kinds: []string{"tamper"}}),
		"another kind":      fingerprint("events", authz.Everything(), EventsQuery{Kinds: []string{"granted"}}),
		"as severity":       fingerprint("events", authz.Everything(), EventsQuery{Severities: []string{"tamper"}}),
		"filter by project": fingerprint("events", authz.Everything(), EventsQuery{Filter: Filter{Project: "tamper"}}),
		"filter by region":  fingerprint("events", authz.Everything(), EventsQuery{Filter: Filter{Region: "tamper"}}),
		"order":             fingerprint("events", authz.Everything(), EventsQuery{Kinds: []string{"tamper"}, OldestFirst: true}),
		"time":              fingerprint("events", authz.Everything(), EventsQuery{Kinds: []string{"tamper"}, From: time.UnixMilli(1)}),
	} {
		if other, taken := seen[string(print)]; taken {
			t.Errorf("%s and %s have one fingerprint", name, other)
		}
		seen[string(print)] = name
	}
}

// Any text is refused by name or is a cursor of this very query, that can be
// asked with.
func FuzzCursor(f *testing.F) {
	f.Add(aCursor().String())
	f.Add("")
	f.Add("e30")
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"q":null,"a":{},"n":1}`)))
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCursor(text, aQuery)
		if bad := new(ArgumentError); err != nil {
			if !errors.As(err, &bad) || bad.Field != "cursor" {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if text == "" {
			return
		}
		again, err := parseCursor(c.String(), aQuery)
		if err != nil || again.After != c.After || again.Count != c.Count || again.From != c.From || again.To != c.To || !bytes.Equal(c.Query, aQuery) {
			t.Fatalf("%q: %+v, then %+v, %v", text, c, again, err)
		}
		if c.After.TS < 0 || c.After.TS > storable.to || c.Count < 1 || c.From > c.To {
			t.Fatalf("%q: %+v", text, c)
		}
	})
}

// A row that the server should have kept back ends the answer.
func TestTheGuard(t *testing.T) {
	p := authz.Principal{Kind: authz.Person, Grants: []authz.Grant{
		{Role: authz.Viewer, Place: authz.Place{Region: "north"}}, {Role: authz.Viewer, Place: authz.Place{Region: "east", Project: "harbour"}},
	}}
	for _, c := range []struct {
		rows []authz.Place
		ok   bool
	}{
		{[]authz.Place{{Region: "north", Project: "a"}, {Region: "north", Project: "a"}, {Region: "east", Project: "harbour"}}, true},
		{[]authz.Place{{Region: "north", Project: "a"}, {Region: "east", Project: "a"}}, false},
		{[]authz.Place{{Region: "east", Project: "harbour"}, {}}, false},
		{[]authz.Place{{}}, false},
		{[]authz.Place{{Region: "northern", Project: "a"}}, false},
	} {
		guard, err := placeGuard{scope: p.Scope(authz.Read)}, error(nil)
		for _, at := range c.rows {
			if err == nil {
				err = guard.check(at)
			}
		}
		if errors.Is(err, errOutside) == c.ok || (err == nil) != c.ok {
			t.Errorf("%v: %v", c.rows, err)
		}
	}
}

func TestTheGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate("queries", 2, 5*time.Second)
		first, err := g.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if _, err := g.enter(t.Context()); !errors.Is(err, ErrBusy) || time.Since(begun) != 5*time.Second {
			t.Errorf("a third: %v after %s", err, time.Since(begun))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := g.enter(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a third in a hurry: %v", err)
		}
		time.AfterFunc(time.Second, first)
		if _, err := g.enter(t.Context()); err != nil {
			t.Errorf("when there is room again: %v", err)
		}
	})
}

// Callers beyond the limit are told so before the server is asked, and do not
// take the room of those who ask for something else.
func TestCallersBeyondTheLimit(t *testing.T) {
	s, err := Open(Options{Addrs: []string{"127.0.0.1:1"}, HTTPURL: "http://127.0.0.1:1", MaxQueries: 1, MaxExports: 1, QueryWait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	everything := authz.Everything()
	export := func() error {
		return s.Export(t.Context(), everything, &bytes.Buffer{}, ExportQuery{Table: "readings", Format: "csv"})
	}
	queries := map[string]func() error{
		"readings": func() error { _, err := s.Readings(t.Context(), everything, ReadingsQuery{}); return err },
		"events":   func() error { _, err := s.Events(t.Context(), everything, EventsQuery{}); return err },
		"letters":  func() error { _, err := s.DeadLetters(t.Context(), everything, LettersQuery{}); return err },
		"a letter": func() error { _, err := s.DeadLetter(t.Context(), everything, "x"); return err },
		"coverage": func() error {
			_, err := s.Coverage(t.Context(), everything, CoverageQuery{From: telemetry.Millis(0).Time(), To: time.UnixMilli(86_400_000), Step: Daily})
			return err
		},
	}
	leave, err := s.queries.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, ask := range queries {
		if err := ask(); !errors.Is(err, ErrBusy) || errors.Is(err, ErrUnreachable) {
			t.Errorf("%s beside another query: %v", name, err)
		}
	}
	if err := export(); !errors.Is(err, ErrUnreachable) {
		t.Errorf("an export beside another query: %v", err)
	}
	leave()
	if leave, err = s.exports.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer leave()
	if err := export(); !errors.Is(err, ErrBusy) {
		t.Errorf("an export beside another: %v", err)
	}
	for name, ask := range queries {
		if err := ask(); !errors.Is(err, ErrUnreachable) {
			t.Errorf("%s beside an export: %v", name, err)
		}
	}
}
