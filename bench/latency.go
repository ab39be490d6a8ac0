package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"steward/internal/mqtttest"
)

// latency measures the way of a message at a steady rate: to the websocket of a
// page that shows the whole fleet, and to the table.
func (b *bench) latency(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	broker, s, stop, err := b.startSteward(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	watch, err := b.watchPage(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, watch.close()) }()

	j := newJourney(b.settings.Rate, b.settings.Lasting)
	published := make(chan error, 1)
	go func() { published <- j.publish(ctx, broker.Addr(), b.settings.Rate) }()
	stored, err := j.awaitRows(ctx, s)
	if err != nil {
		cancel() // the publisher too
		return errors.Join(err, <-published)
	}
	if err := <-published; err != nil {
		return err
	}
	if err := s.check(ctx, j.messages); err != nil {
		return err
	}
	frames, err := watch.take()
	if err != nil {
		return err
	}
	shown, err := j.shown(frames)
	if err != nil {
		return err
	}
	for _, l := range []latencyRun{
		summary("publish to websocket frame", b.settings.Rate, shown),
		summary("publish to stored row", b.settings.Rate, j.delays(stored)),
	} {
		b.report.Latency = append(b.report.Latency, l)
		b.say("  %s: p50 %.0f ms, p99 %.0f ms, max %.0f ms", l.What, l.P50, l.P99, l.Max)
	}
	return nil
}

// warmUp is not counted: devices that nobody has seen before and the first
// insert are not what a page shows all day.
const warmUp = 2 * time.Second

// journey is one latency run. All times are from its start.
type journey struct {
	start    time.Time
	messages uint64
	sent     []time.Duration // of each message; written by the publisher, in order
}

// newJourney begins one now.
func newJourney(rate float64, lasting time.Duration) *journey {
	n := uint64(rate * (warmUp + lasting).Seconds())
	return &journey{start: time.Now(), messages: n, sent: make([]time.Duration, n)}
}

// publish sends the messages at their rate, each with the microsecond of its
// sending as the last value.
func (j *journey) publish(ctx context.Context, addr string, rate float64) (err error) {
	p, err := mqtttest.NewPublisher(ctx, mqtttest.PublisherOptions{Addr: addr, Rate: rate})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	defer context.AfterFunc(ctx, func() { _ = p.Close() })()
	a := newAuthor()
	for n := range j.messages {
		if err := p.Ready(); err != nil {
			return err
		}
		now := time.Now()
		j.sent[n] = now.Sub(j.start)
		// In thousandths, as all values: the number is in milliseconds.
		if _, err := p.Publish(a.compose(n, now, j.sent[n].Microseconds())); err != nil {
			return err
		}
	}
	return p.Flush(ctx)
}

// awaitRows asks every few milliseconds how many rows there are. One publisher
// and one session keep the order, so the first k messages are those that are
// stored; what is seen is late by half a look, which is not taken off.
func (j *journey) awaitRows(ctx context.Context, s *steward) ([]time.Duration, error) {
	const look = 10 * time.Millisecond
	tick := time.NewTicker(look)
	defer tick.Stop()
	var at []time.Duration // when each message was there
	progress := time.Now()
	for uint64(len(at)) < j.messages {
		n, err := s.taken(ctx)
		now := time.Since(j.start)
		if err != nil {
			return nil, errors.Join(err, s.alive())
		}
		if n > uint64(len(at)) {
			progress = time.Now()
		}
		for uint64(len(at)) < min(n, j.messages) {
			at = append(at, now)
		}
		if time.Since(progress) > standstill {
			return nil, fmt.Errorf("%d of %d messages are stored, and none more for %s", n, j.messages, standstill)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-tick.C:
		}
	}
	return at, nil
}

// shown takes from the frames the delay of each message that came in one. A
// frame has the newest value of a device, so that some messages are in none.
func (j *journey) shown(frames []frame) ([]time.Duration, error) {
	var delays []time.Duration
	for _, f := range frames {
		var m struct {
			Type    string `json:"type"`
			Updates uint64 `json:"updates"`
			Devices []struct {
				Values struct {
					Time []float64 `json:"current_a"` // value, ts, received
				} `json:"values"`
			} `json:"devices"`
		}
		if err := json.Unmarshal(f.text, &m); err != nil {
			return nil, fmt.Errorf("a frame of the websocket: %w", err)
		}
		if m.Type == "missed" {
			return nil, fmt.Errorf("the page missed %d updates: this machine is too slow to watch it", m.Updates)
		}
		for _, d := range m.Devices {
			if m.Type == "delta" && len(d.Values.Time) > 0 {
				sent := time.Duration(math.Round(d.Values.Time[0]*1000)) * time.Microsecond
				if sent >= warmUp {
					delays = append(delays, f.at.Sub(j.start)-sent)
				}
			}
		}
	}
	if uint64(len(delays)) < j.messages/2 {
		return nil, fmt.Errorf("only %d of %d messages came to the page", len(delays), j.messages)
	}
	return delays, nil
}

// delays are those of the messages that were stored at the given times.
func (j *journey) delays(at []time.Duration) []time.Duration {
	var delays []time.Duration
	for i, sent := range j.sent {
		if sent >= warmUp {
			delays = append(delays, at[i]-sent)
		}
	}
	return delays
}

// summary sorts the delays, of which there must be some.
func summary(what string, rate float64, delays []time.Duration) latencyRun {
	slices.Sort(delays)
	at := func(share float64) float64 {
		i := int(math.Ceil(share*float64(len(delays)))) - 1
		return float64(delays[max(i, 0)].Microseconds()) / 1000
	}
	return latencyRun{What: what, Rate: rate, Seen: uint64(len(delays)), P50: at(0.5), P99: at(0.99), Max: at(1)}
}

// pageWatch is a page's websocket that keeps what it is sent. It only reads
// while a run lasts, and decodes afterwards: the frames are not to wait.
type pageWatch struct {
	conn   *websocket.Conn
	done   chan struct{}
	frames []frame // read after done
	err    error
}

type frame struct {
	at   time.Time
	text []byte
}

// watchPage opens the websocket of the running steward, once it has one.
func (b *bench) watchPage(ctx context.Context, s *steward) (*pageWatch, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var page string
	var err error
	for page, err = s.page(); err != nil; page, err = s.page() {
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(10 * time.Millisecond):
		}
	}
	dialer := websocket.Dialer{EnableCompression: true} // as browsers do
	token, err := s.token(ctx)
	if err != nil {
		return nil, err
	}
	header := http.Header{"Authorization": {"Bearer " + token}}
	conn, resp, err := dialer.DialContext(ctx, strings.Replace(page, "http://", "ws://", 1)+"/api/v1/live", header)
	if err != nil {
		return nil, fmt.Errorf("open the websocket: %w", err)
	}
	if err := resp.Body.Close(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	w := &pageWatch{conn: conn, done: make(chan struct{})}
	go w.read()
	return w, nil
}

func (w *pageWatch) read() {
	defer close(w.done)
	for {
		_, text, err := w.conn.ReadMessage()
		if err != nil {
			w.err = err
			return
		}
		w.frames = append(w.frames, frame{time.Now(), text})
	}
}

// take ends the watch, after the last frames have had time to come, and gives
// what came.
func (w *pageWatch) take() ([]frame, error) {
	const lastFrames = 500 * time.Millisecond
	if err := w.conn.SetReadDeadline(time.Now().Add(lastFrames)); err != nil {
		return nil, err
	}
	<-w.done
	var timeout interface{ Timeout() bool }
	if !errors.As(w.err, &timeout) || !timeout.Timeout() {
		return nil, fmt.Errorf("the websocket ended: %w", w.err)
	}
	return w.frames, nil
}

func (w *pageWatch) close() error {
	err := w.conn.Close()
	<-w.done
	return err
}
