package app

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"steward/analytics/report/render"
)

// PDF is offered where there is a Chromium to print it with.
func TestFormatsThatCanBeMade(t *testing.T) {
	door := reportDoor{now: time.Now}
	f := func(chromium string, want []string) {
		t.Helper()
		t.Setenv("CHROMIUM", chromium)
		reports := door.Reports()
		if len(reports) == 0 {
			t.Error("there are no reports")
		}
		for _, r := range reports {
			if !slices.Equal(r.Formats, want) {
				t.Errorf("%s: %v, want %v", r.Name, r.Formats, want)
			}
		}
	}
	there := filepath.Join(t.TempDir(), "chromium")
	if err := os.WriteFile(there, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	f(there, render.Formats)
	f(filepath.Join(t.TempDir(), "none"), []string{render.HTML, render.XLSX, render.JSON, render.Arrow, render.Parquet, render.CSV})
}
