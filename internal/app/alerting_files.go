package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"steward/alerting/notify"
	"steward/alerting/route"
	"steward/alerting/rule"
	"steward/alerting/standard"
	"steward/configs"
	"steward/internal/calendar"
	"steward/internal/yamlfile"
)

// AlertingFiles are what the files say of alerting: those that the configuration
// names, and the shipped ones where it names none.
type AlertingFiles struct {
	Rules     [][]*rule.Rule // in layers: shipped, of the house, of the command line
	Calendars *calendar.Set
	Standards *standard.Set
	Plan      *route.Plan
	Channels  *notify.Config
}

// LoadAlerting reads the files. The error is everything that is wrong, each with
// its file and line. More are files with rules that come to the others.
func LoadAlerting(cfg Config, more ...string) (*AlertingFiles, error) {
	f := &AlertingFiles{}
	var errs []error
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	note(f.readRules(cfg.Alerting.Rules, more))

	path, text, err := fileOr(cfg.Alerting.Calendar, "alerting.calendar", "configs/calendar.yaml", configs.Calendar)
	if err == nil {
		f.Calendars, err = calendar.Parse(path, text)
	}
	note(err)
	if f.Calendars != nil {
		path, text, err = fileOr(cfg.Alerting.Standards, "alerting.standards", "configs/standards.yaml", configs.Standards)
		if err == nil {
			f.Standards, err = standard.Parse(path, text, f.Calendars)
		}
		note(err)
		path, text, err = fileOr(cfg.Alerting.Escalation, "alerting.escalation", "configs/escalation.yaml", configs.Escalation)
		if err == nil {
			f.Plan, err = route.Parse(path, text, f.Calendars)
		}
		note(err)
	}
	path, text, err = fileOr(cfg.Alerting.Channels, "alerting.channels", "configs/channels.yaml", configs.Channels)
	if err == nil {
		f.Channels, err = notify.Parse(path, text, ReadSecret)
	}
	note(err)
	if len(errs) == 0 {
		note(f.fit())
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return f, nil
}

func fileOr(path, key, shipped string, text func() []byte) (string, []byte, error) {
	if path == "" {
		return shipped, text(), nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", key, err)
	}
	return path, content, nil
}

func (f *AlertingFiles) readRules(folder string, more []string) error {
	shipped, err := rule.Load("configs/rules", configs.Rules())
	if err != nil {
		return err
	}
	f.Rules = [][]*rule.Rule{shipped}
	if folder != "" {
		own, err := rule.Load(folder, os.DirFS(folder))
		if err != nil {
			return err
		}
		f.Rules = append(f.Rules, own)
	}
	var extra []*rule.Rule
	for _, path := range more {
		text, err := os.ReadFile(filepath.Clean(path))
		if err != nil {
			return err
		}
		rules, err := rule.Parse(path, text)
		if err != nil {
			return err
		}
		extra = append(extra, rules...)
	}
	if len(extra) > 0 {
		f.Rules = append(f.Rules, extra)
	}
	_, err = rule.NewSet(f.Rules...)
	return err
}

// fit holds the files against one another.
func (f *AlertingFiles) fit() error {
	var errs []error
	for _, level := range f.Standards.Levels() {
		if err := f.Plan.CheckLevel(level); err != nil {
			errs = append(errs, fmt.Errorf("standards.yaml: %w", err))
		}
	}
	for _, name := range f.Plan.Channels() {
		if f.Channels.Channels[name] == nil {
			errs = append(errs, yamlfile.Errorf("escalation.yaml", 0, "channel %q is not in channels.yaml: add it there, or take it from the contact", name))
		}
	}
	return errors.Join(errs...)
}

// AlertingSummary counts what the files hold.
type AlertingSummary struct {
	Rules     int `json:"rules"` // in force
	Standards int `json:"standards"`
	Contacts  int `json:"contacts"`
	Schedules int `json:"schedules"`
	Channels  int `json:"channels"`
}

// Summary counts.
func (f *AlertingFiles) Summary() AlertingSummary {
	s := AlertingSummary{Standards: len(f.Standards.All), Contacts: len(f.Plan.Contacts), Schedules: len(f.Plan.Schedules), Channels: len(f.Channels.Channels)}
	if set, err := rule.NewSet(f.Rules...); err == nil { // it was made before
		s.Rules = len(set.Rules)
	}
	return s
}
