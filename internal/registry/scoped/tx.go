// Package scoped is the registry's only way to its tables. Each statement that
// it makes starts from a caller's scope, and nothing of what is below it can be
// reached from outside: a query without a scope cannot be written.
//
// [DB.Read] and [DB.Write] run a transaction for one caller; [Table.Within]
// gives the rows that the caller may reach with one permission, and no others.
package scoped

import (
	"context"
	"time"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// DB is the control database, for callers.
type DB struct{ db *controldb.DB }

// New is db for callers.
func New(db *controldb.DB) *DB { return &DB{db} }

// Tx is a transaction of one caller.
type Tx struct {
	tx     *controldb.Tx
	caller authz.Principal
	now    time.Time
}

// Read runs do in a transaction that sees one state and changes nothing.
func (d *DB) Read(ctx context.Context, p authz.Principal, do func(*Tx) error) error {
	return d.db.Read(ctx, func(tx *controldb.Tx) error { return do(&Tx{tx: tx, caller: p}) })
}

// Write runs do in a transaction that is kept whole if do returns nil. The
// present is now for all that it does.
func (d *DB) Write(ctx context.Context, p authz.Principal, now time.Time, do func(*Tx) error) error {
	return d.db.Write(ctx, func(tx *controldb.Tx) error { return do(&Tx{tx: tx, caller: p, now: controldb.Stored(now)}) })
}

// Now is the time at which a writing transaction happens.
func (tx *Tx) Now() time.Time { return tx.now }

// Require makes sure that the caller has a permission at a place and all below
// it. A place that the caller may not read is not there: ErrNotFound.
func (tx *Tx) Require(perm authz.Permission, at authz.Place) error {
	switch {
	case tx.caller.May(perm, at):
		return nil
	case tx.caller.Scope(authz.Read).Touches(at):
		return controldb.ErrForbidden
	}
	return controldb.ErrNotFound
}

// Anywhere makes sure that the caller has a permission at some place.
func (tx *Tx) Anywhere(perm authz.Permission) error {
	if tx.caller.Scope(perm).Empty() {
		return controldb.ErrForbidden
	}
	return nil
}
