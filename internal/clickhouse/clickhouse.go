// Package clickhouse keeps telemetry in ClickHouse: it makes the tables,
// appends batches to them and reads them back.
//
// Open gives a Store; Store.Migrate brings its database up to date;
// Store.Append inserts a Batch exactly once however often it is tried with the
// same token; Store.Query runs anybody's SQL over HTTP; the typed queries are
// one file each in queries/.
//
// Promises: values are bound as parameters, never formatted into SQL; an error
// says by errors.Is whether ClickHouse could not be reached, refused the
// credentials, is overloaded, or refused what it was given; a Store survives
// restarts of the server and of the network, since every connection is made
// when it is needed.
package clickhouse

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// DefaultDatabase is where the tables are when Options names no other.
const DefaultDatabase = "steward"

// Options say how to reach a ClickHouse server, or several of one cluster.
type Options struct {
	Addrs    []string // host:port of the native protocol; the first that answers is used
	HTTPURL  string   // of the HTTP interface, for Query; its path and query are not used
	Database string   // DefaultDatabase when empty; Migrate creates it
	User     string   // "default" when empty
	Password string
	TLS      *tls.Config // nil for plain connections

	DialTimeout time.Duration // of one host; 5 s when zero

	// What callers ask must not starve ingest: so many of their queries and
	// exports run at once, and who waits longer than QueryWait for room is told
	// ErrBusy. 4, 2 and 5 s when zero.
	MaxQueries, MaxExports int
	QueryWait              time.Duration
}

func (o *Options) setDefaults() error {
	if len(o.Addrs) == 0 {
		return errors.New("clickhouse: no address given")
	}
	for _, a := range o.Addrs {
		if _, _, err := net.SplitHostPort(a); err != nil {
			return fmt.Errorf("clickhouse: address %q is not of the form host:port: %w", a, err)
		}
	}
	if o.HTTPURL != "" {
		u, err := url.Parse(o.HTTPURL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("clickhouse: HTTP address %q is not of the form http://host:port", o.HTTPURL)
		}
		if u.User != nil {
			return errors.New("clickhouse: the HTTP address must not hold a user or password: they have settings of their own")
		}
	}
	if o.Database == "" {
		o.Database = DefaultDatabase
	}
	if err := checkDatabase(o.Database); err != nil {
		return err
	}
	if o.User == "" {
		o.User = "default"
	}
	if o.DialTimeout == 0 {
		o.DialTimeout = 5 * time.Second
	}
	o.MaxQueries, o.MaxExports = cmp.Or(o.MaxQueries, 4), cmp.Or(o.MaxExports, 2)
	o.QueryWait = cmp.Or(o.QueryWait, 5*time.Second)
	if o.MaxQueries < 1 || o.MaxQueries >= maxConns || o.MaxExports < 1 || o.QueryWait < 0 {
		return fmt.Errorf("clickhouse: %d queries and %d exports at once with %s of waiting: want 1 to %d queries, 1 export or more", o.MaxQueries, o.MaxExports, o.QueryWait, maxConns-1)
	}
	return nil
}

// checkDatabase keeps to names that need no quoting anywhere.
func checkDatabase(name string) error {
	for i, c := range name {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_', i > 0 && '0' <= c && c <= '9':
		default:
			return fmt.Errorf("clickhouse: database %q is not of the form [A-Za-z_][A-Za-z0-9_]*", name)
		}
	}
	return nil
}

// Store is a connection pool to one database. It is safe for concurrent use.
type Store struct {
	opts    Options
	conn    driver.Conn
	inserts *inserters
	http    *http.Client

	queries, exports *gate // of callers
}

// Open checks the options. It does not connect: Ping does, and everything else
// when it is called.
func Open(opts Options) (*Store, error) {
	if err := opts.setDefaults(); err != nil {
		return nil, err
	}
	conn, err := driver.Open(opts.native(opts.Database))
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	transport := &http.Transport{
		TLSClientConfig:     opts.TLS.Clone(),
		DialContext:         (&net.Dialer{Timeout: opts.DialTimeout}).DialContext,
		TLSHandshakeTimeout: opts.DialTimeout,
		IdleConnTimeout:     time.Minute,
		Proxy:               http.ProxyFromEnvironment,
		// Into a compressed answer the server cannot put an error that comes late.
		DisableCompression: true,
	}
	return &Store{
		opts: opts, conn: conn, inserts: newInserters(opts), http: &http.Client{Transport: transport},
		queries: newGate("queries", opts.MaxQueries, opts.QueryWait), exports: newGate("exports", opts.MaxExports, opts.QueryWait),
	}, nil
}

// maxConns is how many connections there are besides those of inserts: some more
// than callers may use at once.
const maxConns = 8

// native are the options of clickhouse-go.
func (o *Options) native(database string) *driver.Options {
	return &driver.Options{
		Addr:             o.Addrs,
		Auth:             driver.Auth{Database: database, Username: o.User, Password: o.Password},
		TLS:              o.TLS,
		Compression:      &driver.Compression{Method: driver.CompressionLZ4},
		ConnOpenStrategy: driver.ConnOpenInOrder,
		DialTimeout:      o.DialTimeout,
		MaxOpenConns:     maxConns,
		MaxIdleConns:     4,
		ConnMaxLifetime:  time.Hour,
		ClientInfo:       driver.ClientInfo{Products: []struct{ Name, Version string }{{Name: "steward"}}},
	}
}

// Ping makes sure that the server answers and lets us in. A database that does
// not exist yet is no fault: Migrate makes it.
func (s *Store) Ping(ctx context.Context) error {
	err := s.wrap("ping", s.inserts.ping(ctx))
	if errors.Is(err, ErrNoDatabase) {
		return nil
	}
	return err
}

// Database is the name of the database that the store uses.
func (s *Store) Database() string { return s.opts.Database }

// Close ends all connections. Calls that are under way fail.
func (s *Store) Close() error {
	s.http.CloseIdleConnections()
	return errors.Join(s.conn.Close(), s.inserts.close())
}
