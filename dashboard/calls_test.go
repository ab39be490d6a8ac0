package dashboard

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/live"
	"steward/internal/live/calls"
	"steward/internal/live/calls/callstest"
	"steward/internal/telemetry"
)

// called is a site with incidents.
type called struct {
	*site
	shelf *callstest.Shelf
}

func serveCalls(t testing.TB, o calls.Options, change func(*Server)) *called {
	t.Helper()
	shelf := callstest.New()
	o.Store, o.Logger = shelf, slog.New(slog.DiscardHandler)
	board, err := calls.New(o)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, live.Options{}, Options{Calls: board}, change)
	run(t, board)
	return &called{s, shelf}
}

// commit puts an incident into the store and says so.
func (c *called) commit(in incident.Incident, kind incident.EntryKind) {
	c.shelf.Save(in, kind)
	c.shelf.Wake()
}

// has waits until the board has taken so many entries.
func (c *called) has(t *testing.T, entries int) {
	t.Helper()
	eventually(t, "the board has all entries", func() bool { return c.hub.calls.Stats().Entries == entries })
}

// call is an open incident at a place; its texts hold the place.
func call(id string, at authz.Place, state incident.State) incident.Incident {
	mark := at.Region + "-" + at.Project
	return incident.Incident{
		ID: id, Fingerprint: "entrapment " + mark, Kind: telemetry.Entrapment, Title: incident.Text{ZH: "困人 " + mark, EN: "Entrapment " + mark},
		Severity: telemetry.LifeSafety, Place: at, Class: telemetry.Elevator, Device: mark, State: state, Count: 1, StartedAt: time.Now(), Received: time.Now(),
	}
}

var harbour, garden = authz.Place{Region: "north", Project: "harbour"}, authz.Place{Region: "south", Project: "garden"}

// untilCalls waits for the next message of incidents.
func (v *viewer) untilCalls(t *testing.T) map[string]any {
	t.Helper()
	return v.until(t, "incidents")
}

func TestIncidentsThenTheirChanges(t *testing.T) {
	s := serveCalls(t, calls.Options{Poll: time.Minute}, nil)
	s.commit(call("a", harbour, incident.Firing), incident.EntryOpened)
	s.has(t, 1)
	v := s.mustView("")
	m := v.untilCalls(t)
	if m["reset"] != true || m["partial"] != false || v.calls["a"]["state"] != "firing" || m["entries"] != nil || m["now"].(float64) < 1e12 {
		t.Fatalf("the first message is %v", m)
	}
	began := time.Now()
	s.commit(call("a", harbour, incident.Acknowledged), incident.EntryAcknowledged)
	m = v.untilCalls(t)
	if took := time.Since(began); took > 30*time.Second { // half of the poll: it was woken
		t.Errorf("a change took %s", took)
	}
	if m["reset"] != false || m["cursor"] != 2.0 || v.calls["a"]["state"] != "acknowledged" {
		t.Errorf("the change is %v", m)
	}
	e := items(m, "entries")[0]
	if e["incident"] != "a" || e["kind"] != "acknowledged" || e["seq"] != 2.0 || e["actor"].(map[string]any)["name"] != "Ann" {
		t.Errorf("the entry is %v", e)
	}
	for _, hidden := range []string{"secret", "hash", "192.0.2.7"} {
		if strings.Contains(v.heard.String(), hidden) {
			t.Errorf("%q was sent", hidden)
		}
	}
	// Values and incidents do not wait for each other.
	s.board.Reading(reading(lift, "speed_ms", 1))
	v.until(t, "delta")
}

func TestIncidentsMissedComeByCursor(t *testing.T) {
	s := serveCalls(t, calls.Options{MaxReplay: 20}, nil)
	s.commit(call("a", harbour, incident.Firing), incident.EntryOpened)
	s.has(t, 1)
	v := s.mustView("")
	cursor := v.untilCalls(t)["cursor"].(float64)
	_ = v.Close()
	s.commit(call("a", harbour, incident.Resolved), incident.EntryResolved)
	s.commit(call("b", garden, incident.Firing), incident.EntryOpened)

	back := s.mustView(fmt.Sprint("?after=", cursor))
	m := back.untilCalls(t)
	for m["cursor"] != 3.0 { // the board may not have had both
		m = back.untilCalls(t)
	}
	if m["reset"] != false || back.calls["a"]["state"] != "resolved" || back.calls["b"]["state"] != "firing" || back.entries != "a:resolved b:opened" {
		t.Errorf("what was missed is %v, entries %s", m, back.entries)
	}
	// Nothing was missed: that is said too.
	if m := s.mustView("?after=3").untilCalls(t); m["reset"] != false || len(items(m, "incidents")) > 0 {
		t.Errorf("who missed nothing is told %v", m)
	}
	// A cursor of another store, and one of too long ago.
	if m := s.mustView("?after=99").untilCalls(t); m["reset"] != true {
		t.Errorf("a cursor of the future is answered %v", m)
	}
	for range 30 {
		s.commit(call("b", garden, incident.Firing), incident.EntryNote)
	}
	s.has(t, 33)
	if m := s.mustView("?after=3").untilCalls(t); m["reset"] != true || len(items(m, "incidents")) != 1 {
		t.Errorf("a cursor of long ago is answered %v", m)
	}
	// A cursor of when something else could be seen.
	view := m["view"].(string)
	for query, reset := range map[string]bool{"": false, "&view=" + view: false, "&view=other": true, "&overview=scope&region=north&view=" + view: true} {
		if m := s.mustView("?after=33" + query).untilCalls(t); m["reset"] != reset {
			t.Errorf("after=33%s is answered %v, want reset %v", query, m, reset)
		}
	}
	for _, query := range []string{"?after=-1", "?after=x", "?after=1e9", "?after=99999999999999999999"} {
		if _, answer, err := s.view(query, nil); err == nil || answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%s is answered %v, want 400", query, answer)
		}
	}
}

// Every byte that each role at each place is sent is searched for the names of
// other places: in resets, changes, replays and after a change of scope.
func TestNobodyHearsOfOtherPlacesIncidents(t *testing.T) {
	s := serveCalls(t, calls.Options{MaxEntries: 3}, nil)
	round := func(kind incident.EntryKind) {
		for _, at := range plantedPlaces {
			s.shelf.Save(call("in-"+at.Region+"-"+at.Project, at, incident.Firing), kind)
		}
		s.shelf.Wake()
	}
	round(incident.EntryOpened)
	eventually(t, "all are open", func() bool { return s.hub.calls.Stats().Open == len(plantedPlaces) })
	for _, role := range authz.Roles() {
		for _, place := range []authz.Place{authz.HQ, {Region: "north"}, garden, harbour, {Region: "west"}} {
			name := fmt.Sprintf("%s-%s", role, strings.ReplaceAll(place.String(), "/", "-"))
			s.roll.signIn(name, authz.Grant{Role: role, Place: place})
			cookie := http.Header{"Cookie": {"steward=" + name}}
			var want []string
			for _, at := range plantedPlaces {
				if place.Contains(at) {
					want = append(want, "in-"+at.Region+"-"+at.Project)
				}
			}
			slices.Sort(want)
			for _, query := range []string{"", "?after=0", "?after=1&overview=scope", "?overview=scope&project=harbour", "?overview=scope&class=fire"} {
				v, _, err := s.viewAs(cookie, query, nil)
				if err != nil {
					t.Fatalf("%s %s: %v", name, query, err)
				}
				v.untilCalls(t)
				v.search(t, place)
				if got := v.callNames(); query == "" && !slices.Equal(got, want) {
					t.Errorf("%s sees %v, want %v", name, got, want)
				}
				if len(v.calls) > 0 {
					round(incident.EntryNote)
					v.untilCalls(t)
					v.search(t, place)
				}
				// A change of the scope never widens what may be seen.
				if err := v.WriteJSON(map[string]any{"subscribe": map[string]any{"project": "garden"}}); err != nil {
					t.Fatal(err)
				}
				for v.until(t, "snapshot"); v.scope["project"] != "garden"; {
					v.until(t, "snapshot") // the first one may still be on its way
				}
				round(incident.EntryNote)
				if strings.Contains(query, "overview") {
					for m := v.untilCalls(t); m["reset"] != true && len(v.calls) > 1; {
						m = v.untilCalls(t)
					}
					for id := range v.calls {
						if id != "in-south-garden" {
							t.Errorf("%s sees %s in the garden", name, id)
						}
					}
				}
				v.search(t, place)
				_ = v.Close()
			}
		}
	}
}

func TestChangedGrantsChangeWhichIncidentsAreSeen(t *testing.T) {
	s := serveCalls(t, calls.Options{}, func(s *Server) { s.hub.pace.still = 10 * time.Millisecond })
	s.commit(call("h", harbour, incident.Firing), incident.EntryOpened)
	s.commit(call("g", garden, incident.Firing), incident.EntryOpened)
	eventually(t, "both are open", func() bool { return s.hub.calls.Stats().Open == 2 })
	s.roll.signIn("ann", viewerOfHarbour)
	v, _, err := s.viewAs(http.Header{"Cookie": {"steward=ann"}}, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	v.untilCalls(t)
	if got := v.callNames(); !slices.Equal(got, []string{"h"}) {
		t.Fatalf("she sees %v", got)
	}
	s.roll.signIn("ann", authz.Grant{Role: authz.Viewer, Place: garden})
	for m := v.untilCalls(t); m["reset"] != true; {
		m = v.untilCalls(t)
	}
	if got := v.callNames(); !slices.Equal(got, []string{"g"}) {
		t.Errorf("after the move she sees %v", got)
	}
	s.commit(call("h", harbour, incident.Acknowledged), incident.EntryAcknowledged)
	s.commit(call("g", garden, incident.Acknowledged), incident.EntryAcknowledged)
	for v.calls["g"]["state"] != "acknowledged" {
		v.untilCalls(t)
	}
	if len(v.calls) != 1 {
		t.Errorf("she is told of %v", v.callNames())
	}
	s.roll.signIn("ann") // all her grants are taken
	if end := v.closed(t); end.Code != websocket.ClosePolicyViolation {
		t.Errorf("closed with %d %q", end.Code, end.Text)
	}
}

// A client that takes nothing for a while costs nothing and is given the present
// when it takes again.
func TestSlowClientGetsTheIncidentsThatItMissed(t *testing.T) {
	s := serveCalls(t, calls.Options{MaxEntries: 100, MaxReplay: 100}, func(s *Server) { s.hub.pace.write = time.Minute })
	v, _, err := s.view("", small)
	if err != nil {
		t.Fatal(err)
	}
	v.untilCalls(t)
	in := call("a", harbour, incident.Firing)
	in.Runbook.ZH = strings.Repeat("先确认被困人员安全。", 2000) // fills what lies between
	for i := range 150 {
		s.commit(in, incident.EntryNote)
		eventually(t, "it is taken", func() bool { return s.hub.calls.Stats().Entries == min(i+1, 100) })
	}
	s.commit(call("a", harbour, incident.Resolved), incident.EntryResolved)
	for state := ""; state != "resolved"; {
		m := v.untilCalls(t)
		if a := v.calls["a"]; a != nil {
			state = a["state"].(string)
		} else if m["reset"] == true {
			break // it was over when everything started again
		}
	}
}

func TestStoreThatIsAwayEndsNoIncident(t *testing.T) {
	s := serveCalls(t, calls.Options{Poll: 10 * time.Millisecond}, nil)
	s.commit(call("a", harbour, incident.Firing), incident.EntryOpened)
	v := s.mustView("")
	for len(v.calls) == 0 {
		v.untilCalls(t)
	}
	s.shelf.Break(errors.New("away"))
	s.commit(call("a", harbour, incident.Dispatched), incident.EntryDispatched)
	if m := s.mustView("").untilCalls(t); len(items(m, "incidents")) != 1 {
		t.Errorf("who comes while the store is away is told %v", m)
	}
	s.shelf.Break(nil)
	if m := v.untilCalls(t); m["reset"] != false || v.calls["a"]["state"] != "dispatched" {
		t.Errorf("after the store is back comes %v", m)
	}
	if got := s.metric("steward_live_incidents"); got != "1" {
		t.Errorf("steward_live_incidents is %s", got)
	}
}
