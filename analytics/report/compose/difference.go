package compose

import (
	"cmp"
	"math"
	"slices"

	"steward/analytics/report"
	"steward/internal/clickhouse"
)

// maxChanges bounds the list of what changed: those that changed most.
const maxChanges = 2000

// differences lists what differs between two runs of the same period.
func (b *book) differences(jobs []string) (report.Section, error) {
	s := report.Section{Name: "differences", Title: say("与上次运行的差异", "Differences from the run before")}
	table := report.Table{
		Name: "differences", Title: say("变化的数值", "Numbers that changed"), Most: pageRows,
		Columns: []report.Column{
			textColumn("job", "分析", "Analysis"), textColumn("kind", "指标", "Number"), textColumn("place", "位置", "Place"), textColumn("building", "楼栋", "Building"), textColumn("subject", "对象", "About"),
			numberColumn("was", "原值", "Was", number("", 4)), numberColumn("is", "现值", "Is", number("", 4)), numberColumn("change", "变化", "Change", number("", 4)), textColumn("unit", "单位", "Unit"),
		},
	}
	type row struct {
		job  string
		size float64 // relative
		clickhouse.NumberChange
	}
	var all []row
	left := 0
	for _, job := range jobs {
		is, was := b.now[job], b.before[job]
		switch {
		case is.ID == "":
			continue
		case was.ID == "":
			s.Text = append(s.Text, sayf("%s：这一时期只有一次运行 %s，无可比较。", "%s: there is but one run of the period, %s, and nothing to compare it with.", job, is.ID))
			continue
		}
		q := b.query(is)
		q.Against, q.Changed, q.Limit = was.ID, true, clickhouse.MaxRows
		n := 0
		for {
			page, err := b.Results.AnalyticsChanges(b.ctx, b.scope, q)
			if err != nil {
				return s, err
			}
			n += len(page.Changes)
			for _, c := range page.Changes {
				all = append(all, row{job, size(&c), c})
			}
			if len(all) > maxChanges {
				slices.SortStableFunc(all, func(x, y row) int { return cmp.Compare(y.size, x.size) })
				left += len(all) - maxChanges
				all = all[:maxChanges:maxChanges]
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		s.Text = append(s.Text, sayn(n, "%[2]s：%[1]d 个数值不同（运行 %[3]s，之前 %[4]s）。", "%[2]s: %[1]d number differs (run %[3]s, before it %[4]s).", "%[2]s: %[1]d numbers differ (run %[3]s, before it %[4]s).", job, is.ID, was.ID))
	}
	slices.SortStableFunc(all, func(x, y row) int { return cmp.Compare(y.size, x.size) })
	for _, r := range all {
		cells := []report.Cell{text(r.job), text(r.Kind), words(b.name(r.Place)), text(r.Building), text(r.Subject), then(r.Was), then(r.Is)}
		var is, was *float64
		if r.Was != nil && r.Is != nil {
			is, was = r.Is.Value, r.Was.Value
		}
		table.Rows = append(table.Rows, append(cells, change(is, was), text(r.Unit)))
	}
	if len(table.Rows) > 0 {
		s.Tables = []report.Table{table}
	}
	if left > 0 {
		s.Notes = append(s.Notes, sayn(left, "另有 %d 个变化较小的未列出。", "%d that changed less is not listed.", "%d that changed less are not listed."))
	}
	return s, nil
}

// size is how much a number changed, in relation to what it was; what came or went
// has changed most.
func size(c *clickhouse.NumberChange) float64 {
	if c.Was == nil || c.Is == nil || c.Was.Value == nil || c.Is.Value == nil {
		return math.Inf(1)
	}
	most := max(math.Abs(*c.Was.Value), math.Abs(*c.Is.Value))
	if most == 0 {
		return 0
	}
	return math.Abs(*c.Is.Value-*c.Was.Value) / most
}

func then(n *clickhouse.NumberThen) report.Cell {
	if n == nil {
		return cell(report.Value{Why: "the run has no such number"})
	}
	return cell(report.Value{Value: known(n.Value), Low: known(n.Low), High: known(n.High), N: n.N})
}
