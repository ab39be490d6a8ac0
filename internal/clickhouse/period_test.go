package clickhouse

import (
	"errors"
	"slices"
	"testing"
	"time"

	"steward/internal/telemetry"
)

func at(text string) telemetry.Millis {
	t, err := time.Parse("2006-01-02T15:04:05.000", text)
	if err != nil {
		panic(err)
	}
	return telemetry.MillisOf(t)
}

// Pieces lie end to end, cover the period and nothing else, in the order that
// was asked for, and none spans the turn of a month or year.
func TestPieces(t *testing.T) {
	for _, p := range []period{
		{at("2024-01-31T23:59:59.999"), at("2024-03-01T00:00:00.001")},
		{at("2024-02-01T00:00:00.000"), at("2024-03-01T00:00:00.000")},
		{at("2019-12-31T00:00:00.000"), at("2025-01-01T00:00:00.000")},
		{at("2024-05-05T05:05:05.005"), at("2024-05-05T05:05:05.006")},
		{0, at("1971-06-01T00:00:00.000")},
		storable,
	} {
		for _, years := range []bool{false, true} {
			forward, backward := slices.Collect(p.pieces(years, false)), slices.Collect(p.pieces(years, true))
			slices.Reverse(backward)
			if !slices.Equal(forward, backward) {
				t.Errorf("%v: forward %v, backward %v", p, forward, backward)
			}
			end := p.from
			for _, piece := range forward {
				first, last := piece.from.Time(), (piece.to - 1).Time()
				if piece.from != end || piece.empty() || first.Year() != last.Year() || !years && first.Month() != last.Month() {
					t.Errorf("%v: piece %v behind %v", p, piece, end)
				}
				end = piece.to
			}
			if end != p.to {
				t.Errorf("%v ends at %v", p, end)
			}
		}
	}
	for _, p := range []period{{}, {5, 5}, {6, 5}} {
		if pieces := slices.Collect(p.pieces(false, false)); len(pieces) > 0 {
			t.Errorf("%v has pieces %v", p, pieces)
		}
	}
}

func TestPeriodOf(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	shanghai := time.FixedZone("CST", 8*3600)
	f := func(from, to time.Time, want period) {
		t.Helper()
		if got, err := periodOf(from, to, now); err != nil || got != want {
			t.Errorf("%s to %s: %v, %v", from, to, got, err)
		}
	}
	f(time.Time{}, time.Time{}, period{0, telemetry.MillisOf(now)})
	f(time.Date(2026, 11, 1, 0, 0, 0, 0, shanghai), now, period{at("2026-10-31T16:00:00.000"), telemetry.MillisOf(now)})
	f(now, now, period{telemetry.MillisOf(now), telemetry.MillisOf(now)})
	// What has less than a millisecond keeps its side of the border.
	f(now.Add(1), now.Add(time.Millisecond+1), period{telemetry.MillisOf(now) + 1, telemetry.MillisOf(now) + 2})
	f(time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), storable)

	bad := new(ArgumentError)
	if _, err := periodOf(now.Add(1), now, now); !errors.As(err, &bad) || bad.Field != "from" {
		t.Errorf("got %v", err)
	}
}

func TestShieldedCells(t *testing.T) {
	for _, s := range []string{"", "power_kw", "=1+1", "'=1", "''@x", "'", "''", "-5", "+86", "@a", "\tx", "\rx", "it's", "力矩", "a=b", "'a"} {
		shielded := shieldCell(s)
		if got := unshieldCell(shielded); got != s {
			t.Errorf("%q came back as %q", s, got)
		}
		if shielded != "" && slices.Contains([]byte("=+-@\t\r"), shielded[0]) {
			t.Errorf("%q is a formula", shielded)
		}
	}
}
