package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"steward/internal/mqtttest"
)

// subject is what is measured: something that takes messages from the broker.
type subject interface {
	// launch connects it, or starts what will connect, with a persistent session
	// of the client clientID that gets everything below property/.
	launch(ctx context.Context, broker *mqtttest.Mosquitto) error
	// alive is an error when it has ended by itself.
	alive() error
	// taken is how many messages have arrived where they belong, ever.
	taken(ctx context.Context) (uint64, error)
	// check makes sure that exactly the messages 0 to n-1 have arrived, once.
	check(ctx context.Context, n uint64) error
	processes() ([]process, error)
	// stop ends it; the session stays with the broker.
	stop() error
}

// clientID is the session under which every subject reads.
const clientID = "bench-subject"

// The ways in which messages reach a subject.
const (
	live    = "live"    // the publisher runs beside it
	backlog = "backlog" // the broker has collected them while it was away
)

// throughput measures a subject live and on a backlog.
func (b *bench) throughput(ctx context.Context, name string, s subject) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	broker, err := startBroker(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, broker.Close()) }()
	running := false
	launch := func() error {
		err := s.launch(ctx, broker)
		running = err == nil
		return err
	}
	stop := func() error {
		running = false
		return s.stop()
	}
	defer func() {
		if running {
			err = errors.Join(err, s.stop())
		}
	}()

	if err := launch(); err != nil {
		return err
	}
	if _, err := awaitLog(ctx, broker, s, subscribedLine, 1); err != nil {
		return err
	}
	r, err := b.start(name, live, broker, s)
	if err != nil {
		return err
	}
	published := b.publish(ctx, broker, 0)
	err = r.finish(ctx, b.settings.Messages)
	if err != nil {
		cancel() // the publisher too
	}
	sent := <-published
	if err := errors.Join(err, sent.err); err != nil {
		return err
	}
	if err := b.note(r.run, broker, sent, 1); err != nil {
		return err
	}
	if err := s.check(ctx, b.settings.Messages); err != nil {
		return err
	}
	if err := stop(); err != nil {
		return err
	}

	sent = <-b.publish(ctx, broker, b.settings.Messages)
	if sent.err != nil {
		return sent.err
	}
	if err := launch(); err != nil {
		return err
	}
	connected, err := awaitLog(ctx, broker, s, connectedLine, 2)
	if err != nil {
		return err
	}
	if r, err = b.start(name, backlog, broker, s); err != nil {
		return err
	}
	r.start = connected
	if err := r.finish(ctx, 2*b.settings.Messages); err != nil {
		return err
	}
	if err := b.note(r.run, broker, sent, 2); err != nil {
		return err
	}
	if err := s.check(ctx, 2*b.settings.Messages); err != nil {
		return err
	}
	return stop()
}

// note adds a run to the report, with how often the subject connected beyond
// the launches that there were.
func (b *bench) note(r throughputRun, broker *mqtttest.Mosquitto, s sent, launches int) error {
	text, err := os.ReadFile(broker.LogFile())
	if err != nil {
		return err
	}
	r.PublishSeconds = s.took.Seconds()
	r.Reconnects = len(connectedLine.FindAllIndex(text, -1)) - launches
	for _, earlier := range b.report.Throughput {
		if earlier.Subject == r.Subject {
			r.Reconnects -= earlier.Reconnects
		}
	}
	b.report.Throughput = append(b.report.Throughput, r)
	b.say("  %s, %s: %.0f messages/s", r.Subject, r.Mode, r.PerSecond)
	if r.Reconnects > 0 {
		b.say("  it lost its connection to the broker %d times", r.Reconnects)
	}
	return nil
}

// What Mosquitto logs when a client connects, and when it subscribes.
var (
	connectedLine  = regexp.MustCompile(`New client connected from \S+ as ` + clientID + ` `)
	subscribedLine = regexp.MustCompile(clientID + ` 1 property/#`)
)

func startBroker(ctx context.Context) (*mqtttest.Mosquitto, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return mqtttest.StartMosquitto(ctx, mqtttest.Options{ExtraConf: "log_type subscribe"})
}

// awaitLog waits until the broker has logged a line n times and gives the time
// at which that was seen. The broker's word is the same measure for everything
// that reads from it.
func awaitLog(ctx context.Context, broker *mqtttest.Mosquitto, s subject, line *regexp.Regexp, n int) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		text, err := os.ReadFile(broker.LogFile())
		if err != nil {
			return time.Time{}, err
		}
		now := time.Now()
		if len(line.FindAllIndex(text, n)) == n {
			return now, nil
		}
		if err := s.alive(); err != nil {
			return time.Time{}, err
		}
		select {
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("the broker did not log %s %d times: %w: %s", line, n, context.Cause(ctx), strings.TrimSpace(string(text)))
		case <-time.After(time.Millisecond):
		}
	}
}

// sent is what a publisher has to say.
type sent struct {
	took time.Duration // until everything was acknowledged
	err  error
}

// publish sends the messages from on, as many as are to be measured, as fast as
// the broker takes them.
func (b *bench) publish(ctx context.Context, broker *mqtttest.Mosquitto, from uint64) <-chan sent {
	result := make(chan sent, 1)
	go func() {
		start := time.Now()
		err := publishAll(ctx, broker.Addr(), from, from+b.settings.Messages)
		result <- sent{time.Since(start), err}
	}()
	return result
}

func publishAll(ctx context.Context, addr string, from, to uint64) (err error) {
	p, err := mqtttest.NewPublisher(ctx, mqtttest.PublisherOptions{Addr: addr})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	defer context.AfterFunc(ctx, func() { _ = p.Close() })()
	a := newAuthor()
	for n := from; n < to; n++ {
		if _, err := p.Publish(a.compose(n, time.Now(), int64(n*17%40_000))); err != nil {
			return err
		}
	}
	return p.Flush(ctx)
}

// running is a run under way.
type running struct {
	start   time.Time
	subject subject
	meter   *meter
	run     throughputRun
}

func (b *bench) start(name, mode string, broker *mqtttest.Mosquitto, s subject) (*running, error) {
	processes, err := s.processes()
	if err != nil {
		return nil, err
	}
	processes = append(processes, process{"mosquitto", broker.PID()}, process{"bench", os.Getpid()})
	m, err := startMeter(processes)
	if err != nil {
		return nil, err
	}
	run := throughputRun{Subject: name, Mode: mode, Messages: b.settings.Messages}
	return &running{start: time.Now(), subject: s, meter: m, run: run}, nil
}

const (
	// look is how often the subject is asked how far it is: often enough to be
	// exact to a percent, seldom enough to cost nothing.
	look = 25 * time.Millisecond
	// standstill is how long nothing may arrive before it is said to be lost.
	standstill = 30 * time.Second
)

// finish waits until total messages have arrived ever, and closes the books.
func (r *running) finish(ctx context.Context, total uint64) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	var last uint64
	progress, half := time.Now(), false
	for {
		n, err := r.subject.taken(ctx)
		now := time.Now()
		if err != nil {
			return errors.Join(err, r.subject.alive())
		}
		if !half && n >= total-r.run.Messages/2 {
			half = true
			if err := r.meter.half(); err != nil {
				return err
			}
		}
		if n >= total {
			r.run.Seconds = now.Sub(r.start).Seconds()
			r.run.PerSecond = float64(r.run.Messages) / r.run.Seconds
			r.run.Usage, err = r.meter.end()
			return err
		}
		if n != last {
			last, progress = n, now
		}
		if now.Sub(progress) > standstill {
			return fmt.Errorf("%s, %s: %d of %d messages have arrived, and none for %s: the others are lost", r.run.Subject, r.run.Mode, n, total, standstill)
		}
		if err := r.subject.alive(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}
