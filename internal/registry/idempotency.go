package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"steward/internal/controldb"
)

// Entry is an entry of the audit log, as History and Audit give it.
type Entry = controldb.Entry

// Answers keeps the answers to requests that must not be carried out twice: who
// repeats one, because the first answer got lost, is given that answer again.
type Answers struct {
	db  *controldb.DB
	now func() time.Time
}

// NewAnswers keeps answers in db.
func NewAnswers(db *controldb.DB, now func() time.Time) *Answers {
	if now == nil {
		now = time.Now
	}
	return &Answers{db: db, now: now}
}

// AnswerKey names a request of one principal.
type AnswerKey struct {
	Principal string // kind and ID
	Request   string // the key that the caller chose
	Digest    string // of what was asked: the same for the same request
}

// Answer is what was answered.
type Answer struct {
	Status int
	Header map[string]string
	Body   []byte
	Gone   bool // it was answered, and the answer was too large or too secret to be kept
}

// How long answers are kept, and how many of one principal: a caller with a key
// for everything must not fill the database.
const (
	keepAnswers = 24 * time.Hour
	mostAnswers = 10_000
)

// Errors of Begin.
var (
	ErrOtherRequest   = errors.New("the key was used for another request")
	ErrStillRunning   = errors.New("the request with this key is still being carried out")
	ErrTooManyAnswers = errors.New("too many keys were used within a day")
)

const (
	answerRunning = "running"
	answerKept    = "kept"
	answerGone    = "gone"
)

type answerRow struct {
	Principal string    `db:"principal"`
	Request   string    `db:"request"`
	Digest    string    `db:"digest"`
	State     string    `db:"state"`
	Status    int       `db:"status"`
	Header    string    `db:"header"`
	Body      string    `db:"body"`
	ExpiresAt time.Time `db:"expires_at"`
}

// Begin claims a key for a request that is about to be carried out, or returns
// the answer that it was given before. A claim without Finish or Abandon, as a
// crash leaves it, ends after lease.
func (a *Answers) Begin(ctx context.Context, k AnswerKey, lease time.Duration) (given *Answer, err error) {
	err = a.db.Write(ctx, func(tx *controldb.Tx) error {
		now := a.now()
		if _, err := tx.Exec(`DELETE FROM answers WHERE expires_at <= ?`, now); err != nil {
			return err
		}
		var row answerRow
		err := tx.Get(&row, `SELECT * FROM answers WHERE principal = ? AND request = ?`, k.Principal, k.Request)
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return err
		case row.Digest != k.Digest:
			return ErrOtherRequest
		case row.State == answerRunning:
			return ErrStillRunning
		default:
			given, err = row.answer()
			return err
		}
		var kept int
		if err := tx.Get(&kept, `SELECT COUNT(*) FROM answers WHERE principal = ?`, k.Principal); err != nil {
			return err
		}
		if kept >= mostAnswers {
			return ErrTooManyAnswers
		}
		_, err = tx.NamedExec(`INSERT INTO answers (principal, request, digest, state, status, header, body, expires_at)
			VALUES (:principal, :request, :digest, :state, :status, :header, :body, :expires_at)`,
			answerRow{Principal: k.Principal, Request: k.Request, Digest: k.Digest, State: answerRunning, ExpiresAt: controldb.Stored(now.Add(lease))})
		return err
	})
	return given, err
}

func (r answerRow) answer() (*Answer, error) {
	given := &Answer{Status: r.Status, Body: []byte(r.Body), Gone: r.State == answerGone}
	if given.Gone {
		return given, nil
	}
	if err := json.Unmarshal([]byte(r.Header), &given.Header); err != nil {
		return nil, fmt.Errorf("kept answer: %w", err)
	}
	return given, nil
}

// Finish keeps the answer to a request for a day.
func (a *Answers) Finish(ctx context.Context, k AnswerKey, given Answer) error {
	state := answerKept
	if given.Gone {
		state, given.Body, given.Header = answerGone, nil, nil
	}
	header, err := json.Marshal(given.Header)
	if err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	return a.db.Write(ctx, func(tx *controldb.Tx) error {
		_, err := tx.Exec(`UPDATE answers SET state = ?, status = ?, header = ?, body = ?, expires_at = ?
			WHERE principal = ? AND request = ? AND digest = ?`,
			state, given.Status, string(header), string(given.Body), a.now().Add(keepAnswers), k.Principal, k.Request, k.Digest)
		return err
	})
}

// Abandon gives a key back: the request changed nothing and may be tried again.
func (a *Answers) Abandon(ctx context.Context, k AnswerKey) error {
	return a.db.Write(ctx, func(tx *controldb.Tx) error {
		_, err := tx.Exec(`DELETE FROM answers WHERE principal = ? AND request = ? AND digest = ? AND state = ?`,
			k.Principal, k.Request, k.Digest, answerRunning)
		return err
	})
}
