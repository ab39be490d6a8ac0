package table

import (
	"math"
	"strconv"
)

// exactTens are the powers of ten that a float64 holds exactly.
var exactTens = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// parseNumber reads a decimal number. Numbers of up to 15 digits, which are nearly
// all, are one exact integer divided by one exact power of ten, and so rounded only
// once (Clinger, How to read floating point numbers accurately, PLDI 1990); others
// are left to strconv.
func parseNumber(b []byte) (v float64, ok bool) {
	digits, fraction, point := 0, 0, false
	var whole int64
	rest := b
	if len(rest) > 0 && (rest[0] == '-' || rest[0] == '+') {
		rest = rest[1:]
	}
	for _, c := range rest {
		switch {
		case '0' <= c && c <= '9' && digits < 15:
			whole = whole*10 + int64(c-'0')
			digits++
			if point {
				fraction++
			}
		case c == '.' && !point:
			point = true
		default:
			return parseLongNumber(b)
		}
	}
	if digits == 0 {
		return 0, false
	}
	v = float64(whole) / exactTens[fraction]
	if b[0] == '-' {
		v = -v
	}
	return v, true
}

// parseLongNumber reads a number with an exponent or many digits. What strconv
// would take besides decimal numbers, such as 0x10, 1_000 and nan, is none here.
func parseLongNumber(b []byte) (v float64, ok bool) {
	for _, c := range b {
		switch {
		case '0' <= c && c <= '9', c == '.', c == '-', c == '+', c == 'e', c == 'E':
		default:
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(string(b), 64)
	return v, err == nil && !math.IsInf(v, 0)
}
