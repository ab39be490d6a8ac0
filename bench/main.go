// Command bench measures Steward on this machine, and in the same run what to
// compare it with: the broker's ceiling with a subscriber that only
// acknowledges, and the smallest program that a user would write instead. A
// real Mosquitto, QoS 1, a real ClickHouse engine, everything on loopback.
//
// It prints a table with ratios and writes the same as JSON. It fails when a
// published message is not stored exactly once: a rate at which messages are
// lost is not a rate. Run it by `make bench`; flags go into BENCH. It reads
// /proc, so it runs on Linux.
//
// A rate is the number of messages, divided by the time from the first publish
// (live) or from the connection to the broker (backlog) until the last row is
// visible to a query.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"steward/internal/clickhouse/embedded"
)

// The kernel ends the processes that are tied to this one when the thread ends
// that started them: the main goroutine, which starts them all, stays on the
// main thread.
func init() { runtime.LockOSThread() }

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case embedded.ChildCommand:
			os.Exit(embedded.ChildMain(os.Args[2:]))
		case smallestCommand:
			os.Exit(smallestMain(os.Args[2:]))
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// settings are the flags.
type settings struct {
	Messages uint64        `json:"messages"`
	Rate     float64       `json:"latency_rate"`
	Lasting  time.Duration `json:"latency_nanoseconds"`
	Days     int           `json:"disk_days"`
	only     []string
	json     string
	steward  string
	library  string
	dir      string
}

// part is one measurement.
type part struct {
	name, about string
	run         func(*bench, context.Context) error
}

// parts are in the order in which they run.
var parts = []part{
	{"ceiling", "the broker with a subscriber that only acknowledges", (*bench).ceiling},
	{"smallest", "the smallest program, with one and with five rows a message", (*bench).smallest},
	{"steward", "from publish to row, live and on a backlog", (*bench).steward},
	{"latency", "from publish to websocket frame and to row", (*bench).latency},
	{"clients", "2,000 websocket clients of one process", (*bench).clients},
	{"alerting", "from the publish of an entrapment to the websocket; 500 rules on one core; memory of their state", (*bench).alerting},
	{"reads", "latest values and a month's chart, while messages come in", (*bench).reads},
	{"page", "the live page in a browser: first paint, and until its devices are shown", (*bench).page},
	{"disk", "bytes a reading", (*bench).disk},
	{"mathematics", "analyses of data that is there, on one core", (*bench).mathematics},
	{"file", "a CSV file of ten million rows by the command line: time and memory", (*bench).file},
	{"jobs", "each analysis on a year of 10,000 devices", (*bench).jobs},
	{"packages", "Go benchmarks of the packages in the way of a message", (*bench).packages},
}

func partNames() []string {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	return names
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	var only string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Uint64Var(&s.Messages, "messages", 300_000, "messages of each throughput run")
	f.Float64Var(&s.Rate, "rate", 5000, "messages a second of the latency run")
	f.DurationVar(&s.Lasting, "latency-for", 20*time.Second, "length of the latency run")
	f.IntVar(&s.Days, "days", 2, "days of meter history of the disk run")
	f.StringVar(&only, "only", "", "run only these parts, with commas between: "+strings.Join(partNames(), ", "))
	f.StringVar(&s.json, "json", "bench/results/latest.json", "write the results to `FILE`; empty: do not")
	f.StringVar(&s.steward, "steward", "bin/steward", "the steward `BINARY` to measure")
	f.StringVar(&s.library, "library", "", "the engine's library `FILE`; empty: found as steward finds it")
	f.StringVar(&s.dir, "dir", "", "keep the data below `DIR`, on the disk to be measured; empty: the system's temporary folder")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if f.NArg() > 0 {
		return s, fmt.Errorf("unknown argument %q", f.Arg(0))
	}
	if s.Messages < devices || s.Rate <= 0 || s.Lasting < time.Second || s.Days < 1 {
		return s, fmt.Errorf("want -messages of at least %d, a positive -rate, -latency-for of at least a second and -days of at least 1", devices)
	}
	s.only = partNames()
	if only != "" {
		s.only = strings.Split(only, ",")
	}
	for _, name := range s.only {
		if !slices.Contains(partNames(), name) {
			return s, fmt.Errorf("-only: %q is not one of %s", name, strings.Join(partNames(), ", "))
		}
	}
	return s, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "bench:", err)
		return 2
	}
	if err := measure(ctx, s, stdout, stderr); err != nil {
		_, _ = fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

// measure runs the parts and reports what they found, also when one of them
// failed.
func measure(ctx context.Context, s settings, stdout, stderr io.Writer) (err error) {
	dir, err := os.MkdirTemp(s.dir, "steward-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &bench{settings: s, dir: dir, progress: stderr}
	if b.report.Machine, err = describeMachine(ctx, s, dir); err != nil {
		return err
	}
	b.report.Started, b.report.Settings = time.Now().UTC().Truncate(time.Second), s
	for _, p := range parts {
		if !slices.Contains(s.only, p.name) {
			continue
		}
		b.say("%s: %s", p.name, p.about)
		if partErr := p.run(b, ctx); partErr != nil {
			err = fmt.Errorf("%s: %w", p.name, partErr)
			break
		}
	}
	b.report.Seconds = time.Since(b.report.Started).Seconds()
	b.report.compare()
	if s.json != "" {
		err = errors.Join(err, b.report.writeJSON(s.json))
	}
	return errors.Join(err, b.report.print(stdout))
}

// bench is one run. It belongs to the main goroutine.
type bench struct {
	settings settings
	dir      string // for everything that is written
	progress io.Writer
	report   report
}

// say tells people what goes on. That it cannot is no reason to stop.
func (b *bench) say(format string, args ...any) {
	_, _ = fmt.Fprintf(b.progress, format+"\n", args...)
}

// folder makes a new folder for a part's data.
func (b *bench) folder(name string) (string, error) {
	return os.MkdirTemp(b.dir, name+"-")
}
