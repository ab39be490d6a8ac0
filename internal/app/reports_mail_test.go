package app

import (
	"context"
	"io"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"steward/alerting/notify"
	"steward/alerting/route"
	"steward/analytics/job"
	"steward/analytics/report"
	"steward/analytics/report/compose"
	"steward/analytics/report/schedule"
	"steward/internal/authz"
)

// postbox is a real SMTP server on this machine.
type postbox struct {
	mu  sync.Mutex // guards what follows
	to  []string
	got []string
}

func (b *postbox) Reset()                               {}
func (b *postbox) Logout() error                        { return nil }
func (b *postbox) Mail(string, *smtp.MailOptions) error { return nil }
func (b *postbox) Rcpt(to string, _ *smtp.RcptOptions) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.to = append(b.to, to)
	return nil
}

func (b *postbox) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got = append(b.got, string(text))
	return err
}

// written is a report that somebody composed, and what is kept of it.
type written struct{ pins map[string][]string }

func (w written) Compose(context.Context, authz.Scope, compose.Request) (*report.Report, error) {
	from := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	return &report.Report{
		Name: compose.Response, Title: report.Text{ZH: "响应时效", EN: "Response standards"}, Of: report.Text{ZH: "全公司", EN: "the company"},
		From: from, To: from.AddDate(0, 1, 0), Zone: "UTC", Runs: []report.Run{{Job: "response", ID: "r-1", To: from.AddDate(0, 1, 0)}},
		Sections: []report.Section{{Name: "response", Title: report.Text{ZH: "响应", EN: "Response"}, Text: []report.Text{{ZH: "共 23 起。", EN: "23 of them."}}}},
	}, nil
}

func (w written) Pinned(_ context.Context, name string) ([]string, error) { return w.pins[name], nil }

func (w written) Pin(_ context.Context, run, name string) error {
	w.pins[name] = append(w.pins[name], run)
	return nil
}

// A report that is due comes out of a real mail server, to a contact's addresses and to
// those of the file, and only once.
func TestReportsByMail(t *testing.T) {
	box := &postbox{}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return box, nil }))
	server.Domain = "mail.example.com"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() }) // the test is over
	text := "channels:\n  - name: post\n    mail:\n      server: " + l.Addr().String() + "\n      tls: none\n      from: steward@example.com\n      to: [hq@example.com]\n"
	conf, err := notify.Parse("channels.yaml", []byte(text), func(string) (string, error) { return "", nil })
	if err != nil {
		t.Fatal(err)
	}
	channels, err := notify.Open(conf, nil)
	if err != nil {
		t.Fatal(err)
	}
	schedules, err := schedule.Parse("reports.yaml", []byte("schedules:\n  - name: hq\n    report: response\n    channel: post\n    to: [director@example.com, \"contact:li\"]\n    formats: [html, xlsx]\n"))
	if err != nil {
		t.Fatal(err)
	}
	w := written{map[string][]string{}}
	j := schedule.New(schedule.Options{
		Schedules: schedules.Schedules, Composer: w, Pins: w, Mailer: reportMail{channels}, Zone: time.UTC,
		Addresses: reportAddresses(channels, &route.Plan{Contacts: []*route.Contact{{Name: "li", Channels: []string{"post", "wecom"}}}}),
	})
	for range 2 {
		err := j.Run(t.Context(), &job.Run{
			Now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), Progress: func(int64, int64, string) {}, Cover: func(float64) {},
			Note: func(context.Context, string, string, string, string, any) error { return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(box.got) != 1 || strings.Join(box.to, " ") != "director@example.com hq@example.com" {
		t.Fatalf("%d mails to %v", len(box.got), box.to)
	}
	m, err := mail.ReadMessage(strings.NewReader(box.got[0]))
	if err != nil {
		t.Fatal(err)
	}
	if kind := m.Header.Get("Content-Type"); !strings.HasPrefix(kind, "multipart/mixed") {
		t.Errorf("Content-Type %s", kind)
	}
	for _, want := range []string{`filename="response-2026-10-zh.html"`, `filename="response-2026-10-zh.xlsx"`} {
		if !strings.Contains(box.got[0], want) {
			t.Errorf("no %s in\n%.2000s", want, box.got[0])
		}
	}
}
