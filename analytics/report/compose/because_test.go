package compose

import (
	"regexp"
	"strings"
	"testing"

	"steward/analytics/report"
)

func isAsOf(t report.Text) bool { return strings.Contains(t.EN, "not the end of the period") }

func TestBecause(t *testing.T) {
	f := func(en, zh string) {
		t.Helper()
		if got := because(en); got.ZH != zh || got.EN != en {
			t.Errorf("%q: %q, want %q", en, got.ZH, zh)
		}
	}
	f("", "")
	f("insufficient data", "数据不足")
	f("insufficient data: 3 of 4 calls are still open", "数据不足：4 起中有 3 起尚未结束")
	f("no event: only an upper limit of the rate is known; 2 devices sent nothing while in service in the period", "没有故障，只知故障率上限；有 2 台设备在用而没有数据")
	f("insufficient data: components with 20 % of the weights are known, and 50 % are needed", "数据不足：已知指标占权重 20%，需要 50%")
	if got := because("not known, and left out of the score: availability, complaint_rate"); got != say("未知而不计入得分：设备可用率、投诉率", "not known, and left out of the score: availability of equipment, complaint rate") {
		t.Errorf("components %+v", got)
	}
	f("p95: open calls have run for less than it; the estimate takes them to be like the others, the interval does not", "p95：未结束的计时还没有这么久；估计值假定它们与其他相同，区间则不然")
	f("insufficient data: the failures of no part are enough to tell whether it wears: no failure was seen", "数据不足：没有部件的故障多到能看出是否磨损：未见故障")
	f("part door is left out: insufficient data: nobody knows how it lives", "部件 door 未计入：数据不足（寿命未知）")
	f("1 fault has not ended: if its end was not reported, the mean is too long; 1 device sent nothing while in service in the period", "有 1 起故障未结束，若只是未上报结束，均值偏长；有 1 台设备在用而没有数据")
	f("1 has not ended: if its end was not reported, the mean is too long", "有 1 起未结束，若只是未上报结束，均值偏长")
	f("not to be told apart from 1 other: the intervals of their scores overlap", "与另外 1 个分不出高下：得分区间重叠")
	f("something that nobody foresaw: 12 $1", "something that nobody foresaw: 12 $1")
	f("insufficient data: $2 of $1 calls are still open", "数据不足：$1 起中有 $2 起尚未结束")
}

// Every phrase is found by its own words, and is Chinese.
func TestPhrases(t *testing.T) {
	if len(phrases)%2 != 0 {
		t.Fatal("a phrase has no Chinese")
	}
	word := regexp.MustCompile(`[a-z]{4,}`)
	for i := 0; i < len(phrases); i += 2 {
		en := strings.ReplaceAll(phrases[i], "*", "7")
		if strings.Contains(en, "; ") {
			continue // two reasons, each with its own
		}
		zh := because(en).ZH
		if zh == en || strings.Contains(zh, "$") || word.MatchString(strings.ReplaceAll(zh, "Cramér-von Mises", "")) {
			t.Errorf("%q: %q", en, zh)
		}
	}
}

func BenchmarkBecause(b *testing.B) {
	for b.Loop() {
		because("insufficient data: something that nobody foresaw")
	}
}
