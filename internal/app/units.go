package app

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a time.Duration that also reads days, as in 400d: the unit in
// which retention is thought of. A day is 24 hours.
type Duration time.Duration

func seconds(n int) Duration { return Duration(time.Duration(n) * time.Second) }
func days(n int) Duration    { return Duration(time.Duration(n) * 24 * time.Hour) }

// Std is the duration in the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// days is the duration in whole days, rounded up.
func (d Duration) days() int {
	const day = 24 * time.Hour
	return int((d.Std() + day - 1) / day)
}

// String prints whole days as days.
func (d Duration) String() string {
	const day = 24 * time.Hour
	if v := d.Std(); v >= day && v%day == 0 {
		return strconv.FormatInt(int64(v/day), 10) + "d"
	}
	return d.Std().String()
}

// MarshalText writes what UnmarshalText reads.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 30s, 5m, 1h30m or 400d.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	if n, ok := strings.CutSuffix(s, "d"); ok {
		v, err := strconv.Atoi(n)
		if err != nil || v < 0 || v > math.MaxInt64/int(24*time.Hour) {
			return fmt.Errorf("%q is not a number of days, such as 400d", s)
		}
		*d = days(v)
		return nil
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("%q is not a duration, such as 30s, 5m, 1h30m or 400d", s)
	}
	*d = Duration(v)
	return nil
}

// Size is a number of bytes that reads 64MiB, 4GiB or a plain number.
type Size int64

var sizeUnits = []struct {
	suffix string
	factor int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"B", 1}, {"", 1}}

// String prints the size in the largest unit that divides it.
func (s Size) String() string {
	for i := 3; i >= 0; i-- {
		if u := sizeUnits[i]; s != 0 && int64(s)%u.factor == 0 {
			return strconv.FormatInt(int64(s)/u.factor, 10) + u.suffix
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// MarshalText writes what UnmarshalText reads.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a whole number with an optional unit, KiB to TiB.
func (s *Size) UnmarshalText(text []byte) error {
	in := strings.TrimSpace(string(text))
	for _, u := range sizeUnits {
		n, ok := strings.CutSuffix(in, u.suffix)
		if !ok {
			continue
		}
		v, err := strconv.ParseInt(strings.TrimSpace(n), 10, 64)
		if err != nil || v < 0 || v > math.MaxInt64/u.factor {
			break
		}
		*s = Size(v * u.factor)
		return nil
	}
	return fmt.Errorf("%q is not a size, such as 64MiB or 4GiB", in)
}
