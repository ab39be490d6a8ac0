package table

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestNumbers(t *testing.T) {
	f := func(text string, want float64) {
		t.Helper()
		got, ok := parseNumber([]byte(text))
		if ok != !math.IsNaN(want) || ok && math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%q is %v and %v, want %v", text, got, ok, want)
		}
	}
	f("0", 0)
	f("-0", math.Copysign(0, -1))
	f("1", 1)
	f("+1.50", 1.5)
	f(".5", .5)
	f("5.", 5)
	f("-.5", -.5)
	f("0.1", 0.1)
	f("123456789012345", 123456789012345)
	f("0.123456789012345", 0.123456789012345)
	f("12345678901234567890", 12345678901234567890)
	f("0.0000000000000000000000001", 1e-25)
	f("1e12", 1e12)
	f("1E-12", 1e-12)
	f("1.7976931348623157e308", math.MaxFloat64)
	f("5e-324", 5e-324)
	f("1e-999", 0)
	none := math.NaN()
	for _, text := range []string{"", "-", "+", ".", "-.", "e", "1e", "e5", "1.2.3", "--1", "1-", "1+1", "1e999", "-1e999", "0x10", "1_000", "nan", "inf", "1 2", "1,5", "٣", "1\x00"} {
		f(text, none)
	}
}

func TestNumbersLikeTheStandardLibrary(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		text := fmt.Sprintf("%.*f", random.IntN(18), (random.Float64()-0.5)*math.Pow10(random.IntN(18)))
		want, err := strconv.ParseFloat(text, 64)
		if got, ok := parseNumber([]byte(text)); err != nil || !ok || math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("%s is %v, want %v", text, got, want)
		}
	}
}
