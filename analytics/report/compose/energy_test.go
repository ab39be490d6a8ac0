package compose

import (
	"slices"
	"strings"
	"testing"
	"time"

	"steward/analytics/energy"
	"steward/analytics/load"
	"steward/analytics/report"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/findings"
)

// between writes a number with an interval.
func (w *world) between(run, kind string, at authz.Place, subject string, v, low, high float64) {
	w.numbers[run] = append(w.numbers[run], clickhouse.AnalyticsNumber{Kind: kind, Place: at, Subject: subject, Value: &v, Low: &low, High: &high, N: 1})
}

// put writes a number as it is given.
func (w *world) put(run, kind string, at authz.Place, subject string, n clickhouse.AnalyticsNumber) {
	n.Kind, n.Place, n.Subject = kind, at, subject
	w.numbers[run] = append(w.numbers[run], n)
}

// energyOf writes what the job energy says of a place, as the job's own types have it.
func (w *world) energyOf(run string, at authz.Place, n float64) {
	w.between(run, "saved_a_year_cny", at, "", 90+n, 40, 140)
	for _, medium := range []string{"electricity", "water"} {
		subject := "medium:" + medium
		w.number(run, "use", at, subject, 1000-n)
		w.number(run, "cost", at, subject, 800)
		w.between(run, "baseline_use", at, subject, 700, 600, 800)
		w.between(run, "excess", at, subject, 50+n, -10, 120)
		w.between(run, "avoided_use", at, subject, -50-n, -120, 10)
	}
	if at.Project == "" {
		return
	}
	w.note(run, "baseline", at, "building:b1", energy.Course{Unit: "kWh", Days: []energy.Day{{Date: "2026-10-30", Actual: ptr(9), Baseline: ptr(8), Low: ptr(7), High: ptr(10)}, {Date: "2026-10-31"}}})
	w.note(run, "balance", at, "point:main", energy.Balance{Unit: "kWh", Parent: "main", Children: []string{"a", "b"}, Account: load.Account{
		Days: 28, Parent: 5000, Loss: load.Estimate{Value: ptr(500), Low: ptr(400), High: ptr(600)}, Share: load.Estimate{Value: ptr(0.1), Low: ptr(0.08), High: ptr(0.12)}, Verdict: load.Theft,
		Daily: []load.DayLoss{{Date: "2026-10-30", Parent: 2600, Loss: 240}, {Date: "2026-10-31", Parent: 2400, Loss: 260}},
	}})
	w.note(run, "balance", at, "point:open", energy.Balance{Unit: "kWh", Parent: "open", Account: load.Account{Share: load.Estimate{Value: ptr(0.05)}, Verdict: load.Loss}})
	w.note(run, "balance", at, "point:common", energy.Balance{Unit: "kWh", Parent: "common", Account: load.Account{Share: load.Estimate{Value: ptr(0.6)}, Verdict: load.Loss}})
	w.note(run, "balance", at, "point:dark", energy.Balance{Unit: "kWh", Parent: "dark", Account: load.Account{Why: "insufficient data: nothing was counted at c, which is behind dark"}})
	fixed := func(id, verdict string, saved *float64) energy.VerifiedFinding {
		f := energy.VerifiedFinding{ID: id, Region: at.Region, Project: at.Project, Kind: "night_base", Subject: "point:main", FixedAt: month(2026, 10), RateCNY: findings.Amount{Value: ptr(300)}}
		f.Title.ZH, f.Title.EN = "夜间基荷", "night load"
		f.Verification = findings.Verification{Verdict: verdict, Days: 20, Saved: findings.Amount{Value: saved, Unit: "kWh"}, SavedCNY: findings.Amount{Value: saved}}
		if verdict == findings.Insufficient {
			f.Why = "insufficient data: 9 days are known after it was mended, 14 are needed"
		}
		return f
	}
	w.note(run, "verified", at, "", energy.Verified{LeftOut: 1, Findings: []energy.VerifiedFinding{
		fixed("a", findings.Fell, ptr(120)), fixed("b", findings.DidNotFall, ptr(3)), fixed("c", findings.Insufficient, nil),
	}})
}

// The report on energy of the documents that the analysis writes.
func TestEnergy(t *testing.T) {
	w := full(t)
	r := w.must(all, Request{Name: Energy, Month: "2026-10"})

	use := tableOf(r, "energy_use")
	if len(use.Rows) != 6 || use.Rows[0][2].Words.EN != "Electricity" || *use.Rows[0][4].Value.Value != 1000 || *use.Rows[0][7].Value.Low != -10 {
		t.Errorf("use %+v", use.Rows)
	}
	// What was used is not drawn beside baselines of some of the buildings.
	if charts := section(r, "energy_use").Charts; len(charts) != 4 || len(charts[0].Series) != 1 || charts[1].Title.ZH != "电：超出基线" || len(charts[1].X) != 2 {
		t.Errorf("charts %+v", charts)
	}
	balances := tableOf(r, "energy_balances").Rows
	if len(balances) != 12 || *balances[3][5].Value.Value != 5000 || balances[3][9].Words.ZH != "疑似窃用" || balances[0][9].Words.EN != "common use or no meters, not called a loss" ||
		balances[6][9].Words.EN != "steady loss" || balances[11][9].Words.ZH != "数据不足（dark 之下的 c 没有读数）" {
		t.Errorf("balances %+v", balances)
	}

	s := section(r, "energy_saved")
	if *s.Facts[0].Value.Value != 90 || *s.Facts[1].Value.Value != 3 || *s.Facts[2].Value.Value != 3 || *s.Facts[3].Value.Value != 3 || *s.Facts[0].Before.Value != 90 {
		t.Errorf("saved %+v", s.Facts)
	}
	saved := tableOf(r, "energy_saved")
	if len(saved.Rows) != 9 || saved.Left != 3 || saved.Rows[0][5].Words.EN != "fell" || *saved.Rows[0][10].Value.Value != 120 ||
		saved.Rows[1][10].Value != nil || saved.Rows[2][11].Words.ZH != "数据不足：整改后只有 9 天的数据，需要 14 天" {
		t.Errorf("saved %+v", saved)
	}

	// Of a project also its courses against their baselines.
	r = w.must(all, Request{Name: Energy, Month: "2026-10", Place: harbor})
	charts := section(r, "energy_use").Charts
	if len(charts) != 1 || charts[0].Kind != "lines" || *charts[0].Series[1].Values[0].High != 10 || charts[0].Series[0].Values[1].Value != nil {
		t.Errorf("courses %+v", charts)
	}
	if len(section(w.must(all, Request{Name: Monthly, Month: "2026-10"}), "energy_saved").Facts) == 0 {
		t.Error("the monthly report says nothing of savings")
	}
}

// Use of another length of time is not compared with, and when it was used is said as
// the analysis counted it.
func TestUseOfAnotherLength(t *testing.T) {
	w := newWorld(t)
	list := func(from, to time.Time) energy.List { return energy.List{From: from, To: to} }
	september, october := month(2026, 9), month(2026, 10)
	before := w.run("energy", september.AddDate(-1, 0, 0), october, 0)
	now := w.run("energy", october, month(2026, 11), 0)
	for _, id := range []string{before.ID, now.ID} {
		w.number(id, "use", harbor, "medium:electricity", 1000)
	}
	w.note(now.ID, "findings", harbor, "", list(october, month(2026, 11)))
	w.note(before.ID, "findings", harbor, "", list(september.AddDate(-1, 0, 0), october))
	s := section(w.must(all, Request{Name: Energy, Month: "2026-10", Place: harbor}), "energy_use")
	// Nor are columns shown of baselines that nothing has.
	if len(s.Tables[0].Columns) != 6 || len(s.Tables[0].Rows[0]) != 6 || !strings.Contains(s.Notes[1].EN, "no baseline to compare with") {
		t.Errorf("without baselines: %+v %v", s.Tables[0].Columns, s.Notes)
	}
	if s.Facts[0].Before != nil || !strings.Contains(s.Notes[0].EN, "2026-10-01 to 2026-10-31") || len(s.Notes) != 3 {
		t.Errorf("compared with a year: %+v %v", s.Facts[0], s.Notes)
	}
	// Results of before the end of the month say so.
	if notes := section(w.must(all, Request{Name: Energy, Month: "2026-10", Place: harbor}), "energy").Notes; slices.ContainsFunc(notes, isAsOf) {
		t.Errorf("notes %v", notes)
	}
	w = newWorld(t)
	now = w.run("energy", october, month(2026, 10).AddDate(0, 0, 9), 0)
	w.note(now.ID, "findings", harbor, "", list(september, october))
	if notes := section(w.must(all, Request{Name: Energy, Month: "2026-10", Place: harbor}), "energy").Notes; !slices.ContainsFunc(notes, isAsOf) {
		t.Errorf("notes %v", notes)
	}
}

// What somebody has dealt with is not listed as waste, nor is a charge for use a bill.
func TestSettledFindings(t *testing.T) {
	w := newWorld(t)
	october := month(2026, 10)
	run := w.run("energy", october, month(2026, 11), 0)
	list := energy.List{From: october, To: month(2026, 11)}
	for _, state := range append(findings.States(), "") {
		yuan := 100.0
		one := energy.Listed{Region: harbor.Region, Project: harbor.Project, State: state}
		one.Kind, one.Subject, one.RateCNY = "kind_"+string(state), "point:m", findings.Amount{Value: &yuan, Unit: "CNY"}
		if state == findings.Open {
			one.Rate = findings.Amount{Value: &yuan, Unit: "kWh", Why: "a projection of 28 days to a year: the interval is that of what was measured"}
		}
		list.Findings = append(list.Findings, one)
	}
	w.note(run.ID, "findings", harbor, "", list)
	w.number(run.ID, "use", harbor, "medium:electricity", 1000)
	w.put(run.ID, "cost", harbor, "medium:electricity", clickhouse.AnalyticsNumber{Value: ptr(700), Why: "the charge for use alone; without the basic charge; without the power-factor adjustment"})
	w.put(run.ID, "basic_charge", harbor, "medium:electricity", clickhouse.AnalyticsNumber{Why: "insufficient data: it goes by the transformers' kVA, which is not known"})
	r := w.must(all, Request{Name: Energy, Month: "2026-10", Place: harbor})
	s := section(r, "energy")
	if n := len(tableOf(r, "energy_findings").Rows); n != 3 || *s.Facts[1].Value.Value != 3 || len(tableOf(r, "energy_kinds").Rows) != 3 {
		t.Errorf("%d rows, %+v", n, s.Facts)
	}
	said := func(s report.Section, zh string) bool {
		return slices.ContainsFunc(s.Notes, func(n report.Text) bool { return strings.Contains(n.ZH, zh) })
	}
	if !said(s, "已验证的 4 项未列出") || !said(s, "其中 1 项已整改而未验证") || !said(s, "1 项的每年金额由一两个月推算") {
		t.Errorf("%+v", s.Notes)
	}
	use := section(r, "energy_use")
	if !said(use, "电：用量费：只是用量费；不含基本电费；不含力调电费") || len(use.Facts) != 3 || use.Facts[1].Title.EN != "Electricity: charge for use" ||
		use.Facts[2].Value.Value != nil || use.Facts[2].Value.Reason.ZH != "数据不足：按变压器容量（kVA）计收，容量未知" {
		t.Errorf("%+v %+v", use.Facts, use.Notes)
	}
}
