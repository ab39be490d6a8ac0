package page

import (
	"regexp"
	"testing"

	"steward/analytics/report"
)

// Every fixed word of the page has its Chinese.
func TestWordsAreKnown(t *testing.T) {
	found := regexp.MustCompile(`say "([^"]+)"`).FindAllStringSubmatch(pageHTML, -1)
	if len(found) < 20 {
		t.Fatalf("%d words", len(found))
	}
	for _, m := range found {
		if m[1] != "n" && report.Say("zh", m[1]) == m[1] {
			t.Errorf("%q has no Chinese", m[1])
		}
	}
}
