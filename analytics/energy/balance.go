package energy

import (
	"fmt"
	"math"
	"time"

	"steward/analytics/load"
	"steward/internal/incident"
)

const (
	// maxChildren are compared each by itself; of more only their sum.
	maxChildren = 200
	// technical is the share of what a meter passes that lines and transformers behind it
	// may lose without anybody having to go and look: a choice, not a standard.
	technical = 0.03
	// unmetered is the share above which what is missing is no loss but use without a
	// meter of its own, such as that of common areas. Nobody wastes it by that, and nobody
	// is told: it is in the number and in the document. So is a difference that goes up
	// and down without a pattern.
	unmetered = 0.25
)

// Balance is the document "balance" of a parent meter.
type Balance struct {
	Unit     string   `json:"unit"`
	Parent   string   `json:"parent"` // metering points
	Children []string `json:"children"`
	load.Account
}

// kept are the last weeks of meters that are part of a balance.
type kept map[*point]*series

// balance compares a meter with those behind it.
func (e *exam) balance(p *point, keep kept) {
	from, to := e.back(recentDays), e.hours.hours()
	below := p.below()
	b := Balance{Unit: e.unit, Parent: p.id, Children: []string{}}
	var children []load.Child
	silent := ""
	var sum *series
	for _, c := range below {
		if len(b.Children) < maxChildren {
			b.Children = append(b.Children, c.id)
		}
		s := keep[c]
		switch {
		case s == nil:
			silent = c.id
		case len(below) <= maxChildren:
			children = append(children, load.Child{Name: c.id, Curve: s.curve(0, len(s.value), e.zone)})
		case sum == nil:
			sum = s.clone()
		default:
			sum.plus(s)
		}
	}
	if sum != nil {
		children = []load.Child{{Name: "all", Curve: sum.curve(0, len(sum.value), e.zone)}}
	}
	coverage := e.hours.coverage(from, to)
	if silent != "" {
		why := fmt.Sprintf("insufficient data: nothing was counted at %s, which is behind %s", silent, p.id)
		b.Account = load.Account{Why: why, Daily: []load.DayLoss{}}
		b.Loss.Why, b.Share.Why, b.KWhYear.Why, b.Night.Why = why, why, why, why
	} else {
		b.Account = load.Balance(e.hours.curve(from, to, e.zone), load.DefaultClass, children)
	}
	e.putEstimate("loss_share", "", fromLoad(b.Share), float64(b.Days), coverage, b.Share.Why)
	e.notes = append(e.notes, note{"balance", e.name, b})
	if b.Verdict == "" {
		return
	}
	for _, kind := range []string{"balance_loss", "balance_theft", "missing_meter"} {
		e.look(kind)
	}
	yearly := fromLoad(b.KWhYear)
	share := fromLoad(b.Share)
	since := e.at0(from)
	days := float64(to-from) / 24
	if b.Since != nil {
		since = *b.Since
		days = e.end.Sub(since).Hours() / 24
	}
	c := claim{
		since: since, atLeast: b.Since == nil, unit: e.unit, price: e.priceOr(), why: e.money().why, n: float64(b.Days), coverage: b.Hours / math.Max(float64(to-from), 1),
		chart: balanceChart(e.unit, b.Daily),
	}
	switch b.Verdict {
	case load.Theft, load.MissingMeter:
		if b.Jump != nil {
			yearly = fromLoad(*b.Jump).times(daysPerYear)
		}
		c.rate, c.sofar = yearly, yearly.times(days/daysPerYear)
	case load.Loss:
		if !(share.low > technical) || share.value > unmetered {
			return
		}
		// What is lost beyond what lines lose anyway.
		over := (share.value - technical) / share.value
		c.rate = estimate{yearly.value * over, yearly.low - yearly.value*(1-over), yearly.high - yearly.value*(1-over)}
		c.sofar = c.rate.times(days / daysPerYear)
	default:
		return
	}
	percent := 100 * share.value
	switch b.Verdict {
	case load.Theft:
		c.kind, c.pattern = "balance_theft", 0.6
		c.title = incident.Text{
			ZH: fmt.Sprintf("%s 与下级表不平衡，夜间损失偏大，疑似私接", e.label),
			EN: fmt.Sprintf("%s: more is lost at night than by day, as when somebody taps it", e.label),
		}
		c.how = incident.Text{
			ZH: "夜间巡查该表之后的干线、公共区域和配电箱，核对有无未经计量的接线。",
			EN: "Walk the lines behind this meter at night, with common areas and distribution boxes, and look for connections that are not metered.",
		}
	case load.MissingMeter:
		c.kind, c.pattern = "missing_meter", 0.8
		var began, stopped incident.Text
		if b.Since != nil {
			day := since.In(e.zone).Format(time.DateOnly)
			began = incident.Text{ZH: "自 " + day + " 起", EN: "since " + day + " "}
		}
		if b.Stopped != "" {
			stopped = incident.Text{ZH: fmt.Sprintf("；同日起 %s 停走", b.Stopped), EN: fmt.Sprintf("; %s has stood still since that day", b.Stopped)}
		}
		c.title = incident.Text{
			ZH: fmt.Sprintf("%s %s有用量未被下级表计量%s", e.label, began.ZH, stopped.ZH),
			EN: fmt.Sprintf("%s: %ssomething behind it is not metered%s", e.label, began.EN, stopped.EN),
		}
		c.how = incident.Text{
			ZH: "核对当天的换表、停表和新接回路；补装或修复分表，并更正上下级关系。",
			EN: "Look for a meter that was exchanged or stopped, and for a new circuit, on that day; repair or add the meter and correct which is behind which.",
		}
	default:
		c.kind, c.pattern = "balance_loss", 0.7
		c.title = incident.Text{
			ZH: fmt.Sprintf("%s 与下级表相差 %.1f%%", e.label, percent),
			EN: fmt.Sprintf("%s passes %.1f%% more than the meters behind it count", e.label, percent),
		}
		c.how = incident.Text{
			ZH: fmt.Sprintf("核对互感器倍率和上下级关系，查找未装表的公共用量；超过 %.0f%% 的部分计为损失。", 100*technical),
			EN: fmt.Sprintf("Check transformer ratios and which meter is behind which, and look for common use without a meter; what is beyond %.0f%% counts as lost.", 100*technical),
		}
	}
	e.see(c)
}

func balanceChart(unit string, daily []load.DayLoss) *chart {
	c := &chart{Unit: unit, Step: "day"}
	for _, d := range daily {
		c.add(d.Date, d.Loss)
	}
	return c
}
