package incident

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
	"steward/internal/telemetry"
)

// world is incidents at several places, with notices, attempts and people.
func world(h *house) map[string]*Incident {
	all := map[string]*Incident{}
	for n, at := range []string{"north/harbour", "north/hill", "east/park", "north", "hq"} {
		i := stuck(at, "e1")
		i.StartedAt = start.Add(time.Duration(n) * time.Minute)
		i.Stages = []Stage{{State: Acknowledged, By: Actor{Name: "li", Remote: "192.0.2.7"}}}
		h.save(i, EntryOpened, EntryAcknowledged)
		h.enqueue(notice(i, "duty"))
		if err := h.Finish(h.t.Context(), notice(i, "duty").Key, Attempt{OK: true, Channel: "robot"}, Notice{State: NoticeSent}); err != nil {
			h.t.Fatal(err)
		}
		all[at] = i
	}
	return all
}

// Whatever a caller asks for, only what the scope covers is there.
func TestScope(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		all := world(h)
		for _, c := range []struct {
			who  authz.Principal
			sees []string
		}{
			{authz.Principal{}, nil},
			{person(authz.Viewer, "west"), nil},
			{person(authz.Viewer, "north/harbour"), []string{"north/harbour"}},
			{person(authz.Viewer, "north/hill", "east"), []string{"east/park", "north/hill"}},
			{person(authz.Viewer, "north"), []string{"north", "north/harbour", "north/hill"}},
			{person(authz.Viewer, "hq"), []string{"east/park", "hq", "north", "north/harbour", "north/hill"}},
		} {
			v := h.As(c.who)
			check := func(what string, at []authz.Place, err error) {
				t.Helper()
				names := []string{}
				for _, p := range at {
					names = append(names, p.String())
				}
				slices.Sort(names)
				if names = slices.Compact(names); err != nil || !slices.Equal(names, c.sees) {
					t.Errorf("%s of %s: %v, %v, want %v", what, c.who.Scope(authz.Read), names, err, c.sees)
				}
			}
			places := func(list []Incident) (at []authz.Place) {
				for _, i := range list {
					at = append(at, i.Place)
				}
				return at
			}
			list, err := v.List(t.Context(), Filter{}, Page{})
			check("list", places(list.Items), err)
			open, _, err := v.Open(t.Context())
			check("open", places(open), err)
			entries, incidents, err := v.After(t.Context(), 0, 100)
			check("after, incidents", places(incidents), err)
			var at []authz.Place
			for _, e := range entries {
				at = append(at, e.Place)
			}
			check("after, entries", at, err)
			counts, err := v.Counts(t.Context())
			at = nil
			for _, n := range counts {
				at = append(at, n.Place)
			}
			check("counts", at, err)
			for name, i := range all {
				_, errGet := v.Get(t.Context(), i.ID)
				_, errTimeline := v.Timeline(t.Context(), i.ID, Page{})
				_, errEvidence := v.Evidence(t.Context(), i.ID)
				_, _, errDeliveries := v.Deliveries(t.Context(), i.ID)
				for what, err := range map[string]error{"get": errGet, "timeline": errTimeline, "evidence": errEvidence, "deliveries": errDeliveries} {
					if sees := slices.Contains(c.sees, name); sees && err != nil || !sees && !errors.Is(err, ErrNotFound) {
						t.Errorf("%s of %s by %s: %v", what, name, c.who.Scope(authz.Read), err)
					}
				}
			}
		}
	})
}

// From where somebody acted is for managers of the place.
func TestRemote(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := world(h)["north/harbour"].ID
		for role, want := range map[authz.Role]string{authz.Viewer: "", authz.Engineer: "", authz.Manager: "192.0.2.7", authz.Administrator: "192.0.2.7"} {
			v := h.As(person(role, "north"))
			e, err := v.Evidence(t.Context(), id)
			if err != nil || len(e.Entries) != 3 || !e.Proof.Intact {
				t.Fatalf("%+v, %v", e, err)
			}
			list, err := v.Timeline(t.Context(), id, Page{})
			if err != nil {
				t.Fatal(err)
			}
			after, _, err := v.After(t.Context(), 0, 10)
			if err != nil {
				t.Fatal(err)
			}
			for what, got := range map[string]string{
				"stage": e.Incident.Stages[0].By.Remote, "evidence": e.Entries[0].Actor.Remote,
				"timeline": list.Items[0].Actor.Remote, "after": after[0].Actor.Remote,
			} {
				if got != want {
					t.Errorf("%s for %s: %q, want %q", what, role, got, want)
				}
			}
		}
	})
}

func TestFilter(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		add := func(name, at string, change func(i *Incident)) {
			i := stuck(at, name)
			change(i)
			h.save(i, EntryOpened)
		}
		add("a", "north/harbour", func(*Incident) {})
		add("b", "north/harbour", func(i *Incident) {
			i.Severity, i.State, i.StartedAt = telemetry.Warning, Resolved, start.Add(time.Hour)
			i.Clocks, i.Runbook = []Clock{{State: Breached}}, Text{EN: "calm them"}
		})
		add("c", "north/hill", func(i *Incident) {
			i.Severity, i.Kind, i.Rule, i.Class, i.StartedAt = telemetry.Critical, "repair", "", telemetry.Fire, start.Add(2*time.Hour)
		})
		add("d", "east/park", func(i *Incident) {
			i.State, i.Building, i.Parent, i.Group, i.StartedAt = Acknowledged, "b9", "cause", "g", start.Add(-time.Hour)
			i.Summary.ZH = "Ａ座西侧"
		})
		add("s", "east/park", func(i *Incident) { i.Shadow = true })
		for name, c := range map[string]struct {
			f    Filter
			sort string
			want string
		}{
			"all, newest first":    {Filter{}, "", "c b a d"},
			"all, gravest first":   {Filter{}, "-severity", "a d c b"},
			"open, gravest first":  {Filter{Open: true}, "", "a d c"},
			"open, newest first":   {Filter{Open: true}, "-started_at", "c a d"},
			"region":               {Filter{Region: "north"}, "", "c b a"},
			"project":              {Filter{Region: "north", Project: "harbour"}, "", "b a"},
			"states":               {Filter{States: []State{Resolved, Acknowledged}}, "", "b d"},
			"severities":           {Filter{Severities: []telemetry.Severity{telemetry.Critical, telemetry.Warning}}, "", "c b"},
			"kind":                 {Filter{Kind: "repair"}, "", "c"},
			"rule":                 {Filter{Rule: "entrapment"}, "", "b a d"},
			"building":             {Filter{Building: "b9"}, "", "d"},
			"class":                {Filter{Class: telemetry.Fire}, "", "c"},
			"device":               {Filter{Device: "a"}, "", "a"},
			"parent":               {Filter{Parent: "cause"}, "", "d"},
			"group":                {Filter{Group: "g"}, "", "d"},
			"from is within":       {Filter{From: start}, "", "c b a"},
			"to is not":            {Filter{To: start}, "", "d"},
			"breached":             {Filter{Breached: true}, "", "b"},
			"search":               {Filter{Search: "REPAIR"}, "", "c"},
			"search a project":     {Filter{Search: "hill"}, "", "c"},
			"search wide letters":  {Filter{Search: "Ａ座"}, "", "d"},
			"search no runbook":    {Filter{Search: "calm them"}, "", ""},
			"search no pattern":    {Filter{Search: "%"}, "", ""},
			"search a quote":       {Filter{Search: `"north"`}, "", ""},
			"on trial":             {Filter{Shadow: true}, "", "s"},
			"what no row can hold": {Filter{Kind: "a\x00"}, "", ""},
			"and in a list":        {Filter{States: []State{"\xff"}}, "", ""},
			"SQL":                  {Filter{Kind: "' OR 1 = 1 --"}, "", ""},
		} {
			list, err := h.As(person(authz.Viewer, "hq")).List(t.Context(), c.f, Page{Sort: c.sort})
			var got []string
			for _, i := range list.Items {
				got = append(got, i.Device)
			}
			if err != nil || strings.Join(got, " ") != c.want {
				t.Errorf("%s: %v, %v, want %s", name, got, err, c.want)
			}
		}
		v := h.As(person(authz.Viewer, "hq"))
		_, err := v.List(t.Context(), Filter{}, Page{Sort: "device"})
		wantField(t, err, "sort")
		_, err = v.List(t.Context(), Filter{Project: "harbour"}, Page{})
		wantField(t, err, "project")
		_, err = v.List(t.Context(), Filter{Search: strings.Repeat("a", maxSearch+1)}, Page{})
		wantField(t, err, "search")
		// Pages of a search are full, and go on where they ended.
		page, err := v.List(t.Context(), Filter{Search: "harbour"}, Page{Limit: 1})
		if err != nil || len(page.Items) != 1 || page.Items[0].Device != "b" || page.Next == "" {
			t.Fatalf("the first page: %+v, %v", page, err)
		}
		page, err = v.List(t.Context(), Filter{Search: "harbour"}, Page{Limit: 1, Cursor: page.Next})
		if err != nil || len(page.Items) != 1 || page.Items[0].Device != "a" {
			t.Fatalf("the second page: %+v, %v", page, err)
		}
		_, err = v.List(t.Context(), Filter{States: make([]State, maxAny+1)}, Page{})
		wantField(t, err, "state")
	})
}

func TestCounts(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for n, at := range []string{"north/harbour", "north/harbour", "north/harbour", "east/park", "east/park"} {
			i := stuck(at, fmt.Sprint("e", n))
			if n == 1 {
				i.Clocks = []Clock{{State: Met}, {State: Breached}}
			}
			if n == 2 {
				i.Severity = telemetry.Info
			}
			if n == 3 {
				i.State = Resolved
			}
			i.Shadow = n == 4
			h.save(i, EntryOpened)
		}
		got, err := h.As(person(authz.Viewer, "hq")).Counts(t.Context())
		want := []Count{{place("north/harbour"), telemetry.LifeSafety, 2, 1}, {place("north/harbour"), telemetry.Info, 1, 0}}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	})
}

// Deep pages show each incident once, also while others come.
func TestPages(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const n = 47
		h.update(func(tx *Tx) error {
			for k := range n {
				i := stuck("north/harbour", fmt.Sprint("e", k))
				i.StartedAt = start.Add(time.Duration(k/5) * time.Second) // several at one time
				i.Severity = []telemetry.Severity{telemetry.LifeSafety, telemetry.Warning}[k%2]
				if err := tx.Save(i, Entry{Kind: EntryOpened}); err != nil {
					return err
				}
			}
			return nil
		})
		v := h.As(person(authz.Viewer, "north/harbour"))
		for _, c := range []struct {
			f Filter
			p Page
		}{{Filter{}, Page{Limit: 7}}, {Filter{Open: true}, Page{Limit: 7}}, {Filter{}, Page{Limit: 1, Sort: "-severity"}}} {
			seen, p := map[string]bool{}, c.p
			var last *Incident
			for {
				list, err := v.List(t.Context(), c.f, p)
				if err != nil || len(list.Items) > p.Limit {
					t.Fatal(len(list.Items), err)
				}
				for k := range list.Items {
					i := &list.Items[k]
					if seen[i.ID] {
						t.Fatalf("%s twice", i.Device)
					}
					seen[i.ID] = true
					if last != nil && (c.f.Open || p.Sort != "") && gravity(last.Severity) < gravity(i.Severity) {
						t.Errorf("%s after %s", i.Severity, last.Severity)
					}
					last = i
				}
				if len(seen) == 2*p.Limit { // a new one comes first, and shows on no later page
					i := stuck("north/harbour", "new"+fmt.Sprint(p.Limit, p.Sort, c.f.Open))
					i.StartedAt = start.Add(time.Hour)
					h.save(i, EntryOpened)
				}
				if p.Cursor = list.Next; p.Cursor == "" {
					break
				}
			}
			if len(seen) < n {
				t.Errorf("%+v: %d of %d", c, len(seen), n)
			}
		}
		first, err := v.List(t.Context(), Filter{}, Page{Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			f Filter
			p Page
		}{
			"other filter": {Filter{Kind: "entrapment"}, Page{Cursor: first.Next}},
			"other sort":   {Filter{}, Page{Sort: "-severity", Cursor: first.Next}},
			"none":         {Filter{}, Page{Cursor: "x"}},
			"forged":       {Filter{}, Page{Cursor: cursor{Seal: "0"}.String()}},
		} {
			_, err := v.List(t.Context(), c.f, c.p)
			if wantField(t, err, "cursor"); err == nil {
				t.Error(name)
			}
		}
	})
}

func TestTimelinePages(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		i := h.save(stuck("north/harbour", "e1"), make([]EntryKind, 23)...)
		h.save(stuck("north/harbour", "e2"), EntryOpened)
		v := h.As(person(authz.Viewer, "north/harbour"))
		for sort, want := range map[string]func(k int) int{"": func(k int) int { return k + 1 }, "-n": func(k int) int { return 23 - k }} {
			k, p := 0, Page{Limit: 5, Sort: sort}
			for {
				list, err := v.Timeline(t.Context(), i.ID, p)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range list.Items {
					if e.N != want(k) || e.Incident != i.ID {
						t.Errorf("entry %d of %s, want %d", e.N, e.Incident, want(k))
					}
					k++
				}
				if p.Cursor = list.Next; p.Cursor == "" {
					break
				}
			}
			if k != 23 {
				t.Errorf("%d entries", k)
			}
		}
		_, err := v.Timeline(t.Context(), i.ID, Page{Sort: "kind"})
		wantField(t, err, "sort")
	})
}

func TestEvidence(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		i := world(h)["north/harbour"]
		v := h.As(person(authz.Manager, "north"))
		e, err := v.Evidence(t.Context(), i.ID)
		if err != nil || e.Incident.ID != i.ID || len(e.Entries) != 3 || len(e.Notices) != 1 || len(e.Attempts) != 1 || e.Entries[2].Kind != EntryDelivered {
			t.Fatalf("%+v, %v", e, err)
		}
		if last := e.Entries[2]; e.Proof != (ChainProof{Intact: true, N: 3, Hash: last.Hash}) {
			t.Errorf("proof %+v", e.Proof)
		}
		h.exec(`UPDATE incident_entries SET note = 'x' WHERE incident = '` + i.ID + `' AND n = 2`)
		e, err = v.Evidence(t.Context(), i.ID)
		if err != nil || e.Proof.Intact || e.Proof.N != 1 || !strings.Contains(e.Proof.Problem, "entry 2") || len(e.Entries) != 3 {
			t.Errorf("proof %+v, %v", e.Proof, err)
		}
	})
}

// The views of pages in the middle of a large store are read by an index.
func TestListsAreReadByIndex(t *testing.T) {
	h := newHouse(t, controldbtest.SQLiteIncidents(t))
	for name, c := range map[string]struct {
		at   string
		f    Filter
		want string
	}{
		"all":     {"hq", Filter{}, "incidents_by_start"},
		"open":    {"hq", Filter{Open: true}, "incidents_open_by_gravity"},
		"region":  {"north", Filter{}, "incidents_by_region"},
		"project": {"north/harbour", Filter{}, "incidents_by_project"},
		"device":  {"north/harbour", Filter{Class: telemetry.Elevator, Device: "e1"}, "incidents_by_device"},
	} {
		o, err := c.f.order(Page{})
		if err != nil {
			t.Fatal(err)
		}
		err = h.db.Read(t.Context(), func(tx *controldb.Tx) error {
			l := &look{tx, person(authz.Viewer, c.at)}
			q := c.f.narrow(l.from(fromIncidents, c.f.place()))
			q.and(o.after, o.values(cursor{ID: "x", Start: start.UnixMilli()})...).then(o.by, 100)
			var steps []struct {
				ID, Parent, NotUsed int
				Detail              string
			}
			if err := tx.Select(&steps, "EXPLAIN QUERY PLAN "+q.sql.String(), q.args...); err != nil {
				return err
			}
			for _, s := range steps {
				if !strings.Contains(s.Detail, c.want) {
					t.Errorf("%s: %s, want %s", name, s.Detail, c.want)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
