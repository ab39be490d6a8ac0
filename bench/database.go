package main

import (
	"cmp"
	"context"
	"fmt"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"steward/internal/clickhouse"
)

// database asks a store what it holds, past the program that writes to it.
type database struct {
	conn driver.Conn
}

func openDatabase(o clickhouse.Options) (*database, error) {
	conn, err := driver.Open(&driver.Options{
		Addr: o.Addrs,
		Auth: driver.Auth{Database: cmp.Or(o.Database, clickhouse.DefaultDatabase), Username: o.User, Password: o.Password},
	})
	if err != nil {
		return nil, err
	}
	return &database{conn}, nil
}

func (d *database) close() error { return d.conn.Close() }

// number is the answer to a query for one number. The query is our own.
func (d *database) number(ctx context.Context, query string) (n uint64, err error) {
	if err := d.conn.QueryRow(ctx, query).Scan(&n); err != nil {
		return 0, fmt.Errorf("%s: %w", query, err)
	}
	return n, nil
}

// expect is a query and the number that it must give.
type expect struct {
	query string
	want  uint64
}

func (d *database) expect(ctx context.Context, all ...expect) error {
	for _, e := range all {
		got, err := d.number(ctx, e.query)
		if err != nil {
			return err
		}
		if got != e.want {
			return fmt.Errorf("messages are lost or doubled: %s is %d, want %d", e.query, got, e.want)
		}
	}
	return nil
}
