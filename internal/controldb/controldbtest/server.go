package controldbtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"steward/internal/mqtttest"
)

// postgres is a server in a folder of its own on a free port of loopback.
type postgres struct {
	once sync.Once
	err  error
	dir  string
	port int
	cmd  *exec.Cmd
}

var server postgres

// account is whom the server runs as when the tests run as root, as whom it
// refuses to run: Debian's package makes it.
const account = "postgres"

func (p *postgres) start() error {
	p.once.Do(func() { p.err = p.launch() })
	return p.err
}

func (p *postgres) dsn(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(account), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)), Path: database}
	u.RawQuery = "sslmode=disable"
	return u.String()
}

func (p *postgres) launch() (err error) {
	bin, err := binaries()
	if err != nil {
		return err
	}
	// Not under the temporary folder of a test: those are closed to others.
	if p.dir, err = os.MkdirTemp("", "steward-postgres-"); err != nil {
		return err
	}
	if err := give(p.dir); err != nil {
		return err
	}
	data := filepath.Join(p.dir, "data")
	out, err := as(filepath.Join(bin, "initdb"), "-D", data, "-U", account, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	if p.port, err = freePort(); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(p.dir, "log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the server has its own handle
	p.cmd = as(filepath.Join(bin, "postgres"), "-D", data, "-h", "127.0.0.1", "-p", strconv.Itoa(p.port), "-k", p.dir,
		"-c", "fsync=off", "-c", "max_connections=200", "-c", "log_min_messages=warning")
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := mqtttest.StartTied(p.cmd); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return p.await(30 * time.Second)
}

func (p *postgres) await(limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, p.dsn("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(p.dir, "log")) // says why, if anything does
			return fmt.Errorf("postgres does not answer: %w: %s", err, log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (p *postgres) stop() error {
	var errs []error
	if p.cmd != nil && p.cmd.Process != nil {
		// An immediate stop: nobody wants the data.
		errs = append(errs, p.cmd.Process.Signal(syscall.SIGQUIT))
		_ = p.cmd.Wait() // how it ended says nothing
	}
	if p.dir != "" {
		errs = append(errs, os.RemoveAll(p.dir))
	}
	return errors.Join(errs...)
}

// binaries is the folder of the newest installed server.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", err
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		return "", errors.New("PostgreSQL is not installed, and this test needs it: scripts/need.sh postgresql")
	}
	sort.Strings(found)
	return filepath.Dir(found[len(found)-1]), nil
}

// as runs a program as the server's account if this process is root.
func as(program string, args ...string) *exec.Cmd {
	if os.Geteuid() != 0 {
		return exec.Command(program, args...)
	}
	// The kernel forgets the tie to our life when the user changes: setpriv ties
	// it again.
	return exec.Command("setpriv", append([]string{
		"--reuid", account, "--regid", account, "--clear-groups", "--pdeathsig", "KILL", "--reset-env", "--", program,
	}, args...)...)
}

func give(dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup(account)
	if err != nil {
		return fmt.Errorf("%w: Debian's package postgresql makes it: scripts/need.sh postgresql", err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(strings.TrimSpace(u.Gid))
	if err != nil {
		return err
	}
	return os.Chown(dir, uid, gid)
}

func freePort() (int, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := ln.Addr().(*net.TCPAddr).Port
	return port, ln.Close()
}
