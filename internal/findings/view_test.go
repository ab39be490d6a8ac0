package findings

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
)

func controldbSQLite(t *testing.T, test func(h *house)) {
	t.Helper()
	test(newHouse(t, controldbtest.SQLiteAnalytics(t)))
}

func TestDeeds(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		// What each state allows, and where it leads.
		want := map[State]map[Deed]State{
			Open:      {Confirm: Confirmed, Dismiss: Dismissed, Fix: Fixed},
			Confirmed: {Dismiss: Dismissed, Fix: Fixed, Reopen: Open},
			Dismissed: {Reopen: Open},
			Fixed:     {Reopen: Open},
			Verified:  {Reopen: Open},
			Cleared:   {},
		}
		h.sync("run-1", leak(w1, 4000))
		id := h.only().ID
		set := func(s State) {
			h.must(h.db.Write(t.Context(), func(tx *controldb.Tx) error {
				_, err := tx.Exec(`UPDATE findings SET state = ? WHERE id = ?`, string(s), id)
				return err
			}))
		}
		for _, from := range States() {
			for _, deed := range Deeds() {
				set(from)
				before := h.get(id)
				f, err := h.As(root).Act(t.Context(), id, Action{Deed: deed, Note: "because"})
				if to, can := want[from][deed]; can {
					if err != nil || f.State != to || f.Version != before.Version+1 || len(f.History) != len(before.History)+1 {
						t.Errorf("%s when %s: %s %v", deed, from, f.State, err)
					}
					if last := f.History[len(f.History)-1]; last.State != to || last.Actor != "test" || last.Kind != authz.System {
						t.Errorf("%s when %s: %+v", deed, from, last)
					}
					continue
				}
				wantInvalid(t, err, "deed")
				if after := h.get(id); after.Version != before.Version || after.State != from {
					t.Errorf("%s when %s changed something", deed, from)
				}
			}
		}
	})
}

func TestWhoMayDoWhat(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.sync("run-1", leak(w1, 4000))
		h.must(h.Sync(t.Context(), "run-1", park, h.now, []Seen{leak(w1, 100)}, nil))
		l, err := h.As(root).List(t.Context(), Filter{Region: "north"}, Page{})
		h.must(err)
		id := l.Items[0].ID
		f := func(who authz.Principal, deed Deed, want error) {
			t.Helper()
			_, err := h.As(who).Act(t.Context(), id, Action{Deed: deed, Note: "x"})
			wantErr(t, err, want)
			if h.get(id).State != Open {
				h.act(id, Action{Deed: Reopen})
			}
		}
		for _, deed := range []Deed{Confirm, Fix} {
			f(somebody(authz.Viewer, harbour), deed, ErrForbidden)
			f(somebody(authz.Operator, harbour), deed, nil)
			f(somebody(authz.Administrator, park), deed, ErrNotFound)
			f(authz.Principal{}, deed, ErrNotFound)
		}
		f(somebody(authz.Operator, harbour), Dismiss, ErrForbidden)
		f(somebody(authz.Engineer, hill), Dismiss, ErrNotFound)
		f(somebody(authz.Engineer, authz.Place{Region: "north"}), Dismiss, nil)
		h.act(id, Action{Deed: Dismiss, Note: "x"})
		_, err = h.As(somebody(authz.Operator, harbour)).Act(t.Context(), id, Action{Deed: Reopen})
		wantErr(t, err, ErrForbidden)

		_, err = h.As(somebody(authz.Administrator, park)).Get(t.Context(), id)
		wantErr(t, err, ErrNotFound)
		for _, none := range []string{"", "20260101-none", "\x00"} {
			_, err = h.As(root).Get(t.Context(), none)
			wantErr(t, err, ErrNotFound)
			_, err = h.As(root).Act(t.Context(), none, Action{Deed: Confirm})
			wantErr(t, err, ErrNotFound)
		}
		version := h.get(id).Version
		_, err = h.As(root).Act(t.Context(), id, Action{Deed: Reopen, Version: version - 1})
		wantErr(t, err, ErrConflict)
		if got := h.act(id, Action{Deed: Reopen, Version: version}); got.Version != version+1 {
			t.Errorf("%+v", got)
		}
		for field, a := range map[string]Action{
			"deed": {Deed: "forget"}, "note": {Deed: Dismiss, Note: " "}, "version": {Deed: Confirm, Version: -1},
			"at": {Deed: Fix, At: h.now.Add(day)},
		} {
			_, err = h.As(root).Act(t.Context(), id, a)
			wantInvalid(t, err, field)
		}
		_, err = h.As(root).Act(t.Context(), id, Action{Deed: Confirm, At: h.now})
		wantInvalid(t, err, "at")
		_, err = h.As(root).Act(t.Context(), id, Action{Deed: Confirm, Note: strings.Repeat("长", maxNote)})
		wantInvalid(t, err, "note")
	})
}

func TestListsAndSums(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i, at := range []authz.Place{harbour, hill, park} {
			var seen []Seen
			for n := range 4 {
				s := leak(fmt.Sprint("device:meter/", n), float64(1000*(n/2)+i)) // some are worth the same
				s.Since = s.Since.AddDate(0, 0, n%3)
				if n == 3 {
					s.RateCNY = Amount{Unit: "CNY", Why: "no tariff"}
					s.Kind, s.Medium, s.Building = "night_base", "electricity", "b2"
				}
				seen = append(seen, s)
			}
			h.must(h.Sync(t.Context(), "run-1", at, h.now, seen, nil))
		}
		f := func(who authz.Principal, filter Filter, sort string, want int) []Finding {
			t.Helper()
			var all []Finding
			for p := (Page{Limit: 2, Sort: sort}); ; {
				l, err := h.As(who).List(t.Context(), filter, p)
				h.must(err)
				all = append(all, l.Items...)
				if p.Cursor = l.Next; p.Cursor == "" {
					break
				}
			}
			ids := map[string]bool{}
			for _, one := range all {
				ids[one.ID] = true
				if one.Evidence != nil || one.History != nil {
					t.Errorf("a list is to be light: %+v", one)
				}
			}
			if len(all) != want || len(ids) != want {
				t.Errorf("%+v by %q: %d findings, %d of them different, want %d", filter, sort, len(all), len(ids), want)
			}
			return all
		}
		worth := func(one Finding) float64 {
			if one.RateCNY.Value == nil {
				return unknown
			}
			return *one.RateCNY.Value
		}
		viewer := somebody(authz.Viewer, authz.Place{Region: "north"})
		for _, sort := range []string{"", "-cny"} {
			if all := f(root, Filter{}, sort, 12); !slices.IsSortedFunc(all, func(a, b Finding) int { return int(worth(b) - worth(a)) }) {
				t.Errorf("by %q: %+v", sort, all)
			}
		}
		since := func(a, b Finding) int { return a.Since.Compare(b.Since) }
		if all := f(root, Filter{}, "since", 12); !slices.IsSortedFunc(all, since) {
			t.Error("not by since")
		}
		all := f(root, Filter{}, "-since", 12)
		if slices.Reverse(all); !slices.IsSortedFunc(all, since) {
			t.Error("not by since, backwards")
		}
		f(viewer, Filter{}, "", 8)
		f(viewer, Filter{Region: "east"}, "", 0)
		f(viewer, Filter{Region: "north", Project: "hill"}, "", 4)
		f(authz.Principal{}, Filter{}, "", 0)
		f(root, Filter{Kinds: []string{"night_base"}}, "", 3)
		f(root, Filter{Kinds: []string{"night_base", "water_leak"}, Medium: "water"}, "", 9)
		f(root, Filter{Building: "b2"}, "since", 3)
		f(root, Filter{Subject: "device:meter/1"}, "", 3)
		f(root, Filter{MinCNY: 1001}, "", 2)
		f(root, Filter{States: []State{Fixed}}, "", 0)
		f(root, Filter{States: []State{Open, Fixed}}, "", 12)
		f(root, Filter{Building: "\x00"}, "", 0)
		f(root, Filter{Building: "' OR 1=1 --"}, "", 0)

		first, err := h.As(root).List(t.Context(), Filter{}, Page{Limit: 1})
		h.must(err)
		for field, try := range map[string]struct {
			Filter
			Page
		}{
			"sort": {Filter{}, Page{Sort: "id"}}, "cursor": {Filter{}, Page{Cursor: "x"}}, "project": {Filter{Project: "hill"}, Page{}},
			"kind": {Filter{Kinds: make([]string, 21)}, Page{}}, "min_cny": {Filter{MinCNY: -1}, Page{}},
		} {
			_, err := h.As(root).List(t.Context(), try.Filter, try.Page)
			wantInvalid(t, err, field)
		}
		_, err = h.As(root).List(t.Context(), Filter{Medium: "water"}, Page{Cursor: first.Next})
		wantInvalid(t, err, "cursor")

		sum := func(who authz.Principal, filter Filter, per, want string) {
			t.Helper()
			sums, err := h.As(who).Summary(t.Context(), filter, per)
			h.must(err)
			var text []string
			for _, s := range sums {
				known := "?"
				if s.CNY != nil {
					known = fmt.Sprint(*s.CNY)
				}
				text = append(text, fmt.Sprint(s.Place, " ", s.Kind, " ", s.State, " ", s.Count, " ", known, " ", s.Unknown))
			}
			if got := strings.Join(text, "; "); got != want {
				t.Errorf("%s of %+v:\n%s\n%s", per, filter, got, want)
			}
		}
		sum(root, Filter{}, "company", "hq night_base open 3 ? 3; hq water_leak open 9 3009 0")
		sum(viewer, Filter{Kinds: []string{"water_leak"}}, "region", "north water_leak open 6 2003 0")
		sum(viewer, Filter{Project: "hill", Region: "north"}, "", "north/hill night_base open 1 ? 1; north/hill water_leak open 3 1003 0")
		sum(authz.Principal{}, Filter{}, "company", "")
		_, err = h.As(root).Summary(t.Context(), Filter{}, "device")
		wantInvalid(t, err, "per")
		_, err = h.As(root).Summary(t.Context(), Filter{Project: "x"}, "")
		wantInvalid(t, err, "project")
	})
}

func TestAHistoryIsBounded(t *testing.T) {
	controldbSQLite(t, func(h *house) {
		h.sync("run-1", leak(w1, 4000))
		id := h.only().ID
		for range maxChanges/2 + 1 {
			h.act(id, Action{Deed: Confirm})
			h.act(id, Action{Deed: Reopen})
		}
		if got := h.get(id); len(got.History) != maxChanges {
			t.Errorf("%d steps", len(got.History))
		}
	})
}
