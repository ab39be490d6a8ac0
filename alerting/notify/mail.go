package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	stdmail "net/mail"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// MailConfig is mail to some addresses through one server.
type MailConfig struct {
	Server       string   `yaml:"server"` // host:port
	TLS          string   `yaml:"tls"`    // starttls, tls, or none on this machine
	From         string   `yaml:"from"`
	To           []string `yaml:"to"`
	User         string   `yaml:"user"`
	PasswordFile string   `yaml:"password_file"`
	Auth         string   `yaml:"auth"` // plain, login, cram-md5, scram-sha-256
	CAFile       string   `yaml:"ca_file"`
	Line         int      `yaml:"-"`

	password, ca secret
	host         string
	port         int
	from         *stdmail.Address
}

func (*MailConfig) kind() string { return "mail" }

// The ways to encrypt.
const (
	tlsStart = "starttls"
	tlsFirst = "tls"
	tlsNone  = "none"
)

var mailAuth = map[string]mail.SMTPAuthType{
	"plain": mail.SMTPAuthPlain, "login": mail.SMTPAuthLogin, "cram-md5": mail.SMTPAuthCramMD5, "scram-sha-256": mail.SMTPAuthSCRAMSHA256,
}

func (m *MailConfig) check(c *checker) {
	host, port, err := net.SplitHostPort(m.Server)
	if err == nil {
		m.port, err = strconv.Atoi(port)
	}
	if m.host = host; err != nil || host == "" || m.port < 1 || m.port > 65535 {
		c.fail(m.Line, "server: %q is not host:port, such as smtp.example.com:587", m.Server)
	}
	switch m.TLS {
	case "":
		m.TLS = tlsStart
	case tlsStart, tlsFirst:
	case tlsNone:
		if !loopback(host) {
			c.fail(m.Line, "tls: none is for a server on this machine alone; want starttls or tls")
		}
	default:
		c.fail(m.Line, "tls: %q is none of starttls, tls, none", m.TLS)
	}
	if m.from, err = stdmail.ParseAddress(m.From); err != nil {
		c.fail(m.Line, "from: %q is not an address, such as Steward <steward@example.com>", m.From)
	}
	if len(m.To) == 0 || len(m.To) > maxTargets {
		c.fail(m.Line, "to: want 1 to %d addresses, there are %d", maxTargets, len(m.To))
	}
	for _, to := range m.To {
		if _, err := stdmail.ParseAddress(to); err != nil {
			c.fail(m.Line, "to: %q is not an address", to)
		}
	}
	if (m.User == "") != (m.PasswordFile == "") {
		c.fail(m.Line, "user and password_file belong together: give both or none")
	}
	if m.Auth == "" {
		m.Auth = "plain"
	}
	if _, ok := mailAuth[m.Auth]; !ok {
		c.fail(m.Line, "auth: %q is none of plain, login, cram-md5, scram-sha-256", m.Auth)
	}
	m.password = c.secret(m.Line, "password_file", m.PasswordFile)
	m.ca = c.ca(m.Line, m.CAFile)
}

// smtpMail sends mail, each over a connection of its own: alarms are rare, and
// servers close what idles.
type smtpMail struct {
	conf *MailConfig
	tls  *tls.Config
}

func newMail(conf *MailConfig) (*smtpMail, error) {
	t, err := tlsConfig(conf.ca)
	if err != nil {
		return nil, err
	}
	t.ServerName = conf.host
	return &smtpMail{conf, t}, nil
}

// Send implements Channel.
func (s *smtpMail) Send(ctx context.Context, m Message) error {
	msg, err := s.message(m)
	if err != nil {
		return refused("%s", s.clean(err))
	}
	return s.deliver(ctx, msg)
}

// deliver hands a message to the server.
func (s *smtpMail) deliver(ctx context.Context, msg *mail.Msg) error {
	client, err := s.client(ctx)
	if err != nil {
		return refused("%s", s.clean(err))
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return s.failure(ctx, err)
	}
	// A goodbye that fails after the message was taken is no failure.
	defer func() { _ = client.CloseWithSMTPClient(conn) }()
	if err := client.SendWithSMTPClient(conn, msg); err != nil {
		return s.failure(ctx, err)
	}
	return nil
}

// client makes a client for one message. The library gives each command the
// whole timeout again, so that a server which answers slowly and for ever would
// hold it for ever: the connection is closed when ctx ends.
func (s *smtpMail) client(ctx context.Context) (*mail.Client, error) {
	dial := func(dialing context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(dialing, network, addr)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { conn.Close() })
		if s.conf.TLS != tlsFirst {
			return conn, nil
		}
		secured := tls.Client(conn, s.tls)
		if err := secured.HandshakeContext(dialing); err != nil {
			conn.Close()
			return nil, err
		}
		return secured, nil
	}
	timeout := defaultTimeout
	if until, ok := ctx.Deadline(); ok {
		timeout = max(time.Until(until), time.Millisecond)
	}
	options := []mail.Option{
		mail.WithPort(s.conf.port), mail.WithTimeout(timeout), mail.WithTLSConfig(s.tls),
		mail.WithDialContextFunc(dial), mail.WithoutNoop(),
	}
	switch s.conf.TLS {
	case tlsStart:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	case tlsFirst:
		options = append(options, mail.WithSSL())
	default:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if s.conf.User != "" {
		options = append(options, mail.WithSMTPAuth(mailAuth[s.conf.Auth]), mail.WithUsername(s.conf.User), mail.WithPassword(s.conf.password.text()))
	}
	return mail.NewClient(s.conf.host, options...)
}

func (s *smtpMail) message(m Message) (*mail.Msg, error) {
	msg, err := s.letter(s.conf.To, m.Subject, m.Key)
	if err != nil {
		return nil, err
	}
	if m.urgent() {
		msg.SetImportance(mail.ImportanceHigh)
	}
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	return msg, nil
}

// failure sorts what went wrong: answers of 500 and above are final, RFC 5321,
// 4.2.1.
func (s *smtpMail) failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: no end within the time given: %w", s.conf.Server, ctx.Err())
	}
	code := 0
	var protocol *textproto.Error
	var send *mail.SendError
	switch {
	case errors.As(err, &protocol):
		code = protocol.Code
	case errors.As(err, &send):
		code = send.ErrorCode()
	}
	said := fmt.Errorf("%s: %s", s.conf.Server, s.clean(err))
	if code >= 500 {
		return fmt.Errorf("%w: %w", ErrPermanent, said)
	}
	return said
}

// clean is an error without the password, and not long.
func (s *smtpMail) clean(err error) string {
	text := err.Error()
	if password := s.conf.password.text(); password != "" {
		text = strings.ReplaceAll(text, password, "(secret)")
	}
	return cut(oneLine(text), maxErrorText)
}
