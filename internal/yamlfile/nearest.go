package yamlfile

import (
	"fmt"
	"maps"
	"slices"
)

func sorted(known map[string]int) []string { return slices.Sorted(maps.Keys(known)) }

// meant names the known key that is spelled most like key, if one is near.
func meant(key string, known map[string]int) string {
	best, at := "", 3
	for _, k := range sorted(known) {
		if d := distance(key, k); d < at {
			best, at = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
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
