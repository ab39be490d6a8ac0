package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"steward/internal/mqtttest"
)

// TestPrometheus has Debian's Prometheus look at a running steward: its linter
// has nothing to say, and a server scrapes it.
func TestPrometheus(t *testing.T) {
	besides(t)
	s := newServer(t, nil)
	s.start()
	c := newCampaign(t, s.setting("embedded_broker.listen"), 1, everyday)
	c.send(1000, 1000)
	c.complete()
	s.settle(c)

	t.Run("promtool", func(t *testing.T) {
		_, body, err := s.get("/metrics")
		if err != nil {
			t.Fatal(err)
		}
		lint := exec.Command("promtool", "check", "metrics")
		lint.Stdin = bytes.NewReader(body)
		if out, err := lint.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("promtool check metrics: %v (apt-get install prometheus)\n%s", err, out)
		}
	})
	t.Run("devices are no labels", func(t *testing.T) {
		_, body, err := s.get("/metrics")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(body)) {
			if strings.Contains(line, `"d1"`) || strings.Contains(line, `"p1"`) {
				t.Errorf("a series of its own for a device or a project: %s", line)
			}
		}
	})
	t.Run("prometheus", func(t *testing.T) {
		p := startPrometheus(t, strings.TrimPrefix(s.address(), "http://"))
		until(t, time.Minute, "prometheus to scrape steward", func() error {
			up, err := p.value(`up{job="steward"}`)
			if err == nil && up != "1" {
				err = fmt.Errorf("up is %s", up)
			}
			return err
		})
		l, err := s.ledger()
		if err != nil {
			t.Fatal(err)
		}
		// The ledger balances there as well.
		until(t, time.Minute, "the ledger in prometheus", func() error {
			received, err := p.value("steward_ledger_received_messages_total")
			if err == nil && received != fmt.Sprint(l.received) {
				err = fmt.Errorf("received is %s, not %v", received, l.received)
			}
			return err
		})
		balance, err := p.value(`steward_ledger_received_messages_total - steward_ledger_stored_messages_total -
			steward_ledger_duplicate_messages_total - steward_ledger_in_flight_messages - sum without (reason) (steward_ledger_rejected_messages_total)`)
		if err != nil || balance != "0" {
			t.Errorf("the balance of the ledger in prometheus is %q, %v", balance, err)
		}
	})
}

// prom is a running Prometheus server.
type prom struct{ url string }

func startPrometheus(t *testing.T, target string) prom {
	t.Helper()
	dir, addr := t.TempDir(), freeAddr(t)
	config := filepath.Join(dir, "prometheus.yml")
	text := "scrape_configs:\n  - job_name: steward\n    scrape_interval: 1s\n    static_configs: [{targets: ['" + target + "']}]\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	logs := new(output)
	cmd := exec.Command("prometheus", "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+addr)
	cmd.Stdout, cmd.Stderr = logs, logs
	if err := mqtttest.StartTied(cmd); err != nil {
		t.Fatalf("start prometheus: %v (apt-get install prometheus)", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // its data is thrown away
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the last lines of prometheus's log:\n%s", logs.tail(20))
		}
	})
	return prom{url: "http://" + addr}
}

// value is the result of a query that has one.
func (p prom) value(query string) (string, error) {
	resp, err := client.Get(p.url + "/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("prometheus: %s", resp.Status)
	}
	var answer struct {
		Data struct {
			Result []struct {
				Value [2]any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return "", fmt.Errorf("prometheus: %w", err)
	}
	if len(answer.Data.Result) != 1 {
		return "", errors.New("prometheus has no single value of it yet")
	}
	return fmt.Sprint(answer.Data.Result[0].Value[1]), nil
}
