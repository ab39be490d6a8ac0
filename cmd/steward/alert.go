package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"steward/internal/app"
	"steward/internal/clickhouse"
)

func newAlert() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "alert",
		Short: "Incidents, rules, standards and channels: list, check, try",
		Args:  unknownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAlertList(), newAlertCheck(), newAlertBacktest(), newAlertTestChannel())
	return cmd
}

func newAlertCheck() *cobra.Command {
	var flags configFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check [RULES.yaml …]",
		Short: "Check rules, standards, calendar, escalation and channels",
		Long: `Reads the rules, standards, calendar, escalation and channels that the
configuration names, or the shipped ones, and says everything that is wrong with
them, each with file, line and remedy. Files named here are checked as rules that
come to them.`,
		Example: `  steward alert check
  steward alert check my-rules.yaml`,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := flags.load()
			if err != nil {
				return err
			}
			files, err := app.LoadAlerting(cfg, args...)
			if err != nil {
				return err
			}
			summary := files.Summary()
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(summary)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s, %s, %s, %s: all well\n", plural(summary.Rules, "rule"),
				plural(summary.Standards, "standard"), plural(summary.Contacts, "contact"), plural(summary.Channels, "channel"))
			return err
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

func newAlertBacktest() *cobra.Command {
	var flags configFlags
	var file, name, from, to string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "backtest --rule FILE|NAME --from TIME [--to TIME]",
		Short: "Run a rule over stored history: how often would it have fired?",
		Long: `Runs a rule over the readings and events that are stored, with the same
evaluation as the live stream, and tells how often it would have fired, where and
for how long. Nobody is told of anything. Messages count as if they had come when
their device says that it made them.

--rule is a file with one rule or several, of which --name chooses one; or the name
of a rule that is shipped or configured. Times are RFC 3339 or a date, which begins
at midnight UTC.`,
		Example: `  steward alert backtest --rule meter_under_voltage --from 2026-11-01 --to 2026-11-08
  steward alert backtest --rule my-rule.yaml --from 2026-11-20T00:00:00+08:00 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			period, err := backtestPeriod(from, to, time.Now())
			if err != nil {
				return usageError{err}
			}
			cfg, err := flags.loadRunning()
			if err != nil {
				return err
			}
			rules, err := app.RulesToTry(cfg, file, name)
			if err != nil {
				return usageError{err}
			}
			return withStore(cmd, cfg, func(db *clickhouse.Store) error {
				result, err := app.Backtest(cmd.Context(), cfg, db, app.BacktestOptions{
					Rules: rules, From: period[0], To: period[1], Progress: backtestProgress(cmd.ErrOrStderr(), period[0], period[1]),
				})
				if err != nil {
					return err
				}
				if asJSON {
					return json.NewEncoder(cmd.OutOrStdout()).Encode(result)
				}
				return printBacktest(cmd.OutOrStdout(), result)
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&file, "rule", "", "`FILE` of the rule, or the name of one in force")
	cmd.Flags().StringVar(&name, "name", "", "which rule of the file, when it holds several")
	cmd.Flags().StringVar(&from, "from", "", "begin of the history, `TIME`")
	cmd.Flags().StringVar(&to, "to", "", "end of it, `TIME`; now when left out")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	for _, f := range []string{"rule", "from"} {
		if err := cmd.MarkFlagRequired(f); err != nil {
			panic(err) // it is named two lines above
		}
	}
	return cmd
}

func backtestPeriod(from, to string, now time.Time) (p [2]time.Time, err error) {
	p[1] = now
	for i, text := range []string{from, to} {
		if text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			at, err = time.Parse(time.DateOnly, text)
		}
		if err != nil {
			return p, fmt.Errorf("%s %q is not a time such as 2026-11-01 or 2026-11-01T08:00:00+08:00", []string{"--from", "--to"}[i], text)
		}
		p[i] = at
	}
	if !p[0].Before(p[1]) {
		return p, fmt.Errorf("--from %s is not before --to %s", p[0].Format(time.RFC3339), p[1].Format(time.RFC3339))
	}
	return p, nil
}

// backtestProgress writes how far it has come, at most once a second.
func backtestProgress(w io.Writer, from, to time.Time) func(time.Time, int) {
	if !isTerminal(w) {
		return nil
	}
	var last time.Time
	return func(at time.Time, messages int) {
		if time.Since(last) < time.Second {
			return
		}
		last = time.Now()
		part := at.Sub(from).Seconds() / to.Sub(from).Seconds()
		_, _ = fmt.Fprintf(w, "\r%3.0f%%  %s  %s", 100*part, at.Format("2006-01-02 15:04"), plural(messages, "message")) // only for the eye
	}
}

// isTerminal reports whether somebody may be looking.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func printBacktest(w io.Writer, r *app.BacktestResult) error {
	if _, err := fmt.Fprintf(w, "%s would have fired %s between %s and %s, for %s altogether; %d at the end.\n%s read in %.1f s.\n",
		r.Rule, times(r.Fired), r.From.UTC().Format(time.RFC3339), r.To.UTC().Format(time.RFC3339),
		roughly(r.Held), r.Firing, plural(r.Messages, "message"), r.Took); err != nil {
		return err
	}
	for _, part := range []struct {
		title string
		list  []app.BacktestTotal
	}{{"By project", r.Projects}, {"By device", r.Devices}} {
		if len(part.list) == 0 {
			continue
		}
		if _, err := fmt.Fprintf(w, "\n%s:\n", part.title); err != nil {
			return err
		}
		for i := range part.list[:min(len(part.list), 20)] {
			t := &part.list[i]
			if _, err := fmt.Fprintf(w, "  %6d  %10s  %s\n", t.Fired, roughly(t.Held), t.String()); err != nil {
				return err
			}
		}
	}
	return nil
}

func times(n int) string {
	switch n {
	case 0:
		return "never"
	case 1:
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func roughly(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
}

func newAlertTestChannel() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use:   "test-channel NAME",
		Short: "Send a test message over a channel",
		Long: `Sends a message that says that it is a test over one of the channels of the
configuration (alerting.channels), and says whether the other side took it.`,
		Example: `  steward alert test-channel control-room-dingtalk`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := flags.load()
			if err != nil {
				return err
			}
			logger, err := cfg.Logger(cmd.ErrOrStderr())
			if err != nil {
				return usageError{err}
			}
			if err := app.TestChannel(cmd.Context(), cfg, args[0], logger); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.ErrOrStderr(), "sent over %s\n", args[0])
			return err
		},
	}
	flags.add(cmd)
	return cmd
}
