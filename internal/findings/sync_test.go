package findings

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
)

const w1, w2 = "device:meter/w1", "device:meter/w2"

func TestARunTellsTwice(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.sync("run-1", leak(w1, 4000))
		first := h.only()
		if first.State != Open || first.Version != 1 || first.Region != "north" || first.Project != "harbour" || *first.RateCNY.Value != 4000 ||
			string(first.Evidence) != `{"nights":[1,2,3]}` || first.Title.ZH != "夜间漏水" || life(first) != "open" || first.Run != "run-1" {
			t.Errorf("%+v", first)
		}
		h.sync("run-1", leak(w1, 4000))
		if again := h.only(); !reflect.DeepEqual(again, first) {
			t.Errorf("\n%+v\n%+v", again, first)
		}
		h.now = h.now.Add(day)
		h.sync("run-2", leak(w1, 4200), leak(w1, 3000)) // the one that is worth more
		second := h.only()
		if second.ID != first.ID || *second.RateCNY.Value != 4200 || !second.SeenAt.Equal(h.now) || second.Run != "run-2" || second.Version != 2 || life(second) != "open" {
			t.Errorf("%+v", second)
		}
		// A look at the past comes too late to say anything.
		h.must(h.Sync(t.Context(), "run-3", harbour, start, []Seen{leak(w1, 1)}, nil))
		if again := h.only(); !reflect.DeepEqual(again, second) {
			t.Errorf("\n%+v\n%+v", again, second)
		}
	})
}

func TestWhatIsNotSeenIsCleared(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.sync("run-1", leak(w1, 4000))
		f := func(after time.Duration, looked []string, seen []Seen, want State, states string) {
			t.Helper()
			h.now = h.now.Add(after)
			h.must(h.Sync(t.Context(), fmt.Sprint("run-", h.now.Unix()), harbour, h.now, seen, looked))
			if got := h.only(); got.State != want || life(got) != states {
				t.Errorf("%s: %s, %s", want, got.State, life(got))
			}
		}
		looked := []string{"water_leak " + w1}
		f(6*day, looked, nil, Open, "open")
		f(2*day, []string{"water_leak " + w2, "night_base " + w1}, nil, Open, "open") // silence is not its end
		f(0, looked, nil, Cleared, "open cleared")
		f(30*day, looked, nil, Cleared, "open cleared")
		f(day, looked, []Seen{leak(w1, 100)}, Open, "open cleared open")
		if got := h.only(); !got.OpenedAt.Equal(h.now) {
			t.Errorf("opened at %s", got.OpenedAt)
		}
		f(8*day, looked, nil, Cleared, "open cleared open cleared")
		// Others' findings are not touched by a run here.
		h.must(h.Sync(t.Context(), "run-hill", hill, h.now, []Seen{leak(w1, 100)}, nil))
		h.must(h.Sync(t.Context(), "run-more", harbour, h.now.Add(9*day), nil, looked))
		if l, err := h.As(root).List(t.Context(), Filter{States: []State{Open}}, Page{}); err != nil || len(l.Items) != 1 || l.Items[0].Project != "hill" {
			t.Errorf("%+v %v", l, err)
		}
	})
}

func TestWhatWasSaidStays(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.sync("run-1", leak(w1, 4000))
		id := h.only().ID
		h.act(id, Action{Deed: Confirm})
		h.now = h.now.Add(20 * day)
		h.sync("run-2")
		if got := h.only(); got.State != Confirmed || life(got) != "open confirmed" {
			t.Errorf("%s: %s", got.State, life(got))
		}
		h.act(id, Action{Deed: Dismiss, Note: "泳池补水"})
		f := func(yuan float64, want State) {
			t.Helper()
			h.now = h.now.Add(day)
			h.sync(fmt.Sprint("run at ", h.now.Unix()), leak(w1, yuan))
			if got := h.only(); got.State != want || *got.RateCNY.Value != yuan {
				t.Errorf("%g yuan: %s", yuan, got.State)
			}
		}
		f(4000, Dismissed)
		f(5999, Dismissed) // and so it creeps on, but is measured by what was dismissed
		f(6000, Open)
		last := h.only().History
		if note := last[len(last)-1].Note; !strings.Contains(note, "from 4000 to 6000 CNY") {
			t.Errorf("history: %q", note)
		}
		f(100, Open)
	})
}

func TestGrowth(t *testing.T) {
	amount := func(v float64, unit string) Amount { return Amount{Value: &v, Unit: unit} }
	f := func(was, wasCNY, is, isCNY Amount, want bool) {
		t.Helper()
		if got, why := (dismissal{was, wasCNY}).grown(&Seen{Rate: is, RateCNY: isCNY}); got != want || got != (why != "") {
			t.Errorf("%+v %+v to %+v %+v: %v %q", was, wasCNY, is, isCNY, got, why)
		}
	}
	none := Amount{Unit: "CNY"}
	f(none, none, amount(10, "kWh"), amount(10, "CNY"), false)
	f(amount(10, "kWh"), none, amount(15, "kWh"), amount(10, "CNY"), true)
	f(amount(10, "kWh"), none, amount(15, "m3"), none, false)
	f(amount(10, "kWh"), amount(10, "CNY"), amount(20, "kWh"), amount(14.9, "CNY"), false) // yuan decide
	f(none, amount(0, "CNY"), none, amount(0, "CNY"), false)
	f(none, amount(0, "CNY"), none, amount(0.1, "CNY"), true)
	f(none, amount(-5, "CNY"), none, amount(-5, "CNY"), false)
}

func TestFixAndVerify(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.sync("run-1", leak(w1, 4000))
		id := h.only().ID
		verify := func(run, verdict string) Finding {
			t.Helper()
			saved := 3500.0
			h.must(h.Verify(t.Context(), id, Verification{Verdict: verdict, Why: "14 nights", Days: 14, SavedCNY: Amount{Value: &saved, Unit: "CNY"}, At: h.now, Run: run}))
			return h.get(id)
		}
		if got := verify("v-0", Fell); got.State != Open || got.Checked != nil { // nobody fixed it
			t.Errorf("%+v", got)
		}
		done := h.now.Add(-5 * time.Hour)
		fixed := h.act(id, Action{Deed: Fix, Note: "换阀门", At: done})
		if fixed.State != Fixed || !fixed.FixedAt.Equal(done) || !strings.HasSuffix(fixed.History[1].Note, " 换阀门") {
			t.Errorf("%+v", fixed)
		}
		h.now = h.now.Add(9 * day)
		h.sync("run-2", leak(w1, 900)) // of before the fix, mostly
		h.sync("run-2", leak(w1, 900))
		got := h.only()
		if got.State != Fixed || *got.RateCNY.Value != 4000 || got.Run != "run-2" || got.Version != fixed.Version+1 {
			t.Errorf("%+v", got)
		}
		all, err := h.Fixed(t.Context(), harbour)
		h.must(err)
		if len(all) != 1 || all[0].ID != id || all[0].Place != harbour || !all[0].FixedAt.Equal(done) {
			t.Errorf("fixed: %+v", all)
		}
		if other, err := h.Fixed(t.Context(), park); err != nil || len(other) != 0 {
			t.Errorf("fixed: %+v %v", other, err)
		}
		if got = verify("v-1", Insufficient); got.State != Fixed || got.Checked.Verdict != Insufficient || life(got) != "open fixed" {
			t.Errorf("%+v", got)
		}
		version := got.Version
		if got = verify("v-1", Insufficient); got.Version != version {
			t.Errorf("told twice: %+v", got)
		}
		if got = verify("v-2", DidNotFall); got.State != Open || !got.FixedAt.IsZero() || got.Checked.Verdict != DidNotFall || life(got) != "open fixed open" || !strings.Contains(got.History[2].Note, "14 nights") {
			t.Errorf("%+v", got)
		}
		if again := h.act(id, Action{Deed: Fix}); again.Checked != nil {
			t.Errorf("the verdict on the fix before stands: %+v", again.Checked)
		}
		h.must(h.Verify(t.Context(), id, Verification{Verdict: Fell, At: h.now.Add(-time.Hour)})) // of the fix before
		if got = h.get(id); got.State != Fixed {
			t.Errorf("%+v", got)
		}
		h.now = h.now.Add(20 * day)
		if got = verify("v-3", Fell); got.State != Verified || *got.Checked.SavedCNY.Value != 3500 || life(got) != "open fixed open fixed verified" {
			t.Errorf("%+v", got)
		}
		seen := leak(w1, 400) // what a trailing period still shows
		seen.Until = h.now
		h.sync("run-3", seen)
		if got = h.get(id); got.State != Verified || *got.RateCNY.Value != 400 {
			t.Errorf("%+v", got)
		}
		h.now = h.now.Add(31 * day)
		seen.Until = h.now
		h.sync("run-4", seen)
		if got = h.get(id); got.State != Open || !got.OpenedAt.Equal(h.now) || !got.FixedAt.IsZero() {
			t.Errorf("%+v", got)
		}
		h.act(id, Action{Deed: Fix})
		h.now = h.now.Add(20 * day)
		verify("v-4", Fell)
		h.now = h.now.Add(day)
		seen.Since, seen.Until = h.now.Add(-10*day), h.now
		h.sync("run-5", seen) // a new leak
		if got = h.get(id); got.State != Open {
			t.Errorf("%+v", got)
		}
		wantErr(t, h.Verify(t.Context(), "20260101-none", Verification{Verdict: Fell, At: h.now}), ErrNotFound)
	})
}

// Of what began before the data that were looked at nobody knows whether it goes on
// after a fix until these lie after it.
func TestATrailingPeriodAfterAFix(t *testing.T) {
	controldbSQLite(t, func(h *house) {
		seen := leak(w1, 4000)
		see := func(run string, after time.Duration, want State) {
			t.Helper()
			h.now = start.Add(after)
			seen.Since, seen.Until, seen.AtLeast = h.now.Add(-90*day), h.now, true
			h.sync(run, seen)
			if got := h.only(); got.State != want || !got.AtLeast {
				t.Errorf("after %s: %+v", after, got)
			}
		}
		see("run-1", 0, Open)
		id := h.only().ID
		h.act(id, Action{Deed: Fix})
		h.now = start.Add(20 * day)
		h.must(h.Verify(t.Context(), id, Verification{Verdict: Fell, At: h.now, Run: "v"}))
		see("run-2", 60*day, Verified)
		see("run-3", 91*day, Open)
	})
}

func TestWhatIsKnownOfAPlace(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.sync("run-1", leak(w1, 4000), leak(w2, 10))
		h.must(h.Sync(t.Context(), "run-1", park, h.now, []Seen{leak(w1, 7)}, nil))
		known := func() string {
			all, err := h.Known(t.Context(), harbour)
			h.must(err)
			var states []string
			for _, f := range all {
				if f.Place != harbour || f.Evidence != nil {
					t.Errorf("%+v", f)
				}
				states = append(states, f.Subject+" "+string(f.State))
			}
			slices.Sort(states)
			return strings.Join(states, ", ")
		}
		if got, want := known(), w1+" open, "+w2+" open"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		h.now = h.now.Add(8 * day)
		h.sync("run-2", leak(w1, 4000)) // the other is gone
		all, err := h.Known(t.Context(), harbour)
		h.must(err)
		h.act(all[0].ID, Action{Deed: Dismiss, Note: "灌溉"})
		if got, want := known(), w1+" dismissed"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

func TestWhatCannotBeSeen(t *testing.T) {
	controldbSQLite(t, func(h *house) {
		f := func(want string, change func(*Seen)) {
			t.Helper()
			s := leak(w1, 1)
			change(&s)
			if err := h.Sync(t.Context(), "run", harbour, h.now, []Seen{s}, nil); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %s", err, want)
			}
		}
		nan, inf := math.NaN(), math.Inf(1)
		f("kind is empty", func(s *Seen) { s.Kind = "" })
		f("subject is empty", func(s *Seen) { s.Subject = "" })
		f("subject", func(s *Seen) { s.Subject = "a\x00b" })
		f("building", func(s *Seen) { s.Building = strings.Repeat("x", 400) })
		f("place", func(s *Seen) { s.Place = hill })
		f("since", func(s *Seen) { s.Since = time.Time{} })
		f("until", func(s *Seen) { s.Until = s.Since.Add(-time.Second) })
		f("confidence", func(s *Seen) { s.Score = nan })
		f("confidence", func(s *Seen) { s.Score = 1.1 })
		f("n ", func(s *Seen) { s.N = inf })
		f("coverage", func(s *Seen) { s.Coverage = nan })
		f("a_year: NaN", func(s *Seen) { s.Rate.Value = &nan })
		f("so_far_cny: +Inf", func(s *Seen) { s.SofarCNY.High = &inf })
		f("evidence has", func(s *Seen) { s.Evidence = []byte(`"` + strings.Repeat("x", maxEvidence) + `"`) })
		f("evidence is not JSON", func(s *Seen) { s.Evidence = []byte(`{`) })
		f("evidence is not JSON", func(s *Seen) { s.Evidence = []byte("\"\xff\"") })
		if err := h.Sync(t.Context(), "", harbour, h.now, nil, nil); err == nil {
			t.Error("a run without a name")
		}
		if err := h.Sync(t.Context(), "run", authz.Place{Project: "x"}, h.now, nil, nil); err == nil {
			t.Error("a place that cannot be")
		}
		for _, v := range []Verification{{Verdict: "maybe", At: h.now}, {Verdict: Fell}, {Verdict: Fell, At: h.now, Days: nan}, {Verdict: Fell, At: h.now, Saved: Amount{Value: &nan}}, {Verdict: Fell, At: h.now, SavedCNY: Amount{Low: &inf}}} {
			if err := h.Verify(t.Context(), "x", v); err == nil || errors.Is(err, ErrNotFound) {
				t.Errorf("%+v: %v", v, err)
			}
		}
	})
}

func TestAPlaceHasOnlySoMany(t *testing.T) {
	controldbSQLite(t, func(h *house) {
		const most = 40
		h.most = most
		many := make([]Seen, most)
		for i := range many {
			many[i] = leak(fmt.Sprint("device:meter/", i), float64(i))
		}
		h.must(h.Sync(t.Context(), "run-1", harbour, h.now, many, nil))
		h.now = h.now.Add(day)
		err := h.Sync(t.Context(), "run-2", harbour, h.now, append(many, leak("device:meter/more", 1e6)), nil)
		wantErr(t, err, ErrFull)
		l, err := h.As(root).List(t.Context(), Filter{}, Page{Limit: 1})
		if err != nil || len(l.Items) != 1 || l.Items[0].Run != "run-2" || *l.Items[0].RateCNY.Value != most-1 {
			t.Errorf("%+v %v", l, err)
		}
		// Elsewhere there is room.
		h.must(h.Sync(t.Context(), "run-2", hill, h.now, []Seen{leak(w1, 1)}, nil))
		// And there is where something went away.
		looked := make([]string, 0, len(many))
		for i := range many {
			looked = append(looked, "water_leak device:meter/"+fmt.Sprint(i))
		}
		h.now = h.now.Add(8 * day)
		h.must(h.Sync(t.Context(), "run-3", harbour, h.now, many[:10], looked))
		h.must(h.Sync(t.Context(), "run-4", harbour, h.now, []Seen{leak("device:meter/more", 1)}, nil))
		// What ended is remembered for so long only.
		for i := range many[:20] {
			many[i] = leak(fmt.Sprint("device:meter/late/", i), 1)
			looked[i] = many[i].identity()
		}
		h.must(h.Sync(t.Context(), "run-5", harbour, h.now.Add(day), many[:20], nil))
		h.must(h.Sync(t.Context(), "run-6", harbour, h.now.Add(20*day), nil, looked[:20]))
		sums, err := h.As(root).Summary(t.Context(), Filter{Region: "north", Project: "harbour", States: []State{Cleared}}, "")
		if err != nil || len(sums) != 1 || sums[0].Count != most {
			t.Errorf("%+v %v", sums, err)
		}
		var orphans int
		h.must(h.db.Read(t.Context(), func(tx *controldb.Tx) error {
			return tx.Get(&orphans, `SELECT count(*) FROM finding_changes WHERE finding NOT IN (SELECT id FROM findings)`)
		}))
		if orphans > 0 {
			t.Errorf("%d steps of findings that are gone", orphans)
		}
	})
}

func BenchmarkSync(b *testing.B) {
	h := newHouse(b, controldbtest.SQLiteAnalytics(b))
	many := make([]Seen, 1000)
	for i := range many {
		many[i] = leak(fmt.Sprint("device:meter/", i), float64(i))
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		h.now = h.now.Add(day)
		h.must(h.Sync(b.Context(), fmt.Sprint("run-", n), harbour, h.now, many, nil))
	}
}
