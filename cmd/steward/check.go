package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"steward/internal/app"
)

func newCheck() *cobra.Command {
	var flags configFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check configuration, registry, alerting, broker, ClickHouse and clock",
		Long: `Looks at everything that Steward needs and says of each whether it is well, and
what to do where it is not. Exit status 1 when anything is not.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := flags.load()
			if err != nil {
				return err
			}
			cfg.Log.Level = "error" // what is wrong is in the findings
			logger, err := cfg.Logger(cmd.ErrOrStderr())
			if err != nil {
				return usageError{err}
			}
			findings := app.Check(cmd.Context(), cfg, logger)
			failed := 0
			for _, f := range findings {
				if !f.OK {
					failed++
				}
			}
			if err := printFindings(cmd, findings, asJSON); err != nil {
				return err
			}
			if failed > 0 {
				return errors.New(plural(failed, "check") + " failed")
			}
			return nil
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

func printFindings(cmd *cobra.Command, findings []app.Finding, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(findings)
	}
	for _, f := range findings {
		mark := "ok  "
		if !f.OK {
			mark = "FAIL"
		}
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s  %-13s %s\n", mark, f.Name, strings.ReplaceAll(f.Detail, "\n", "\n"+strings.Repeat(" ", 20))); err != nil {
			return err
		}
	}
	return nil
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
