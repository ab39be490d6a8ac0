package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"steward/internal/mqtttest"
)

// startLimit bounds how long a steward may take to be ready: the engine starts
// in seconds, on a busy machine in many.
const startLimit = 2 * time.Minute

// server is a steward serve on a data folder of its own, which may be killed
// and started again.
type server struct {
	t    *testing.T
	dir  string // data_dir
	env  []string
	logs *output

	mu  sync.Mutex // guards the rest, for the watchers
	cmd *exec.Cmd
	url string // of the page; "" while no process is ready
}

// newServer prepares a server with settings by their dotted keys. It is not
// started yet.
func newServer(t *testing.T, settings map[string]string) *server {
	t.Helper()
	s := &server{t: t, dir: t.TempDir(), env: os.Environ(), logs: new(output)}
	// Without analyses: over the full hour one would add events of its own to those
	// that are counted.
	all := map[string]string{"http.listen": "127.0.0.1:0", "log.level": "info", "startup_wait": "60s", "analytics.enabled": "false"}
	if settings["mqtt.broker"] == "" {
		all["embedded_broker.listen"] = freeAddr(t)
		all["embedded_broker.user"], all["embedded_broker.password"] = publisherName, publisherPassword
	}
	for k, v := range settings {
		all[k] = v
	}
	for k, v := range all {
		s.env = append(s.env, "STEWARD_"+strings.ToUpper(strings.ReplaceAll(k, ".", "_"))+"="+v)
	}
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("the last lines of steward's log:\n%s", s.logs.tail(60))
		}
	})
	return s
}

// Whom the publishers of the tests are at the embedded broker.
const publisherName, publisherPassword = "publisher", "a password of the tests"

// token makes a machine's token that may read everything.
func (s *server) token() string {
	s.t.Helper()
	return makeToken(s.t, s.dir, "viewer")
}

// makeToken makes a token by the command line, beside whatever runs on the data
// folder.
func makeToken(t *testing.T, dir, role string) string {
	t.Helper()
	var problems bytes.Buffer
	cmd := exec.Command(program(t), "token", "add", "--name", role, "--role", role, "--data", dir)
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("make a token: %v: %s", err, &problems)
	}
	return strings.TrimSpace(string(out))
}

// setting is what newServer was given, or chose, for a dotted key.
func (s *server) setting(key string) string {
	prefix := "STEWARD_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_")) + "="
	for _, kv := range slices.Backward(s.env) {
		if v, ok := strings.CutPrefix(kv, prefix); ok {
			return v
		}
	}
	return ""
}

// launch starts the process and returns at once.
func (s *server) launch() {
	s.t.Helper()
	cmd := exec.Command(program(s.t), "serve", "--data", s.dir)
	cmd.Env = s.env
	cmd.Stdout, cmd.Stderr = s.logs, s.logs
	cmd.WaitDelay = 10 * time.Second
	s.logs.restart()
	if err := mqtttest.StartTied(cmd); err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	s.cmd, s.url = cmd, ""
	s.mu.Unlock()
}

// start launches the process and waits until all of it is ready.
func (s *server) start() {
	s.t.Helper()
	s.launch()
	s.awaitReady()
}

var runningLine = regexp.MustCompile(`msg="steward is running" page=(\S+)`)

func (s *server) awaitReady() {
	s.t.Helper()
	until(s.t, startLimit, "steward to be ready", func() error {
		if err := s.alive(); err != nil {
			s.t.Fatal(err)
		}
		if s.address() == "" {
			m := runningLine.FindSubmatch(s.logs.sinceRestart())
			if m == nil {
				return errors.New("it has not said that it is running")
			}
			s.mu.Lock()
			s.url = string(m[1])
			s.mu.Unlock()
		}
		return s.ready()
	})
}

// address is the URL of the page, empty while there is none.
func (s *server) address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}

func (s *server) pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return 0
	}
	return s.cmd.Process.Pid
}

// ready is nil when /readyz says so, and otherwise says what is not ready.
func (s *server) ready() error {
	status, body, err := s.get("/readyz")
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("/readyz: %d %s", status, bytes.TrimSpace(body))
	}
	return nil
}

// misses is nil when /readyz names the part among those that are not ready.
func (s *server) misses(part string) error {
	_, body, err := s.get("/readyz")
	if err != nil {
		return err
	}
	var answer struct {
		NotReady []struct {
			Name string `json:"name"`
		} `json:"not_ready"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("/readyz: %w in %s", err, body)
	}
	for _, n := range answer.NotReady {
		if n.Name == part {
			return nil
		}
	}
	return fmt.Errorf("/readyz does not name %s: %s", part, body)
}

var client = &http.Client{
	Timeout:   10 * time.Second,
	Transport: &http.Transport{DisableKeepAlives: true},
}

// get asks the running process.
func (s *server) get(path string) (status int, body []byte, err error) {
	resp, err := client.Get(s.address() + path)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}

// kill ends the process as a power cut would, and waits until it is gone.
func (s *server) kill() {
	s.mu.Lock()
	cmd := s.cmd
	s.cmd, s.url = nil, ""
	s.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Kill() // it may have ended by itself
	_ = cmd.Wait()         // with the error that it was killed
}

// stop ends the process as an operator would and returns its exit code.
func (s *server) stop() int {
	s.t.Helper()
	s.mu.Lock()
	cmd := s.cmd
	s.cmd, s.url = nil, ""
	s.mu.Unlock()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Errorf("steward has ended by itself: %v", err)
	}
	late := time.AfterFunc(time.Minute, func() {
		s.t.Error("steward did not stop within a minute")
		_ = cmd.Process.Kill() // the test has failed anyway
	})
	defer late.Stop()
	err := cmd.Wait()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		s.t.Errorf("stop steward: %v", err)
	}
	return cmd.ProcessState.ExitCode()
}

// alive reports whether the process that was started last still runs: a restart
// by itself would hide a crash, an end would end the service.
func (s *server) alive() error {
	pid := s.pid()
	if pid == 0 {
		return errors.New("steward is not started")
	}
	state, err := processState(pid)
	if err != nil || state == 'Z' {
		return fmt.Errorf("steward (pid %d) has ended by itself", pid)
	}
	return nil
}
