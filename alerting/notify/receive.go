package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// External is one alert that Alertmanager tells us of.
type External struct {
	Fingerprint  string // of its labels, made by Alertmanager
	Resolved     bool
	Labels       map[string]string
	Annotations  map[string]string
	StartsAt     time.Time
	EndsAt       time.Time // zero while it fires
	GeneratorURL string
}

// Bounds of what Receive accepts.
const (
	MaxReceive      = 1 << 20 // bytes of a body
	maxExternals    = 1000
	maxLabels       = 64
	maxLabelName    = 128
	maxLabelValue   = 1024
	maxAnnotation   = 4096 // the rest is cut off
	webhookVersion4 = "4"
)

// Receive reads the body that Alertmanager's webhook_config posts, version 4. All
// of it is accepted or none. What it gives is bounded and without control
// characters.
func Receive(body []byte) ([]External, error) {
	if len(body) > MaxReceive {
		return nil, fmt.Errorf("alertmanager: the body is longer than %d bytes", MaxReceive)
	}
	var payload struct {
		Version string `json:"version"`
		Alerts  []struct {
			Status       string            `json:"status"`
			Labels       map[string]string `json:"labels"`
			Annotations  map[string]string `json:"annotations"`
			StartsAt     time.Time         `json:"startsAt"`
			EndsAt       time.Time         `json:"endsAt"`
			GeneratorURL string            `json:"generatorURL"`
			Fingerprint  string            `json:"fingerprint"`
		} `json:"alerts"`
	}
	if err := json.Unmarshal(body, &payload); err != nil {
		return nil, fmt.Errorf("alertmanager: the body is not what its webhook sends: %w", err)
	}
	if payload.Version != webhookVersion4 {
		return nil, fmt.Errorf("alertmanager: version: %q is unknown, want %q", cut(payload.Version, 20), webhookVersion4)
	}
	if len(payload.Alerts) > maxExternals {
		return nil, fmt.Errorf("alertmanager: alerts: %d of them, at most %d are taken: set max_alerts of the webhook", len(payload.Alerts), maxExternals)
	}
	out := make([]External, 0, len(payload.Alerts))
	for i, a := range payload.Alerts {
		x := External{
			Fingerprint: a.Fingerprint, Resolved: a.Status == "resolved", Annotations: map[string]string{},
			StartsAt: a.StartsAt, GeneratorURL: cut(oneLine(a.GeneratorURL), maxLabelValue),
		}
		var err error
		switch {
		case !fingerprintForm.MatchString(a.Fingerprint):
			err = fmt.Errorf("fingerprint: %q is none", cut(a.Fingerprint, 64))
		case a.Status != "firing" && a.Status != "resolved":
			err = fmt.Errorf("status: %q is neither firing nor resolved", cut(a.Status, 20))
		case !sensible(a.StartsAt):
			err = errors.New("startsAt: is missing or out of range")
		case x.Resolved && !sensible(a.EndsAt):
			err = errors.New("endsAt: is missing or out of range, and the alert is resolved")
		case len(a.Annotations) > maxLabels:
			err = fmt.Errorf("annotations: more than %d", maxLabels)
		default:
			x.Labels, err = cleanLabels(a.Labels)
		}
		if err != nil {
			return nil, fmt.Errorf("alertmanager: alerts[%d].%w", i, err)
		}
		if x.Resolved {
			x.EndsAt = endOf(a.EndsAt, a.StartsAt)
		}
		for name, value := range a.Annotations {
			if labelForm.MatchString(name) && len(name) <= maxLabelName {
				x.Annotations[name] = cut(oneLine(value), maxAnnotation)
			}
		}
		out = append(out, x)
	}
	return out, nil
}

func cleanLabels(labels map[string]string) (map[string]string, error) {
	if len(labels) == 0 || len(labels) > maxLabels {
		return nil, fmt.Errorf("labels: want 1 to %d, there are %d", maxLabels, len(labels))
	}
	out := make(map[string]string, len(labels))
	for name, value := range labels {
		if !labelForm.MatchString(name) || len(name) > maxLabelName || len(value) > maxLabelValue {
			return nil, fmt.Errorf("labels: %q is no name, or its value is longer than %d bytes", cut(name, maxLabelName), maxLabelValue)
		}
		out[name] = oneLine(value)
	}
	if out["alertname"] == "" {
		return nil, errors.New("labels: alertname is missing")
	}
	return out, nil
}

// fingerprintForm is letters and digits: it becomes a part of an identity.
var fingerprintForm = regexp.MustCompile(`^[0-9A-Za-z]{1,64}$`)

// sensible excludes the zero time and years that no clock shows.
func sensible(t time.Time) bool { return t.Year() >= 2000 && t.Year() < 2200 }
