package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"steward/internal/app"
	"steward/internal/clickhouse"
)

func newMigrate() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the tables in ClickHouse up to date",
		Long: `Creates or updates the database, its tables and their retention. serve does the
same at its start; this is for those who want it done before. It may be run
again and by several at once.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := flags.load()
			if err != nil {
				return err
			}
			return withStore(cmd, cfg, func(db *clickhouse.Store) error {
				if err := app.Migrate(cmd.Context(), cfg, db); err != nil {
					return err
				}
				_, err := fmt.Fprintln(cmd.ErrOrStderr(), "The tables are up to date.")
				return err
			})
		},
	}
	flags.add(cmd)
	return cmd
}
