package report

import (
	"math"
	"strconv"
	"strings"
)

// NoBreak keeps a number and its unit on one line.
const NoBreak = "\u00a0"

// most is beyond what is written with all its digits: nobody reads a number of
// twenty digits, and one that large is no measurement.
const most = 1e15

// Finite is a number that can be shown; nil when there is none, or none that is a
// number.
func Finite(x *float64) *float64 {
	if x == nil || math.IsNaN(*x) || math.IsInf(*x, 0) {
		return nil
	}
	return x
}

// Show is a number with its unit in a language, zh or en: 92.3 %, ¥12,345, 8 min 20 s.
// What is not a number is a dash.
func (f Format) Show(x float64, lang string) string {
	text := f.Number(x, lang)
	if unit := f.Sign(lang); unit != "" && f.Kind != "money" && Finite(&x) != nil {
		return text + NoBreak + unit
	}
	return text
}

// Number is a number without the unit, which the head of a column or an axis says
// once. Percent and durations keep theirs, and money its sign: they are part of how
// such a number is written.
func (f Format) Number(x float64, lang string) string {
	if Finite(&x) == nil {
		return "–"
	}
	switch f.Kind {
	case "percent":
		text := grouped(x*100, f.places())
		if lang == "zh" {
			return text + "%"
		}
		return text + NoBreak + "%"
	case "money":
		text := grouped(x, f.places())
		if minus, ok := strings.CutPrefix(text, "−"); ok {
			return "−¥" + minus
		}
		return "¥" + text
	case "duration":
		return lasting(x, lang)
	}
	return grouped(x, f.places())
}

// places are the decimals that are shown; at most nine, beyond which a float has
// nothing to say.
func (f Format) places() int {
	if f.Kind == "integer" {
		return 0
	}
	return min(max(f.Decimals, 0), 9)
}

// Sign is the unit as people write it: m³, 天 for d in Chinese.
func (f Format) Sign(lang string) string {
	switch f.Kind {
	case "percent", "duration":
		return ""
	case "money":
		if f.Unit == "" || f.Unit == "CNY" {
			return "¥"
		}
	}
	parts := strings.Split(f.Unit, "/")
	for i, p := range parts {
		if name, ok := units[p]; ok {
			if lang == "zh" {
				p = name.ZH
			} else {
				p = name.EN
			}
		}
		parts[i] = p
	}
	return strings.Join(parts, "/")
}

var units = map[string]Text{
	"m3": {ZH: "m³", EN: "m³"}, "m2": {ZH: "m²", EN: "m²"}, "d": {ZH: "天", EN: "d"}, "h": {ZH: "小时", EN: "h"},
	"min": {ZH: "分钟", EN: "min"}, "s": {ZH: "秒", EN: "s"}, "a": {ZH: "年", EN: "yr"}, "CNY": {ZH: "元", EN: "¥"},
	"degC": {ZH: "℃", EN: "°C"}, "pp": {ZH: "百分点", EN: "percentage points"},
}

// Range is an interval, without the unit that its value already says: 88.1–95.2.
func (f Format) Range(low, high float64, lang string) string {
	bare := func(x float64) string {
		text := f.Number(x, lang)
		switch f.Kind {
		case "percent":
			return strings.TrimSuffix(strings.TrimSuffix(text, "%"), NoBreak)
		case "money":
			return strings.Replace(text, "¥", "", 1)
		}
		return text
	}
	l, h := bare(low), bare(high)
	if low < 0 || f.Kind == "duration" { // 2–3 reads as a range, −2–3 does not
		return l + " – " + h
	}
	return l + "–" + h
}

// Show is a value with its interval: 92.3 % (88.1–95.2). Of a value that is
// missing it is the reason.
func (v Value) Show(f Format, lang string) string {
	if Finite(v.Value) == nil {
		return v.Because(lang)
	}
	text := f.Show(*v.Value, lang)
	if l, h, ok := v.Interval(); ok {
		text += " (" + f.Range(l, h, lang) + ")"
	}
	return text
}

// Interval is the interval, if the value has one.
func (v Value) Interval() (low, high float64, ok bool) {
	if Finite(v.Value) == nil || Finite(v.Low) == nil || Finite(v.High) == nil {
		return 0, 0, false
	}
	return *v.Low, *v.High, true
}

// Because says why a value is missing, always in words.
func (v Value) Because(lang string) string {
	why := v.Why
	if v.Reason != nil {
		why = v.Reason.In(lang)
	}
	scarce := Say(lang, "insufficient data")
	if why == "" || why == "insufficient data" {
		return scarce
	}
	if rest, ok := strings.CutPrefix(why, "insufficient data: "); ok {
		return scarce + Say(lang, ": ") + rest
	}
	return why
}

// grouped is a number with a comma at each thousand and a true minus. A number
// that rounds to nothing has no sign.
func grouped(x float64, places int) string {
	if math.Abs(x) >= most {
		return strings.Replace(strconv.FormatFloat(x, 'e', 3, 64), "-", "−", 1)
	}
	text := strconv.FormatFloat(math.Abs(x), 'f', places, 64)
	whole, rest, _ := strings.Cut(text, ".")
	var out strings.Builder
	if x < 0 && strings.Trim(text, "0.") != "" {
		out.WriteString("−")
	}
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			out.WriteByte(',')
		}
		out.WriteRune(digit)
	}
	if rest != "" {
		out.WriteString("." + rest)
	}
	return out.String()
}

// spans are the parts of a duration, each with how many of the next one it has.
var spans = []struct {
	seconds float64
	zh, en  string
}{{86400, "天", "d"}, {3600, "小时", "h"}, {60, "分", "min"}, {1, "秒", "s"}}

// lasting is a duration by its two largest parts: 8 min 20 s, 3 d 4 h. Below a
// second it has milliseconds, below ten a tenth of a second.
func lasting(seconds float64, lang string) string {
	sign, s := "", math.Abs(seconds)
	if seconds < 0 {
		sign = "−"
	}
	word := func(amount, zh, en string) string {
		if lang == "zh" {
			return amount + NoBreak + zh
		}
		return amount + NoBreak + en
	}
	switch {
	case s == 0:
		return word("0", "秒", "s")
	case s < 0.9995:
		ms := strconv.FormatFloat(s*1000, 'f', 0, 64)
		if ms == "0" {
			return word("0", "秒", "s")
		}
		return sign + word(ms, "毫秒", "ms")
	case s < 9.95:
		return sign + word(strings.TrimSuffix(strconv.FormatFloat(s, 'f', 1, 64), ".0"), "秒", "s")
	}
	for i, part := range spans {
		smaller := part.seconds
		if i+1 < len(spans) {
			smaller = spans[i+1].seconds
		}
		rounded := math.Round(s/smaller) * smaller // 59.6 s is a minute, and not 60 s
		if rounded < part.seconds {
			continue
		}
		whole := math.Floor(rounded / part.seconds)
		text := word(grouped(whole, 0), part.zh, part.en)
		if rest := math.Round((rounded - whole*part.seconds) / smaller); rest > 0 && smaller < part.seconds {
			next := spans[i+1]
			text += NoBreak + word(grouped(rest, 0), next.zh, next.en)
		}
		return sign + text
	}
	return sign + word("1", "秒", "s")
}
