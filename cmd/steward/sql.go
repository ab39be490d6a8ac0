package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"steward/internal/clickhouse"
)

func newSQL() *cobra.Command {
	var flags configFlags
	var format string
	var write bool
	cmd := &cobra.Command{
		Use:   `sql "SELECT …"`,
		Short: "Run a query against the running or configured store",
		Long: `Sends a query to ClickHouse and prints the answer: to the configured one, or to
the embedded engine of the steward that runs on the data folder (of serve, or
of demo), or, when none runs, to an engine started for the query. With - the
query is read from standard input.

Only reading is allowed, unless --write is given.`,
		Example: `  steward sql "SELECT class, count() FROM readings GROUP BY class"
  steward sql --format JSONEachRow "SELECT * FROM dead_letters ORDER BY received DESC LIMIT 5"
  steward sql --format Parquet "SELECT * FROM readings_1h" > readings.parquet`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := flags.loadRunning()
			if err != nil {
				return err
			}
			cfg.Log.Level = "error"
			query := args[0]
			if query == "-" {
				text, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), maxQuery))
				if err != nil {
					return err
				}
				query = string(text)
			}
			if strings.TrimSpace(query) == "" {
				return usageError{errors.New("the query is empty")}
			}
			err = withStore(cmd, cfg, func(db *clickhouse.Store) error {
				return db.Query(cmd.Context(), cmd.OutOrStdout(), clickhouse.QueryOptions{SQL: query, Format: format, ReadOnly: !write})
			})
			if errors.Is(err, clickhouse.ErrRefused) && strings.Contains(err.Error(), "(READONLY)") {
				return fmt.Errorf("%w: give --write to change data", err)
			}
			return err
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&format, "format", "TabSeparatedWithNames", "any output `FORMAT` of ClickHouse, such as CSVWithNames, JSON, JSONEachRow, Parquet, PrettyCompact")
	cmd.Flags().BoolVar(&write, "write", false, "allow statements that change data")
	return cmd
}

// maxQuery bounds a query read from standard input.
const maxQuery = 1 << 20
