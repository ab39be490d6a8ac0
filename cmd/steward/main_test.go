package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"steward/internal/app"
	"steward/internal/clickhouse/embedded"
)

// TestMain makes the test binary the program as well: as the command "steward"
// it runs main, instrumented like the tests, and as the engine's child it is
// the engine. So every test has the real program in processes of its own.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == embedded.ChildCommand {
		os.Exit(embedded.ChildMain(os.Args[2:]))
	}
	if err := cleanEnvironment(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	testscript.Main(m, map[string]func(){"steward": main})
}

// cleanEnvironment keeps whatever configures the developer's own Steward away
// from the tests, and says once where the engine's library is, since the
// program is run in other folders than this one.
func cleanEnvironment() error {
	if os.Getenv(innerVariable) != "" {
		return nil // a program that a test has started, with what it is meant to have
	}
	library, err := embedded.FindLibrary("")
	if err != nil {
		return fmt.Errorf("the tests need the embedded engine: %w", err)
	}
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, app.EnvPrefix) {
			if err := os.Unsetenv(name); err != nil {
				return err
			}
		}
	}
	if err := os.Setenv("STEWARD_ENGINE_LIBRARY", library); err != nil {
		return err
	}
	return os.Setenv(innerVariable, "1")
}

// innerVariable marks the environment of the programs that the tests start.
const innerVariable = "INSIDE_STEWARD_TEST"

// program is the path of the steward that the tests run.
func program(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("steward")
	if err != nil {
		t.Fatal(err) // testscript.Main puts it in the path
	}
	return path
}

// soak says that the long versions of the fault tests are wanted: make soak.
func soak() bool { return os.Getenv("SOAK") != "" }

// besides lets a test run beside others, since most of its time is waiting. The
// long versions have the machine to themselves, to be what they say they are.
func besides(t *testing.T) {
	if !soak() {
		t.Parallel()
	}
}

// inSoak picks the size of a test.
func inSoak[T any](short, long T) T {
	if soak() {
		return long
	}
	return short
}
