package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
)

// Append inserts the rows of a batch, each exactly once: an append that failed,
// or whose answer was lost, is repeated with the same batch and token, and adds
// only what was missing, in the tables and in the rollups behind them. The
// server remembers the last ten thousand blocks of a table. Different tokens
// store equal rows again.
//
// Several inserts may be needed; when one fails, those before it stay. The
// error is of a class for errors.Is; a refusal (ErrRefused) will come again.
func (s *Store) Append(ctx context.Context, b *Batch, token string) error {
	for i, in := range b.inserts() {
		if err := s.inserts.do(ctx, in, token+"/"+in.table+"/"+strconv.Itoa(i)); err != nil {
			return s.wrap(fmt.Sprintf("insert %d rows into %s", in.columns[0].Data.Rows(), in.table), err)
		}
	}
	return nil
}

// insertSettings make an insert what Append promises, whatever the server's
// profile says.
func insertSettings(token string) []ch.Setting {
	return []ch.Setting{
		// Confirmed means written, and by this very insert.
		{Key: "async_insert", Value: "0", Important: true},
		// A block with a known token is skipped, but still offered to the views,
		// which skip what they have by the same token: an insert that broke off
		// between table and views is completed by its repetition.
		{Key: "insert_deduplicate", Value: "1", Important: true},
		{Key: "insert_deduplication_token", Value: token, Important: true},
		{Key: "deduplicate_blocks_in_dependent_materialized_views", Value: "1", Important: true},
		{Key: "materialized_views_ignore_errors", Value: "0", Important: true},
		ch.SettingInt("max_partitions_per_insert_block", maxPartitions),
		// The views group by the whole key of their tables: there is nothing to
		// collapse within an insert, and looking for it costs as much as writing.
		{Key: "optimize_on_insert", Value: "0", Important: true},
		{Key: "max_insert_threads", Value: "1", Important: true},
	}
}

// inserters are connections for inserts. They speak the native protocol by
// ch-go, the layer under clickhouse-go, because clickhouse-go's LowCardinality
// columns look up and box every string of every row: the client's share of an
// insert takes less than a tenth of the processor time this way.
type inserters struct {
	opts Options

	mu     sync.Mutex // guards what follows
	idle   []*ch.Client
	closed bool
}

// maxIdle is how many connections wait for the next insert; one writer needs
// one.
const maxIdle = 4

func newInserters(opts Options) *inserters { return &inserters{opts: opts} }

func (p *inserters) do(ctx context.Context, in insert, token string) error {
	query := ch.Query{Body: in.columns.Into(in.table), Input: in.columns, Settings: insertSettings(token)}
	if conn := p.take(); conn != nil {
		err := p.run(ctx, conn, query)
		if err == nil || !errors.Is(classify(err), ErrUnreachable) || ctx.Err() != nil {
			return err
		}
		// It had waited; the server may have been restarted meanwhile. The token
		// makes a second try safe.
	}
	conn, err := p.dial(ctx)
	if err != nil {
		return err
	}
	return p.run(ctx, conn, query)
}

// run uses a connection and keeps it for the next time, unless it failed.
func (p *inserters) run(ctx context.Context, conn *ch.Client, query ch.Query) error {
	if err := conn.Do(ctx, query); err != nil {
		_ = conn.Close() // the failure is the news
		return err
	}
	return p.keep(conn)
}

func (p *inserters) keep(conn *ch.Client) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle) == maxIdle {
		return conn.Close()
	}
	p.idle = append(p.idle, conn)
	return nil
}

func (p *inserters) take() *ch.Client {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	conn := p.idle[n-1]
	p.idle = p.idle[:n-1]
	return conn
}

// dial connects to the first host that lets us in.
func (p *inserters) dial(ctx context.Context) (*ch.Client, error) {
	var failures []error
	for _, addr := range p.opts.Addrs {
		conn, err := ch.Dial(ctx, p.opts.raw(addr))
		if err == nil {
			// Not in the handshake: the embedded engine may abort when it has to
			// refuse a database there.
			if err = conn.Do(ctx, ch.Query{Body: "USE " + p.opts.Database}); err == nil {
				return conn, nil
			}
			_ = conn.Close() // the refusal is the news
		}
		failures = append(failures, err)
	}
	return nil, errors.Join(failures...)
}

// ping makes sure that a server answers.
func (p *inserters) ping(ctx context.Context) error {
	for {
		waited := true
		conn := p.take()
		if conn == nil {
			var err error
			if conn, err = p.dial(ctx); err != nil {
				return err
			}
			waited = false
		}
		err := conn.Ping(ctx)
		if err == nil {
			return p.keep(conn)
		}
		_ = conn.Close() // the failure is the news
		if !waited || ctx.Err() != nil {
			return err
		}
	}
}

// raw are the options of ch-go.
func (o *Options) raw(addr string) ch.Options {
	compression := ch.CompressionLZ4
	if at, err := netip.ParseAddrPort(addr); err == nil && at.Addr().IsLoopback() {
		compression = ch.CompressionDisabled // it takes longer than the way it saves
	}
	return ch.Options{
		Address: addr, User: o.User, Password: o.Password, ClientName: "steward",
		Compression: compression,
		TLS:         o.TLS,
		DialTimeout: o.DialTimeout, HandshakeTimeout: 2 * o.DialTimeout,
		// The server reports progress several times a second, also while it
		// writes.
		ReadTimeout: time.Minute,
	}
}

func (p *inserters) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	var errs []error
	for _, conn := range p.idle {
		errs = append(errs, conn.Close())
	}
	p.idle = nil
	return errors.Join(errs...)
}

var _ proto.ColInput = lowCardinality{}
