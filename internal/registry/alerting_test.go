package registry

import (
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/controldb/controldbtest"
	"steward/internal/incident"
)

func TestAlertRules(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.checkRule = func(r AlertRule) (bool, error) {
			if strings.Contains(r.Text, "bad") {
				return false, controldb.Invalid("text", "bad", "line 3: no such metric")
			}
			return strings.Contains(r.Text, "SELECT"), nil
		}
		engineer := h.as("engineer", "north/harbour")
		const text = "\n  name: night-leak\n"
		r := must(engineer.CreateAlertRule(ctx, AlertRule{Name: "night-leak", Region: "north", Project: "harbour", Text: text}))(t)
		if r.Text != text || r.Version != 1 || !r.CreatedAt.Equal(h.now) {
			t.Errorf("%+v", r)
		}
		_, err := h.as("engineer", "east/park").CreateAlertRule(ctx, AlertRule{Name: "night-leak", Region: "east", Project: "park", Text: "x"})
		wantErr(t, err, ErrExists)
		_, err = engineer.CreateAlertRule(ctx, AlertRule{Name: "Big", Region: "north", Project: "harbour", Text: "x", Mode: "quiet"})
		wantField(t, err, "name", "mode")
		_, err = engineer.CreateAlertRule(ctx, AlertRule{Name: "b", Region: "north", Project: "harbour", Text: "bad"})
		wantField(t, err, "text")
		_, err = h.hq().CreateAlertRule(ctx, AlertRule{Name: "b", Region: "west", Text: "x"})
		wantField(t, err, "region")
		_, err = h.hq().CreateAlertRule(ctx, AlertRule{Name: "b", Project: "harbour", Text: "x"})
		if err == nil {
			t.Error("a project without its region was taken")
		}
		// What reads more than its place is for those who may read everything.
		_, err = h.as("administrator", "north").CreateAlertRule(ctx, AlertRule{Name: "b", Region: "north", Text: "SELECT"})
		wantErr(t, err, ErrForbidden)
		must(h.hq().CreateAlertRule(ctx, AlertRule{Name: "b", Region: "north", Text: "SELECT"}))(t)
		b := must(engineer.AlertRules(ctx, Page{}))(t)
		if len(b.Items) != 1 || b.Items[0].Name != "night-leak" {
			t.Errorf("an engineer of a project sees %+v", b.Items)
		}

		r.Mode = "shadow"
		r = must(engineer.UpdateAlertRule(ctx, r))(t)
		if r.Version != 2 || r.Mode != "shadow" {
			t.Errorf("%+v", r)
		}
		stale := r
		stale.Version = 1
		_, err = engineer.UpdateAlertRule(ctx, stale)
		wantErr(t, err, ErrConflict)
		moved := r
		moved.Project = "hill"
		_, err = h.hq().UpdateAlertRule(ctx, moved)
		wantField(t, err, "region")
		broken := r
		broken.Text = "SELECT"
		_, err = engineer.UpdateAlertRule(ctx, broken)
		wantErr(t, err, ErrForbidden)
		wantErr(t, engineer.DeleteAlertRule(ctx, "night-leak", 1), ErrConflict)
		if list := must(engineer.History(ctx, KindAlertRule, "night-leak", Page{}))(t); len(list.Items) != 2 || string(list.Items[0].After) != `{"mode":"shadow","version":2}` {
			t.Errorf("%+v", list.Items)
		}

		before := must(h.Revision(ctx))(t)
		if err := engineer.DeleteAlertRule(ctx, "night-leak", 2); err != nil {
			t.Fatal(err)
		}
		if after := must(h.Revision(ctx))(t); after <= before {
			t.Errorf("revision %d after a deletion at %d", after, before)
		}
		if all := must(h.AlertRules(ctx))(t); len(all) != 1 || all[0].Name != "b" {
			t.Errorf("%+v", all)
		}
		must(engineer.CreateAlertRule(ctx, AlertRule{Name: "night-leak", Region: "north", Project: "harbour", Text: "x"}))(t)
	})
}

func TestSilences(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		engineer := h.as("engineer", "north/harbour")
		weekly := silenceAt("north", "harbour", "每周维保")
		weekly.Class, weekly.Device, weekly.Rule, weekly.Building = "elevator", "e1", "entrapment", "b1"
		weekly.From, weekly.Until = start.Add(time.Hour), start.AddDate(0, 1, 0)
		weekly.Days, weekly.Start, weekly.End, weekly.Zone = []int{2, 4}, "22:00", "06:00", "Asia/Shanghai"
		s := must(engineer.CreateSilence(ctx, Silence{Silence: weekly}))(t)
		if s.ID == "" || s.Version != 1 {
			t.Errorf("%+v", s)
		}
		weekly.ID = s.ID
		if got := must(h.ActiveSilences(ctx, start))(t); len(got) != 1 || !sameSilence(got[0], weekly) || !sameSilence(must(engineer.Silence(ctx, s.ID))(t).Silence, weekly) {
			t.Errorf("%+v, want %+v", got, weekly)
		}

		refuse := func(change func(*incident.Silence), fields ...string) {
			t.Helper()
			bad := weekly
			change(&bad)
			_, err := engineer.CreateSilence(ctx, Silence{Silence: bad})
			wantField(t, err, fields...)
		}
		refuse(func(s *incident.Silence) { s.Reason = " " }, "reason")
		refuse(func(s *incident.Silence) { s.Until = s.From }, "until")
		refuse(func(s *incident.Silence) { s.From, s.Until = start.Add(-2*time.Hour), start.Add(-time.Hour) }, "until")
		refuse(func(s *incident.Silence) { s.Start = "25:00" }, "start")
		refuse(func(s *incident.Silence) { s.Class = "" }, "device")
		refuse(func(s *incident.Silence) { s.Days = []int{7} }, "days")

		// Nobody but an administrator silences danger to life, or touches such a silence
		// but to end it.
		grave := silenceAt("north", "harbour", "演习")
		grave.LifeSafety = true
		_, err := h.as("manager", "north").CreateSilence(ctx, Silence{Silence: grave})
		wantErr(t, err, ErrForbidden)
		g := must(h.as("administrator", "north/harbour").CreateSilence(ctx, Silence{Silence: grave}))(t)
		longer := g
		longer.Until = longer.Until.Add(time.Hour)
		_, err = engineer.UpdateSilence(ctx, longer)
		wantErr(t, err, ErrForbidden)
		hidden := longer
		hidden.LifeSafety = false
		_, err = engineer.UpdateSilence(ctx, hidden)
		wantErr(t, err, ErrForbidden)
		s.LifeSafety = true
		_, err = engineer.UpdateSilence(ctx, s)
		wantErr(t, err, ErrForbidden)
		g = must(h.as("administrator", "north/harbour").UpdateSilence(ctx, longer))(t)
		if g.Version != 2 || !g.Until.Equal(longer.Until) {
			t.Errorf("%+v", g)
		}
		h.now = start.Add(time.Minute)
		g = must(engineer.EndSilence(ctx, g.ID))(t)
		if !g.Until.Equal(h.now) || g.Version != 3 {
			t.Errorf("%+v", g)
		}
		_, err = engineer.EndSilence(ctx, g.ID)
		wantField(t, err, "until")
		if list := must(engineer.Silences(ctx, SilenceFilter{}, Page{}))(t); len(list.Items) != 1 || list.Items[0].ID != s.ID {
			t.Errorf("%+v", list.Items)
		}
		f := SilenceFilter{Region: "north", Project: "harbour", Ended: true}
		if items := all(t, Page{Limit: 1, Sort: "-from"}, func(p Page) (List[Silence], error) { return engineer.Silences(ctx, f, p) }); len(items) != 2 || items[0].ID != s.ID {
			t.Errorf("%+v", items)
		}
		if list := must(h.hq().Silences(ctx, SilenceFilter{Region: "east", Ended: true}, Page{}))(t); len(list.Items) != 0 {
			t.Errorf("%+v", list.Items)
		}
		entries := must(engineer.History(ctx, KindSilence, g.ID, Page{}))(t).Items
		if len(entries) != 3 || entries[0].Action != "silence.end" || !strings.Contains(string(entries[0].After), `"until"`) {
			t.Errorf("%+v", entries)
		}
	})
}

func sameSilence(a, b incident.Silence) bool {
	if !a.From.Equal(b.From) || !a.Until.Equal(b.Until) || len(a.Days) != len(b.Days) {
		return false
	}
	for i := range a.Days {
		if a.Days[i] != b.Days[i] {
			return false
		}
	}
	return a.ID == b.ID && a.Place == b.Place && a.Building == b.Building && a.Class == b.Class && a.Device == b.Device && a.Rule == b.Rule &&
		a.Start == b.Start && a.End == b.End && a.Zone == b.Zone && a.LifeSafety == b.LifeSafety && a.Reason == b.Reason
}

func TestOverrides(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		engineer := h.as("engineer", "north")
		o := must(engineer.CreateOverride(ctx, Override{Region: "north", Schedule: " lifts ", Contact: "zhang.min", From: start, Until: start.Add(time.Hour), Note: "调班"}))(t)
		if o.ID == "" || o.Schedule != "lifts" || !o.Until.Equal(start.Add(time.Hour)) {
			t.Errorf("%+v", o)
		}
		_, err := engineer.CreateOverride(ctx, Override{Region: "north"})
		wantField(t, err, "schedule", "contact", "from")
		_, err = engineer.CreateOverride(ctx, Override{Region: "north", Schedule: "a", Contact: "b", From: start, Until: start.AddDate(2, 0, 0)})
		wantField(t, err, "until")
		if got := must(h.Overrides(ctx, start))(t); len(got) != 1 || got[0].ID != o.ID || got[0].Place() != (authz.Place{Region: "north"}) {
			t.Errorf("%+v", got)
		}
		h.now = start.Add(time.Minute)
		o = must(engineer.EndOverride(ctx, o.ID))(t)
		if got := must(h.Overrides(ctx, h.now))(t); len(got) != 0 || !o.Until.Equal(h.now) {
			t.Errorf("%+v %+v", got, o)
		}
		_, err = engineer.EndOverride(ctx, o.ID)
		wantField(t, err, "until")
		if list := must(engineer.Overrides(ctx, OverrideFilter{Ended: true}, Page{}))(t); len(list.Items) != 1 || list.Items[0].Version != 2 {
			t.Errorf("%+v", list.Items)
		}
	})
}

func TestResponders(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		manager := h.as("manager", "north/harbour")
		r := must(manager.CreateResponder(ctx, Responder{Region: "north", Project: "harbour", Name: "王师傅", Card: cardOf("wang")}))(t)
		_, err := manager.CreateResponder(ctx, Responder{Region: "north", Project: "harbour", Name: "李", Card: cardOf("wang")})
		wantField(t, err, "card")
		_, err = manager.CreateResponder(ctx, Responder{Region: "north", Project: "harbour", Card: "0012345"})
		for _, f := range wantField(t, err, "card", "name") {
			if strings.Contains(f.Value+f.Problem, "0012345") {
				t.Errorf("the number of a card is told: %+v", f)
			}
		}
		// Whose card it is, is not for everybody who may look.
		engineer := h.as("engineer", "north/harbour")
		_, err = engineer.Responder(ctx, r.ID)
		wantErr(t, err, ErrForbidden)
		_, err = engineer.History(ctx, KindResponder, r.ID, Page{})
		wantErr(t, err, ErrForbidden)
		_, err = h.as("manager", "east").Responder(ctx, r.ID)
		wantErr(t, err, ErrNotFound)
		if list := must(manager.History(ctx, KindResponder, r.ID, Page{}))(t); len(list.Items) != 1 {
			t.Errorf("%+v", list.Items)
		}
		if got := must(h.Responders(ctx))(t); len(got) != 1 || got[0].Card != cardOf("wang") {
			t.Errorf("%+v", got)
		}
		must(manager.EndResponder(ctx, r.ID))(t)
		_, err = manager.EndResponder(ctx, r.ID)
		wantField(t, err, "retired")
		if got := must(h.Responders(ctx))(t); len(got) != 0 {
			t.Errorf("%+v", got)
		}
		must(manager.CreateResponder(ctx, Responder{Region: "north", Project: "harbour", Name: "李", Card: cardOf("wang")}))(t)
		if list := must(manager.Responders(ctx, ResponderFilter{Ended: true}, Page{}))(t); len(list.Items) != 2 {
			t.Errorf("%+v", list.Items)
		}
	})
}

// A change of anything moves the revision.
func TestRevision(t *testing.T) {
	h := newHouse(t, controldbtest.SQLite(t))
	last := must(h.Revision(t.Context()))(t)
	for _, do := range []func(){
		func() { h.plantAlerting("north", "harbour") },
		func() { must(h.hq().EndSilence(t.Context(), plantedID(t, h.hq(), silences, "harbour")))(t) },
		func() { must(h.hq().EndOverride(t.Context(), plantedID(t, h.hq(), overrides, "harbour")))(t) },
		func() { must(h.hq().EndResponder(t.Context(), plantedID(t, h.hq(), responders, "harbour")))(t) },
		func() { h.add(device("north/harbour/meter/m1")) },
	} {
		h.now = h.now.Add(time.Second)
		do()
		now := must(h.Revision(t.Context()))(t)
		if now <= last {
			t.Errorf("revision %d after %d", now, last)
		}
		last = now
	}
}
