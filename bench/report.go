package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// report is what is written as JSON.
type report struct {
	Started     time.Time       `json:"started"`
	Seconds     float64         `json:"seconds"`
	Machine     machine         `json:"machine"`
	Settings    settings        `json:"settings"`
	Throughput  []throughputRun `json:"throughput,omitempty"`
	Latency     []latencyRun    `json:"latency,omitempty"`
	Clients     []clientsRun    `json:"clients,omitempty"`
	Rules       []rulesRun      `json:"rules,omitempty"`
	RuleMemory  *ruleMemory     `json:"rule_memory,omitempty"`
	Mathematics []mathRun       `json:"mathematics,omitempty"`
	Files       []fileRun       `json:"files,omitempty"`
	Jobs        []jobRun        `json:"jobs,omitempty"`
	Reads       []readRun       `json:"reads,omitempty"`
	Pages       []pageRun       `json:"pages,omitempty"`
	Disk        []diskRun       `json:"disk,omitempty"`
	Packages    []packageRun    `json:"packages,omitempty"`
	Ratios      []ratio         `json:"ratios,omitempty"`
}

// throughputRun is one subject in one mode.
type throughputRun struct {
	Subject        string  `json:"subject"`
	Mode           string  `json:"mode"`
	Messages       uint64  `json:"messages"`
	Seconds        float64 `json:"seconds"`
	PerSecond      float64 `json:"messages_per_second"`
	PublishSeconds float64 `json:"publish_seconds"` // until the broker had acknowledged everything
	Reconnects     int     `json:"reconnects"`      // of the subject; what it had not acknowledged is delivered again
	Usage          []usage `json:"usage"`
}

// cpu is the CPU seconds per million messages that the named processes took.
func (r *throughputRun) cpu(processes ...string) float64 {
	sum := 0.0
	for _, u := range r.Usage {
		if slices.Contains(processes, u.Process) {
			sum += u.CPUSeconds
		}
	}
	return sum / float64(r.Messages) * 1e6
}

// memory is the sum of the peaks of the named processes, in bytes.
func (r *throughputRun) memory(processes ...string) (sum uint64) {
	for _, u := range r.Usage {
		if slices.Contains(processes, u.Process) {
			sum += u.PeakBytes
		}
	}
	return sum
}

// latencyRun is the distribution of delays in milliseconds.
type latencyRun struct {
	What string  `json:"what"`
	Rate float64 `json:"messages_per_second"`
	Seen uint64  `json:"messages"`
	P50  float64 `json:"p50_ms"`
	P99  float64 `json:"p99_ms"`
	Max  float64 `json:"max_ms"`
}

// diskRun is what readings take.
type diskRun struct {
	What        string             `json:"what"`
	Readings    uint64             `json:"readings"`
	Bytes       uint64             `json:"bytes"`
	Parts       uint64             `json:"parts"`
	PerReading  float64            `json:"bytes_per_reading"`
	RollupBytes uint64             `json:"rollup_bytes"`             // all rollup tables, as they are at that time
	Columns     map[string]float64 `json:"column_bytes_per_reading"` // in the large parts
}

// packageRun is one Go benchmark: values by their units.
type packageRun struct {
	Package string             `json:"package"`
	Name    string             `json:"name"`
	Values  map[string]float64 `json:"values"`
}

// ratio compares two figures of this run.
type ratio struct {
	What string  `json:"what"`
	Mode string  `json:"mode"`
	Of   string  `json:"of"`
	To   string  `json:"to"`
	Is   float64 `json:"is"`
}

// compare fills the ratios of Steward to everything else that was measured.
func (r *report) compare() {
	r.Ratios = append(r.Ratios, readRatios(r.Reads)...)
	r.Ratios = append(r.Ratios, alarmRatios(r.Latency)...)
	r.Ratios = append(r.Ratios, ruleRatios(r.Rules)...)
	r.Ratios = append(r.Ratios, pageRatios(r.Pages)...)
	for i := range r.Throughput {
		s := &r.Throughput[i]
		if s.Subject != stewardName {
			continue
		}
		for j := range r.Throughput {
			o := &r.Throughput[j]
			if o.Subject == stewardName || o.Mode != s.Mode {
				continue
			}
			r.Ratios = append(r.Ratios, ratio{"messages/s", s.Mode, s.Subject, o.Subject, s.PerSecond / o.PerSecond})
			if cpu := o.cpu(inStore...); cpu > 0 {
				r.Ratios = append(r.Ratios, ratio{"CPU seconds", s.Mode, s.Subject, o.Subject, s.cpu(inStore...) / cpu})
			}
		}
	}
}

// inStore are the processes that bring a message from the broker into a table.
var inStore = []string{"program", "engine"}

func (r *report) writeJSON(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	// All or nothing: a half file would be read as the results of this run.
	next := path + ".new"
	err = os.WriteFile(next, append(text, '\n'), 0o600)
	if err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	return nil
}
