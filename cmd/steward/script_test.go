package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the command line as people do. Besides testscript's own
// commands the scripts have:
//
//	exits CODE PROGRAM [ARG…]     runs a program and wants this exit code
//	complains REGEXP              stderr of the last command is one clear line of steward's
//	occupied VAR                  sets VAR to an address on which somebody listens
//	freeaddr VAR                  sets VAR to an address on which nobody listens
//	mosquitto VAR [USER PASSWORD] starts a broker and sets VAR to its URL
//	clickhouse [own]              starts a ClickHouse server, one for all scripts or one of
//	                              its own, sets CH_ADDR, CH_URL, CH_USER, writes ch.password
//	tmpfs DIR SIZE                mounts a disk of that size
//	serve [ARG…]                  starts steward serve, waits until it runs, sets PAGE and BROKER
//	stop                          ends it with SIGTERM and wants exit code 0
//	drained                       waits until it has stored everything it received
//	get PATH                      prints what the page answers
//	receiver VAR STATUS FILE      answers HTTP requests with a status, sets VAR to its URL, and
//	                              keeps the newest request in FILE
//	awaits REGEXP PROGRAM [ARG…]  runs a program until what it prints matches
//	sqlite FILE STATEMENT…        changes a database that nobody has open
func TestScripts(t *testing.T) {
	t.Cleanup(func() {
		if house.houseServer != nil {
			if err := house.stop(); err != nil {
				t.Error(err)
			}
		}
	})
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("STEWARD_ENGINE_LIBRARY", os.Getenv("STEWARD_ENGINE_LIBRARY"))
			env.Setenv(innerVariable, "1")
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("REPO", repository)
			env.Values[servingKey{}] = new(serving)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": scriptExits, "complains": scriptComplains,
			"occupied": scriptOccupied, "freeaddr": scriptFreeAddr, "tmpfs": scriptTmpfs,
			"mosquitto": scriptMosquitto, "clickhouse": scriptClickHouse,
			"serve": scriptServe, "stop": scriptStop, "drained": scriptDrained, "get": scriptGet,
			"receiver": scriptReceiver, "awaits": scriptAwaits, "sqlite": scriptSQLite,
		},
		RequireUniqueNames: true,
	})
}

// repository is the root of the source.
var repository = func() string {
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		panic(err) // there is no working directory
	}
	return dir
}()

func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// longestLine is what still reads as one line on a screen, in bytes.
const longestLine = 700

func scriptComplains(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: complains REGEXP")
	}
	var lines []string
	for line := range strings.Lines(ts.ReadFile("stderr")) {
		if !strings.HasPrefix(line, "See steward") {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	switch {
	case len(lines) != 1:
		ts.Fatalf("%d lines instead of one:\n%s", len(lines), strings.Join(lines, "\n"))
	case !strings.HasPrefix(lines[0], "steward: "):
		ts.Fatalf("the line is not signed by steward: %s", lines[0])
	case len(lines[0]) > longestLine:
		ts.Fatalf("the line has %d bytes: %s", len(lines[0]), lines[0])
	case !regexp.MustCompile(args[0]).MatchString(lines[0]):
		ts.Fatalf("the line does not match %s: %s", args[0], lines[0])
	}
}

func scriptOccupied(ts *testscript.TestScript, _ bool, args []string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { ln.Close() })
	ts.Setenv(args[0], ln.Addr().String())
}

func scriptFreeAddr(ts *testscript.TestScript, _ bool, args []string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], ln.Addr().String())
	ts.Check(ln.Close())
}

func scriptTmpfs(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: tmpfs DIR SIZE")
	}
	unmount, err := mountTmpfs(ts.MkAbs(args[0]), args[1])
	ts.Check(err)
	ts.Defer(func() { ts.Check(unmount()) })
}

// mountTmpfs makes a small disk in memory. It needs root, as the machines that
// run these tests are.
func mountTmpfs(dir, size string) (unmount func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		return nil, fmt.Errorf("mount a tmpfs of %s on %s: %w: this test needs root", size, dir, err)
	}
	return func() error { return syscall.Unmount(dir, 0) }, nil
}

func scriptDrained(ts *testscript.TestScript, _ bool, _ []string) {
	deadline := time.Now().Add(time.Minute)
	s := server{url: ts.Getenv("PAGE")}
	for {
		l, err := s.ledger()
		ts.Check(err)
		if l.received > 0 && l.inFlight == 0 {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("still in flight: %+v", l)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func scriptGet(ts *testscript.TestScript, _ bool, args []string) {
	resp, err := client.Get(ts.Getenv("PAGE") + args[0])
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	_, err = fmt.Fprintf(ts.Stdout(), "%d\n%s", resp.StatusCode, bytes.TrimSpace(body))
	ts.Check(err)
}
