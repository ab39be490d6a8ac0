package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"steward/internal/app"
	"steward/internal/authz"
	"steward/internal/incident"
)

func newAlertList() *cobra.Command {
	var flags configFlags
	var place string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Open incidents, the gravest first, with what is left on their clocks",
		Long: `Lists the open incidents, whether steward serve runs or not. A clock that has
passed its limit shows by how much, with a minus.`,
		Example: `  steward alert list
  steward alert list --at north/harbour --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			at, err := authz.ParsePlace(place)
			if err != nil {
				return usageError{fmt.Errorf("--at: %w", err)}
			}
			cfg, err := flags.loadRunning()
			if err != nil {
				return err
			}
			logger, err := cfg.Logger(cmd.ErrOrStderr())
			if err != nil {
				return usageError{err}
			}
			store, release, err := app.OpenIncidents(cmd.Context(), cfg, logger)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, release()) }()
			open, err := openIncidents(cmd, store, at)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(open)
			}
			return printIncidents(cmd.OutOrStdout(), open, time.Now())
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&place, "at", "hq", "only those of a place and below: hq, `REGION` or REGION/PROJECT")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the incidents as JSON")
	return cmd
}

func openIncidents(cmd *cobra.Command, store *incident.Store, at authz.Place) ([]incident.Incident, error) {
	open := []incident.Incident{}
	wanted := incident.Filter{Open: true, Region: at.Region, Project: at.Project}
	for page := (incident.Page{Limit: 1000}); ; {
		list, err := store.As(operator).List(cmd.Context(), wanted, page)
		if err != nil {
			return nil, err
		}
		open = append(open, list.Items...)
		if page.Cursor = list.Next; page.Cursor == "" || len(open) >= incident.MaxOpen {
			return open, nil
		}
	}
}

func printIncidents(w io.Writer, open []incident.Incident, now time.Time) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "SEVERITY\tSTATE\tBEGAN\tWHERE\tWHAT\tCLOCKS") // an error shows at Flush
	for i := range open {
		inc := &open[i]
		where := fmt.Sprint(inc.Place)
		if d, ok := inc.DeviceRef(); ok {
			where = d.String()
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", inc.Severity, inc.State,
			inc.StartedAt.Local().Format(time.DateTime), where, inc.Title.In("en"), clocksLeft(inc.Clocks, now))
	}
	return t.Flush()
}

// clocksLeft says of each clock that runs what is left until its limit.
func clocksLeft(clocks []incident.Clock, now time.Time) string {
	var all []string
	for i := range clocks {
		c := &clocks[i]
		switch {
		case c.State == incident.Paused:
			all = append(all, c.Standard+" paused")
		case c.Deadline != nil && c.StoppedAt == nil && (c.State == incident.Running || c.State == incident.Breached):
			all = append(all, fmt.Sprintf("%s %s", c.Standard, c.Deadline.Sub(now).Round(time.Second)))
		}
	}
	if len(all) == 0 {
		return "-"
	}
	return strings.Join(all, ", ")
}
