package tariff

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Period is a part of the day with a price of its own. As text it is the key of
// the file.
type Period uint8

// The periods, the dearest first. AllDay is that of a tariff that goes by no clock.
const (
	AllDay     Period = iota
	Sharp             // 尖
	Peak              // 峰
	Flat              // 平
	Valley            // 谷
	DeepValley        // 深谷

	periods = iota
)

var periodNames = [periods]string{"all_day", "sharp", "peak", "flat", "valley", "deep_valley"}

func (p Period) String() string {
	if int(p) < len(periodNames) {
		return periodNames[p]
	}
	return fmt.Sprintf("period(%d)", uint8(p))
}

// MarshalText is the name, for JSON.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a name.
func (p *Period) UnmarshalText(text []byte) error {
	for i, name := range periodNames {
		if name == string(text) {
			*p = Period(i) // below periods, which is small
			return nil
		}
	}
	return fmt.Errorf("%q is no period; have %s", text, strings.Join(periodNames[:], ", "))
}

// Prices change on the half hour at the finest: that is the grid of every tariff
// that is published, and of the meters' own settlement.
const (
	slotMinutes = 30
	slotsPerDay = 24 * 60 / slotMinutes
)

// slotOf is the slot of a time of the day, and how much of the day is over.
func slotOf(local time.Time) (slot int, sinceMidnight time.Duration) {
	h, m, s := local.Clock()
	since := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second + time.Duration(local.Nanosecond())
	return (60*h + m) / slotMinutes, since
}

// span is hours of a day, in slots: from the first, until before end.
type span struct{ from, end int }

// UnmarshalYAML reads 08:30-12:00.
func (s *span) UnmarshalYAML(n *yaml.Node) error {
	a, b, _ := strings.Cut(n.Value, "-")
	from, err := parseSlot(a)
	if err != nil {
		return fmt.Errorf("%q are not hours, such as \"08:30-12:00\": %w", n.Value, err)
	}
	end, err := parseSlot(b)
	switch {
	case err != nil:
		return fmt.Errorf("%q are not hours, such as \"08:30-12:00\": %w", n.Value, err)
	case end <= from:
		return fmt.Errorf("%q end before they begin; write a night as \"22:00-24:00\" and \"00:00-06:00\"", n.Value)
	}
	*s = span{from, end}
	return nil
}

// parseSlot reads 00:00 to 24:00.
func parseSlot(s string) (int, error) {
	for slot := range slotsPerDay + 1 {
		if s == clock(slot) {
			return slot, nil
		}
	}
	return 0, fmt.Errorf("%q is not an hour or half hour from 00:00 to 24:00", s)
}

// clock is when a slot begins.
func clock(slot int) string {
	return fmt.Sprintf("%02d:%02d", slot*slotMinutes/60, slot*slotMinutes%60)
}
