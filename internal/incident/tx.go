package incident

import (
	"encoding/json"
	"fmt"

	"steward/internal/authz"
)

// Open reads the open incident of a fingerprint: ErrNotFound.
func (tx *Tx) Open(fingerprint string) (*Incident, error) {
	return tx.one(`WHERE fingerprint = ? AND open`, clean(fingerprint))
}

// Newest reads the incident of a fingerprint that began last, whatever its state:
// ErrNotFound.
func (tx *Tx) Newest(fingerprint string) (*Incident, error) {
	return tx.one(`WHERE fingerprint = ? ORDER BY started_at DESC, id DESC LIMIT 1`, clean(fingerprint))
}

// Get reads an incident: ErrNotFound.
func (tx *Tx) Get(id string) (*Incident, error) { return tx.one(`WHERE id = ?`, clean(id)) }

// MaxOpen bounds how many open incidents are read at once.
const MaxOpen = 10_000

// OpenAt reads the open incidents at a place and below, those of rules on trial
// too, at most MaxOpen, the gravest and newest first.
func (tx *Tx) OpenAt(place authz.Place) ([]*Incident, error) {
	const order = ` ORDER BY gravity DESC, started_at DESC, id DESC LIMIT ?`
	switch {
	case place.Region == "":
		return tx.many(`WHERE open`+order, MaxOpen)
	case place.Project == "":
		return tx.many(`WHERE open AND region = ?`+order, clean(place.Region), MaxOpen)
	}
	return tx.many(`WHERE open AND region = ? AND project = ?`+order, clean(place.Region), clean(place.Project), MaxOpen)
}

// Children reads the open incidents that another one explains, at most MaxOpen,
// oldest first.
func (tx *Tx) Children(parent string) ([]*Incident, error) {
	return tx.many(`WHERE open AND parent = ? AND parent <> '' ORDER BY started_at, id LIMIT ?`, clean(parent), MaxOpen)
}

func (tx *Tx) one(where string, args ...any) (*Incident, error) {
	var d doc
	if err := tx.tx.Get(&d, `SELECT id, doc FROM incidents `+where, args...); err != nil {
		return nil, err
	}
	return d.incident()
}

func (tx *Tx) many(where string, args ...any) ([]*Incident, error) {
	var docs []doc
	if err := tx.tx.Select(&docs, `SELECT id, doc FROM incidents `+where, args...); err != nil {
		return nil, err
	}
	all := make([]*Incident, len(docs))
	for n := range docs {
		var err error
		if all[n], err = docs[n].incident(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// doc is an incident or a notice as its table has it.
type doc struct {
	ID  string `db:"id"`
	Doc string `db:"doc"`
}

func (d *doc) incident() (*Incident, error) {
	var i Incident
	if err := json.Unmarshal([]byte(d.Doc), &i); err != nil {
		return nil, fmt.Errorf("incident %s: %w", d.ID, err)
	}
	return &i, nil
}

func (d *doc) notice() (*Notice, error) {
	var n Notice
	if err := json.Unmarshal([]byte(d.Doc), &n); err != nil {
		return nil, fmt.Errorf("notice %s: %w", d.ID, err)
	}
	return &n, nil
}
