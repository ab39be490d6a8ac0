package embedded

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// childOf is the engine that a process runs.
func childOf(t *testing.T, parent int) int {
	t.Helper()
	pid, found := findChild(parent)
	if !found {
		t.Fatalf("process %d has no engine", parent)
	}
	return pid
}

// findChild asks ps, which is the same on Linux and macOS.
func findChild(parent int) (pid int, found bool) {
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=,args=").Output()
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) > 3 && f[1] == strconv.Itoa(parent) && f[3] == ChildCommand {
			pid, err := strconv.Atoi(f[0])
			return pid, err == nil
		}
	}
	return 0, false
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// startKeeper starts a process that runs an engine.
func startKeeper(t *testing.T, dir string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), keeperVariable+"="+dir)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it may be dead, as the test wanted
	return cmd, bufio.NewReader(stdout)
}

func TestTailKeepsTheEnd(t *testing.T) {
	tl := &tail{limit: 10}
	for _, s := range []string{"0123456789", "abc", "", "a very long line that is longer than all of it: end"} {
		if n, err := tl.Write([]byte(s)); n != len(s) || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	if got := tl.String(); got != " of it: end"[1:] {
		t.Errorf("got %q", got)
	}
}

func TestLastLines(t *testing.T) {
	file := t.TempDir() + "/log"
	text := "first line\n" + strings.Repeat("x", 100) + "\n2026 <Error> no\n\n0. ? @ 0x000000001c8fa4b3\n12. start_thread @ 0x00000000000891f5\nlast 1. line\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := lastLines(file, 120); got != "2026 <Error> no\nlast 1. line" {
		t.Errorf("got %q", got)
	}
	if got := lastLines(file+"-none", 100); got != "" {
		t.Errorf("got %q", got)
	}
}

// The configuration is XML whatever the paths are.
func TestConfigurationEscapes(t *testing.T) {
	p := place(t.TempDir() + "/<a> & \"b\"")
	if err := p.create(); err != nil {
		t.Fatal(err)
	}
	if err := p.configure(Options{MemoryBytes: 1 << 30}, address{tcp: 1, http: 2, password: "secret"}); err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(p.configFile())
	if err != nil || bytes.Contains(config, []byte("<a>")) || !bytes.Contains(config, []byte("&lt;a&gt; &amp; ")) {
		t.Errorf("%s, %v", config, err)
	}
}

func TestStartsThatFail(t *testing.T) {
	empty := t.TempDir() + "/libchdb.so"
	if err := os.WriteFile(empty, []byte("not a library"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for what, c := range map[string]struct {
		opts Options
		want string
	}{
		"no directory":             {Options{}, "no data directory"},
		"a file for a directory":   {Options{DataDir: file}, file},
		"too little memory":        {Options{DataDir: dir, MemoryBytes: 1000}, "memory of 1000 bytes"},
		"no library":               {Options{DataDir: dir, Library: dir + "/none.so"}, "none.so"},
		"a library that is broken": {Options{DataDir: dir, Library: empty}, "load the engine's library " + empty},
	} {
		e, err := Start(t.Context(), c.opts)
		if err == nil {
			stop(t, e)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	// None of these left anything that stands in the way.
	start(t, Options{DataDir: dir})
}

func TestAMissingLibrarySaysWhatToRun(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv(LibraryVariable, "")
	_, err := FindLibrary("")
	if !errors.Is(err, ErrNoLibrary) || !strings.Contains(err.Error(), "npm ci --prefix internal/clickhouse/embedded/lib") || !strings.Contains(err.Error(), LibraryVariable) {
		t.Errorf("got %v", err)
	}
	t.Setenv(LibraryVariable, "/nowhere/libchdb.so")
	if _, err := FindLibrary(""); !errors.Is(err, ErrNoLibrary) || !strings.Contains(err.Error(), "/nowhere/libchdb.so") {
		t.Errorf("got %v", err)
	}
}
