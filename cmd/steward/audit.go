package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"steward/internal/app"
	"steward/internal/clickhouse"
)

func newAudit() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "The log of who did what",
		Args:  unknownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAuditVerify())
	return cmd
}

func newAuditVerify() *cobra.Command {
	var flags configFlags
	var heads []string
	var alone, asJSON bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Prove that the audit log is as it was written",
		Long: `Reads the whole audit log and proves that no entry was changed, removed, moved
or put in between: each is sealed with the hash of the one before. That the end
was not cut off, and the log not written anew, shows from ends that were noted
elsewhere: those that Steward notes in ClickHouse all the time, and those that
you give with --head. Print the present end, keep it somewhere safe, and give it
the next time.

Exit status 1 says that something is wrong, and which entry it is.`,
		Example: `  steward audit verify
  steward audit verify --head 1207:9f86d081884c7d65…`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var noted []app.AuditHead
			for _, s := range heads {
				h, err := parseHead(s)
				if err != nil {
					return usageError{err}
				}
				noted = append(noted, h)
			}
			return withControl(cmd, &flags, func(c *app.Control) error {
				if !alone {
					anchors, err := readAnchors(cmd, &flags)
					if err != nil {
						return fmt.Errorf("read the ends noted in ClickHouse: %w; --alone does without them", err)
					}
					noted = append(noted, anchors...)
				}
				head, err := c.VerifyAudit(cmd.Context(), noted...)
				if err != nil {
					return err
				}
				if asJSON {
					return json.NewEncoder(cmd.OutOrStdout()).Encode(struct {
						app.AuditHead
						Noted int `json:"noted"` // ends it was compared with
					}{head, len(noted)})
				}
				if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "%s of the audit log, as it was written; compared with %s. The present end:\n",
					plural(int(head.Seq), "line"), plural(len(noted), "noted end")); err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d:%s\n", head.Seq, head.Hash)
				return err
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().StringArrayVar(&heads, "head", nil, "an end of the log that was noted before, `SEQ:HASH`; may be repeated")
	cmd.Flags().BoolVar(&alone, "alone", false, "do not ask ClickHouse for the ends noted there")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

func parseHead(s string) (app.AuditHead, error) {
	seq, hash, ok := strings.Cut(s, ":")
	n, err := strconv.ParseInt(seq, 10, 64)
	if !ok || err != nil || n < 1 || len(hash) != 64 {
		return app.AuditHead{}, fmt.Errorf("--head %q is not of the form SEQ:HASH, as this command prints it", s)
	}
	return app.AuditHead{Seq: n, Hash: hash}, nil
}

func readAnchors(cmd *cobra.Command, flags *configFlags) (noted []app.AuditHead, err error) {
	cfg, err := flags.loadRunning()
	if err != nil {
		return nil, err
	}
	err = withStore(cmd, cfg, func(db *clickhouse.Store) error {
		noted, err = app.Anchors(cmd.Context(), db)
		return err
	})
	return noted, err
}
