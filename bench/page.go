package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"steward/internal/mqtttest"
)

// What the live page is measured with: the fleet of this program, and a small one to
// compare it with.
const (
	pageFew   = 50
	pageLoads = 7
)

// paint is the mode of the ratios of the page.
const paint = "page"

// pageRun is how long the live page took, in milliseconds from the navigation on: the
// median of its loads, and the slowest.
type pageRun struct {
	Devices  int     `json:"devices"`
	Loads    int     `json:"loads"`
	Paint    float64 `json:"first_contentful_paint_ms"`
	PaintMax float64 `json:"first_contentful_paint_max_ms"`
	Shown    float64 `json:"devices_shown_ms"`
	ShownMax float64 `json:"devices_shown_max_ms"`
}

// page measures how soon the live page is painted and shows its devices, in a real
// browser that has nothing of it yet.
func (b *bench) page(ctx context.Context) error {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		return fmt.Errorf("the page is measured in a browser: %w", err)
	}
	for _, n := range []int{pageFew, devices} {
		run, err := b.loadPage(ctx, chromium, n)
		if err != nil {
			return err
		}
		b.report.Pages = append(b.report.Pages, run)
		b.say("  %d devices: painted after %.0f ms, devices shown after %.0f ms", n, run.Paint, run.Shown)
	}
	return nil
}

// loadPage starts a steward with so many devices and loads its live page.
func (b *bench) loadPage(ctx context.Context, chromium string, n int) (run pageRun, err error) {
	broker, s, stop, err := b.startSteward(ctx)
	if err != nil {
		return run, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if err := speakOnce(ctx, broker.Addr(), n); err != nil {
		return run, err
	}
	if err := awaitTaken(ctx, s, uint64(n)); err != nil {
		return run, err
	}
	page, err := s.page()
	if err != nil {
		return run, err
	}
	const login, password = "bench", "a screen on the wall"
	add := exec.CommandContext(ctx, s.binary, "user", "add", "--login", login, "--role", "viewer", "--password-stdin", "--data", s.dataDir())
	add.Stdin = strings.NewReader(password)
	if out, err := add.CombinedOutput(); err != nil {
		return run, fmt.Errorf("add a person: %w: %s", err, out)
	}
	cmd := exec.CommandContext(ctx, "node", filepath.Join("bench", "page.mjs"))
	cmd.Env = append(os.Environ(), "BENCH_PAGE="+page, "BENCH_LOGIN="+login, "BENCH_PASSWORD="+password, "BENCH_CHROMIUM="+chromium,
		fmt.Sprint("BENCH_DEVICES=", n), fmt.Sprint("BENCH_LOADS=", pageLoads))
	cmd.Stderr = b.progress
	out, err := cmd.Output()
	if err != nil {
		return run, errors.Join(fmt.Errorf("load the page: %w", err), s.alive())
	}
	var loads []pageLoad
	if err := json.Unmarshal(out, &loads); err != nil {
		return run, fmt.Errorf("what the browser measured: %w", err)
	}
	return summaryOfLoads(n, loads)
}

// pageLoad is one load, in milliseconds.
type pageLoad struct {
	Paint float64 `json:"paint"`
	Shown float64 `json:"shown"`
}

func summaryOfLoads(n int, loads []pageLoad) (pageRun, error) {
	var paints, shown []float64
	for _, l := range loads {
		if l.Paint <= 0 || l.Shown < l.Paint {
			return pageRun{}, fmt.Errorf("a load that cannot be: painted after %.1f ms, shown after %.1f ms", l.Paint, l.Shown)
		}
		paints, shown = append(paints, l.Paint), append(shown, l.Shown)
	}
	if len(loads) == 0 {
		return pageRun{}, errors.New("the page was not loaded")
	}
	slices.Sort(paints)
	slices.Sort(shown)
	middle, last := len(loads)/2, len(loads)-1
	return pageRun{Devices: n, Loads: len(loads), Paint: paints[middle], PaintMax: paints[last], Shown: shown[middle], ShownMax: shown[last]}, nil
}

// speakOnce lets each device say something once.
func speakOnce(ctx context.Context, addr string, n int) (err error) {
	p, err := mqtttest.NewPublisher(ctx, mqtttest.PublisherOptions{Addr: addr})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	defer context.AfterFunc(ctx, func() { _ = p.Close() })()
	a := newAuthor()
	for i := range uint64(n) {
		topic, payload := a.compose(i, time.Now(), 4500)
		if _, err := p.Publish(topic, payload); err != nil {
			return errors.Join(err, ctx.Err())
		}
	}
	return p.Flush(ctx)
}

// awaitTaken waits until so many messages are stored: then their devices are known.
func awaitTaken(ctx context.Context, s *steward, n uint64) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		taken, err := s.taken(ctx)
		if err != nil {
			return errors.Join(err, s.alive())
		}
		if taken >= n {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d messages are stored: %w", taken, n, context.Cause(ctx))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// pageRatios compares the fleet with the few.
func pageRatios(runs []pageRun) []ratio {
	if len(runs) != 2 || runs[0].Paint <= 0 || runs[0].Shown <= 0 {
		return nil
	}
	of, to := fmt.Sprintf("%d devices", runs[1].Devices), fmt.Sprintf("%d devices", runs[0].Devices)
	return []ratio{
		{"first contentful paint", paint, of, to, runs[1].Paint / runs[0].Paint},
		{"devices shown", paint, of, to, runs[1].Shown / runs[0].Shown},
	}
}
