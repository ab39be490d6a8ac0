// Command steward is the whole of Steward in one binary: see steward --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // projects have time zones, and small images have none

	"github.com/spf13/cobra"

	"steward/internal/clickhouse/embedded"
)

// version is set when a release is built.
var version = "dev"

// Exit codes: done, failed, wrong usage.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == embedded.ChildCommand {
		// The engine's own process: it has nothing of Steward's to parse.
		os.Exit(embedded.ChildMain(os.Args[2:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// usageError is a mistake in how the command was called.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// run executes one command line: data to stdout, words for people to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot(stdout, stderr)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	for line := range strings.Lines(err.Error()) {
		_, _ = fmt.Fprintln(stderr, "steward:", strings.TrimRight(line, "\n"))
	}
	if errors.As(err, new(usageError)) || isCobraUsage(err) {
		_, _ = fmt.Fprintf(stderr, "See %s --help.\n", cmd.CommandPath())
		return exitUsage
	}
	return exitFailed
}

// isCobraUsage recognises the mistakes that cobra finds before a command runs
// and reports as plain errors.
func isCobraUsage(err error) bool {
	return strings.HasPrefix(err.Error(), "unknown command") || strings.HasPrefix(err.Error(), "required flag")
}

// unknownCommand refuses what is not a command, with the one that was probably
// meant.
func unknownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	if near := root.SuggestionsFor(args[0]); len(near) > 0 {
		hint = ": did you mean " + near[0] + "?"
	}
	return fmt.Errorf("unknown command %q%s", args[0], hint)
}

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "steward",
		Short: "Telemetry of estates into safety, savings and evidence",
		Long: `Steward (管家) reads the MQTT telemetry of meters, elevators, fire systems and
access gates, keeps every reading in ClickHouse, and shows the live state of all
estates on a page.

To see it at work with a simulated fleet:

    steward demo

To run it, with its own broker and store where none are configured:

    steward serve --config /etc/steward/steward.yaml

Data goes to standard output, everything for people to standard error. Exit
status: 0 done, 1 failed, 2 wrong usage.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
		SuggestionsMinimumDistance: 2,
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		newDemo(), newServe(), newMigrate(), newSimulate(), newSQL(), newCheck(), newReplay(),
		newUser(), newToken(), newMQTT(), newImport(), newExport(), newAlert(), newAudit(), newAnalyze(), newReport(), newVersion(),
	)
	mistakesAreUsage(root)
	return root
}

// mistakesAreUsage makes wrong arguments of all commands below a mistake in how
// the command was called.
func mistakesAreUsage(parent *cobra.Command) {
	for _, c := range parent.Commands() {
		if check := c.Args; check != nil {
			c.Args = func(cmd *cobra.Command, args []string) error {
				if err := check(cmd, args); err != nil {
					return usageError{err}
				}
				return nil
			}
		}
		mistakesAreUsage(c)
	}
}
