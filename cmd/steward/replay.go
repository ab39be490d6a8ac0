package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"steward/ingest"
	"steward/internal/app"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

func newReplay() *cobra.Command {
	var flags configFlags
	var letters, asJSON bool
	var reason string
	cmd := &cobra.Command{
		Use:   "replay --dead-letters",
		Short: "Feed quarantined messages again, after a fix",
		Long: `Decodes the messages in dead_letters again, with the present configuration, and
stores those that pass, under the time at which they were received. What is
still wrong stays in quarantine. Each message is replayed at most once, however
often this is run; its dead letter is kept as evidence.`,
		Example: `  steward sql "SELECT reason, count() FROM dead_letters GROUP BY reason"
  steward replay --dead-letters --reason clock_ahead --config steward.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !letters {
				return usageError{errors.New("say what to replay: --dead-letters")}
			}
			if err := checkReason(reason); err != nil {
				return usageError{err}
			}
			cfg, err := flags.loadRunning()
			if err != nil {
				return err
			}
			var result ingest.ReplayResult
			err = withStore(cmd, cfg, func(db *clickhouse.Store) (err error) {
				options, err := app.ReplayOptions(cfg)
				if err != nil {
					return err
				}
				options.Reason = telemetry.Reason(reason)
				options.Progress = func(r ingest.ReplayResult) {
					_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "Replayed %d, still refused %d …\n", r.Replayed, r.Refused)
				}
				result, err = ingest.Replay(cmd.Context(), db, authz.Everything(), options)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(result)
			}
			_, err = fmt.Fprintf(cmd.ErrOrStderr(), "Replayed %s; %d still refused and quarantined.\n", plural(result.Replayed, "message"), result.Refused)
			return err
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&letters, "dead-letters", false, "replay the quarantined messages")
	cmd.Flags().StringVar(&reason, "reason", "", "only those quarantined for this `REASON`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

func checkReason(reason string) error {
	if reason == "" {
		return nil
	}
	for _, r := range telemetry.Reasons() {
		if string(r) == reason {
			return nil
		}
	}
	return fmt.Errorf("--reason %q is not one of %v", reason, telemetry.Reasons())
}
