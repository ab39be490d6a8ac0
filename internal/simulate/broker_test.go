package simulate

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// deadline bounds every wait of these tests; it is only reached by a failure.
const deadline = 60 * time.Second

// eventually polls until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(deadline); time.Now().Before(end); <-tick.C {
		if holds() {
			return
		}
	}
	t.Fatalf("not within %s: %s", deadline, what)
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}

// startMosquitto runs a real broker with the lines of configuration added to
// its listener and returns its address. It is ended with the test.
func startMosquitto(t *testing.T, lines ...string) string {
	t.Helper()
	const binary = "/usr/sbin/mosquitto"
	if _, err := os.Stat(binary); err != nil {
		t.Fatalf("these tests need Mosquitto; install it with: apt-get install mosquitto (%v)", err)
	}
	dir := t.TempDir()
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	_, port, _ := strings.Cut(address, ":")
	conf := strings.Join(append([]string{
		"user root", "listener " + port + " 127.0.0.1",
		// Without these it throws away what a slow subscriber has not taken.
		"max_queued_messages 0", "max_inflight_messages 0",
		"log_type error", "log_dest file " + filepath.Join(dir, "log"),
	}, lines...), "\n") + "\n"
	path := filepath.Join(dir, "mosquitto.conf")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-c", path)
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait() // killed below
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		<-exited
	})
	eventually(t, "mosquitto listens", func() bool {
		select {
		case <-exited:
			t.Fatalf("mosquitto ended: %s", output.String())
		default:
		}
		c, err := net.Dial("tcp", address)
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
	return address
}

// subscriber collects everything below property/.
type subscriber struct {
	client mqtt.Client

	mu       sync.Mutex
	messages []received
}

type received struct {
	topic, payload string
	retained       bool
}

func subscribe(t *testing.T, address string, options func(*mqtt.ClientOptions)) *subscriber {
	t.Helper()
	s := &subscriber{}
	o := mqtt.NewClientOptions().AddBroker("tcp://" + address).SetClientID(fmt.Sprintf("watch-%d", freePort(t)))
	if options != nil {
		options(o)
	}
	s.client = mqtt.NewClient(o)
	await(t, s.client.Connect())
	t.Cleanup(func() { s.client.Disconnect(0) })
	await(t, s.client.Subscribe("property/#", 1, func(_ mqtt.Client, m mqtt.Message) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.messages = append(s.messages, received{m.Topic(), string(m.Payload()), m.Retained()})
	}))
	return s
}

func await(t *testing.T, token mqtt.Token) {
	t.Helper()
	if !token.WaitTimeout(deadline) {
		t.Fatal("no answer from the broker")
	}
	if err := token.Error(); err != nil {
		t.Fatal(err)
	}
}

func (s *subscriber) all() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.messages...)
}

func (s *subscriber) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.messages)
}

// wire is a TCP proxy whose connections can be cut as a bad network does it.
type wire struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	conns []net.Conn
}

func newWire(t *testing.T, target string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, target: target}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", target)
			if err != nil {
				_ = near.Close()
				continue
			}
			w.mu.Lock()
			w.conns = append(w.conns, near, far)
			w.mu.Unlock()
			for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
				wg.Go(func() {
					_, _ = io.Copy(way[0], way[1]) // ends when either side is cut
					_ = way[0].Close()
					_ = way[1].Close()
				})
			}
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		w.cut()
		wg.Wait()
	})
	return w
}

func (w *wire) address() string { return w.listener.Addr().String() }

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		_ = c.Close() // it may be closed already
	}
	w.conns = nil
}
