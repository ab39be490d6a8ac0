package notify

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// mailServer is a real SMTP server on this machine that keeps what it gets.
type mailServer struct {
	server *smtp.Server
	addr   string
	ca     string

	mu     sync.Mutex // guards what follows
	got    []mailGot
	reject error // of each recipient
	users  []string
}

type mailGot struct {
	from   string
	to     []string
	body   string
	secure bool
}

// startMail starts one; mode is that of MailConfig.TLS.
func startMail(t *testing.T, mode string) *mailServer {
	t.Helper()
	certs := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(certs.Close)
	m := &mailServer{ca: caOf(certs)}
	m.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &mailSession{server: m, conn: c}, nil }))
	m.server.Domain = "mail.example.com"
	m.server.AllowInsecureAuth = mode == tlsNone
	m.server.ReadTimeout, m.server.WriteTimeout = 10*time.Second, 10*time.Second
	conf := &tls.Config{Certificates: certs.TLS.Certificates, MinVersion: tls.VersionTLS12}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.addr = l.Addr().String()
	switch mode {
	case tlsStart:
		m.server.TLSConfig = conf
	case tlsFirst:
		l = tls.NewListener(l, conf)
	}
	go func() { _ = m.server.Serve(l) }()
	t.Cleanup(func() { _ = m.server.Close() }) // the test is over
	return m
}

type mailSession struct {
	server *mailServer
	conn   *smtp.Conn
	got    mailGot
}

func (s *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "steward" || password != "s3cr3t-pw" {
			return smtp.ErrAuthFailed
		}
		s.server.mu.Lock()
		defer s.server.mu.Unlock()
		s.server.users = append(s.server.users, user)
		return nil
	}), nil
}

func (s *mailSession) Reset()        {}
func (s *mailSession) Logout() error { return nil }

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	s.got = mailGot{from: from}
	_, s.got.secure = s.conn.TLSConnectionState()
	return nil
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.got.to = append(s.got.to, to)
	return s.server.reject
}

func (s *mailSession) Data(r io.Reader) error {
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.got.body = string(body)
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.got = append(s.server.got, s.got)
	return nil
}

func (m *mailServer) channel(t *testing.T, mode, password string) Channel {
	t.Helper()
	text := strings.NewReplacer("localhost:25", m.addr, "tls: none", "tls: "+mode).Replace(mailText(
		"      user: steward\n      password_file: pw\n      ca_file: ca\n"))
	cfg, err := Parse("c", []byte(text), func(path string) (string, error) {
		if path == "ca" {
			return m.ca, nil
		}
		return password + "\n", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	channels, err := Open(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	return channels.byName["m"].Channel
}

func (m *mailServer) messages() []mailGot {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]mailGot(nil), m.got...)
}

func TestMail(t *testing.T) {
	for _, mode := range []string{tlsStart, tlsFirst, tlsNone} {
		t.Run(mode, func(t *testing.T) {
			s := startMail(t, mode)
			ch := s.channel(t, mode, "s3cr3t-pw")
			want := message(t, entrapment(), whatOpened, "zh")
			for range 2 {
				if err := ch.Send(t.Context(), want); err != nil {
					t.Fatal(err)
				}
			}
			got := s.messages()
			if len(got) != 2 || got[0].from != "a@example.com" || strings.Join(got[0].to, " ") != "b@example.com" || got[0].secure != (mode != tlsNone) {
				t.Fatalf("got %+v", got)
			}
			first, second := readMail(t, got[0].body), readMail(t, got[1].body)
			if first.subject != want.Subject || first.text != want.Text || first.html != want.HTML {
				t.Errorf("got %+v, want %+v", first, want)
			}
			if first.id == "" || first.id != second.id || !strings.HasSuffix(first.id, "@example.com>") {
				t.Errorf("Message-ID %s and, sent again, %s", first.id, second.id)
			}
			if first.key != headerValue(want.Key) || strings.Contains(first.key, "王") {
				t.Errorf("X-Steward-Key %q", first.key)
			}
			if users := s.users; len(users) != 2 {
				t.Errorf("signed in: %v", users)
			}
		})
	}
}

type mailRead struct{ subject, id, key, text, html string }

// readMail takes a message apart as a mailbox does.
func readMail(t *testing.T, raw string) (out mailRead) {
	t.Helper()
	for i := range len(raw) {
		if raw[i] > 0x7f {
			t.Fatalf("byte %d of the message is no ASCII", i)
		}
	}
	msg, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if out.subject, err = new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	out.id, out.key = msg.Header.Get("Message-ID"), msg.Header.Get("X-Steward-Key")
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type %s, %v", kind, err)
	}
	parts := multipart.NewReader(msg.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		body := io.Reader(part)
		switch part.Header.Get("Content-Transfer-Encoding") {
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, part)
		case "quoted-printable":
			body = quotedprintable.NewReader(part)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		switch kind := part.Header.Get("Content-Type"); {
		case strings.HasPrefix(kind, "text/plain; charset=UTF-8"):
			out.text = string(text)
		case strings.HasPrefix(kind, "text/html; charset=UTF-8"):
			out.html = string(text)
		default:
			t.Errorf("a part of type %s", kind)
		}
	}
}

func TestMailRefused(t *testing.T) {
	f := func(name, password string, reject error, permanent bool, want string) {
		t.Helper()
		s := startMail(t, tlsStart)
		s.reject = reject
		err := s.channel(t, tlsStart, password).Send(t.Context(), message(t, entrapment(), whatOpened, "zh"))
		if err == nil || errors.Is(err, ErrPermanent) != permanent || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v, permanent %v", name, err, errors.Is(err, ErrPermanent))
		}
		if n := len(s.messages()); n != 0 {
			t.Errorf("%s: %d messages were taken", name, n)
		}
	}
	f("no such mailbox", "s3cr3t-pw", &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}, true, "no such mailbox")
	f("greylisted", "s3cr3t-pw", &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "come again"}, false, "come again")
	f("wrong password", "s3cr3t-wrong", nil, true, "535")
}

// A server without STARTTLS gets neither password nor message.
func TestMailWithoutTLS(t *testing.T) {
	s := startMail(t, tlsNone)
	if err := s.channel(t, tlsStart, "s3cr3t-pw").Send(t.Context(), message(t, entrapment(), whatOpened, "zh")); err == nil || !strings.Contains(err.Error(), "STARTTLS") {
		t.Errorf("%v", err)
	}
	if len(s.messages())+len(s.users) != 0 {
		t.Error("something was sent in the clear")
	}
}

// A server that hangs, or that trickles for ever, is left when the time is over.
func TestMailHangs(t *testing.T) {
	f := func(name string, say func(net.Conn)) {
		t.Helper()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go say(c)
			}
		}()
		s := &mailServer{addr: l.Addr().String(), ca: startMail(t, tlsNone).ca}
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		began := time.Now()
		err = s.channel(t, tlsStart, "s3cr3t-pw").Send(ctx, message(t, entrapment(), whatOpened, "zh"))
		if took := time.Since(began); err == nil || errors.Is(err, ErrPermanent) || took > 5*time.Second {
			t.Errorf("%s: %v after %v", name, err, took)
		}
	}
	f("silent", func(net.Conn) {})
	f("trickle", func(c net.Conn) {
		for {
			if _, err := io.WriteString(c, "220-still thinking\r\n"); err != nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	})
}
