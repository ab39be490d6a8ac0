package findings

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// Options of a Store.
type Options struct {
	Now func() time.Time // the present, for what people do; time.Now when nil
}

// Store keeps findings. It is safe for concurrent use.
type Store struct {
	db   *controldb.DB
	now  func() time.Time
	most int // MaxStanding
}

// NewStore is the store in db, which has the set of tables controldb.Analytics and
// which the store does not close.
func NewStore(db *controldb.DB, o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Store{db: db, now: o.Now, most: MaxStanding}
}

// row is a Finding as the table has it.
type row struct {
	ID        string     `db:"id"`
	Region    string     `db:"region"`
	Project   string     `db:"project"`
	Kind      string     `db:"kind"`
	Subject   string     `db:"subject"`
	Building  string     `db:"building"`
	Medium    string     `db:"medium"`
	State     State      `db:"state"`
	Yuan      *float64   `db:"yuan"`
	Weight    float64    `db:"weight"`
	Since     int64      `db:"since"`
	Body      string     `db:"body"`
	Evidence  string     `db:"evidence"`
	Run       string     `db:"run"`
	OpenedAt  time.Time  `db:"opened_at"`
	SeenAt    time.Time  `db:"seen_at"`
	FixedAt   *time.Time `db:"fixed_at"`
	Checked   string     `db:"checked"`
	Saved     *float64   `db:"saved"`
	Dismissed string     `db:"dismissed"`
	Version   int64      `db:"version"`
	Changes   int64      `db:"changes"`
}

// light are the columns without evidence, which is as large as all else many times
// over.
const (
	light = `id, region, project, kind, subject, building, medium, state, yuan, weight, since, body, run, opened_at, seen_at, fixed_at,
	checked, saved, dismissed, version, changes`
	columns = light + `, evidence`
)

func (r *row) place() authz.Place { return authz.Place{Region: r.Region, Project: r.Project} }

func (r *row) finding() (Finding, error) {
	f := Finding{
		ID: r.ID, Region: r.Region, Project: r.Project, State: r.State, Run: r.Run,
		OpenedAt: r.OpenedAt.UTC(), SeenAt: r.SeenAt.UTC(), Version: r.Version,
	}
	if err := json.Unmarshal([]byte(r.Body), &f.Seen); err != nil {
		return Finding{}, fmt.Errorf("finding %s: %w", r.ID, err)
	}
	f.Place = r.place()
	if r.Evidence != "" {
		f.Evidence = json.RawMessage(r.Evidence)
	}
	if r.FixedAt != nil {
		f.FixedAt = r.FixedAt.UTC()
	}
	if r.Checked != "" {
		f.Checked = new(Verification)
		if err := json.Unmarshal([]byte(r.Checked), f.Checked); err != nil {
			return Finding{}, fmt.Errorf("finding %s: verification: %w", r.ID, err)
		}
	}
	return f, nil
}

func findingsOf(rows []row) ([]Finding, error) {
	all := make([]Finding, len(rows))
	for i := range rows {
		var err error
		if all[i], err = rows[i].finding(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// show puts what was seen into a row.
func (r *row) show(s *shown) {
	r.Building, r.Medium, r.Yuan, r.Weight = s.Building, s.Medium, s.RateCNY.Value, unknown
	if r.Yuan != nil {
		r.Weight = max(0, *r.Yuan)
	}
	r.Since, r.Body, r.Evidence = s.Since.UnixMilli(), s.body, s.evidence
}

// unknown is the weight of a finding whose worth is not known: after all others.
const unknown = -1

func insert(tx *controldb.Tx, r *row) error {
	_, err := tx.NamedExec(`INSERT INTO findings (`+columns+`)
		VALUES (:id, :region, :project, :kind, :subject, :building, :medium, :state, :yuan, :weight, :since, :body, :run, :opened_at, :seen_at, :fixed_at,
		:checked, :saved, :dismissed, :version, :changes, :evidence)`, r)
	return err
}

// save writes a row, with its evidence when that is new.
func save(tx *controldb.Tx, r *row, evidence bool) error {
	r.Version++
	set := `UPDATE findings SET building = :building, medium = :medium, state = :state, yuan = :yuan, weight = :weight, since = :since, body = :body,
		run = :run, opened_at = :opened_at, seen_at = :seen_at, fixed_at = :fixed_at, checked = :checked, saved = :saved, dismissed = :dismissed,
		version = :version, changes = :changes`
	if evidence {
		set += `, evidence = :evidence`
	}
	_, err := tx.NamedExec(set+` WHERE id = :id`, r)
	return err
}

// maxChanges is how many steps of a finding are kept: the last ones.
const maxChanges = 500

// step notes a step in the life of r, which the caller saves.
func step(tx *controldb.Tx, r *row, to State, at time.Time, by authz.Principal, note string) error {
	r.State = to
	r.Changes++
	_, err := tx.Exec(`INSERT INTO finding_changes (finding, n, at, state, actor_kind, actor_id, actor_name, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.Changes, at, string(to), string(by.Kind), by.ID, by.Name, clean(note, maxNote))
	if err == nil && r.Changes > maxChanges {
		_, err = tx.Exec(`DELETE FROM finding_changes WHERE finding = ? AND n <= ?`, r.ID, r.Changes-maxChanges)
	}
	return err
}

func one(tx *controldb.Tx, id string) (*row, error) {
	var r row
	if err := tx.Get(&r, `SELECT `+columns+` FROM findings WHERE id = ?`, id); err != nil {
		return nil, err
	}
	return &r, nil
}

// newID begins with the day, so that people can tell findings apart, and is not to be
// guessed.
func newID(now time.Time) string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // does not fail
	return now.UTC().Format("20060102") + "-" + strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// clean is a text that both databases take, bounded in bytes.
func clean(s string, most int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

func marks(n int) string { return "(?" + strings.Repeat(", ?", n-1) + ")" }
