package main

import (
	"bytes"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// freeAddr is a loopback address on which nothing listens at the moment.
func freeAddr(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// until polls a condition and fails the test when it does not come true.
func until(t testing.TB, limit time.Duration, what string, check func() error) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %s: %v", limit, what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// output collects what a process writes. It keeps everything: a run's log is a
// few hundred kilobytes at most.
type output struct {
	mu    sync.Mutex // guards the rest
	text  []byte
	start int // where the output of the last process begins
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, p...)
	return len(p), nil
}

func (o *output) restart() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.start = len(o.text)
}

func (o *output) sinceRestart() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.text[o.start:])
}

func (o *output) tail(lines int) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := strings.SplitAfter(string(o.text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "")
}
