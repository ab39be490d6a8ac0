package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"steward/internal/app"
	"steward/internal/runs"
)

func newAnalyzeJobs() *cobra.Command {
	var flags configFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "jobs",
		Short: "The analyses over what is stored: what they do, and when",
		Long: `Lists the analyses that run by themselves and on demand, with when they run next, by
the company's clocks (analytics.time_zone), and how they stand.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withAnalytics(cmd, &flags, false, func(d *app.AnalyticsDoor, zone *time.Location) error {
				jobs := app.AnalyticsJobs(d.AnalyticsService)
				for i := range jobs {
					last, err := d.Runs.As(operator).List(cmd.Context(), runs.Filter{Job: jobs[i].Name}, runs.Page{Limit: 1})
					if err != nil {
						return err
					}
					if len(last.Items) > 0 {
						jobs[i].Last = &last.Items[0]
					}
					result, err := d.Runs.Latest(cmd.Context(), jobs[i].Name, runs.Of{})
					if err == nil {
						jobs[i].Result = &result
					} else if !errors.Is(err, runs.ErrNotFound) {
						return err
					}
				}
				return printResult(cmd.OutOrStdout(), asJSON, jobs, func(w io.Writer, _ any) error {
					t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
					_, _ = fmt.Fprintln(t, "JOB\tRUNS\tNEXT\tLAST\tPARAMS\tWHAT IT DOES") // an error shows at Flush
					for i := range jobs {
						j := &jobs[i]
						when, next, last := j.Every, "-", "never"
						if j.At != "" {
							when += " at " + j.At
						}
						if j.Off {
							when = "off"
						}
						if j.Next != nil {
							next = j.Next.In(zone).Format("2006-01-02 15:04 -07:00")
						}
						if j.Last != nil {
							last = string(j.Last.State) + " " + j.Last.QueuedAt.In(zone).Format("2006-01-02 15:04")
						}
						var params []string
						for _, p := range j.Params {
							params = append(params, p.Name)
						}
						_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", j.Name, when, next, last, dash(strings.Join(params, ", ")), j.About)
					}
					return t.Flush()
				})
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}
