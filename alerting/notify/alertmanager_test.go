package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
)

func openAlertmanager(t *testing.T, conf string) *alertmanager {
	t.Helper()
	ch, ok := robot(t, "alertmanager: {"+conf+"}", "").(*alertmanager)
	if !ok {
		t.Fatal("no alertmanager")
	}
	return ch
}

func TestAlertmanagerSync(t *testing.T) {
	s, got := receiver(t, answering(200, ""))
	ch := openAlertmanager(t, "url: '"+s.URL+"/prefix/', user: steward, password_file: pw, place: north")
	lift, low, south, shadow, silenced := entrapment(), lowPressure("20260305-low"), lowPressure("20260305-south"), lowPressure("20260305-shadow"), lowPressure("20260305-silent")
	south.Place = authz.Place{Region: "south", Project: "lake"}
	shadow.Shadow, silenced.Silenced = true, true
	if err := ch.Sync(t.Context(), []incident.Incident{lift, low, south, shadow, silenced}); err != nil {
		t.Fatal(err)
	}
	r := <-got
	user, password, _ := r.BasicAuth()
	if r.Method != http.MethodPost || r.URL.Path != "/prefix/api/v2/alerts" || user != "steward" || password != "SECs3cr3t" {
		t.Errorf("%s %s as %s %s", r.Method, r.URL, user, password)
	}
	var alerts []alert
	if err := json.Unmarshal(r.body, &alerts); err != nil || len(alerts) != 2 {
		t.Fatalf("%v in %s", err, r.body)
	}
	wantLabels := map[string]string{
		"alertname": "elevator_entrapment", "severity": "life_safety", "kind": "entrapment", "region": "north", "project": "gardens",
		"building": "b2", "class": "elevator", "device": "lift-03", "incident": lift.ID, "team": "lifts",
	}
	a := alerts[0]
	if !reflect.DeepEqual(a.Labels, wantLabels) || a.Annotations["title_zh"] != "电梯困人" || !a.StartsAt.Equal(lift.StartedAt) ||
		time.Until(a.EndsAt) < 4*time.Minute || a.GeneratorURL != "https://steward.example.com/#incident="+lift.ID {
		t.Errorf("alert %+v", a)
	}

	// What is open no more ends now, even if nobody said so.
	if err := ch.Sync(t.Context(), []incident.Incident{low}); err != nil {
		t.Fatal(err)
	}
	alerts = nil
	if err := json.Unmarshal((<-got).body, &alerts); err != nil || len(alerts) != 2 {
		t.Fatalf("%v: %+v", err, alerts)
	}
	if ended := alerts[1]; ended.Labels["incident"] != lift.ID || time.Since(ended.EndsAt).Abs() > time.Minute {
		t.Errorf("ended alert %+v", ended)
	}
	// Nothing open and nothing ended is nothing to say.
	for range 3 {
		if err := ch.Sync(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	<-got
	if len(got) != 0 {
		t.Errorf("%d more requests", len(got))
	}
}

// A push that fails is not taken for done: the end is told again.
func TestAlertmanagerSyncFails(t *testing.T) {
	status := make(chan int, 10)
	s, got := receiver(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(<-status) })
	ch := openAlertmanager(t, "url: '"+s.URL+"'")
	for _, step := range []struct {
		open   []incident.Incident
		status int
	}{{[]incident.Incident{entrapment()}, 200}, {nil, 500}, {nil, 200}} {
		status <- step.status
		if err := ch.Sync(t.Context(), step.open); (err == nil) != (step.status == 200) {
			t.Errorf("status %d: %v", step.status, err)
		}
		if r := <-got; !strings.Contains(string(r.body), entrapment().ID) {
			t.Errorf("pushed %s", r.body)
		}
	}
}

func TestAlertTimes(t *testing.T) {
	inc := entrapment()
	inc.ResolvedAt = new(inc.StartedAt.Add(-time.Hour)) // a clock that was set back
	a := (&alertmanager{}).alert(&inc, theTime)
	if !a.EndsAt.After(a.StartsAt) || a.GeneratorURL != "" {
		t.Errorf("%+v", a)
	}
}

// startAlertmanager runs Debian's Alertmanager, which posts to webhook.
func startAlertmanager(t *testing.T, webhook string) (url string) {
	t.Helper()
	if _, err := exec.LookPath("prometheus-alertmanager"); err != nil {
		t.Fatal("prometheus-alertmanager is missing: apt-get install prometheus-alertmanager")
	}
	dir := t.TempDir()
	conf := filepath.Join(dir, "alertmanager.yml")
	text := fmt.Sprintf(`route: {receiver: steward, group_by: [incident], group_wait: 100ms, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: steward, webhook_configs: [{url: %q, send_resolved: true}]}]
`, webhook)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	var out strings.Builder
	cmd := exec.Command("prometheus-alertmanager", "--config.file="+conf, "--storage.path="+filepath.Join(dir, "data"), "--web.listen-address="+addr, "--cluster.listen-address=")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(out.String())
		}
	})
	url = "http://" + addr
	eventually(t, "Alertmanager is ready", func() bool {
		resp, err := http.Get(url + "/-/ready")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return url
}

// eventually waits for what another process does.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if ok() {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("never: %s", what)
		}
	}
}

// The real Alertmanager takes our alerts, keeps them while they are pushed, ends
// them when we say so, and what it posts is what Receive reads.
func TestRealAlertmanager(t *testing.T) {
	s, got := receiver(t, answering(200, ""))
	url := startAlertmanager(t, s.URL)
	ch := openAlertmanager(t, "url: '"+url+"'")

	inc := entrapment()
	inc.StartedAt = time.Now().Add(-time.Minute).UTC().Truncate(time.Millisecond)
	other := lowPressure("20260305-low")
	other.StartedAt = inc.StartedAt
	m := Message{Items: []Item{{noticeOf(&inc, whatOpened, "ops"), inc}}}
	if err := ch.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if err := ch.Sync(t.Context(), []incident.Incident{inc, other}); err != nil {
		t.Fatal(err)
	}
	active := func() (ids []string) {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url+"/api/v2/alerts?active=true", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var alerts []struct {
			Labels   map[string]string `json:"labels"`
			StartsAt time.Time         `json:"startsAt"`
			EndsAt   time.Time         `json:"endsAt"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&alerts); err != nil {
			t.Fatal(err)
		}
		for _, a := range alerts {
			if !a.StartsAt.Equal(inc.StartedAt) {
				t.Errorf("alert starts at %v, want %v", a.StartsAt, inc.StartedAt)
			}
			ids = append(ids, a.Labels["incident"])
		}
		return ids
	}
	eventually(t, "both incidents are alerts, each once", func() bool { return len(active()) == 2 })

	seen := map[string]bool{} // incident and state, as it was posted to us
	take := func(want string) {
		t.Helper()
		eventually(t, want+" is posted to us", func() bool {
			for len(got) > 0 {
				alerts, err := Receive((<-got).body)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range alerts {
					seen[fmt.Sprintf("%s resolved=%v", a.Labels["incident"], a.Resolved)] = true
					if a.Labels["incident"] == inc.ID && (a.Annotations["title_zh"] != "电梯困人" || !a.StartsAt.Equal(inc.StartedAt) || a.EndsAt.IsZero() == a.Resolved) {
						t.Errorf("received %+v", a)
					}
				}
			}
			return seen[want]
		})
	}
	take(inc.ID + " resolved=false")
	take(other.ID + " resolved=false")

	inc.State, inc.ResolvedAt = incident.Resolved, new(time.Now().UTC())
	if err := ch.Changed(t.Context(), inc); err != nil {
		t.Fatal(err)
	}
	take(inc.ID + " resolved=true")
	if err := ch.Sync(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	take(other.ID + " resolved=true")
	eventually(t, "no alert is active", func() bool { return len(active()) == 0 })

	if err := ch.Send(t.Context(), trial("am")); err != nil {
		t.Errorf("test: %v", err)
	}
}
