package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
			proof, err := verifyAll(cmd, &flags, noted, alone)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(proof)
			}
			return proof.print(cmd.OutOrStdout(), cmd.ErrOrStderr())
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

// auditProof is what was proved.
type auditProof struct {
	app.AuditHead
	Noted     int               `json:"noted"` // ends with which the log was compared
	Incidents app.IncidentProof `json:"incidents"`
}

func (p *auditProof) print(stdout, stderr io.Writer) error {
	if _, err := fmt.Fprintf(stderr, "%s with %s of their timelines, as they were written; compared with %s.\n%s of the audit log, as it was written; compared with %s. The present end:\n",
		plural(int(p.Incidents.Incidents), "incident"), plural(int(p.Incidents.Entries), "line"), plural(int(p.Incidents.Noted), "noted line"),
		plural(int(p.Seq), "line"), plural(p.Noted, "noted end")); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "%d:%s\n", p.Seq, p.Hash)
	return err
}

// verifyAll proves everything, alone or against what was noted in ClickHouse. What
// was tampered with in one place does not hide what was in the other.
func verifyAll(cmd *cobra.Command, flags *configFlags, noted []app.AuditHead, alone bool) (p auditProof, err error) {
	ctx := cmd.Context()
	cfg, err := flags.loadRunning()
	if err != nil {
		return p, err
	}
	logger, err := cfg.Logger(cmd.ErrOrStderr())
	if err != nil {
		return p, usageError{err}
	}
	control, err := app.OpenControl(ctx, cfg, logger, nil)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, control.Close()) }()
	incidents, release, err := app.OpenIncidents(ctx, cfg, logger)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, release()) }()

	verify := func(db *clickhouse.Store) error {
		var log, timelines error
		p.Noted = len(noted)
		p.AuditHead, log = control.VerifyAudit(ctx, noted...)
		p.Incidents, timelines = app.VerifyIncidents(ctx, incidents, db)
		return errors.Join(log, timelines)
	}
	if alone {
		err = verify(nil)
		return p, err
	}
	asked := false
	err = withStore(cmd, cfg, func(db *clickhouse.Store) error {
		anchors, err := app.Anchors(ctx, db)
		if err != nil {
			return err
		}
		asked = true
		noted = append(noted, anchors...)
		return verify(db)
	})
	if err != nil && !asked {
		err = fmt.Errorf("read what is noted in ClickHouse: %w; --alone does without", err)
	}
	return p, err
}
