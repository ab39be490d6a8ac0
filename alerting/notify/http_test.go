package notify

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestWebhook(t *testing.T) {
	s, got := receiver(t, answering(202, `{"data":[{"code":0}],"ok":true}`))
	ch := robot(t, `webhook: {url_file: url, method: PUT, headers: {X-App: steward}, secret_headers: {Authorization: token},
      to: ["+8613800000000", "+8613900000000"], body: '{"to":{{json .To}},"first":"{{range .To}}{{.}};{{end}}","text":{{json (cut 60 .Subject)}},"id":{{json .Key}},"where":{{json .Project}}}',
      success: {status: [202], pointer: /data/0/code, equals: "0"}}`, s.URL+"/sms")
	m := message(t, entrapment(), whatOpened, "zh")
	if err := ch.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	r := <-got
	if r.Method != http.MethodPut || r.URL.Path != "/sms" || r.Header.Get("Authorization") != "SECs3cr3t" || r.Header.Get("X-App") != "steward" ||
		r.Header.Get("Idempotency-Key") != headerValue(m.Key) || r.Header.Get("User-Agent") != "steward" {
		t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	body := decode(t, r.body)
	if body["text"] != cut(m.Subject, 60) || body["first"] != "+8613800000000;+8613900000000;" || body["id"] != m.Key || body["where"] != "gardens" {
		t.Errorf("body %s", r.body)
	}
}

func TestWebhookAnswers(t *testing.T) {
	f := func(conf string, answer http.HandlerFunc, want string) {
		t.Helper()
		s, _ := receiver(t, answer)
		err := robot(t, "webhook: {url_file: url"+conf+"}", s.URL+"/send/s3cr3t-path?key=s3cr3t-key").Send(t.Context(), message(t, entrapment(), whatOpened, "zh"))
		got := "<nil>"
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) || strings.Contains(got, "s3cr3t") || strings.Contains(got, "/send") {
			t.Errorf("says %q, want %q and no secret", got, want)
		}
	}
	const code = `, success: {pointer: /code, equals: "0"}`
	f("", answering(200, "anything"), "<nil>")
	f("", answering(200, strings.Repeat("x", 2*maxAnswer)), "<nil>")
	f("", answering(400, "bad s3cr3t-key\nline"), "refused: 127.0.0.1")
	f(", success: {status: [202]}", answering(200, ""), "answered 200")
	f(code, answering(200, `{"code":"0"}`), "<nil>")
	f(code, answering(200, `{"code":7,"message":"no credit for s3cr3t-key"}`), `has not "0" at /code: {"code":7,"message":"no credit for (secret)"}`)
	f(code, answering(200, `{}`), `has not "0" at /code`)
	f(code, answering(200, `[]`), `has not "0" at /code`)
	f(code, answering(200, `OK`), `no JSON`)
	f(code, answering(200, strings.Repeat("x", 2*maxAnswer)), "longer than 65536 bytes")
	f("", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
	}, "redirects are not followed")
	f("", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF")
}

func TestRetryAfter(t *testing.T) {
	f := func(text string, want time.Duration) {
		t.Helper()
		if got := retryAfter(text, theTime); got != want {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
	f("", 0)
	f("soon", 0)
	f("-5", 0)
	f("30", 30*time.Second)
	f("99999999", maxRetryAfter)
	f(theTime.Add(90*time.Second).Format(http.TimeFormat), 90*time.Second)
	f(theTime.Add(-time.Hour).Format(http.TimeFormat), 0)

	for _, status := range []int{429, 503} {
		s, _ := receiver(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "42")
			w.WriteHeader(status)
		})
		err := robot(t, "webhook: {url_file: url}", s.URL).Send(t.Context(), message(t, entrapment(), whatOpened, "zh"))
		var later *LaterError
		if !errors.As(err, &later) || later.After != 42*time.Second || errors.Is(err, ErrPermanent) {
			t.Errorf("status %d: %v", status, err)
		}
	}
}

// A receiver that hangs, before its answer or within, is left when the time is over.
func TestHangingReceiver(t *testing.T) {
	f := func(name string, answer http.HandlerFunc) {
		t.Helper()
		s := httptest.NewServer(answer)
		defer s.CloseClientConnections()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		began := time.Now()
		err := robot(t, "webhook: {url_file: url}", s.URL+"/s3cr3t-path").Send(ctx, message(t, entrapment(), whatOpened, "zh"))
		if took := time.Since(began); err == nil || errors.Is(err, ErrPermanent) || took > 5*time.Second || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v after %v", name, err, took)
		}
	}
	f("silent", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	f("within", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "{")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
}

func TestUnreachable(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	err := robot(t, "webhook: {url_file: url}", s.URL+"/s3cr3t-path?k=s3cr3t-key").Send(t.Context(), message(t, entrapment(), whatOpened, "zh"))
	if err == nil || !strings.Contains(err.Error(), "refused") || errors.Is(err, ErrPermanent) || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("%v", err)
	}
}

func TestOwnCertificates(t *testing.T) {
	s := httptest.NewUnstartedServer(answering(200, ""))
	s.Config.ErrorLog = slog.NewLogLogger(silent.Handler(), slog.LevelDebug)
	s.StartTLS()
	defer s.Close()
	f := func(more string, trusted bool) {
		t.Helper()
		cfg, err := Parse("c", []byte("channels: [{name: x, webhook: {url: '"+s.URL+"'"+more+"}}]"), func(string) (string, error) { return caOf(s), nil })
		if err != nil {
			t.Fatal(err)
		}
		channels, err := Open(cfg, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := channels.Test(t.Context(), "x"); (err == nil) != trusted {
			t.Errorf("%q: %v", more, err)
		}
	}
	f("", false)
	f(", ca_file: ca", true)
}

func TestCloudEvents(t *testing.T) {
	s, got := receiver(t, answering(204, ""))
	ch := robot(t, "cloudevents: {url_file: url, secret_file: secret, source: 'https://steward.example.com'}", s.URL)
	inc := entrapment()
	m := message(t, inc, whatOpened, "en")
	if err := ch.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	r := <-got
	if kind := r.Header.Get("Content-Type"); kind != "application/cloudevents+json; charset=utf-8" {
		t.Errorf("Content-Type %s", kind)
	}
	at, mac, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("X-Steward-Signature"), "t="), ",v1=")
	fresh(t, at, time.Second)
	if want := hmacHex("SECs3cr3t", at+"."+string(r.body)); mac != want {
		t.Errorf("signature %s, want %s", mac, want)
	}
	var event struct {
		SpecVersion, ID, Source, Type, Subject, DataContentType string
		Time                                                    time.Time
		Data                                                    document
	}
	if err := json.Unmarshal(r.body, &event); err != nil {
		t.Fatal(err)
	}
	if event.SpecVersion != "1.0" || event.ID != m.Key || event.Source != "https://steward.example.com" || event.Type != "steward.incident.opened" ||
		event.Subject != inc.ID || event.DataContentType != "application/json" || !event.Time.Equal(theTime) {
		t.Errorf("event %+v", event)
	}
	if d := event.Data; d.Subject != m.Subject || len(d.Items) != 1 || d.Items[0].Incident.Device != "lift-03" || d.Items[0].Receiver != "王工" {
		t.Errorf("data %+v", event.Data)
	}
	// Who was told, what is planned and from where people act is nobody else's.
	for _, own := range []string{"10.1.2.3", `"plan"`, `"comings"`, `"who"`} {
		if strings.Contains(string(r.body), own) {
			t.Errorf("the event tells %s", own)
		}
	}
	if inc.Stages[0].By.Remote == "" {
		t.Error("the incident itself was changed")
	}
}
