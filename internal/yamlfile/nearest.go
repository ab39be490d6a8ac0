package yamlfile

import (
	"fmt"
	"maps"
	"slices"
)

func sorted(known map[string]int) []string { return slices.Sorted(maps.Keys(known)) }

// meant names the known key that is spelled most like key, if one is near.
func meant(key string, known map[string]int) string {
	if near := Nearest(key, sorted(known), 2); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}

// Nearest is the first of the known names that is spelled most like name, with at
// most so many letters put in, taken out or changed; empty when none is.
func Nearest(name string, known []string, most int) string {
	best, at := "", most+1
	for _, k := range known {
		if d := distance(name, k); d < at {
			best, at = k, d
		}
	}
	return best
}

// distance is the number of letters to put in, take out or change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
