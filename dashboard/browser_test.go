package dashboard

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBrowser plays the application in a real browser against a real server. The
// scenes are in web/test; STEWARD_SCENES names the files of those to play alone,
// STEWARD_SCENE is a pattern of their names.
func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	if _, err := fs.Stat(webDist(), "index.html"); err != nil {
		t.Fatal("the application is not built: run make build (or npm ci && npm run build in dashboard/web), then test again")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("node is missing: apt-get install nodejs npm")
	}
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		chromium = "/usr/bin/chromium"
	}
	if _, err := os.Stat(chromium); err != nil {
		t.Fatalf("no browser at %s: apt-get install chromium fonts-noto-cjk, or set CHROMIUM", chromium)
	}
	if _, err := os.Stat(filepath.Join("web", "node_modules", "playwright-core")); err != nil {
		t.Fatal("the browser driver is missing: run npm ci in dashboard/web")
	}

	s := newStage(t)
	control := s.control()
	defer control.Close()
	scenes := []string{"test/unit.mjs", "test/account.mjs", "test/browser.mjs", "test/incidents.mjs", "test/shell.mjs"}
	if only := os.Getenv("STEWARD_SCENES"); only != "" {
		scenes = strings.Fields(only)
	}
	args := []string{"--test", "--test-reporter=spec", "--test-concurrency=1"}
	if pattern := os.Getenv("STEWARD_SCENE"); pattern != "" {
		args = append(args, "--test-name-pattern="+pattern)
	}
	run := exec.CommandContext(t.Context(), node, append(args, scenes...)...)
	run.Dir = "web"
	run.Env = append(os.Environ(),
		"CHROMIUM="+chromium,
		"STEWARD_URL=http://"+s.addr,
		"STEWARD_CONTROL="+control.URL,
		"STEWARD_PASSWORD="+password,
	)
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("browser tests: %v\n%s", err, out)
	}
	t.Logf("%s", out)
}
