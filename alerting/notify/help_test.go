package notify

import (
	"context"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"steward/alerting/estate"
	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// The store of incidents is an outbox as it is.
var _ Outbox = (*incident.Store)(nil)

var theTime = time.Date(2026, 3, 5, 1, 2, 3, 0, time.UTC)

var silent = slog.New(slog.DiscardHandler)

func publishNothing(context.Context, string, []byte, bool) error { return nil }

// caOf is the certificate of a test server in PEM.
func caOf(s *httptest.Server) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

// theEstate knows the names of one project and one lift.
func theEstate(t *testing.T) *estate.Estate {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	e := estate.New()
	e.PutProject(estate.Project{Place: authz.Place{Region: "north", Project: "gardens"}, Name: "翠园", Zone: zone})
	e.PutDevice(estate.Device{
		Device: telemetry.Device{Region: "north", Project: "gardens", Class: telemetry.Elevator, ID: "lift-03"}, Active: true, Name: "3 号梯",
	})
	return e
}

// entrapment is an open incident about life safety with a running clock.
func entrapment() incident.Incident {
	started, received := theTime, theTime.Add(90*time.Second)
	deadline := started.Add(10 * time.Minute)
	return incident.Incident{
		ID: "20260305-abcdefgh", Fingerprint: "elevator_entrapment@north/gardens/elevator/lift-03", Rule: "elevator_entrapment", Kind: "entrapment",
		Title:    incident.Text{ZH: "电梯困人", EN: "Somebody is stuck in a lift"},
		Runbook:  incident.Text{ZH: "1. 安抚乘客\n2. 通知维保", EN: "1. Calm the passengers\n2. Call the maintenance"},
		Severity: telemetry.LifeSafety, Labels: map[string]string{"team": "lifts", "bad name": "x"},
		Place: authz.Place{Region: "north", Project: "gardens"}, Building: "b2", Class: telemetry.Elevator, Device: "lift-03",
		State: incident.Firing, Group: "entrapment@north/gardens", Count: 2, Value: new(3.25), Unit: "kPa",
		Summary:   incident.Text{ZH: "3 号梯报告困人 <b>*现场*</b>", EN: "Lift 3 reports an entrapment <b>*on site*</b>"},
		StartedAt: started, Received: received,
		Stages: []incident.Stage{{State: incident.Acknowledged, At: received, By: incident.Actor{Kind: "person", ID: "p", Name: "Wang", Remote: "10.1.2.3"}}},
		Clocks: []incident.Clock{{
			Standard: "entrapment_on_site", Title: incident.Text{ZH: "到场", EN: "On site"}, State: incident.Running, Limit: 600,
			StartedAt: &started, Deadline: &deadline,
		}},
		Told: []incident.Told{{At: received, Who: "Wang", What: whatOpened}}, Plan: []incident.Due{{At: deadline, What: "escalate"}},
		Comings: []time.Time{started}, Version: 3,
	}
}

// lowPressure is an open incident of the kind that can wait.
func lowPressure(id string) incident.Incident {
	inc := entrapment()
	inc.ID, inc.Rule, inc.Kind, inc.Severity = id, "fire_pressure", "low_pressure", telemetry.Warning
	inc.Title = incident.Text{ZH: "消防水压低", EN: "Low pressure of fire water"}
	inc.Summary = incident.Text{ZH: "水压 0.05 MPa", EN: "0.05 MPa"}
	inc.Clocks, inc.Runbook = []incident.Clock{}, incident.Text{}
	return inc
}

func noticeOf(inc *incident.Incident, what, receiver string, channels ...string) incident.Notice {
	return incident.Notice{
		Key: inc.ID + "/1/" + what + "/0/" + receiver, Incident: inc.ID, What: what, Severity: inc.Severity, Place: inc.Place,
		Receiver: receiver, Lang: "zh", Channels: channels, CreatedAt: theTime, NotBefore: theTime, NextAt: theTime, State: incident.NoticeWaiting,
	}
}

// message is a rendered message about one notice of inc.
func message(t *testing.T, inc incident.Incident, what, lang string) Message {
	t.Helper()
	r := &renderer{"https://steward.example.com", theEstate(t)}
	m, err := r.render([]Item{{noticeOf(&inc, what, "王工"), inc}}, lang, theTime.Add(4*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// request is one that a fake receiver got.
type request struct {
	*http.Request
	body []byte
}

// receiver is a fake of another system: it gives the requests that came and
// answers with what answer writes.
func receiver(t *testing.T, answer http.HandlerFunc) (*httptest.Server, <-chan request) {
	t.Helper()
	got := make(chan request, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read the request: %v", err)
		}
		got <- request{r, body}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s, got
}

func answering(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}
