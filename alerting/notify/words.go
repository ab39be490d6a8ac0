package notify

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"steward/internal/incident"
	"steward/internal/telemetry"
)

// What a notice is about (Notice.What).
const (
	whatOpened    = "opened"
	whatWarned    = "warned"
	whatBreached  = "breached"
	whatEscalated = "escalated"
	whatCleared   = "cleared"
	whatResolved  = "resolved"
	whatTest      = "test"
	whatDigest    = "digest" // of several notices
)

// word is a word in both languages.
func word(lang, zh, en string) string { return incident.Text{ZH: zh, EN: en}.In(lang) }

func severityWord(lang string, s telemetry.Severity) string {
	switch s {
	case telemetry.LifeSafety:
		return word(lang, "人身安全", "Life safety")
	case telemetry.Critical:
		return word(lang, "严重", "Critical")
	case telemetry.Warning:
		return word(lang, "警告", "Warning")
	}
	return word(lang, "提示", "Info")
}

func whatWord(lang, what string) string {
	switch what {
	case whatWarned:
		return word(lang, "即将超时", "time is running out")
	case whatBreached:
		return word(lang, "已超时", "time is over")
	case whatEscalated:
		return word(lang, "升级", "escalated")
	case whatCleared:
		return word(lang, "现象消失", "cleared")
	case whatResolved:
		return word(lang, "已处理", "resolved")
	}
	return word(lang, "新告警", "new")
}

func stateWord(lang string, s incident.State) string {
	switch s {
	case incident.Acknowledged:
		return word(lang, "已接警", "acknowledged")
	case incident.Dispatched:
		return word(lang, "已派人", "somebody is on the way")
	case incident.Arrived:
		return word(lang, "已到场", "somebody is on site")
	case incident.Resolved:
		return word(lang, "已处理", "resolved")
	}
	return word(lang, "无人接警", "nobody has acknowledged it")
}

func classWord(lang string, c telemetry.Class) string {
	switch c {
	case telemetry.Meter:
		return word(lang, "表计", "meter")
	case telemetry.Elevator:
		return word(lang, "电梯", "elevator")
	case telemetry.Fire:
		return word(lang, "消防", "fire")
	case telemetry.Access:
		return word(lang, "门禁", "access")
	}
	return string(c)
}

// span is a duration in words, of its two largest units.
func span(lang string, d time.Duration) string {
	d = d.Abs().Round(time.Second)
	units := []struct {
		size   time.Duration
		zh, en string
	}{{24 * time.Hour, "天", "d"}, {time.Hour, "小时", "h"}, {time.Minute, "分", "min"}, {time.Second, "秒", "s"}}
	for i, u := range units {
		if d < u.size && i < len(units)-1 {
			continue
		}
		text := fmt.Sprintf("%d %s", d/u.size, word(lang, u.zh, u.en))
		if i+1 < len(units) {
			if next := units[i+1]; d%u.size >= next.size {
				text += fmt.Sprintf(" %d %s", d%u.size/next.size, word(lang, next.zh, next.en))
			}
		}
		return text
	}
	return ""
}

// moment is a time as people at the place read it.
func moment(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("2006-01-02 15:04:05 (UTC-07:00)")
}

// oneLine is text without control characters and line ends.
func oneLine(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text))
}

// cut is text of at most so many bytes, whole characters.
func cut(text string, most int) string {
	const dots = "…"
	if len(text) <= most {
		return text
	}
	most -= len(dots)
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + dots
}

// plainMarkdown is text that means nothing to the robots' kinds of Markdown,
// which know no common escape: what could be a link, a mention, a tag or
// emphasis becomes its full-width sister.
var plainMarkdown = strings.NewReplacer(
	"[", "［", "]", "］", "<", "＜", ">", "＞", "*", "＊", "`", "｀", "@", "＠", "#", "＃", "|", "｜", "~", "～",
)
