package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"time"

	"steward/alerting/backtest"
	"steward/alerting/engine"
	"steward/alerting/estate"
	"steward/alerting/notify"
	"steward/alerting/rule"
	"steward/ingest"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// Rules and channels are tried before people rely on them.

// The words of a back-test, for commands.
type (
	BacktestResult = backtest.Result
	BacktestTotal  = backtest.Total
)

// BacktestOptions say what is tried.
type BacktestOptions struct {
	Rules    *TriedRules
	From, To time.Time
	Progress func(at time.Time, messages int) // may be nil
}

// TriedRules are a rule to be tried, with those that it counts.
type TriedRules struct {
	set  *rule.Set
	name string
}

// RulesToTry finds a rule to be tried: in a file, where name chooses one of several,
// or by its own name among those of the configuration.
func RulesToTry(cfg Config, file, name string) (*TriedRules, error) {
	files, err := LoadAlerting(cfg)
	if err != nil {
		return nil, err
	}
	all, err := rule.NewSet(files.Rules...)
	if err != nil {
		return nil, err
	}
	one := all.ByName[file]
	text, err := os.ReadFile(file)
	switch {
	case err == nil:
		rules, err := rule.Parse(file, text)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(rules, func(r *rule.Rule) bool { return name == "" && len(rules) == 1 || r.Name == name })
		if at < 0 {
			return nil, fmt.Errorf("%s holds %d rules: choose one with --name", file, len(rules))
		}
		one = rules[at]
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case one == nil:
		return nil, fmt.Errorf("--rule %s is neither a file nor the name of a rule: see steward alert check", file)
	}
	set, err := alone(one, all)
	return &TriedRules{set, one.Name}, err
}

// alone is a set of one rule, in force, and what it counts.
func alone(r *rule.Rule, all *rule.Set) (*rule.Set, error) {
	on := *r
	on.Mode = rule.Enabled
	rules := []*rule.Rule{&on}
	if of := all.ByName[r.Combine.Of]; r.Kind == rule.Combination && of != nil {
		counted := *of
		counted.Mode = rule.Enabled
		rules = append(rules, &counted)
	}
	return rule.NewSet(rules)
}

// Backtest runs a rule over what is stored, with what the registry knows now.
func Backtest(ctx context.Context, cfg Config, db *clickhouse.Store, o BacktestOptions) (*BacktestResult, error) {
	control, err := OpenControl(ctx, cfg, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, control: control}
	_, err = a.fillEstate(ctx)
	if err := errors.Join(err, control.Close()); err != nil {
		return nil, err
	}
	return backtestRule(ctx, db, a.estate, authz.Everything(), o.Rules.set, o.Rules.name, o.From, o.To, o.Progress)
}

func backtestRule(ctx context.Context, db *clickhouse.Store, known *estate.Estate, scope authz.Scope, set *rule.Set, name string, from, to time.Time, progress func(time.Time, int)) (*backtest.Result, error) {
	r := set.ByName[name]
	q := clickhouse.HistoryQuery{From: from, To: to}
	q.Region, q.Project, q.Class = r.Place.Region, r.Place.Project, r.Class
	return backtest.Run(ctx, backtest.Options{
		Rules: set, Rule: name, Estate: known, From: from, To: to, Progress: progress,
		Read: func(ctx context.Context, each func(*engine.Input) error) error {
			return db.History(ctx, scope, q, func(m *clickhouse.Moment) error {
				in := engine.Input{Received: m.TS, Readings: m.Readings, States: m.States, Events: m.Events}
				for _, e := range m.Events {
					// A change of connection is kept as an event, and was a status.
					if e.Kind == telemetry.Online || e.Kind == telemetry.Offline {
						in.Statuses = append(in.Statuses, telemetry.Status{Device: m.Device, Online: e.Kind == telemetry.Online, Received: m.TS})
					}
				}
				return each(&in)
			})
		},
		Query: func(ctx context.Context, query string, from, to time.Time) ([]engine.Row, error) {
			return ruleRows(ctx, db, query, from, to)
		},
	})
}

// TestChannel sends a message that says that it is a test over a channel.
func TestChannel(ctx context.Context, cfg Config, name string, logger *slog.Logger) error {
	files, err := LoadAlerting(cfg)
	if err != nil {
		return err
	}
	publish := func(context.Context, string, []byte, bool) error {
		return errors.New("the embedded broker is reached by a running steward alone: test it on the page, or by the API")
	}
	if !cfg.embeddedBroker() {
		opts, err := cfg.subscriberOptions("test")
		if err != nil {
			return err
		}
		out := ingest.NewPublisher(opts)
		defer func() { _ = out.Close() }() // what was published was acknowledged
		publish = out.Publish
	}
	channels, err := notify.Open(files.Channels, publish)
	if err != nil {
		return fmt.Errorf("alerting.channels: %w", err)
	}
	logger.Debug("testing a channel", "channel", name)
	return channels.Test(ctx, name)
}
