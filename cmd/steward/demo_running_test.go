package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"steward/internal/mqtttest"
)

var demoPassword = regexp.MustCompile(`password (\S+) \(shown this once\)`)

// demonstration is a running steward demo.
type demonstration struct {
	cmd                         *exec.Cmd
	logs                        *output
	dir, page, broker, password string
}

// startDemo starts a demonstration, which lives as long as the test.
func startDemo(t *testing.T, args ...string) *demonstration {
	t.Helper()
	d := &demonstration{logs: new(output), dir: t.TempDir(), page: freeAddr(t), broker: freeAddr(t)}
	d.cmd = exec.Command(program(t), append([]string{"demo", "--data", d.dir, "--http", d.page, "--mqtt", d.broker}, args...)...)
	d.cmd.Stdout, d.cmd.Stderr = d.logs, d.logs
	d.cmd.WaitDelay = 10 * time.Second
	if err := mqtttest.StartTied(d.cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = d.cmd.Process.Kill() // it may have ended already
		_ = d.cmd.Wait()
		if t.Failed() {
			t.Logf("the last lines of the demonstration's log:\n%s", d.logs.tail(30))
		}
	})
	d.await(t, startLimit, "Steward is running.")
	found := demoPassword.FindSubmatch(d.logs.sinceRestart())
	if found == nil {
		t.Fatal("the demonstration has told no password")
	}
	d.password = string(found[1])
	return d
}

// await waits until it has said something.
func (d *demonstration) await(t *testing.T, limit time.Duration, words string) {
	t.Helper()
	until(t, limit, "the demonstration to say "+words, func() error {
		if !bytes.Contains(d.logs.sinceRestart(), []byte(words)) {
			return errors.New("it has not said so")
		}
		return nil
	})
}

const historyComplete = "The history is complete."

// awaitAnalyses waits until each analysis has a result.
func (d *demonstration) awaitAnalyses(t *testing.T) {
	t.Helper()
	token := makeToken(t, d.dir, "viewer")
	until(t, 10*time.Minute, "the analyses", func() error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+d.page+"/api/v1/analytics/jobs", nil)
		if err != nil {
			return err
		}
		req.Header = bearer(token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		var jobs struct {
			Items []struct {
				Name   string
				Off    bool
				Result *struct{ State string }
				Last   *struct{ State, Error string }
			}
		}
		if err := json.NewDecoder(resp.Body).Decode(&jobs); err != nil {
			return err
		}
		for _, j := range jobs.Items {
			if !j.Off && j.Result == nil {
				return fmt.Errorf("%s has no result yet: last %+v", j.Name, j.Last)
			}
		}
		if len(jobs.Items) == 0 {
			return errors.New("there are no analyses")
		}
		return nil
	})
}
