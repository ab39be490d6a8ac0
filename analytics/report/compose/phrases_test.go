package compose

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the phrases that the application has of its own")

// The application says the reasons of analyses in Chinese by the same phrases.
func TestPhrasesOfTheApplication(t *testing.T) {
	const golden = "../../../dashboard/web/src/views/reliability/phrases.json"
	var have bytes.Buffer
	e := json.NewEncoder(&have)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(phrases); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, have.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have.Bytes(), want) {
		t.Errorf("%s is out of date: go test ./analytics/report/compose -run Phrases -update", golden)
	}
}
