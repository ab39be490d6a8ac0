package mqtttest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Options describe a Mosquitto. The zero value is one without persistence that
// lets everybody in, on a free port.
type Options struct {
	Dir         string // its configuration, log and data; "" for a folder of its own that Close removes
	Port        int    // on 127.0.0.1; 0 for a free one, kept over restarts
	Persistence bool   // sessions, with what is queued in them, outlive Stop; not Kill
	ExtraConf   string // lines added to its configuration
	User        string // with Password: nobody else is let in
	Password    string

	// PasswordFile and ACLFile are files in Mosquitto's own form. A password file
	// takes the place of User and Password.
	PasswordFile, ACLFile string

	CertFile, KeyFile string // PEM; with them it speaks TLS alone
}

// Mosquitto is a broker that was started. Its methods are not safe for
// concurrent use, but for Addr, URL and LogFile.
type Mosquitto struct {
	opts  Options
	own   bool // Dir was made here
	cmd   *exec.Cmd
	ended chan struct{} // closed when cmd has ended

	output strings.Builder // what it writes before it has a log; read after ended
}

// mosquittoBinary is where Debian puts it: a folder that is not in the PATH of
// every user.
const mosquittoBinary = "/usr/sbin/mosquitto"

// ErrNoMosquitto means that the broker is not installed.
var ErrNoMosquitto = errors.New("mosquitto is not installed: run `apt-get install mosquitto`")

// StartMosquitto starts a broker and returns when it answers. The context
// bounds the start alone; Close ends the broker. It is also ended by the kernel
// when this process dies.
//
// Its limits on queued and on unacknowledged messages are off: by default it
// drops what a slow or absent subscriber has not taken, although it has
// acknowledged it to the publisher.
func StartMosquitto(ctx context.Context, opts Options) (*Mosquitto, error) {
	if _, err := os.Stat(mosquittoBinary); err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNoMosquitto, err)
	}
	m := &Mosquitto{opts: opts}
	if err := m.prepareDir(); err != nil {
		return nil, err
	}
	var err error
	for range 5 { // a port that was free a moment ago may be taken
		if m.opts.Port = opts.Port; m.opts.Port == 0 {
			if m.opts.Port, err = freePort(); err != nil {
				break
			}
		}
		if err = m.configure(); err != nil {
			break
		}
		if err = m.Start(ctx); err == nil {
			return m, nil
		}
		if opts.Port != 0 || !strings.Contains(m.log(), "Address already in use") {
			break
		}
	}
	return nil, errors.Join(err, m.Close())
}

func (m *Mosquitto) prepareDir() error {
	if m.opts.Dir != "" {
		dir, err := filepath.Abs(m.opts.Dir)
		if err == nil {
			err = os.MkdirAll(dir, 0o700)
		}
		if err != nil {
			return fmt.Errorf("mosquitto: its folder: %w", err)
		}
		m.opts.Dir = dir
		return nil
	}
	dir, err := os.MkdirTemp("", "mosquitto-")
	if err != nil {
		return fmt.Errorf("mosquitto: its folder: %w", err)
	}
	m.opts.Dir, m.own = dir, true
	return nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("mosquitto: find a free port: %w", err)
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

func (m *Mosquitto) file(name string) string { return filepath.Join(m.opts.Dir, name) }

// LogFile is where the broker writes its log.
func (m *Mosquitto) LogFile() string { return m.file("mosquitto.log") }

func (m *Mosquitto) configure() error {
	lines := []string{
		"listener " + strconv.Itoa(m.opts.Port) + " 127.0.0.1",
		"max_queued_messages 0",
		"max_inflight_messages 0",
		// With it each packet is a system call and a segment: half the rate.
		"set_tcp_nodelay false",
		"log_dest file " + m.LogFile(),
		"log_type error", "log_type warning", "log_type notice", "log_type information",
		"persistence " + strconv.FormatBool(m.opts.Persistence),
		"persistence_location " + m.opts.Dir + "/",
	}
	if os.Geteuid() == 0 {
		// Otherwise it becomes a user that may not write here.
		lines = append(lines, "user root")
	}
	if m.opts.CertFile != "" {
		lines = append(lines, "certfile "+m.opts.CertFile, "keyfile "+m.opts.KeyFile)
	}
	if m.opts.ACLFile != "" {
		lines = append(lines, "acl_file "+m.opts.ACLFile)
	}
	switch {
	case m.opts.PasswordFile != "":
		lines = append(lines, "allow_anonymous false", "password_file "+m.opts.PasswordFile)
	case m.opts.User == "":
		lines = append(lines, "allow_anonymous true")
	default:
		if err := m.writePasswords(); err != nil {
			return err
		}
		lines = append(lines, "allow_anonymous false", "password_file "+m.file("passwords"))
	}
	lines = append(lines, m.opts.ExtraConf)
	if err := os.WriteFile(m.file("mosquitto.conf"), []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return fmt.Errorf("mosquitto: write its configuration: %w", err)
	}
	return nil
}

// writePasswords makes the password file: written in plain text, then hashed in
// place, so that the password is in no argument list.
func (m *Mosquitto) writePasswords() error {
	path := m.file("passwords")
	if err := os.WriteFile(path, []byte(m.opts.User+":"+m.opts.Password+"\n"), 0o600); err != nil {
		return fmt.Errorf("mosquitto: write its password file: %w", err)
	}
	if out, err := exec.Command("mosquitto_passwd", "-U", path).CombinedOutput(); err != nil {
		return fmt.Errorf("mosquitto: hash its password file: %w: %s", err, out)
	}
	return nil
}

// Start starts a broker that was stopped or killed, on the same port and data,
// and returns when it answers.
func (m *Mosquitto) Start(ctx context.Context) error {
	if m.running() {
		return fmt.Errorf("mosquitto: it runs already, with pid %d", m.PID())
	}
	if err := os.Remove(m.LogFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("mosquitto: %w", err)
	}
	cmd := exec.Command(mosquittoBinary, "-c", m.file("mosquitto.conf"))
	m.output.Reset()
	cmd.Stdout, cmd.Stderr = &m.output, &m.output
	if err := StartTied(cmd); err != nil {
		return fmt.Errorf("mosquitto: %w", err)
	}
	ended := make(chan struct{})
	m.cmd, m.ended = cmd, ended
	go func() {
		defer close(ended)
		_ = cmd.Wait() // how it ended is in its ProcessState
	}()
	if err := m.awaitAnswer(ctx); err != nil {
		return errors.Join(err, m.Kill())
	}
	return nil
}

// runningLine is what the broker logs when its listener is open. An answer alone
// could be that of another broker on the same port.
var runningLine = regexp.MustCompile(`mosquitto version \S+ running`)

func (m *Mosquitto) awaitAnswer(ctx context.Context) error {
	for {
		err := errors.New("it does not say that it is running")
		if runningLine.MatchString(m.log()) {
			var conn net.Conn
			if conn, err = m.tryConnect(ctx); err == nil {
				return conn.Close()
			}
		}
		select {
		case <-m.ended:
			return fmt.Errorf("mosquitto: it ended at its start (%s): %s%s", m.cmd.ProcessState, m.output.String(), m.log())
		case <-ctx.Done():
			return fmt.Errorf("mosquitto: it does not answer on %s: %w: %w", m.Addr(), context.Cause(ctx), err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// tryConnect introduces a client, or, where it would have to know a certificate
// or a password, only connects.
func (m *Mosquitto) tryConnect(ctx context.Context) (net.Conn, error) {
	if m.opts.CertFile != "" || m.opts.PasswordFile != "" {
		return new(net.Dialer).DialContext(ctx, "tcp", m.Addr())
	}
	conn, _, err := dial(ctx, session{addr: m.Addr(), clean: true, user: m.opts.User, password: m.opts.Password})
	return conn, err
}

// log is what the broker has written since its start; a log that is not there
// yet is empty.
func (m *Mosquitto) log() string {
	text, err := os.ReadFile(m.LogFile())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err.Error()
	}
	return strings.TrimSpace(string(text))
}

// Addr is the broker's host:port.
func (m *Mosquitto) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(m.opts.Port)) }

// URL is the broker's address as MQTT clients want it, tcp://host:port, or tls://
// when it speaks TLS.
func (m *Mosquitto) URL() string {
	if m.opts.CertFile != "" {
		return "tls://" + m.Addr()
	}
	return "tcp://" + m.Addr()
}

// PID is that of the running broker, 0 when none runs.
func (m *Mosquitto) PID() int {
	if !m.running() {
		return 0
	}
	return m.cmd.Process.Pid
}

func (m *Mosquitto) running() bool {
	if m.cmd == nil {
		return false
	}
	select {
	case <-m.ended:
		return false
	default:
		return true
	}
}

// stopLimit bounds the writing of the persistent sessions.
const stopLimit = time.Minute

// Stop ends the broker as an operator would and waits until it has written its
// sessions. A broker that does not run is fine.
func (m *Mosquitto) Stop() error {
	if !m.running() {
		return nil
	}
	if err := m.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("mosquitto: stop: %w", err)
	}
	select {
	case <-m.ended:
		return nil
	case <-time.After(stopLimit):
		return errors.Join(fmt.Errorf("mosquitto: it did not stop within %s and was killed", stopLimit), m.Kill())
	}
}

// Kill ends the broker as a power cut would: sessions are not written.
func (m *Mosquitto) Kill() error {
	if !m.running() {
		return nil
	}
	if err := m.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("mosquitto: kill: %w", err)
	}
	<-m.ended
	return nil
}

// Restart stops the broker and starts it again on the same port and data.
func (m *Mosquitto) Restart(ctx context.Context) error {
	if err := m.Stop(); err != nil {
		return err
	}
	return m.Start(ctx)
}

// Close stops the broker and removes the folder that was made for it.
func (m *Mosquitto) Close() error {
	err := m.Stop()
	if m.own {
		err = errors.Join(err, os.RemoveAll(m.opts.Dir))
	}
	return err
}
