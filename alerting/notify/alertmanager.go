package notify

import (
	"context"
	"encoding/base64"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
)

// AlertmanagerConfig is a Prometheus Alertmanager.
type AlertmanagerConfig struct {
	URL          string `yaml:"url"` // without /api/v2
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
	Place        string `yaml:"place"` // incidents at and below; all when empty
	CAFile       string `yaml:"ca_file"`
	Line         int    `yaml:"-"`

	target, password, ca secret
	place                authz.Place
}

func (*AlertmanagerConfig) kind() string { return "alertmanager" }

func (a *AlertmanagerConfig) check(c *checker) {
	a.target = c.address(a.Line, a.URL, "", false)
	a.password = c.secret(a.Line, "password_file", a.PasswordFile)
	a.ca = c.ca(a.Line, a.CAFile)
	if (a.User == "") != (a.PasswordFile == "") {
		c.fail(a.Line, "user and password_file belong together: give both or none")
	}
	if a.Place == "" {
		return
	}
	var err error
	if a.place, err = authz.ParsePlace(a.Place); err != nil {
		c.fail(a.Line, "%v", err)
	}
}

// alertmanager pushes incidents as alerts. Alertmanager takes an alert for ended
// when it has not been told of it for a while, so that the open ones are pushed
// again and again (Sync); each push says until when it counts.
type alertmanager struct {
	*poster
	conf      *AlertmanagerConfig
	publicURL string

	mu     sync.Mutex       // guards pushed
	pushed map[string]alert // by incident: what the last Sync pushed
}

func newAlertmanager(conf *AlertmanagerConfig, publicURL string) (*alertmanager, error) {
	p, err := newPoster(conf.ca, conf.password)
	return &alertmanager{poster: p, conf: conf, publicURL: publicURL, pushed: map[string]alert{}}, err
}

const (
	// alertCounts is for how long a push counts: some rounds of Sync may fail
	// before an open incident looks ended.
	alertCounts = 5 * time.Minute
	maxAlerts   = 500 // of one request
)

// alert is one of the API's postableAlerts.
type alert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

// Send implements Channel.
func (a *alertmanager) Send(ctx context.Context, m Message) error {
	var alerts []alert
	for i := range m.Items {
		inc := &m.Items[i].Incident
		if a.wants(inc) || m.Test {
			alerts = append(alerts, a.alert(inc, time.Now()))
		}
	}
	return a.push(ctx, alerts)
}

// Changed tells of what an incident has become.
func (a *alertmanager) Changed(ctx context.Context, inc incident.Incident) error {
	if !a.wants(&inc) {
		return nil
	}
	return a.push(ctx, []alert{a.alert(&inc, time.Now())})
}

// Sync tells of all open incidents, and of the end of those that were told of
// the last time and are open no more.
func (a *alertmanager) Sync(ctx context.Context, open []incident.Incident) error {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	current := map[string]alert{}
	for i := range open {
		if inc := &open[i]; a.wants(inc) {
			current[inc.ID] = a.alert(inc, now)
		}
	}
	alerts := make([]alert, 0, len(current))
	for _, id := range slices.Sorted(maps.Keys(current)) {
		alerts = append(alerts, current[id])
	}
	for _, id := range slices.Sorted(maps.Keys(a.pushed)) {
		if _, still := current[id]; !still {
			ended := a.pushed[id]
			ended.EndsAt = endOf(now, ended.StartsAt)
			alerts = append(alerts, ended)
		}
	}
	if err := a.push(ctx, alerts); err != nil {
		return err
	}
	a.pushed = current
	return nil
}

// wants reports whether an incident is for this Alertmanager, as it is now.
func (a *alertmanager) wants(inc *incident.Incident) bool {
	return !inc.Shadow && !inc.Silenced && a.conf.place.Contains(inc.Place)
}

func (a *alertmanager) push(ctx context.Context, alerts []alert) error {
	header := http.Header{"Content-Type": {"application/json"}}
	if a.conf.User != "" {
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(a.conf.User+":"+a.conf.password.text())))
	}
	for part := range slices.Chunk(alerts, maxAlerts) {
		body, err := encode(part)
		if err != nil {
			return refused("%v", err)
		}
		if _, err := a.do(ctx, http.MethodPost, joined(a.conf.target, "/api/v2/alerts"), header, body, nil); tolerated(err) != nil {
			return err
		}
	}
	return nil
}

// labelForm is Prometheus's form of a label's name.
var labelForm = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// alert makes one of an incident. Its labels are its identity: they hold nothing
// that changes while the incident is open.
func (a *alertmanager) alert(inc *incident.Incident, now time.Time) alert {
	labels := map[string]string{}
	for name, value := range inc.Labels {
		if labelForm.MatchString(name) {
			labels[name] = value
		}
	}
	name := inc.Rule
	if name == "" {
		name = inc.Kind
	}
	for label, value := range map[string]string{
		"alertname": name, "severity": string(inc.Severity), "kind": inc.Kind, "region": inc.Region, "project": inc.Project,
		"building": inc.Building, "class": string(inc.Class), "device": inc.Device, "incident": inc.ID,
	} {
		labels[label] = value
	}
	annotations := map[string]string{
		"title": inc.Title.EN, "title_zh": inc.Title.ZH, "summary": inc.Summary.EN, "summary_zh": inc.Summary.ZH,
		"runbook": inc.Runbook.EN, "runbook_zh": inc.Runbook.ZH, "state": string(inc.State),
	}
	// An empty label is no label, and the API refuses some of them.
	for _, m := range []map[string]string{labels, annotations} {
		maps.DeleteFunc(m, func(_, value string) bool { return value == "" })
	}
	ends := now.Add(alertCounts)
	if inc.ResolvedAt != nil {
		ends = *inc.ResolvedAt
	}
	return alert{
		Labels: labels, Annotations: annotations, StartsAt: inc.StartedAt, EndsAt: endOf(ends, inc.StartedAt),
		GeneratorURL: incidentLink(a.publicURL, inc.ID),
	}
}

// endOf is at, but after start: an end before the beginning is refused, and
// device clocks go wrong.
func endOf(at, start time.Time) time.Time {
	return later(at, start.Add(time.Millisecond))
}
