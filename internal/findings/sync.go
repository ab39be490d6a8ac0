package findings

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// job is who acts when an analysis does.
var job = authz.Principal{Kind: authz.System, ID: "analytics", Name: "analytics"}

const (
	// MaxStanding is how many findings of a place may stand, which is more than
	// anybody looks at.
	// As many that are verified or cleared are remembered besides.
	MaxStanding = 10_000

	// clearAfter is how long what was looked for and not found stays open: a day of
	// missing data, or one good weekend, is not the end of a leak.
	clearAfter = 7 * 24 * time.Hour
	// growth is by how much what was dismissed must grow to be shown again.
	growth = 1.5
	// settled is how long after its verification a finding that is still seen is
	// believed to be the waste from before the fix. One that only says that it began
	// before what was looked at may be, until that lies after the fix.
	settled = 30 * 24 * time.Hour
)

// ErrFull says that more was found at a place than may stand there. What is worth
// most was kept.
var ErrFull = errors.New("more findings than are kept of one place")

// Sync tells what a run of a job saw at a place, and where it looked: looked has "kind
// subject" of all that it would have found. It opens what is new and brings what is
// known up to date. What was looked for and not seen for seven days is cleared; what
// was cleared or verified and is back is opened again. What was dismissed stays so
// unless it grew by half; what was confirmed stays so; what was fixed waits for Verify,
// with the numbers of before the fix.
//
// The same run may tell the same again, which changes nothing, and so does a run whose
// now is before that of one that saw a finding later. Of two that are seen under one
// kind and subject the one that is worth more counts. It is all one transaction; after
// ErrFull it is done all the same, but for what was left out.
func (s *Store) Sync(ctx context.Context, run string, at authz.Place, now time.Time, seen []Seen, looked []string) error {
	fail := func(err error) error { return fmt.Errorf("findings of %s: %w", at, err) }
	if err := at.Validate(); err != nil {
		return fail(err)
	}
	if run == "" || run != clean(run, maxName) {
		return fail(errors.New("run is not the id of a run"))
	}
	list, err := showAll(seen, at)
	if err != nil {
		return fail(err)
	}
	y := &synchronizer{most: s.most, run: run, at: at, now: controldb.Stored(now), looked: make(map[string]bool, len(looked))}
	for _, l := range looked {
		y.looked[l] = true
	}
	var left int
	if err := s.db.Write(ctx, func(tx *controldb.Tx) error {
		y.tx = tx
		left, err = y.all(list)
		return err
	}); err != nil {
		return fail(err)
	}
	if left > 0 {
		return fail(fmt.Errorf("%w: %d stand already, %d new ones are left out: fix what stands", ErrFull, s.most, left))
	}
	return nil
}

// showAll are the findings of a run by their worth, the greatest first, each once.
func showAll(seen []Seen, at authz.Place) ([]*shown, error) {
	list := make([]*shown, 0, len(seen))
	for i := range seen {
		one, err := show(seen[i], at)
		if err != nil {
			return nil, fmt.Errorf("seen[%d] (%.80s): %w", i, seen[i].identity(), err)
		}
		list = append(list, one)
	}
	worth := func(s *shown) float64 {
		if s.RateCNY.Value == nil {
			return unknown
		}
		return *s.RateCNY.Value
	}
	slices.SortStableFunc(list, func(a, b *shown) int {
		return cmp.Or(cmp.Compare(worth(b), worth(a)), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Subject, b.Subject))
	})
	known := make(map[[2]string]bool, len(list))
	return slices.DeleteFunc(list, func(s *shown) bool {
		key := [2]string{s.Kind, s.Subject}
		twice := known[key]
		known[key] = true
		return twice
	}), nil
}

// synchronizer is one call of Sync in its transaction.
type synchronizer struct {
	tx     *controldb.Tx
	most   int
	run    string
	at     authz.Place
	now    time.Time
	looked map[string]bool
}

func (y *synchronizer) all(list []*shown) (left int, err error) {
	var rows []row
	if err := y.tx.Select(&rows, `SELECT `+light+` FROM findings WHERE region = ? AND project = ? ORDER BY id`, y.at.Region, y.at.Project); err != nil {
		return 0, err
	}
	known, standing := make(map[[2]string]*row, len(rows)), 0
	for i := range rows {
		known[[2]string{rows[i].Kind, rows[i].Subject}] = &rows[i]
		if rows[i].State.Standing() {
			standing++
		}
	}
	for _, s := range list {
		key := [2]string{s.Kind, s.Subject}
		r := known[key]
		delete(known, key)
		stood := r != nil && r.State.Standing()
		switch {
		case r == nil && standing >= y.most:
			left++
			continue
		case r == nil:
			r, err = y.open(s)
		default:
			err = y.again(r, s, standing < y.most)
		}
		if err != nil {
			return left, err
		}
		if !stood && r.State.Standing() {
			standing++
		}
	}
	for i := range rows {
		r := &rows[i]
		if known[[2]string{r.Kind, r.Subject}] == nil || r.State != Open || !y.looked[r.Kind+" "+r.Subject] || y.now.Sub(r.SeenAt) < clearAfter {
			continue
		}
		note := fmt.Sprintf("looked for and not seen since %s", r.SeenAt.UTC().Format(time.DateOnly))
		if err := step(y.tx, r, Cleared, y.now, job, note); err != nil {
			return left, err
		}
		if err := save(y.tx, r, false); err != nil {
			return left, err
		}
	}
	return left, y.forget()
}

func (y *synchronizer) open(s *shown) (*row, error) {
	r := &row{
		ID: newID(y.now), Region: y.at.Region, Project: y.at.Project, Kind: s.Kind, Subject: s.Subject,
		Run: y.run, OpenedAt: y.now, SeenAt: y.now, Version: 1,
	}
	r.show(s)
	if err := step(y.tx, r, Open, y.now, job, ""); err != nil {
		return nil, err
	}
	return r, insert(y.tx, r)
}

// again is a finding that is seen once more.
func (y *synchronizer) again(r *row, s *shown, room bool) error {
	if r.SeenAt.After(y.now) || r.Run == y.run && (r.Body == s.body || r.State == Fixed) {
		return nil
	}
	back, why, err := y.isBack(r, s)
	if err != nil {
		return err
	}
	r.Run, r.SeenAt = y.run, y.now
	if r.State == Fixed {
		return save(y.tx, r, false)
	}
	r.show(s)
	if back && (room || r.State.Standing()) {
		if !r.State.Standing() {
			r.OpenedAt = y.now
		}
		r.reopen()
		if err := step(y.tx, r, Open, y.now, job, why); err != nil {
			return err
		}
	}
	return save(y.tx, r, true)
}

// isBack reports whether a finding that is seen is to be opened again, and why.
func (y *synchronizer) isBack(r *row, s *shown) (back bool, why string, err error) {
	switch r.State {
	case Cleared:
		return true, "it is back", nil
	case Verified:
		f, err := r.finding()
		if err != nil || f.Checked == nil {
			return false, "", err
		}
		switch {
		case s.Since.After(f.FixedAt) && s.AtLeast:
			return true, "it is back: it is seen by data from " + s.Since.Format(time.DateOnly) + " on alone, which is after the fix", nil
		case s.Since.After(f.FixedAt):
			return true, "it is back: it began anew on " + s.Since.Format(time.DateOnly) + ", after the fix", nil
		case s.AtLeast:
		case s.Until.Sub(f.Checked.At) > settled:
			return true, "it is still seen with data up to " + s.Until.Format(time.DateOnly) + ", long after it was verified", nil
		}
	case Dismissed:
		var was dismissal
		if err := json.Unmarshal([]byte(r.Dismissed), &was); err != nil {
			return false, "", fmt.Errorf("finding %s: dismissed: %w", r.ID, err)
		}
		if grown, why := was.grown(s.Seen); grown {
			return true, why, nil
		}
	}
	return false, "", nil
}

// reopen forgets what belongs to the states that a finding leaves for open.
func (r *row) reopen() { r.FixedAt, r.Saved, r.Dismissed = nil, nil, "" }

// dismissal is what a finding came to a year when somebody dismissed it.
type dismissal struct {
	Rate Amount `json:"a_year"`
	CNY  Amount `json:"a_year_cny"`
}

// grown reports whether what is seen is worth half as much again: in yuan, or where
// one of the two is not known, in the finding's own unit.
func (d dismissal) grown(s *Seen) (bool, string) {
	for _, p := range []struct{ was, is Amount }{{d.CNY, s.RateCNY}, {d.Rate, s.Rate}} {
		if p.was.Value == nil || p.is.Value == nil || p.was.Unit != p.is.Unit {
			continue
		}
		was, is := *p.was.Value, *p.is.Value
		if is > was && is >= growth*was {
			return true, fmt.Sprintf("it grew by half or more since it was dismissed: from %.6g to %.6g %s a year", was, is, p.is.Unit)
		}
		return false, ""
	}
	return false, ""
}

// forget removes what ended longest ago when more has ended than is remembered.
func (y *synchronizer) forget() error {
	var old []string
	err := y.tx.Select(&old, `SELECT id FROM findings WHERE region = ? AND project = ? AND state IN ('verified', 'cleared')
		ORDER BY seen_at DESC, id DESC LIMIT ? OFFSET ?`, y.at.Region, y.at.Project, y.most, y.most)
	for len(old) > 0 && err == nil {
		part := old[:min(len(old), 500)]
		old = old[len(part):]
		ids := make([]any, len(part))
		for i, id := range part {
			ids[i] = id
		}
		if _, err = y.tx.Exec(`DELETE FROM finding_changes WHERE finding IN `+marks(len(ids)), ids...); err == nil {
			_, err = y.tx.Exec(`DELETE FROM findings WHERE id IN `+marks(len(ids)), ids...)
		}
	}
	return err
}
