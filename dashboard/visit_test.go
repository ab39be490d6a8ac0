package dashboard

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"steward/internal/authz"
	"steward/internal/live"
	"steward/internal/telemetry"
)

// planted are a device, an event, a danger and a rejected message in each of
// four projects; their names hold the place, so that a text shows where it is
// from.
var plantedPlaces = []authz.Place{
	{Region: "north", Project: "harbour"}, {Region: "north", Project: "hill"}, {Region: "south", Project: "garden"}, {Region: "south", Project: "harbour"},
}

func plant(b *live.Board, round int) {
	for _, at := range plantedPlaces {
		mark := at.Region + "-" + at.Project
		d := &telemetry.Device{Region: at.Region, Project: at.Project, Class: telemetry.Elevator, ID: mark}
		ts := now()
		b.Reading(telemetry.Reading{Device: d, Metric: "metric-" + mark, TS: ts, Received: ts, Value: float64(round)})
		b.State(telemetry.State{Device: d, Metric: "mode", TS: ts, Received: ts, Value: "text-" + mark})
		b.Event(telemetry.Event{
			Device: d, Kind: telemetry.Entrapment, ID: fmt.Sprint("event-", mark, round), Severity: telemetry.LifeSafety, TS: ts, Received: ts, Attrs: `{"at":"` + mark + `"}`,
		})
		b.Rejected(telemetry.DeadLetter{ID: fmt.Sprint("letter-", mark, round), Topic: "property/" + at.String() + "/oven/" + mark, Payload: []byte(mark), Reason: telemetry.BadTopic})
	}
	b.Rejected(telemetry.DeadLetter{ID: fmt.Sprint("letter-nowhere-", round), Topic: "nowhere", Payload: []byte("of-no-place"), Reason: telemetry.BadTopic})
}

// What each role at each place sees by each way of asking, in snapshots and in
// what follows, is of its places only: every byte that it is sent is searched
// for the names of the others.
func TestNobodySeesOtherPlaces(t *testing.T) {
	s := serve(t, live.Options{Tick: time.Millisecond}, Options{}, nil)
	plant(s.board, 0)
	eventually(t, "all is published", func() bool {
		snap := s.board.Snapshot(live.Scope{Allowed: authz.Everything()})
		return len(snap.Devices) == len(plantedPlaces) && len(snap.Dangers) == len(plantedPlaces) && len(snap.Rejected) > len(plantedPlaces)
	})
	filters := []live.Filter{
		{}, {Region: "north"}, {Region: "south"}, {Project: "harbour"}, {Project: "garden"}, {Region: "north", Project: "harbour"},
		{Region: "south", Project: "garden"}, {Region: "south", Project: "hill"}, {Region: "west"}, {Class: telemetry.Elevator}, {Device: "south-garden"},
		{Region: "north", Project: "harbour", Class: telemetry.Elevator, Device: "north-harbour"},
	}
	places := []authz.Place{authz.HQ, {Region: "north"}, {Region: "south", Project: "garden"}, {Region: "north", Project: "harbour"}, {Region: "west"}}
	round := 0
	for _, role := range authz.Roles() {
		for _, place := range places {
			name := fmt.Sprintf("%s-%s", role, strings.ReplaceAll(place.String(), "/", "-"))
			s.roll.signIn(name, authz.Grant{Role: role, Place: place})
			cookie := http.Header{"Cookie": {"steward=" + name}}

			byMessage, _, err := s.viewAs(cookie, "", nil)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			byMessage.watch(t, s, place, &round, live.Filter{})
			for _, f := range filters {
				query := fmt.Sprintf("?region=%s&project=%s&class=%s&device=%s", f.Region, f.Project, f.Class, f.Device)
				elsewhere := f.Region != "" && !overlap(place, authz.Place{Region: f.Region, Project: f.Project})
				for _, overview := range []string{"", "&overview=scope"} {
					v, answer, err := s.viewAs(cookie, query+overview, nil)
					if elsewhere {
						if err == nil || answer.StatusCode != http.StatusNotFound {
							t.Errorf("%s asks for %+v: %v, want 404", name, f, answer)
						}
						continue
					}
					if err != nil {
						t.Fatalf("%s asks for %+v: %v", name, f, err)
					}
					v.watch(t, s, place, &round, f)
					_ = v.Close()
				}
				if role != authz.Viewer {
					continue // messages are few in ten seconds, and roles do not differ in what they see
				}
				ask := map[string]any{"subscribe": map[string]any{"region": f.Region, "project": f.Project, "class": f.Class, "device": f.Device}}
				if err := byMessage.WriteJSON(ask); err != nil {
					t.Fatal(err)
				}
				if elsewhere {
					if m := byMessage.until(t, "error"); m["code"] != "not_found" {
						t.Errorf("%s subscribes to %+v: %v", name, f, m)
					}
					continue
				}
				byMessage.until(t, "snapshot")
				byMessage.search(t, place)
			}
			_ = byMessage.Close()
		}
	}
}

func overlap(a, b authz.Place) bool { return a.Contains(b) || b.Contains(a) }

// watch takes the snapshot and what follows a change everywhere, and searches
// both.
func (v *viewer) watch(t *testing.T, s *site, place authz.Place, round *int, f live.Filter) {
	t.Helper()
	v.until(t, "snapshot")
	v.search(t, place)
	*round++
	plant(s.board, *round)
	// Dangers of all allowed places come with every scope that overlaps.
	if place.Region == "west" {
		return // nothing is there, so nothing comes
	}
	for want := v.seq + 1; v.seq < want; {
		v.until(t, "delta")
	}
	v.search(t, place)
	seen := 0
	for _, at := range plantedPlaces {
		if place.Contains(at) && f.Matches(&telemetry.Device{Region: at.Region, Project: at.Project, Class: telemetry.Elevator, ID: at.Region + "-" + at.Project}) {
			seen++
		}
	}
	if len(v.devices) != seen {
		t.Errorf("%s with %+v has %d devices, want %d", place, f, len(v.devices), seen)
	}
}

// echoes are what a client itself asked for.
var echoes = regexp.MustCompile(`"scope":\{[^}]*\}`)

// search looks for places outside in all that v was ever sent.
func (v *viewer) search(t *testing.T, place authz.Place) {
	t.Helper()
	said := echoes.ReplaceAllString(v.heard.String(), "")
	for _, at := range plantedPlaces {
		for _, mark := range []string{at.Region + "-" + at.Project, at.String(), `"region":"` + at.Region + `","project":"` + at.Project} {
			if !place.Contains(at) && strings.Contains(said, mark) {
				t.Fatalf("%s hears of %s: %.2000s", place, mark, said)
			}
		}
	}
	if place != authz.HQ && strings.Contains(said, "of-no-place") {
		t.Fatalf("%s hears of messages without a place", place)
	}
	v.heard.Reset()
}

func TestWebsocketNeedsSomebody(t *testing.T) {
	s := serve(t, live.Options{}, Options{}, nil)
	s.roll.signIn("placeless")
	s.roll.signIn("boss", authz.Grant{Role: "boss"})
	f := func(status int, code string, header http.Header, query string) {
		t.Helper()
		conn, answer, err := s.viewAs(header, query, nil)
		if err == nil {
			_ = conn.Close()
			t.Fatalf("%v %s is let in", header, query)
		}
		body := make([]byte, 500)
		n, _ := answer.Body.Read(body)
		if p := problemOf(t, answer, body[:n], status); p.Code != code {
			t.Errorf("%v %s: %+v", header, query, p)
		}
	}
	f(401, "not_signed_in", nil, "")
	f(401, "not_signed_in", http.Header{"Cookie": {"steward=nobody"}}, "")
	f(401, "not_signed_in", nil, "?token="+hqToken+"&access_token="+hqToken) // a token in an address is in every log
	f(401, "bad_token", http.Header{"Authorization": {"Bearer nobody"}}, "")
	f(401, "not_signed_in", http.Header{"Sec-Websocket-Protocol": {hqToken}}, "")
	f(403, "not_allowed", http.Header{"Cookie": {"steward=placeless"}}, "")
	f(403, "not_allowed", http.Header{"Cookie": {"steward=boss"}}, "")
	f(403, "cross_origin", http.Header{"Cookie": {"steward=boss"}, "Origin": {"https://evil.example.com"}}, "")
}

func TestSignedOutIsClosedWithItsReason(t *testing.T) {
	s := serve(t, live.Options{}, Options{}, func(s *Server) { s.hub.pace.still = 10 * time.Millisecond })
	s.roll.signIn("ann", viewerOfHarbour)
	s.roll.signIn("bob", viewerOfHarbour)
	cookie := func(name string) http.Header { return http.Header{"Cookie": {"steward=" + name}} }
	ann, _, err := s.viewAs(cookie("ann"), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	bob, _, err := s.viewAs(cookie("bob"), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	machine := s.mustView("")
	for _, v := range []*viewer{ann, bob, machine} {
		v.until(t, "snapshot")
	}
	s.roll.signOut("ann")
	if end := ann.closed(t); end.Code != websocket.ClosePolicyViolation || end.Text != "signed out" {
		t.Errorf("closed with %d %q", end.Code, end.Text)
	}
	s.roll.signIn("bob") // all his grants are taken
	if end := bob.closed(t); end.Code != websocket.ClosePolicyViolation || end.Text != "signed out" {
		t.Errorf("without grants closed with %d %q", end.Code, end.Text)
	}
	s.roll.mu.Lock()
	delete(s.roll.tokens, hqToken)
	s.roll.mu.Unlock()
	if end := machine.closed(t); end.Code != websocket.ClosePolicyViolation || end.Text != "signed out" {
		t.Errorf("a revoked token is closed with %d %q", end.Code, end.Text)
	}
	eventually(t, "they are counted", func() bool { return s.board.Stats().Subscribers == 0 })
}

func TestChangedGrantsChangeWhatIsSeen(t *testing.T) {
	s := serve(t, live.Options{}, Options{}, func(s *Server) { s.hub.pace.still = 10 * time.Millisecond })
	plant(s.board, 0)
	eventually(t, "all is published", func() bool {
		return len(s.board.Snapshot(live.Scope{Allowed: authz.Everything()}).Devices) == len(plantedPlaces)
	})
	s.roll.signIn("ann", viewerOfHarbour)
	v, _, err := s.viewAs(http.Header{"Cookie": {"steward=ann"}}, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	v.until(t, "snapshot")
	if len(v.devices) != 1 {
		t.Fatalf("%d devices of one project", len(v.devices))
	}
	s.roll.signIn("ann", authz.Grant{Role: authz.Viewer, Place: authz.Place{Region: "south"}})
	v.until(t, "snapshot")
	if len(v.devices) != 2 || v.devices["south/garden/elevator/south-garden"] == nil {
		t.Errorf("after the move to the south: %v", v.devices)
	}
}
