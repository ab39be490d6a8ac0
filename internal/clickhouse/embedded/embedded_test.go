package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/internal/clickhouse"
)

// keeperVariable makes a process of this test binary the parent of an engine in
// the directory that it names, until it is killed.
const keeperVariable = "STEWARD_TEST_KEEP_ENGINE"

func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == ChildCommand:
		os.Exit(ChildMain(os.Args[2:]))
	case os.Getenv(keeperVariable) != "":
		os.Exit(keepEngine(os.Getenv(keeperVariable)))
	}
	os.Exit(m.Run())
}

func start(t *testing.T, opts Options) *Engine {
	t.Helper()
	e, err := Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, e) })
	return e
}

func stop(t *testing.T, e *Engine) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := e.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func open(t *testing.T, opts clickhouse.Options) *clickhouse.Store {
	t.Helper()
	opts.Database = "default"
	db, err := clickhouse.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func query(t *testing.T, db *clickhouse.Store, sql string) string {
	t.Helper()
	var out strings.Builder
	if err := db.Query(t.Context(), &out, clickhouse.QueryOptions{SQL: sql, Format: "TSVRaw"}); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out.String())
}

// metric is the value of a counter or gauge.
func metric(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			m := f.GetMetric()[0]
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	t.Fatalf("there is no %s", name)
	return 0
}

// until waits for something that happens soon.
func until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !happened() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func TestLifeOfAnEngine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a & <b>", "engine")
	reg := prometheus.NewRegistry()
	if _, err := Running(dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("before the start: %v", err)
	}
	e := start(t, Options{DataDir: dir, MemoryBytes: 1 << 30, Database: "mine", Registerer: reg})
	if got := e.Options().Database; got != "mine" {
		t.Errorf("database %q", got)
	}
	if err := e.Err(); err != nil {
		t.Error(err)
	}
	if got := metric(t, reg, "steward_engine_up"); got != 1 {
		t.Errorf("steward_engine_up %v", got)
	}

	// Another process of this user finds it.
	opts, err := Running(dir)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(opts) != fmt.Sprint(e.Options()) {
		t.Errorf("running says %+v", opts)
	}
	db := open(t, opts)
	if err := db.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if got := query(t, db, "SELECT value FROM system.server_settings WHERE name = 'max_server_memory_usage'"); got != "1073741824" {
		t.Errorf("memory limit %s", got)
	}
	query(t, db, "CREATE TABLE kept (x UInt8) ENGINE = MergeTree ORDER BY x")
	query(t, db, "INSERT INTO kept VALUES (42)")
	for _, name := range []string{"engine.json", "users.xml", "config.xml", "lock"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if users, err := os.ReadFile(filepath.Join(dir, "users.xml")); err != nil || bytes.Contains(users, []byte(opts.Password)) {
		t.Errorf("the password is in users.xml (%v)", err)
	}

	stop(t, e)
	<-e.Done()
	if err := e.Err(); err != nil {
		t.Error(err)
	}
	if _, err := Running(dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("after the stop: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "engine.json")); !os.IsNotExist(err) {
		t.Errorf("engine.json is still there: %v", err)
	}

	again := start(t, Options{DataDir: dir})
	if again.Options().Password == opts.Password {
		t.Error("the password is the same as before")
	}
	if got := query(t, open(t, again.Options()), "SELECT x FROM kept"); got != "42" {
		t.Errorf("got %q", got)
	}
}

func TestAnEngineThatIsKilledComesBack(t *testing.T) {
	reg := prometheus.NewRegistry()
	var log bytes.Buffer // read after Stop
	e := start(t, Options{DataDir: t.TempDir(), Registerer: reg, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	db := open(t, e.Options())
	query(t, db, "CREATE TABLE kept (x UInt32) ENGINE = MergeTree ORDER BY x")
	for round := range 2 {
		query(t, db, fmt.Sprintf("INSERT INTO kept SETTINGS async_insert = 0 VALUES (%d)", round))
		kill(t, childOf(t, os.Getpid()))
		until(t, "the engine is up again", func() bool { return e.Restarts() == round+1 && e.Err() == nil })
		if err := db.Ping(t.Context()); err != nil {
			t.Errorf("the same pool: %v", err)
		}
		if got := query(t, db, "SELECT count() FROM kept"); got != fmt.Sprint(round+1) {
			t.Errorf("%s rows after %d kills", got, round+1)
		}
	}
	if got := metric(t, reg, "steward_engine_restarts_total"); got != 2 {
		t.Errorf("steward_engine_restarts_total %v", got)
	}
	stop(t, e)
	if got := metric(t, reg, "steward_engine_up"); got != 0 {
		t.Errorf("steward_engine_up %v after the stop", got)
	}
	if !strings.Contains(log.String(), "engine died and is started again") || strings.Contains(log.String(), e.Options().Password) {
		t.Errorf("the log says:\n%s", log.String())
	}
}

// Stop also ends an engine that just died and waits to be started again.
func TestStopWhileTheEngineIsDown(t *testing.T) {
	e := start(t, Options{DataDir: t.TempDir()})
	kill(t, childOf(t, os.Getpid()))
	until(t, "the death is noticed", func() bool { return e.Err() != nil || e.Restarts() > 0 })
	stop(t, e)
	if pid, found := findChild(os.Getpid()); found {
		t.Errorf("process %d is left", pid)
	}
}

// An engine that does not hear is killed when the one who stops it cannot wait.
func TestStopOfAnEngineThatHangs(t *testing.T) {
	e := start(t, Options{DataDir: t.TempDir()})
	pid := childOf(t, os.Getpid())
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Stop(ctx); err != nil {
		t.Error(err)
	}
	if pid, found := findChild(os.Getpid()); found {
		t.Errorf("process %d is left", pid)
	}
}

func TestOneEngineADirectory(t *testing.T) {
	dir := t.TempDir()
	e := start(t, Options{DataDir: dir})
	_, err := Start(t.Context(), Options{DataDir: dir})
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) {
		t.Errorf("the second start: %v", err)
	}
	if err := open(t, e.Options()).Ping(t.Context()); err != nil {
		t.Errorf("the first engine after that: %v", err)
	}
}

// A parent that is killed takes its engine with it, and its successor can start
// at once on the same directory.
func TestTheEngineDiesWithItsParent(t *testing.T) {
	dir := t.TempDir()
	keeper, stdout := startKeeper(t, dir)
	if line, err := stdout.ReadString('\n'); err != nil || line != "up\n" {
		t.Fatalf("the keeper said %q: %v", line, err)
	}
	engine := childOf(t, keeper.Process.Pid)
	old, err := Running(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := keeper.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = keeper.Wait() // "signal: killed"
	until(t, "the engine is gone", func() bool { return errors.Is(syscall.Kill(engine, 0), syscall.ESRCH) })

	if _, err := Running(dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("the runtime file of the dead: %v", err)
	}
	e := start(t, Options{DataDir: dir})
	if e.Options().Password == old.Password {
		t.Error("the old credentials are used again")
	}
}

// The successor may come while the old engine is still on its way out.
func TestASuccessorWaitsForTheDying(t *testing.T) {
	dir := t.TempDir()
	keeper, stdout := startKeeper(t, dir)
	if line, err := stdout.ReadString('\n'); err != nil || line != "up\n" {
		t.Fatalf("the keeper said %q: %v", line, err)
	}
	if err := keeper.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = keeper.Wait()
	start(t, Options{DataDir: dir})
}

func keepEngine(dir string) int {
	if _, err := Start(context.Background(), Options{DataDir: dir}); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("up")
	select {}
}

func TestTheDefaultUserMayDoNothing(t *testing.T) {
	e := start(t, Options{DataDir: t.TempDir()})
	db := open(t, e.Options())
	query(t, db, "CREATE TABLE secret (x UInt8) ENGINE = MergeTree ORDER BY x")
	for _, sql := range []string{
		"SELECT * FROM secret", "SELECT * FROM system.processes", "SELECT * FROM system.users", "INSERT INTO secret VALUES (1)", "DROP TABLE secret",
		"CREATE TABLE more (x UInt8) ENGINE = Memory", "SYSTEM SHUTDOWN", "SYSTEM KILL", "SYSTEM STOP MERGES secret", "SELECT * FROM file('/etc/passwd', 'LineAsString')",
		"SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", "CREATE USER intruder", "GRANT ALL ON *.* TO default",
	} {
		resp, err := http.Post(e.Options().HTTPURL, "text/plain", strings.NewReader(sql))
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode == http.StatusOK || !strings.Contains(string(body), "ACCESS_DENIED") {
			t.Errorf("%s: %s, %s, %v", sql, resp.Status, body, err)
		}
	}
}

func TestTheEngineListensOnLoopbackAlone(t *testing.T) {
	e := start(t, Options{DataDir: t.TempDir()})
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		ip := a.(*net.IPNet).IP
		if ip.IsLoopback() || ip.IsLinkLocalUnicast() {
			continue
		}
		for _, port := range []int{e.addr.tcp, e.addr.http} {
			conn, err := net.DialTimeout("tcp", net.JoinHostPort(ip.String(), fmt.Sprint(port)), time.Second)
			if err == nil {
				conn.Close()
				t.Errorf("it listens on %s", conn.RemoteAddr())
			}
		}
	}
}

// Nothing of the engine's own grows while it runs.
func TestNoSystemTableGrows(t *testing.T) {
	db := open(t, start(t, Options{DataDir: t.TempDir()}).Options())
	if got := query(t, db, "SELECT groupArray(name) FROM system.tables WHERE database = 'system' AND engine LIKE '%MergeTree'"); got != "[]" {
		t.Errorf("these do: %s", got)
	}
}
