package schedule

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/analytics/job"
	"steward/analytics/report"
	"steward/analytics/report/compose"
	"steward/configs"
	"steward/internal/authz"
)

var zone = time.FixedZone("CST", 8*3600)

// house is all that the job stands on.
type house struct {
	t       *testing.T
	missing bool
	late    string // the job that has not run
	pins    map[string][]string
	mails   []Mail
	refuse  error
	noted   []Sent
	failPin string
}

func (h *house) Compose(_ context.Context, _ authz.Scope, r compose.Request) (*report.Report, error) {
	from, err := time.ParseInLocation("2006-01", r.Month, zone)
	if err != nil {
		h.t.Error(err)
	}
	if h.missing {
		return nil, &compose.MissingError{Name: r.Name, From: from, To: from.AddDate(0, 1, 0), Jobs: []string{"response"}}
	}
	to := from.AddDate(0, 1, 0)
	var made []report.Run
	for i, job := range []string{"response", "energy", "scorecard", "reliability", "replacement"} {
		one := report.Run{Job: job, ID: fmt.Sprintf("r-%d", i+1), To: to}
		if job == h.late {
			one.To = to.AddDate(0, 0, -3)
		}
		made = append(made, one)
	}
	return &report.Report{
		Name: r.Name, Title: text("总部月报", "Headquarters monthly"), Of: text("全公司", "the company"), From: from, To: from.AddDate(0, 1, 0), Zone: "Asia/Shanghai",
		Runs:     made,
		Sections: []report.Section{{Name: "response", Title: text("响应", "Response"), Text: []report.Text{text("23 起。", "23 of them.")}}},
	}, nil
}

func (h *house) Pinned(_ context.Context, name string) ([]string, error) { return h.pins[name], nil }

func (h *house) Pin(_ context.Context, run, name string) error {
	if name == h.failPin {
		return errors.New("disk full")
	}
	h.pins[name] = append(h.pins[name], run)
	return nil
}

func (h *house) Send(_ context.Context, m Mail) error {
	if h.refuse != nil {
		return h.refuse
	}
	h.mails = append(h.mails, m)
	return nil
}

// at runs the job at a time of the company's clocks.
func (h *house) at(when string, change func(*Options)) error {
	h.t.Helper()
	now, err := time.ParseInLocation("2006-01-02 15:04", when, zone)
	if err != nil {
		h.t.Fatal(err)
	}
	o := Options{
		Schedules: []Schedule{{Name: "hq", Report: "monthly", Day: 2, At: 8 * time.Hour, Lang: "zh", Formats: []string{"html", "json"}, Channel: "m", To: []string{"b@example.com", "contact:li", "b@example.com"}}},
		Composer:  h, Pins: h, Mailer: h, Zone: zone, PublicURL: "https://steward.example.com/",
		Addresses: func(to string) []string { return map[string][]string{"contact:li": {"li@example.com"}}[to] },
	}
	if change != nil {
		change(&o)
	}
	return New(o).Run(h.t.Context(), &job.Run{
		Now: now.UTC(), Progress: func(int64, int64, string) {}, Cover: func(float64) {},
		Note: func(_ context.Context, _, _, _, _ string, body any) error {
			h.noted = append(h.noted, body.(Sent))
			return nil
		},
	})
}

func newHouse(t *testing.T) *house { return &house{t: t, pins: map[string][]string{}} }

func TestSentOnce(t *testing.T) {
	h := newHouse(t)
	f := func(when string, want int) {
		t.Helper()
		if err := h.at(when, nil); err != nil || len(h.mails) != want {
			t.Errorf("%s: %d mails, %v; want %d", when, len(h.mails), err, want)
		}
	}
	f("2026-11-01 12:20", 0)
	f("2026-11-02 07:20", 0)
	f("2026-11-02 08:20", 1)
	f("2026-11-02 09:20", 1)
	f("2026-11-30 23:20", 1)
	f("2026-12-05 00:20", 2) // Steward was stopped on the second
	m := h.mails[0]
	if !slices.Equal(m.To, []string{"b@example.com", "li@example.com"}) || m.Channel != "m" || m.Key != "report:hq/2026-10" || m.Subject != "总部月报 · 全公司" || !strings.Contains(m.Text, "23 起。") {
		t.Errorf("mail %+v", m)
	}
	if len(m.Attachments) != 2 || m.Attachments[0].Name != "monthly-2026-10-zh.html" || m.Attachments[1].MediaType != "application/json" {
		t.Errorf("files %+v", m.Attachments)
	}
	if !slices.Equal(h.pins["report:hq/2026-10"], []string{"r-1", "r-2", "r-3", "r-4", "r-5"}) || len(h.pins["report:hq/2026-10/sent"]) != 1 {
		t.Errorf("pins %v", h.pins)
	}
	if len(h.noted) != 2 || h.noted[0].Month != "2026-10" || h.noted[0].To != 2 || !slices.Equal(h.noted[0].Runs, []string{"r-1", "r-2", "r-3", "r-4", "r-5"}) {
		t.Errorf("noted %+v", h.noted)
	}
}

// Nothing is sent of which an analysis has not run yet, until a day is over.
func TestWaitsForAllAnalyses(t *testing.T) {
	h := newHouse(t)
	h.late = "energy"
	for when, want := range map[string]int{"2026-11-02 08:20": 0, "2026-11-03 07:20": 0} {
		if err := h.at(when, nil); err != nil || len(h.mails) != want {
			t.Errorf("%s: %d mails, %v; want %d", when, len(h.mails), err, want)
		}
	}
	if err := h.at("2026-11-03 08:20", nil); err != nil || len(h.mails) != 1 {
		t.Errorf("after a day: %d mails, %v", len(h.mails), err)
	}
}

// What was not sent is sent by the next try; what was sent is not known to be when
// that could not be noted, and comes again under the same name.
func TestAgain(t *testing.T) {
	h := newHouse(t)
	h.refuse = errors.New("the server is away")
	if err := h.at("2026-11-02 08:20", nil); err == nil || !strings.Contains(err.Error(), "schedule hq: send: the server is away") {
		t.Errorf("got %v", err)
	}
	h.refuse, h.failPin = nil, "report:hq/2026-10/sent"
	if err := h.at("2026-11-02 08:20", nil); err == nil || len(h.mails) != 1 {
		t.Errorf("%d mails, %v", len(h.mails), err)
	}
	h.failPin = ""
	if err := h.at("2026-11-02 08:20", nil); err != nil || len(h.mails) != 2 || h.mails[0].Key != h.mails[1].Key {
		t.Errorf("%d mails, %v", len(h.mails), err)
	}
}

// A report waits a day for its analyses; then somebody has to be told.
func TestPatience(t *testing.T) {
	h := newHouse(t)
	h.missing = true
	if err := h.at("2026-11-03 07:20", nil); err != nil {
		t.Errorf("got %v", err)
	}
	if err := h.at("2026-11-03 08:20", nil); err == nil || !strings.Contains(err.Error(), "steward analyze run response") {
		t.Errorf("got %v", err)
	}
	// One that fails does not keep another from being sent.
	h.missing = false
	err := h.at("2026-11-03 08:20", func(o *Options) {
		bad := o.Schedules[0]
		bad.Name, bad.To = "bad", []string{"contact:nobody"}
		o.Schedules = append([]Schedule{bad}, o.Schedules...)
	})
	if err == nil || !strings.Contains(err.Error(), `schedule bad: to: "contact:nobody" has no address`) || len(h.mails) != 1 {
		t.Errorf("%d mails, %v", len(h.mails), err)
	}
}

// What is too large is not sent along, and the mail says where to get it.
func TestTooLarge(t *testing.T) {
	h := newHouse(t)
	err := h.at("2026-11-02 08:20", func(o *Options) {
		o.MaxSize = 10
		o.Schedules[0].Place = authz.Place{Region: "north"}
	})
	if err != nil || len(h.mails) != 1 || len(h.mails[0].Attachments) != 0 {
		t.Fatalf("%+v, %v", h.mails, err)
	}
	if want := "https://steward.example.com/api/v1/reports/monthly?month=2026-10&lang=zh&format=json&region=north"; !strings.Contains(h.mails[0].Text, want) {
		t.Errorf("%s\nlacks %s", h.mails[0].Text, want)
	}
	if len(h.noted[0].Left) != 2 {
		t.Errorf("noted %+v", h.noted)
	}
}

func TestParse(t *testing.T) {
	cfg, err := Parse("reports.yaml", configs.Reports())
	if err != nil || len(cfg.Schedules) != 0 {
		t.Errorf("as shipped: %+v, %v", cfg, err)
	}
	// The example in it is one.
	var example strings.Builder
	for line := range strings.Lines(string(configs.Reports())) {
		if strings.HasPrefix(line, "#") && len(line) > 2 && (line[1] != ' ' || line[2] == ' ') {
			example.WriteString(line[1:])
		}
	}
	cfg, err = Parse("reports.yaml", []byte(example.String()))
	if err != nil || len(cfg.Schedules) != 1 || cfg.Schedules[0].Day != 2 || cfg.Schedules[0].At != 8*time.Hour || len(cfg.Schedules[0].To) != 2 {
		t.Errorf("example: %+v, %v", cfg, err)
	}
	f := func(text, want string) {
		t.Helper()
		if _, err := Parse("r.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	const good = "schedules:\n  - name: a\n    report: monthly\n    channel: m\n"
	if _, err := Parse("r.yaml", []byte(good)); err != nil {
		t.Error(err)
	}
	f(good+"    dayy: 2\n", `did you mean "day"`)
	f(good+"    day: 31\n", "r.yaml:2: day: 31 is not between 1 and 28")
	f(good+"    at: 25:00\n", "is not a time of day")
	f(good+"    lang: fr\n", "lang")
	f(good+"    formats: [doc]\n", "formats")
	f(good+"    formats: [html, html]\n", "each once")
	f(good+"    scope: a/b/c\n", "scope")
	f(good+"    to: [nobody]\n", "neither an address nor contact:NAME")
	f(good+"  - name: a\n    report: energy\n    channel: m\n", "stands twice")
	f("schedules:\n  - name: A B\n    report: weekly\n", "r.yaml:2: name: \"A B\"")
	f("schedules:\n  - name: a\n    report: weekly\n", "is not one of monthly")
	f("schedules:\n  - name: a\n    report: monthly\n", "name the channel of mail")
}
