package compose

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"steward/analytics/report"
	"steward/internal/clickhouse"
)

// say is a text in both languages.
func say(zh, en string) report.Text { return report.Text{ZH: zh, EN: en} }

// sayf is one with the same arguments in both.
func sayf(zh, en string, args ...any) report.Text {
	return report.Text{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}
}

// sayn is one about so many of something, of which English has two forms: one and many,
// each with a %d for how many. What follows goes after it in both.
func sayn(n int, zh, one, many string, args ...any) report.Text {
	en := many
	if n == 1 {
		en = one
	}
	return sayf(zh, en, append([]any{n}, args...)...)
}

// periodZH and periodEN name a period, a month by its name.
func periodZH(from, to time.Time) string {
	if monthOf(from, to) {
		return from.Format("2006 年 1 月")
	}
	return from.Format("2006-01-02") + " 至 " + lastDay(to).Format("2006-01-02")
}

func periodEN(from, to time.Time) string {
	if monthOf(from, to) {
		return from.Format("January 2006")
	}
	return from.Format("2006-01-02") + " to " + lastDay(to).Format("2006-01-02")
}

// lastDay is the last one that is wholly or in part before an end.
func lastDay(to time.Time) time.Time { return to.Add(-time.Nanosecond) }

func monthOf(from, to time.Time) bool {
	return from.Equal(time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, from.Location())) && from.AddDate(0, 1, 0).Equal(to)
}

// The formats of numbers.
var (
	percent = report.Format{Kind: "percent", Decimals: 1}
	money   = report.Format{Kind: "money"}
	whole   = report.Format{Kind: "integer"}
	seconds = report.Format{Kind: "duration"}
)

func number(unit string, decimals int) report.Format {
	return report.Format{Kind: "number", Unit: unit, Decimals: decimals}
}

// caution is a warning of an analysis.
func caution(warning string) report.Text {
	t := because(warning)
	return report.Text{ZH: "注意：" + t.ZH, EN: "Note: " + t.EN}
}

// remark is a cell with what an analysis said of its row.
func remark(why string) report.Cell {
	if why == "" {
		return report.Cell{}
	}
	return words(because(why))
}

// share is a share of 0 to 1 in words.
func share(v float64) string { return strconv.FormatFloat(100*v, 'f', 1, 64) + " %" }

// between is an interval of shares in words, nothing where there is none.
func between(low, high *float64) (zh, en string) {
	if low == nil || high == nil {
		return "", ""
	}
	lo, hi := strconv.FormatFloat(100**low, 'f', 0, 64), strconv.FormatFloat(100**high, 'f', 0, 64)
	return "（95 % 区间 " + lo + "–" + hi + "）", " (95 % interval " + lo + " to " + hi + ")"
}

// yuan is an amount in words, with spaces by thousands.
func yuan(v float64) string {
	digits := strconv.FormatFloat(math.Abs(math.Round(v)), 'f', 0, 64)
	var out strings.Builder
	if v <= -0.5 {
		out.WriteString("−")
	}
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteByte(',')
		}
		out.WriteRune(d)
	}
	return out.String()
}

// yuanBetween is the interval of an amount in words, nothing where there is none.
func yuanBetween(v report.Value) (zh, en string) {
	low, high, ok := v.Interval()
	if !ok {
		return "", ""
	}
	return "（95 % 区间 " + yuan(low) + " 至 " + yuan(high) + "）", " (95 % interval " + yuan(low) + " to " + yuan(high) + ")"
}

// span is seconds in words.
func span(s float64) report.Text {
	switch {
	case s < 60:
		return sayf("%.0f 秒", "%.0f s", s)
	case s < 2*3600:
		return sayf("%s 分钟", "%s minutes", short(s/60))
	case s < 2*86_400:
		return sayf("%s 小时", "%s hours", short(s/3600))
	}
	return sayf("%s 天", "%s days", short(s/86_400))
}

// short is a number with one decimal place, or none where it is whole.
func short(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// insufficient says why there is no number.
func insufficient(why string) report.Text {
	if why == "" {
		why = "not computed"
	}
	both := because(strings.TrimPrefix(why, "insufficient data: "))
	return report.Text{ZH: "数据不足（" + both.ZH + "）", EN: "insufficient data: " + both.EN}
}

// The cells of tables.

func text(s string) report.Cell       { return report.Cell{Text: s} }
func words(t report.Text) report.Cell { return report.Cell{Words: &t} }
func cell(v report.Value) report.Cell { return report.Cell{Value: &v} }
func figure(v float64) report.Cell    { return cell(report.Value{Value: finite(v)}) }
func moment(t time.Time) report.Cell  { return report.Cell{Time: t} }
func valueOf(v *float64) report.Value { return report.Value{Value: known(v)} }
func ptr(v float64) *float64          { return &v }
func column(name string, title report.Text, kind string, f report.Format) report.Column {
	return report.Column{Name: name, Title: title, Type: kind, Format: f}
}
func textColumn(name, zh, en string) report.Column {
	return column(name, say(zh, en), "text", report.Format{})
}
func numberColumn(name, zh, en string, f report.Format) report.Column {
	return column(name, say(zh, en), "number", f)
}

// perhaps is the cell of a number that there need not be: no limit, no contract.
func perhaps(v *float64) report.Cell {
	if v = known(v); v == nil {
		return report.Cell{}
	}
	return cell(report.Value{Value: v})
}

// unit is a unit as people write it.
func unit(u string) report.Cell {
	f := number(u, 0)
	return words(report.Text{ZH: f.Sign("zh"), EN: f.Sign("en")})
}

// date is the cell of a day as documents write it; empty where it is none.
func date(s string) report.Cell {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return report.Cell{}
	}
	return report.Cell{Time: t}
}

// finite is a number that may stand in JSON, or nil.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func known(v *float64) *float64 {
	if v == nil {
		return nil
	}
	return finite(*v)
}

// value is a number of a run as a report shows it.
func value(n *clickhouse.AnalyticsNumber) report.Value {
	if n == nil {
		return report.Value{Why: "insufficient data: not computed for this place"}
	}
	return report.Value{Value: known(n.Value), Low: known(n.Low), High: known(n.High), N: n.N, Why: n.Why}
}

// points is what became of a share, in percentage points: a fall from 65 % to 46 % is none
// by 19 %.
func points(is, was *float64) report.Cell {
	if is == nil || was == nil {
		return report.Cell{}
	}
	return figure(100 * (*is - *was))
}

// change is what became of a value, nil where one of both is not known.
func change(is, was *float64) report.Cell {
	if is == nil || was == nil {
		return report.Cell{}
	}
	return figure(*is - *was)
}
