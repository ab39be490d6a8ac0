package incident

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/internal/controldb"
	"steward/internal/telemetry"
)

// MaxClaim bounds how many notices are taken at once.
const MaxClaim = 500

// Enqueue puts a notice into the outbox. One with the same key is kept once: fresh
// says that this is the first. It may go out as soon as NotBefore and NextAt have
// passed.
func (tx *Tx) Enqueue(n Notice) (fresh bool, err error) {
	n.Key, n.Incident, n.Region, n.Project = clean(n.Key), clean(n.Incident), clean(n.Region), clean(n.Project)
	switch {
	case n.Key == "":
		return false, errors.New("enqueue a notice: key: empty: it names the notice for ever")
	case len(n.Channels) == 0:
		return false, fmt.Errorf("enqueue notice %s: channels: none: there is no way to tell %s", n.Key, n.Receiver)
	}
	n.State, n.Channel, n.Tries, n.SentAt = NoticeWaiting, 0, 0, nil
	if n.CreatedAt.IsZero() {
		n.CreatedAt = tx.now
	}
	text, err := json.Marshal(n)
	if err != nil {
		return false, fmt.Errorf("enqueue notice %s: %w", n.Key, err)
	}
	added, err := tx.tx.Exec(`INSERT INTO incident_notices (id, incident, region, project, urgent, state, created_at, ready_at, doc)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		n.Key, n.Incident, n.Region, n.Project, n.Severity == telemetry.LifeSafety, string(n.State), n.CreatedAt, n.readyAt(), string(text))
	if err != nil {
		return false, fmt.Errorf("enqueue notice %s: %w", n.Key, err)
	}
	tx.news = tx.news || added > 0
	return added > 0, nil
}

// readyAt is when a notice may be taken.
func (n *Notice) readyAt() time.Time {
	at := n.CreatedAt
	for _, t := range []time.Time{n.NotBefore, n.NextAt} {
		if t.After(at) {
			at = t
		}
	}
	return at
}

// Claim takes notices that are due, at most limit: life safety first, then those
// that have been due longest. Nobody else is given them before lease has passed:
// what a crash leaves unfinished comes again.
func (s *Store) Claim(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]Notice, error) {
	limit = max(0, min(limit, MaxClaim))
	// Mostly nothing is due, and to learn that nobody has to wait for the writers.
	due := false
	err := s.db.Read(ctx, func(tx *controldb.Tx) error {
		docs, err := ready(tx, now, 1)
		due = len(docs) > 0
		return err
	})
	if err != nil || !due {
		return nil, err
	}
	var claimed []Notice
	err = s.db.Write(ctx, func(tx *controldb.Tx) error {
		docs, err := ready(tx, now, limit)
		if err != nil || len(docs) == 0 {
			return err
		}
		claimed = make([]Notice, len(docs))
		args := []any{now.Add(lease)}
		for i := range docs {
			n, err := docs[i].notice()
			if err != nil {
				return err
			}
			claimed[i] = *n
			args = append(args, docs[i].ID)
		}
		_, err = tx.Exec(`UPDATE incident_notices SET ready_at = ? WHERE id IN (?`+strings.Repeat(", ?", len(docs)-1)+`)`, args...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim notices: %w", err)
	}
	return claimed, nil
}

// ready reads notices that may be taken, those about life safety first.
func ready(tx *controldb.Tx, now time.Time, limit int) ([]doc, error) {
	var all []doc
	for _, urgent := range []bool{true, false} {
		var docs []doc
		err := tx.Select(&docs, `SELECT id, doc FROM incident_notices
			WHERE state = 'waiting' AND urgent = ? AND ready_at <= ? ORDER BY ready_at, id LIMIT ?`, urgent, now, limit-len(all))
		if err != nil {
			return nil, err
		}
		all = append(all, docs...)
	}
	return all, nil
}

// Delivery is the data of an EntryDelivered.
type Delivery struct {
	Notice   string `json:"notice"`
	What     string `json:"what"`
	Receiver string `json:"receiver"`
	Channel  string `json:"channel"`
	Attempt  int    `json:"attempt"`
	OK       bool   `json:"ok"`
	Error    string `json:"error,omitempty"`
}

// maxReason bounds what is kept of why an attempt failed, in bytes.
const maxReason = 500

// Finish notes an attempt at a notice, numbers it, and moves the notice on: State,
// Channel, Tries, NextAt and SentAt are taken from next. The timeline of the
// incident gets an entry.
//
// A notice that was sent stays sent, whatever an attempt that overlapped says. The
// version of the incident stays the same: nobody decides upon what was delivered.
func (s *Store) Finish(ctx context.Context, key string, a Attempt, next Notice) error {
	err := s.Update(ctx, func(tx *Tx) error {
		var d doc
		if err := tx.tx.Get(&d, `SELECT id, doc FROM incident_notices WHERE id = ?`, clean(key)); err != nil {
			return err
		}
		n, err := d.notice()
		if err != nil {
			return err
		}
		if err := tx.attempt(n, &a); err != nil {
			return err
		}
		if n.State != NoticeSent {
			n.advance(&next, a.At)
			if err := tx.moved(n); err != nil {
				return err
			}
		}
		return tx.delivered(n, &a)
	})
	if err != nil {
		return fmt.Errorf("finish notice %s: %w", key, err)
	}
	return nil
}

func (n *Notice) advance(next *Notice, at time.Time) {
	n.State, n.Channel, n.Tries, n.NextAt, n.SentAt = next.State, next.Channel, next.Tries, next.NextAt, next.SentAt
	if n.State == NoticeSent && n.SentAt == nil {
		n.SentAt = &at
	}
}

// attempt keeps one attempt, as the next of its notice.
func (tx *Tx) attempt(n *Notice, a *Attempt) error {
	if a.At.IsZero() {
		a.At = tx.now
	}
	a.Notice, a.At, a.Channel, a.Error = n.Key, controldb.Stored(a.At), clean(a.Channel), cut(clean(a.Error), maxReason)
	if err := tx.tx.Get(&a.N, `SELECT count(*) + 1 FROM incident_attempts WHERE notice = ?`, n.Key); err != nil {
		return err
	}
	_, err := tx.tx.Exec(`INSERT INTO incident_attempts (notice, n, incident, region, project, at, channel, ok, error, took) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.Notice, a.N, n.Incident, n.Region, n.Project, a.At, a.Channel, a.OK, a.Error, a.Took)
	return err
}

// moved writes how far a notice has come.
func (tx *Tx) moved(n *Notice) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	_, err = tx.tx.Exec(`UPDATE incident_notices SET state = ?, ready_at = ?, doc = ? WHERE id = ?`, string(n.State), n.readyAt(), string(text), n.Key)
	return err
}

// delivered tells the incident of an attempt. A notice without an incident, such
// as a test, has nobody to tell.
func (tx *Tx) delivered(n *Notice, a *Attempt) error {
	inc, err := tx.Get(n.Incident)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	data, err := json.Marshal(Delivery{n.Key, n.What, n.Receiver, a.Channel, a.N, a.OK, a.Error})
	if err != nil {
		return err
	}
	return tx.save(inc, 0, []Entry{{Kind: EntryDelivered, At: a.At, Actor: System, Data: data}})
}

// Backlog is what waits in the outbox.
type Backlog struct {
	Waiting int
	Oldest  time.Time // when the oldest of them was made; zero when none waits
}

// Backlog counts what waits in the outbox, with what is held until later.
func (s *Store) Backlog(ctx context.Context) (b Backlog, err error) {
	err = s.db.Read(ctx, func(tx *controldb.Tx) error {
		if err := tx.Get(&b.Waiting, `SELECT count(*) FROM incident_notices WHERE state = 'waiting'`); err != nil {
			return err
		}
		return optional(tx.Get(&b.Oldest, `SELECT created_at FROM incident_notices WHERE state = 'waiting' ORDER BY created_at LIMIT 1`))
	})
	b.Oldest = b.Oldest.UTC()
	return b, err
}

// attemptRow is an Attempt as the table has it.
type attemptRow struct {
	Notice  string    `db:"notice"`
	N       int       `db:"n"`
	At      time.Time `db:"at"`
	Channel string    `db:"channel"`
	OK      bool      `db:"ok"`
	Error   string    `db:"error"`
	Took    float64   `db:"took"`
}

func attemptsOf(rows []attemptRow) []Attempt {
	all := slices.Grow([]Attempt{}, len(rows))
	for _, r := range rows {
		all = append(all, Attempt{r.Notice, r.N, r.At.UTC(), r.Channel, r.OK, r.Error, r.Took})
	}
	return all
}
