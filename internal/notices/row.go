package notices

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/incident"
)

// row is a Notice as the table has it.
type row struct {
	ID         string     `db:"id"`
	Region     string     `db:"region"`
	Project    string     `db:"project"`
	Kind       string     `db:"kind"`
	Month      string     `db:"month"`
	FindingZH  string     `db:"finding_zh"`
	FindingEN  string     `db:"finding_en"`
	RequiredZH string     `db:"required_zh"`
	RequiredEN string     `db:"required_en"`
	Evidence   string     `db:"evidence"`
	State      State      `db:"state"`
	Live       bool       `db:"live"`
	Owner      string     `db:"owner"`
	IssuedAt   time.Time  `db:"issued_at"`
	DueOn      string     `db:"due_on"`
	DueAt      time.Time  `db:"due_at"`
	HQAt       time.Time  `db:"hq_at"`
	Told       string     `db:"told"`
	Settled    bool       `db:"settled"`
	ClosedAt   *time.Time `db:"closed_at"`
	Version    int64      `db:"version"`
}

const columns = `id, region, project, kind, month, finding_zh, finding_en, required_zh, required_en, evidence, state, live, owner,
	issued_at, due_on, due_at, hq_at, told, settled, closed_at, version`

func (r *row) notice(now time.Time) Notice {
	n := Notice{
		ID: r.ID, Region: r.Region, Project: r.Project, Kind: r.Kind, Month: r.Month,
		Finding: incident.Text{ZH: r.FindingZH, EN: r.FindingEN}, Required: incident.Text{ZH: r.RequiredZH, EN: r.RequiredEN},
		State: r.State, Owner: r.Owner, IssuedAt: r.IssuedAt.UTC(), DueOn: r.DueOn, DueAt: r.DueAt.UTC(), Level: r.Told, Version: r.Version,
		Overdue: r.Live && r.State != Submitted && !now.Before(r.DueAt),
	}
	if r.Evidence != "" {
		n.Evidence = json.RawMessage(r.Evidence)
	}
	if r.ClosedAt != nil {
		n.ClosedAt = r.ClosedAt.UTC()
	}
	return n
}

func one(tx *controldb.Tx, where string, args ...any) (*row, error) {
	var r row
	if err := tx.Get(&r, `SELECT `+columns+` FROM rectification_notices `+where, args...); err != nil {
		return nil, err
	}
	return &r, nil
}

func many(tx *controldb.Tx, where string, args ...any) (rows []row, err error) {
	err = tx.Select(&rows, `SELECT `+columns+` FROM rectification_notices `+where, args...)
	return rows, err
}

func insert(tx *controldb.Tx, r *row) error {
	_, err := tx.NamedExec(`INSERT INTO rectification_notices (`+columns+`)
		VALUES (:id, :region, :project, :kind, :month, :finding_zh, :finding_en, :required_zh, :required_en, :evidence, :state, :live, :owner,
		:issued_at, :due_on, :due_at, :hq_at, :told, :settled, :closed_at, :version)`, r)
	return err
}

// save writes what may change of a notice whose version was one less.
func save(tx *controldb.Tx, r *row) error {
	changed, err := tx.Exec(`UPDATE rectification_notices SET state = ?, live = ?, owner = ?, due_on = ?, due_at = ?, hq_at = ?, closed_at = ?, version = ?
		WHERE id = ? AND version = ?`, string(r.State), r.Live, r.Owner, r.DueOn, r.DueAt, r.HQAt, r.ClosedAt, r.Version, r.ID, r.Version-1)
	if err == nil && changed == 0 {
		err = ErrConflict
	}
	return err
}

// record adds a step to the life of a notice.
func record(tx *controldb.Tx, r *row, at time.Time, who authz.Principal, note string, evidence []string) error {
	if evidence == nil {
		evidence = []string{}
	}
	list, err := json.Marshal(evidence)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO rectification_changes (notice, version, at, state, actor_kind, actor_id, actor_name, note, evidence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.Version, at, string(r.State), string(who.Kind), who.ID, who.Name, note, string(list))
	return err
}

// history is all steps of a notice: there are at most maxChanges.
func history(tx *controldb.Tx, id string) ([]Change, error) {
	var rows []struct {
		At       time.Time `db:"at"`
		State    State     `db:"state"`
		Actor    string    `db:"actor_name"`
		Note     string    `db:"note"`
		Evidence string    `db:"evidence"`
	}
	if err := tx.Select(&rows, `SELECT at, state, actor_name, note, evidence FROM rectification_changes WHERE notice = ? ORDER BY version`, id); err != nil {
		return nil, err
	}
	all := make([]Change, len(rows))
	for i, r := range rows {
		all[i] = Change{At: r.At.UTC(), State: r.State, Actor: r.Actor, Note: r.Note}
		if err := json.Unmarshal([]byte(r.Evidence), &all[i].Evidence); err != nil {
			return nil, fmt.Errorf("notice %s: evidence: %w", id, err)
		}
		if len(all[i].Evidence) == 0 {
			all[i].Evidence = nil
		}
	}
	return all, nil
}

// newID begins with the day, so that people can tell notices apart, and is not to be
// guessed.
func newID(now time.Time) string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // does not fail
	return now.UTC().Format("20060102") + "-" + strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}
