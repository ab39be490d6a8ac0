package notices

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/incident"
)

func TestALife(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := h.issue(notice(harbour, "collection_rate", "2026-10"))
		if n.State != Issued || n.Version != 1 || n.Overdue || string(n.Evidence) != `{"run":"r1"}` || !n.DueAt.Equal(time.Date(2026, 11, 16, 0, 0, 0, 0, china)) {
			t.Errorf("issued: %+v", n)
		}
		n = h.does(li, n, Action{Deed: Accept})
		if n.Owner != "li" || n.State != Accepted {
			t.Errorf("accepted: %+v", n)
		}
		n = h.does(li, n, Action{Deed: Submit, Note: "已催缴", Evidence: []string{"https://example.org/p/1"}})
		n = h.does(zhao, n, Action{Deed: Reject, Note: "仍欠缴", DueOn: "2026-11-30"})
		if n.State != Rejected || n.DueOn != "2026-11-30" {
			t.Errorf("rejected: %+v", n)
		}
		n = h.does(li, n, Action{Deed: Submit, Note: "again"})
		h.now = h.now.Add(time.Hour)
		n = h.does(zhao, n, Action{Deed: Close, Note: "复查通过"})
		if n.State != Closed || !n.ClosedAt.Equal(h.now) || n.Version != 6 {
			t.Errorf("closed: %+v", n)
		}
		got, err := h.As(sun).Get(t.Context(), n.ID)
		h.must(err)
		var steps []string
		for _, c := range got.History {
			steps = append(steps, string(c.State)+" "+c.Actor)
		}
		want := []string{"issued scorecard", "accepted li", "submitted li", "rejected zhao", "submitted li", "closed zhao"}
		if !slices.Equal(steps, want) || got.History[2].Evidence[0] != "https://example.org/p/1" || got.History[1].Evidence != nil {
			t.Errorf("history %v", got.History)
		}
		_, err = h.act(zhao, n, Action{Deed: Withdraw, Note: "x"})
		if e := new(controldb.InvalidError); !errors.As(err, &e) || e.Fields[0].Field != "deed" {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestOneWhileOneIsLive(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f := func(n New, wantFresh bool) Notice {
			t.Helper()
			got, fresh, err := h.Issue(t.Context(), "scorecard", n)
			if err != nil || fresh != wantFresh {
				t.Errorf("%s of %s in %s: fresh %v, %v", n.Kind, n.Place, n.Month, fresh, err)
			}
			return got
		}
		first := f(notice(harbour, "availability", "2026-10"), true)
		f(notice(harbour, "availability", "2026-10"), false)
		f(notice(harbour, "availability", "2026-11"), false) // the first is live
		f(notice(harbour, "complaint_rate", "2026-10"), true)
		f(notice(hill, "availability", "2026-10"), true)
		h.does(zhao, first, Action{Deed: Withdraw, Note: "wrong meter"})
		if again := f(notice(harbour, "availability", "2026-10"), false); again.ID != first.ID {
			t.Errorf("the month is found fault with again: %+v", again)
		}
		f(notice(harbour, "availability", "2026-11"), true)
		// By hand as often as somebody likes.
		for range 2 {
			_, err := h.As(wang).Create(t.Context(), notice(harbour, "ignored", ""))
			h.must(err)
		}
	})
}

func TestWhoMayDoWhat(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		fresh := func(state State) Notice {
			n, err := h.As(qian).Create(t.Context(), notice(harbour, Manual, ""))
			h.must(err)
			if state == Submitted {
				n = h.does(li, n, Action{Deed: Submit, Note: "done"})
			}
			return n
		}
		f := func(who authz.Principal, d Deed, from State, want error) {
			t.Helper()
			if _, err := h.act(who, fresh(from), Action{Deed: d, Note: "because"}); !errors.Is(err, want) || want == nil && err != nil {
				t.Errorf("%s by %s: %v, want %v", d, who.ID, err, want)
			}
		}
		for _, d := range []Deed{Accept, Submit} {
			f(li, d, Issued, nil)
			f(wang, d, Issued, nil)
			f(sun, d, Issued, ErrForbidden)
			f(zhou, d, Issued, ErrNotFound)
		}
		for _, d := range []Deed{Reject, Close} {
			f(li, d, Submitted, ErrForbidden)
			f(wang, d, Submitted, ErrForbidden)
			f(zhou, d, Submitted, ErrNotFound)
			f(zhao, d, Submitted, nil)
			f(qian, d, Submitted, nil)
		}
		f(wang, Withdraw, Issued, ErrForbidden)
		f(zhao, Withdraw, Issued, nil)

		// A manager of the region who did the work does not inspect it.
		n := h.does(zhao, fresh(Issued), Action{Deed: Submit, Note: "done"})
		_, err := h.act(zhao, n, Action{Deed: Close})
		wantErr(t, err, ErrForbidden)
		h.does(qian, n, Action{Deed: Close})
		// Nor one who answers for it, when somebody else submitted it.
		n = h.does(zhao, fresh(Issued), Action{Deed: Accept})
		n = h.does(wang, n, Action{Deed: Submit, Note: "done"})
		_, err = h.act(zhao, n, Action{Deed: Close})
		wantErr(t, err, ErrForbidden)
		// Another operator leaves the owner's notice alone.
		n = h.does(wang, fresh(Issued), Action{Deed: Accept})
		_, err = h.act(li, n, Action{Deed: Submit, Note: "done"})
		wantErr(t, err, ErrForbidden)

		_, err = h.As(li).Create(t.Context(), notice(harbour, Manual, ""))
		wantErr(t, err, ErrForbidden)
		_, err = h.As(zhou).Create(t.Context(), notice(harbour, Manual, ""))
		wantErr(t, err, ErrNotFound)
	})
}

func TestNobodysChangeIsOverwritten(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := h.issue(notice(harbour, "availability", "2026-10"))
		h.does(li, n, Action{Deed: Accept})
		_, err := h.act(li, n, Action{Deed: Submit, Note: "done"})
		wantErr(t, err, ErrConflict)
		_, err = h.As(li).Act(t.Context(), "none\x00", Action{Deed: Accept})
		wantErr(t, err, ErrNotFound)
	})
}

func TestBadInput(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f := func(field string, change func(*New)) {
			t.Helper()
			n := notice(harbour, "availability", "2026-10")
			change(&n)
			_, _, err := h.Issue(t.Context(), "scorecard", n)
			if e := new(controldb.InvalidError); !errors.As(err, &e) || e.Fields[0].Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		f("project", func(n *New) { n.Place.Project = "" })
		f("kind", func(n *New) { n.Kind = "" })
		f("month", func(n *New) { n.Month = "2026-13" })
		f("month", func(n *New) { n.Month = "" })
		f("finding", func(n *New) { n.Finding = incident.Text{} })
		f("required", func(n *New) { n.Required.EN = strings.Repeat("x", maxText+1) })
		f("evidence", func(n *New) { n.Evidence = []byte("{") })
		f("owner", func(n *New) { n.Owner = "a\x00" })
		f("due_on", func(n *New) { n.DueOn = "2026-10-31" })
		f("due_on", func(n *New) { n.DueOn = "tomorrow" })
		f("due_on", func(n *New) { n.DueOn = "2029-01-01" })
		n := h.issue(notice(harbour, "availability", "2026-10"))
		g := func(field string, a Action) {
			t.Helper()
			_, err := h.act(qian, n, a)
			if e := new(controldb.InvalidError); !errors.As(err, &e) || e.Fields[0].Field != field {
				t.Errorf("%+v: %v", a, err)
			}
		}
		g("deed", Action{Deed: Close})
		g("note", Action{Deed: Submit})
		g("note", Action{Deed: Submit, Note: "\xff"})
		g("evidence", Action{Deed: Submit, Note: "x", Evidence: make([]string, maxItems+1)})
		g("evidence", Action{Deed: Submit, Note: "x", Evidence: []string{""}})
		g("due_on", Action{Deed: Submit, Note: "x", DueOn: "2026-12-01"})
	})
}

func TestTextsAreCountedInCharacters(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		long := strings.Repeat("漏", maxText)
		n := notice(harbour, "availability", "2026-10")
		n.Finding, n.Required = incident.Text{ZH: long}, incident.Text{ZH: long}
		issued := h.issue(n)
		item := strings.Repeat("单", maxItem)
		done := h.does(li, issued, Action{Deed: Submit, Note: long, Evidence: []string{item}})
		if last := done.History[len(done.History)-1]; done.Finding.ZH != long || last.Note != long || last.Evidence[0] != item {
			t.Error("the texts were not kept whole")
		}
		n.Kind, n.Finding.ZH = "complaint_rate", long+"水"
		_, _, err := h.Issue(t.Context(), "scorecard", n)
		if e := new(controldb.InvalidError); !errors.As(err, &e) || e.Fields[0].Field != "finding" {
			t.Errorf("a finding that is one too long: %v", err)
		}
		for field, a := range map[string]Action{
			"note":     {Deed: Reject, Note: long + "水"},
			"evidence": {Deed: Reject, Note: "x", Evidence: []string{item + "号"}},
		} {
			if _, err := h.act(zhao, done, a); !errors.As(err, new(*controldb.InvalidError)) {
				t.Errorf("%s that is one too long: %v", field, err)
			}
		}
	})
}

func TestListIsScoped(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var all []string
		for i, at := range []authz.Place{harbour, hill, park, harbour} {
			h.now = start.Add(time.Duration(i/2) * time.Minute) // two at a time
			n := h.issue(notice(at, []string{"availability", "availability", "availability", "complaint_rate"}[i], "2026-10"))
			all = append(all, n.ID)
		}
		f := func(who authz.Principal, filter Filter, want ...int) {
			t.Helper()
			var got, ids []string
			p := Page{Limit: 1}
			for {
				l, err := h.As(who).List(t.Context(), filter, p)
				h.must(err)
				for _, n := range l.Items {
					got = append(got, n.ID)
				}
				if p.Cursor = l.Next; p.Cursor == "" {
					break
				}
			}
			for _, i := range want {
				ids = append(ids, all[i])
			}
			slices.Sort(got)
			slices.Sort(ids)
			if !slices.Equal(got, ids) {
				t.Errorf("%s, %+v: %v, want %v", who.ID, filter, got, ids)
			}
		}
		f(qian, Filter{}, 0, 1, 2, 3)
		f(zhao, Filter{}, 0, 1, 3)
		f(sun, Filter{}, 0, 3)
		f(zhou, Filter{}, 2)
		f(zhou, Filter{Region: "north"})
		f(authz.Principal{}, Filter{})
		f(qian, Filter{Kind: "complaint_rate"}, 3)
		f(qian, Filter{Region: "north", Project: "hill"}, 1)
		f(qian, Filter{Month: "2026-09"})
		f(qian, Filter{Overdue: true})
		f(qian, Filter{States: []State{Closed, Withdrawn}})
		f(qian, Filter{Live: true, States: []State{Issued}}, 0, 1, 2, 3)
		h.now = start.Add(20 * day)
		f(qian, Filter{Overdue: true}, 0, 1, 2, 3)
		both := authz.Principal{Kind: authz.Person, ID: "b", Grants: []authz.Grant{{Role: authz.Viewer, Place: park}, {Role: authz.Viewer, Place: hill}}}
		f(both, Filter{}, 1, 2)
		if _, err := h.As(qian).List(t.Context(), Filter{}, Page{Cursor: "x"}); err == nil {
			t.Error("took a cursor that is none")
		}
		if _, err := h.As(qian).Get(t.Context(), all[0]); err != nil {
			t.Error(err)
		}
		_, err := h.As(zhou).Get(t.Context(), all[0])
		wantErr(t, err, ErrNotFound)
	})
}

// TestEscalation: the region when the due day is over by the project's clocks,
// headquarters a week after; each once; and both are told of the end.
func TestEscalation(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n, waits := h.issue(notice(harbour, "availability", "2026-10")), h.issue(notice(hill, "availability", "2026-10"))
		waits = h.does(person("w", authz.Operator, hill), waits, Action{Deed: Submit, Note: "done"})
		a := &alarm{}
		f := func(now time.Time, want ...string) {
			t.Helper()
			a.told = nil
			h.now = now
			if err := h.Escalate(t.Context(), now, a); (err != nil) != a.fail {
				t.Error(err)
			}
			if !slices.Equal(a.told, want) {
				t.Errorf("at %s: %q, want %q", now, a.told, want)
			}
		}
		due := time.Date(2026, 11, 16, 0, 0, 0, 0, china)
		f(due.Add(-time.Millisecond))
		a.fail = true
		f(due)
		a.fail = false
		f(due, "region harbour")
		f(due.Add(time.Minute))
		f(due.Add(7*day - time.Millisecond))
		f(due.Add(7*day), "hq harbour")
		f(due.Add(8 * day))
		got, err := h.As(sun).Get(t.Context(), n.ID)
		if err != nil || !got.Overdue || got.Level != LevelHQ || got.Version != 1 {
			t.Errorf("escalated: %+v, %v", got, err)
		}
		// What waits for its inspection is overdue again when it is sent back.
		waits = h.does(zhao, waits, Action{Deed: Reject, Note: "not done"})
		f(due.Add(9*day), "hq hill")
		h.does(zhao, waits, Action{Deed: Withdraw, Note: "moved"})
		got = h.does(li, got, Action{Deed: Submit, Note: "done"})
		f(due.Add(10*day), "settled hq hill")
		h.does(zhao, got, Action{Deed: Close})
		f(due.Add(10*day), "settled hq harbour")
		f(due.Add(11 * day))
	})
}

// A notice that is sent back with a new due day is no more overdue, which those who were
// told of it learn; and once that day is over they are told again.
func TestANewDueDay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		n := h.issue(notice(harbour, "availability", "2026-10"))
		a := &alarm{}
		f := func(now time.Time, want ...string) {
			t.Helper()
			a.told, h.now = nil, now
			h.must(h.Escalate(t.Context(), now, a))
			if !slices.Equal(a.told, want) {
				t.Errorf("at %s: %q, want %q", now, a.told, want)
			}
		}
		due := time.Date(2026, 11, 16, 0, 0, 0, 0, china)
		f(due.Add(8*day), "hq harbour")
		n = h.does(li, n, Action{Deed: Submit, Note: "done"})
		f(due.Add(9 * day)) // it waits for its inspection
		n = h.does(zhao, n, Action{Deed: Reject, Note: "not done", DueOn: "2026-11-30"})
		f(due.Add(9*day), "settled hq harbour")
		f(due.Add(10 * day))
		if got, err := h.As(sun).Get(t.Context(), n.ID); err != nil || got.Overdue || got.Level != "" || got.Version != n.Version {
			t.Errorf("with a new due day: %+v, %v", got, err)
		}
		again := time.Date(2026, 12, 1, 0, 0, 0, 0, china)
		f(again.Add(-time.Second))
		f(again, "region harbour")
		f(again.Add(7*day), "hq harbour")
		h.does(zhao, h.does(li, n, Action{Deed: Submit, Note: "done"}), Action{Deed: Close})
		f(again.Add(7*day), "settled hq harbour")
		f(again.Add(8 * day))
	})
}
