package clickhouse

import (
	"context"
	"strconv"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// Anchor is an end of the audit log that was noted outside of it.
type Anchor struct {
	At   time.Time // by the clock of ClickHouse
	Seq  int64     // of the log's last entry then
	Hash string    // of that entry
}

// PutAnchor notes an end of the audit log. Nothing here ever removes one.
func (s *Store) PutAnchor(ctx context.Context, seq int64, hash string) error {
	params := arguments{}
	params.number("seq", seq)
	params.text("hash", hash)
	err := s.conn.Exec(driver.Context(ctx, driver.WithParameters(driver.Parameters(params))), queryText("put_anchor"))
	return s.wrap("note the end of the audit log at "+strconv.FormatInt(seq, 10), err)
}

// Anchors lists what was noted, by number. Two with one number and different
// hashes are evidence that the log was written anew, and both are listed.
func (s *Store) Anchors(ctx context.Context) ([]Anchor, error) {
	var anchors []Anchor
	err := s.each(ctx, "anchors", nil, func(scan func(...any) error) error {
		var at int64
		var a Anchor
		if err := scan(&at, &a.Seq, &a.Hash); err != nil {
			return err
		}
		a.At = time.UnixMilli(at).UTC()
		anchors = append(anchors, a)
		return nil
	})
	return anchors, err
}
