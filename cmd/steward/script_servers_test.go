package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"steward/internal/clickhouse"
	"steward/internal/clickhouse/embedded"
	"steward/internal/mqtttest"
)

func scriptMosquitto(ts *testscript.TestScript, _ bool, args []string) {
	opts := mqtttest.Options{Dir: ts.MkAbs("mosquitto")}
	if len(args) == 3 {
		opts.User, opts.Password = args[1], args[2]
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	m, err := mqtttest.StartMosquitto(ctx, opts)
	ts.Check(err)
	ts.Defer(func() { ts.Check(m.Close()) })
	ts.Setenv(args[0], m.URL())
}

// house is a ClickHouse server that scripts share: it is not Steward's own, as
// far as the steward under test can see.
var house struct {
	once sync.Once
	*houseServer
	err error
}

type houseServer struct {
	opts clickhouse.Options
	stop func() error
}

func startHouse() (*houseServer, error) {
	dir, err := os.MkdirTemp("", "steward-test-clickhouse")
	if err != nil {
		return nil, err
	}
	engine, err := embedded.Start(context.Background(), embedded.Options{DataDir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	stop := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		return errors.Join(engine.Stop(ctx), os.RemoveAll(dir))
	}
	return &houseServer{engine.Options(), stop}, nil
}

func scriptClickHouse(ts *testscript.TestScript, _ bool, args []string) {
	var h *houseServer
	if len(args) == 1 && args[0] == "own" {
		own, err := startHouse()
		ts.Check(err)
		ts.Defer(func() { ts.Check(own.stop()) })
		h = own
	} else {
		house.once.Do(func() { house.houseServer, house.err = startHouse() })
		ts.Check(house.err)
		h = house.houseServer
	}
	ts.Setenv("CH_ADDR", h.opts.Addrs[0])
	ts.Setenv("CH_URL", h.opts.HTTPURL)
	ts.Setenv("CH_USER", h.opts.User)
	ts.Check(os.WriteFile(ts.MkAbs("ch.password"), []byte(h.opts.Password+"\n"), 0o600))
}

// serving is the steward that a script has in the background.
type serving struct {
	cmd  *exec.Cmd
	logs output
}

type servingKey struct{}

func scriptServe(ts *testscript.TestScript, _ bool, args []string) {
	s := ts.Value(servingKey{}).(*serving)
	if s.cmd != nil {
		ts.Fatalf("steward serve runs already")
	}
	path, err := exec.LookPath("steward")
	ts.Check(err)
	cmd := exec.Command(path, append([]string{"serve"}, args...)...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"HOME", "PATH", "STEWARD_ENGINE_LIBRARY", innerVariable} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	cmd.Stdout, cmd.Stderr = &s.logs, &s.logs
	cmd.WaitDelay = 10 * time.Second
	s.logs.restart()
	ts.Check(mqtttest.StartTied(cmd))
	s.cmd = cmd
	ts.Defer(func() {
		if s.cmd != nil {
			_ = s.cmd.Process.Kill() // the script did not stop it
			_ = s.cmd.Wait()
		}
	})
	deadline := time.Now().Add(startLimit)
	for {
		if m := scriptRunning.FindSubmatch(s.logs.sinceRestart()); m != nil {
			ts.Setenv("PAGE", string(m[1]))
			ts.Setenv("BROKER", string(m[2]))
			return
		}
		if state, err := processState(cmd.Process.Pid); err != nil || state == 'Z' || time.Now().After(deadline) {
			ts.Fatalf("steward serve does not run:\n%s", s.logs.sinceRestart())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

var scriptRunning = regexp.MustCompile(`msg="steward is running" page=(\S+) embedded_broker=(\S+)`)

func scriptStop(ts *testscript.TestScript, _ bool, _ []string) {
	s := ts.Value(servingKey{}).(*serving)
	cmd := s.cmd
	s.cmd = nil
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	late := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() }) // then Wait says so
	defer late.Stop()
	if err := cmd.Wait(); err != nil {
		ts.Fatalf("steward serve: %v\n%s", err, s.logs.tail(40))
	}
}
