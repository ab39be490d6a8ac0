package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// storyFleet is enough for every analysis to have something to say.
var storyFleet = []string{"--devices", "120", "--days", "430"}

// TestStories plays in a real browser what people do with a whole Steward that has a
// year of history and has analysed it. The stories are in dashboard/web/test/stories;
// STORIES names the files of those to play alone.
func TestStories(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	web, err := filepath.Abs("../../dashboard/web")
	if err != nil {
		t.Fatal(err)
	}
	stories, err := filepath.Glob(filepath.Join(web, "test/stories/*.mjs"))
	if err != nil || len(stories) == 0 {
		t.Fatalf("no stories in %s: %v", web, err)
	}
	if only := os.Getenv("STORIES"); only != "" {
		stories = strings.Fields(only)
	}
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		chromium = "/usr/bin/chromium"
	}
	for what, path := range map[string]string{
		"apt-get install chromium fonts-noto-cjk": chromium,
		"run npm ci in dashboard/web":             filepath.Join(web, "node_modules", "playwright-core"),
		"run make build":                          filepath.Join(web, "dist", "index.html"),
	} {
		if _, err := os.Stat(path); err != nil {
			t.Fatalf("%v: %s", err, what)
		}
	}
	d := startDemo(t, storyFleet...)
	d.await(t, 10*time.Minute, historyComplete)
	d.awaitAnalyses(t)

	cmd := exec.CommandContext(t.Context(), "node", append([]string{"--test", "--test-reporter=spec", "--test-concurrency=1"}, stories...)...)
	cmd.Dir = web
	cmd.Env = append(os.Environ(), "CHROMIUM="+chromium, "STEWARD_URL=http://"+d.page, "STEWARD_BROKER="+d.broker,
		"STEWARD_PERSON=admin", "STEWARD_PASSWORD="+d.password, "STEWARD_PROGRAM="+program(t))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("stories: %v\n%s", err, out)
	}
	t.Logf("%s", out)
}
