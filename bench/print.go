package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// print writes the tables that people read.
func (r *report) print(w io.Writer) error {
	t := &sheet{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0), nil}
	m := &r.Machine
	t.line("%s, %d cores, %s; Linux %s, %s, %s; a sync takes %.2f ms; load before: %s",
		m.CPU, m.Cores, m.Memory, m.Kernel, m.Go, m.Mosquitto, m.SyncSeconds*1000, m.Load)
	r.printThroughput(t)
	if len(r.Throughput) > 0 && len(r.Ratios) > 0 {
		t.head("Ratio", "live", "backlog")
		for _, q := range r.Ratios {
			if q.Mode == live {
				t.line("%s, %s to %s\t%.2f\t%s", q.What, q.Of, q.To, q.Is, r.ratioText(q, backlog))
			}
		}
	}
	if len(r.Latency) > 0 {
		t.head("Delay", "messages/s", "p50 ms", "p99 ms", "max ms", "messages seen")
		for _, l := range r.Latency {
			t.line("%s\t%.0f\t%.1f\t%.1f\t%.1f\t%d", l.What, l.Rate, l.P50, l.P99, l.Max, l.Seen)
		}
	}
	if len(r.Clients) > 0 {
		t.head("Websocket clients", "messages/s", "cores", "KiB/client", "p50 ms", "p99 ms", "max ms", "values seen")
		for _, c := range r.Clients {
			t.line("%d\t%.0f\t%.2f\t%.0f\t%.1f\t%.1f\t%.1f\t%d", c.Clients, c.Rate, c.CPU, c.PerClient/1024, c.P50, c.P99, c.Max, c.Seen)
		}
		for _, q := range r.Ratios {
			if q.Mode == watching {
				t.line("%s, %s to %s\t\t%.2f", q.What, q.Of, q.To, q.Is)
			}
		}
	}
	r.printAlerting(t)
	if len(r.Reads) > 0 {
		t.head("Answer under load", "by", "p50 ms", "p99 ms", "max ms", "asked")
		for _, l := range r.Reads {
			t.line("%s\t%s\t%.1f\t%.1f\t%.1f\t%d", l.What, l.By, l.P50, l.P99, l.Max, l.N)
		}
		for _, q := range r.Ratios {
			if q.Mode == reading {
				t.line("%s\t%s to %s\t%.2f", q.What, q.Of, q.To, q.Is)
			}
		}
	}
	if len(r.Pages) > 0 {
		t.head("Live page in Chromium", "first paint ms", "max ms", "devices shown ms", "max ms", "loads")
		for _, p := range r.Pages {
			t.line("%d devices\t%.0f\t%.0f\t%.0f\t%.0f\t%d", p.Devices, p.Paint, p.PaintMax, p.Shown, p.ShownMax, p.Loads)
		}
		for _, q := range r.Ratios {
			if q.Mode == paint {
				t.line("%s, %s to %s\t%.2f", q.What, q.Of, q.To, q.Is)
			}
		}
	}
	if len(r.Disk) > 0 {
		t.head("Disk, simulated meters", "bytes/reading", "of it ts", "received", "value", "parts", "readings", "rollups, bytes/reading")
		for _, d := range r.Disk {
			t.line("%s\t%.2f\t%.2f\t%.2f\t%.2f\t%d\t%d\t%.2f", d.What, d.PerReading, d.Columns["ts"], d.Columns["received"], d.Columns["value"],
				d.Parts, d.Readings, float64(d.RollupBytes)/float64(d.Readings))
		}
	}
	if len(r.Jobs) > 0 {
		t.head(fmt.Sprintf("A year of %d devices", yearDevices), "seconds", "times a scan", "rows read", "CPU s", "engine CPU s", "peak MiB", "numbers", "documents")
		for i := range r.Jobs {
			j := &r.Jobs[i]
			t.line("%s\t%.1f\t%.1f\t%d\t%.1f\t%.1f\t%.0f\t%d\t%d", j.Job, j.Seconds, j.ratio(), j.Rows, j.CPU, j.EngineCPU, float64(j.Peak)/(1<<20), j.Numbers, j.Documents)
		}
	}
	if len(r.Mathematics) > 0 {
		t.head("Mathematics, one core", "rows", "seconds", "rows/s", "allocated MiB", "ratio", "to")
		for i := range r.Mathematics {
			m := &r.Mathematics[i]
			t.line("%s\t%d\t%.3f\t%.0f\t%.0f\t%.1f\t%s", m.What, m.Rows, m.Seconds, float64(m.Rows)/m.Seconds, float64(m.Bytes)/(1<<20), m.ratio(), m.To)
		}
	}
	if len(r.Files) > 0 {
		t.head("A file by the command line", "rows", "MiB", "seconds", "rows/s", "peak MiB", "ratio", "to")
		for i := range r.Files {
			f := &r.Files[i]
			t.line("%s\t%d\t%.0f\t%.1f\t%.0f\t%.0f\t%.1f\t%s", f.What, f.Rows, float64(f.Bytes)/(1<<20), f.Seconds, float64(f.Rows)/f.Seconds, float64(f.Peak)/(1<<20), f.ratio(), f.To)
		}
	}
	if len(r.Packages) > 0 {
		t.head("Go benchmark", "ns/op", "B/op", "allocs/op", "other")
		for _, p := range r.Packages {
			t.line("%s %s\t%.0f\t%.0f\t%.0f\t%s", p.Package, p.Name, p.Values["ns/op"], p.Values["B/op"], p.Values["allocs/op"], p.others())
		}
	}
	return t.flush()
}

func (r *report) printThroughput(t *sheet) {
	if len(r.Throughput) == 0 {
		return
	}
	t.head("QoS 1, five values a message", "messages/s", "published/s", "CPU s/million", "of it engine", "broker", "peak MiB", "of it engine")
	for i := range r.Throughput {
		s := &r.Throughput[i]
		t.line("%s, %s\t%.0f\t%.0f\t%s\t%s\t%.1f\t%s\t%s", s.Subject, s.Mode, s.PerSecond, float64(s.Messages)/s.PublishSeconds,
			orDash("%.1f", s.cpu(inStore...)), orDash("%.1f", s.cpu("engine")), s.cpu("mosquitto"),
			orDash("%.0f", float64(s.memory(inStore...))/(1<<20)), orDash("%.0f", float64(s.memory("engine"))/(1<<20)))
	}
}

func (r *report) printAlerting(t *sheet) {
	for _, q := range r.Ratios {
		if q.Mode == alarming {
			t.line("%s, %s to %s\t\t%.2f", q.What, q.Of, q.To, q.Is)
		}
	}
	if len(r.Rules) > 0 {
		t.head("One core", "messages/s", "values/s")
		for _, l := range r.Rules {
			t.line("%s\t%.0f\t%.0f", l.What, l.Messages, l.Values)
		}
		for _, q := range r.Ratios {
			if q.Mode == oneCore {
				t.line("%s, %s to %s\t%.2f", q.What, q.Of, q.To, q.Is)
			}
		}
	}
	if m := r.RuleMemory; m != nil {
		t.head("State of rules", "bytes", "held")
		t.line("a device that rules watch\t%.0f\t%d", m.PerDevice, m.Devices)
		t.line("and each of its rules that holds\t%.0f\t%d", m.PerRuleDevice, m.RuleDevices)
	}
}

// ratioText is the same ratio in another mode.
func (r *report) ratioText(q ratio, mode string) string {
	for _, o := range r.Ratios {
		if o.What == q.What && o.To == q.To && o.Mode == mode {
			return fmt.Sprintf("%.2f", o.Is)
		}
	}
	return "-"
}

// others are the values that have no column.
func (p *packageRun) others() string {
	var all []string
	for _, unit := range slices.Sorted(maps.Keys(p.Values)) {
		switch unit {
		case "ns/op", "B/op", "allocs/op":
		default:
			all = append(all, fmt.Sprintf("%.4g %s", p.Values[unit], unit))
		}
	}
	return strings.Join(all, ", ")
}

func orDash(format string, v float64) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf(format, v)
}

// sheet is a tabwriter that keeps its first error.
type sheet struct {
	w   *tabwriter.Writer
	err error
}

func (t *sheet) line(format string, args ...any) {
	if _, err := fmt.Fprintf(t.w, format+"\n", args...); t.err == nil {
		t.err = err
	}
}

// head begins a table of its own under an empty line.
func (t *sheet) head(columns ...string) {
	if err := t.w.Flush(); t.err == nil {
		t.err = err
	}
	t.line("")
	t.line("%s", strings.Join(columns, "\t"))
}

func (t *sheet) flush() error {
	if err := t.w.Flush(); t.err == nil {
		t.err = err
	}
	return t.err
}
