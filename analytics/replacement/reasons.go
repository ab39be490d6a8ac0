package replacement

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"steward/analytics/forecast"
)

// reasons say why a device is in the plan, the gravest first.
func (p *Policy) reasons(d *forecast.Prospect, a *appraisal, best *forecast.Estimate, y year) []Reason {
	all := []Reason{}
	add := func(code, zh, en string) { all = append(all, Reason{code, zh, en}) }
	if !a.limitEnd.IsZero() && !y.end().Before(a.limitEnd) {
		code := "statutory"
		if !a.limit.Mandatory {
			code = "standard_age"
		}
		zh, en := "将于", "is reached on"
		if !y.asof.Before(a.limitEnd) {
			zh, en = "已于", "was reached on"
		}
		years := strconv.FormatFloat(a.limit.Years, 'g', 4, 64)
		add(code,
			fmt.Sprintf("%s：%s年期限%s %s 到期（%s）", a.limit.Title.ZH, years, zh, a.limitEnd, a.limit.Source),
			fmt.Sprintf("%s: the limit of %s %s %s (%s)", a.limit.Title.EN, counted(years, "year"), en, a.limitEnd, a.limit.Source))
	}
	if !a.verifyBy.IsZero() && !y.end().Before(a.verifyBy) {
		zh, en := "检定有效期至 "+a.verifyBy.String(), "its verification is valid until "+a.verifyBy.String()
		if a.verifyBy.Before(y.asof) {
			zh, en = zh+"，已过期", en+", which is over"
		}
		if a.action == Verify {
			zh, en = zh+"，需送检", en+": it is to be verified"
		} else {
			zh, en = zh+"，需更换", en+": it is to be replaced"
		}
		add("verification_due", zh, en)
	}
	if a.action == Replace {
		p.economic(d, a, best, add)
	}
	if d.AgeYears != nil && d.ExpectedLifeYears > 0 && *d.AgeYears >= d.ExpectedLifeYears {
		add("expected_life_over",
			fmt.Sprintf("已使用 %s 年，预期寿命 %s 年", short(*d.AgeYears), short(d.ExpectedLifeYears)),
			fmt.Sprintf("in use for %s, expected to last %s", counted(short(*d.AgeYears), "year"), short(d.ExpectedLifeYears)))
	}
	return all
}

// economic are the reasons that forecasts give.
func (p *Policy) economic(d *forecast.Prospect, a *appraisal, best *forecast.Estimate, add func(code, zh, en string)) {
	if best != nil && best.Value != nil && d.AgeYears != nil && *d.AgeYears > *best.Value {
		zh, en := interval(best.Low, best.High, short)
		add("past_optimal_age",
			fmt.Sprintf("已使用 %s 年，超过最佳更换年龄 %s 年%s", short(*d.AgeYears), short(*best.Value), zh),
			fmt.Sprintf("in use for %s, past the best age for its replacement of %s%s", counted(short(*d.AgeYears), "year"), counted(short(*best.Value), "year"), en))
	}
	if v := a.avoided.Value; v != nil && *v > 0 {
		kept, fresh := d.Failures365, d.New365
		zh, en := interval(kept.Low, kept.High, short)
		mzh, men := interval(a.avoided.Low, a.avoided.High, money)
		add("likely_failure",
			fmt.Sprintf("预计一年内故障 %s 次%s，新设备 %s 次；更换可避免损失约 %s 元%s", short(*kept.Value), zh, short(*fresh.Value), money(*v), mzh),
			fmt.Sprintf("%s expected within a year%s, %s of a new one; replacing it avoids some %s yuan%s", counted(short(*kept.Value), "failure"), en, short(*fresh.Value), money(*v), men))
	}
	if p.RepeatFaults > 0 && d.FaultsYear >= p.RepeatFaults {
		add("repeat_faults",
			fmt.Sprintf("过去一年故障 %s 次", short(d.FaultsYear)), fmt.Sprintf("%s in the year before", counted(short(d.FaultsYear), "fault")))
	}
	if a.benefit != nil && !a.worth && !a.mandatory {
		zh, en := "", ""
		if times := short(p.LeastBenefit); times != "1" {
			zh, en = "的 "+times+" 倍", times+" times "
		}
		add("not_worth",
			fmt.Sprintf("每年可避免 %s 元，低于更换的年均成本 %s 元%s，暂不建议更换", money(*a.avoided.Value), money(*a.yearly), zh),
			fmt.Sprintf("avoids %s yuan a year, less than %sthe %s yuan that a new one costs a year: better kept", money(*a.avoided.Value), en, money(*a.yearly)))
	}
}

// interval is the words of one, empty without.
func interval(low, high *float64, words func(float64) string) (zh, en string) {
	if low == nil || high == nil {
		return "", ""
	}
	percent := strconv.FormatFloat(level*100, 'g', 3, 64)
	return fmt.Sprintf("（%s%% 区间 %s–%s）", percent, words(*low), words(*high)),
		fmt.Sprintf(" (%s %% interval %s to %s)", percent, words(*low), words(*high))
}

// counted is so many of something in English: 1 year, 2 years.
func counted(n, what string) string {
	if n != "1" {
		what += "s"
	}
	return n + " " + what
}

// short is a number with the digits that say something.
func short(x float64) string {
	decimals := 0
	switch abs := math.Abs(x); {
	case abs == 0:
	case abs < 0.995:
		decimals = 2
	case abs < 9.95:
		decimals = 1
	}
	s := strconv.FormatFloat(x, 'f', decimals, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "0" && x > 0 {
		return "<0.01"
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// money is whole yuan in groups of three.
func money(x float64) string {
	s := strconv.FormatFloat(math.Abs(math.Round(x)), 'f', 0, 64)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	if math.Round(x) < 0 {
		return "-" + s
	}
	return s
}
