package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"steward/internal/mqtttest"
)

// apiClient asks the API of a running server as a machine does.
type apiClient struct {
	t     *testing.T
	page  string
	token string
	match string // the ETag of what is changed
}

// do sends a request and wants a status; the answer is decoded into out unless
// that is nil.
func (c *apiClient) do(method, path string, body any, status int, out any) {
	c.t.Helper()
	if err := c.try(method, path, body, status, out); err != nil {
		c.t.Fatal(err)
	}
}

func (c *apiClient) try(method, path string, body any, status int, out any) error {
	var payload io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, c.page+"/api/v1"+path, payload)
	if err != nil {
		return err
	}
	req.Header = bearer(c.token)
	req.Header.Set("Content-Type", "application/json")
	if c.match != "" {
		req.Header.Set("If-Match", c.match)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != status {
		return fmt.Errorf("%s %s: %s, want %d: %s", method, path, resp.Status, status, text)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

type listOf[T any] struct {
	Items []T `json:"items"`
}

// The way of an unknown device through everything: it publishes under a
// credential of its own, waits for approval, is mirrored for joins; a torn
// message of it is put right; a person who passed a gate is exported and erased;
// and the log of all this is whole.
func TestTheWhole(t *testing.T) {
	s := newServer(t, nil)
	s.start()
	c := &apiClient{t: t, page: s.address(), token: makeToken(t, s.dir, "administrator")}

	var made struct {
		Credential struct {
			Name string `json:"name"`
		} `json:"credential"`
		Password string `json:"password"`
	}
	c.do("POST", "/regions", map[string]any{"id": "north", "name": "华北"}, http.StatusCreated, nil)
	c.do("POST", "/projects", map[string]any{"region": "north", "id": "harbour", "name": "海港城"}, http.StatusCreated, nil)
	c.do("POST", "/mqtt-credentials", map[string]any{"kind": "gateway", "name": "north.harbour.gw", "region": "north", "project": "harbour",
		"children": []string{"meter/m1", "access/g1"}}, http.StatusCreated, &made)
	publish := func(topic, payload string) error {
		p, err := mqtttest.NewPublisher(t.Context(), mqtttest.PublisherOptions{
			Addr: s.setting("embedded_broker.listen"), User: made.Credential.Name, Password: made.Password,
		})
		if err != nil {
			return err
		}
		defer func() { _ = p.Close() }()
		if _, err := p.Publish(topic, []byte(payload)); err != nil {
			return err
		}
		return p.Flush(t.Context())
	}
	for topic, payload := range map[string]string{
		"property/north/harbour/meter/m1/telemetry": `{"power_kw":9.`,
		"property/north/harbour/access/g1/event":    `{"event":"granted","attrs":{"card":"4711","holder":"李伟"}}`,
	} {
		if err := publish(topic, payload); err != nil {
			t.Fatalf("publish on %s: %v", topic, err)
		}
	}

	// Approved in one request, and in ClickHouse within seconds.
	var pending listOf[struct {
		ID string `json:"id"`
	}]
	until(t, 30*time.Second, "the unknown devices to be pending", func() error {
		if err := c.try("GET", "/devices?state=pending", nil, http.StatusOK, &pending); err != nil || len(pending.Items) == 2 {
			return err
		}
		return fmt.Errorf("pending: %v", pending.Items)
	})
	c.do("POST", "/devices/approve", map[string]any{"devices": []string{"north/harbour/meter/m1", "north/harbour/access/g1"}}, http.StatusOK, nil)
	until(t, 30*time.Second, "the mirror to know", func() error {
		out, err := exec.Command(program(t), "sql", "--data", s.dir, "--format", "TSV",
			"SELECT dictGet('steward.device_info', 'state', ('north', 'harbour', 'meter', 'm1'))").CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != "active" {
			return errors.Join(err, fmt.Errorf("state %q", got))
		}
		return nil
	})

	// A sensor that never said anything is shown as that, until it is taken out of service.
	shown := func(want string) func() error {
		return func() error {
			var latest listOf[struct {
				Device     string `json:"device"`
				Connection string `json:"connection"`
			}]
			if err := c.try("GET", "/latest?class=fire", nil, http.StatusOK, &latest); err != nil {
				return err
			}
			if got := fmt.Sprint(latest.Items); got != want {
				return fmt.Errorf("the latest of fire systems: %s", got)
			}
			return nil
		}
	}
	c.do("POST", "/devices", map[string]any{"region": "north", "project": "harbour", "class": "fire", "id": "smoke-1"}, http.StatusCreated, nil)
	until(t, 10*time.Second, "the silent sensor to be shown", shown("[{smoke-1 unknown}]"))
	retire := &apiClient{t: t, page: c.page, token: c.token, match: `"1"`}
	retire.do("POST", "/devices/north/harbour/fire/smoke-1/retire", map[string]any{"note": "it was never installed"}, http.StatusOK, nil)
	until(t, 10*time.Second, "the retired sensor to be taken out", shown("[]"))

	// The torn message is put right, once.
	var letters listOf[struct {
		ID string `json:"id"`
	}]
	until(t, 30*time.Second, "the torn message in quarantine", func() error {
		if err := c.try("GET", "/dead-letters", nil, http.StatusOK, &letters); err != nil || len(letters.Items) == 1 {
			return err
		}
		return fmt.Errorf("letters: %v", letters.Items)
	})
	replay := "/dead-letters/" + url.PathEscape(letters.Items[0].ID) + "/replay"
	var replayed struct {
		Replayed int `json:"replayed"`
	}
	c.do("POST", replay, map[string]any{"payload": `{"power_kw":9.5}`}, http.StatusOK, &replayed)
	if replayed.Replayed != 1 {
		t.Errorf("replayed %d", replayed.Replayed)
	}
	c.do("POST", replay, map[string]any{"payload": `{"power_kw":9.5}`}, http.StatusUnprocessableEntity, nil)
	var readings listOf[struct {
		Value float64 `json:"value"`
	}]
	c.do("GET", "/readings?resolution=raw&devices=north/harbour/meter/m1&from=2020-01-01T00:00:00Z", nil, http.StatusOK, &readings)
	if len(readings.Items) != 1 || readings.Items[0].Value != 9.5 {
		t.Errorf("readings %v", readings.Items)
	}

	// Nobody's name is kept; one pseudonym is exported and erased.
	var events listOf[struct {
		Attrs map[string]string `json:"attrs"`
	}]
	until(t, 30*time.Second, "the passage in the store", func() error {
		if err := c.try("GET", "/events?class=access&from=2020-01-01T00:00:00Z", nil, http.StatusOK, &events); err != nil || len(events.Items) == 1 {
			return err
		}
		return fmt.Errorf("events: %v", events.Items)
	})
	card := events.Items[0].Attrs["card"]
	if !strings.HasPrefix(card, "psn_") || strings.Contains(fmt.Sprint(events), "李伟") {
		t.Errorf("the passage names people: %v", events.Items)
	}
	c.do("GET", "/privacy/persons/"+card, nil, http.StatusOK, nil)
	c.do("DELETE", "/privacy/persons/"+card, nil, http.StatusOK, nil)
	c.do("GET", "/events?class=access&from=2020-01-01T00:00:00Z", nil, http.StatusOK, &events)
	if got := events.Items[0].Attrs["card"]; got != "erased" {
		t.Errorf("after the erasure the card is %q", got)
	}

	var proof struct {
		Intact bool  `json:"intact"`
		Seq    int64 `json:"seq"`
	}
	c.do("GET", "/audit/verify", nil, http.StatusOK, &proof)
	if !proof.Intact || proof.Seq < 8 {
		t.Errorf("the audit log: %+v", proof)
	}
	if l, err := s.ledger(); err != nil || l.received != 2 {
		t.Errorf("ledger %+v, %v", l, err)
	}
}
