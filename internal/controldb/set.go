package controldb

import (
	"embed"

	"github.com/pressly/goose/v3/lock"
)

// Set is a set of tables that belong together: one database file with SQLite.
type Set int

// The sets. They are apart so that a long change of the one, such as the import
// of a hundred thousand devices, never holds up an alarm in the other, or the
// lease of a run in the third.
const (
	Control   Set = iota // what people keep, and who they are
	Incidents            // incidents, their timelines, and the notices to be sent
	Analytics            // runs of analyses: who runs which, and how far it is
)

// tables says where a set's migrations are and how it is kept apart from the
// others that share a PostgreSQL database with it.
type tables struct {
	name      string // in errors
	folder    string // of its migrations
	versions  string // the table that says which of them were applied
	writers   int64  // advisory lock of those who write
	migrators int64  // and of those who migrate
}

func (s Set) tables() *tables {
	switch s {
	case Incidents:
		return &tables{
			name: "incident database", folder: "migrations/incidents", versions: "incident_migrations",
			writers: 0x5374_6577_4963_64, migrators: 0x5374_6577_4d67_72, // "StewIcd", "StewMgr"
		}
	case Analytics:
		return &tables{
			name: "analytics database", folder: "migrations/analytics", versions: "analytics_migrations",
			writers: 0x5374_6577_416e_61, migrators: 0x5374_6577_416d_67, // "StewAna", "StewAmg"
		}
	}
	return &tables{
		name: "control database", folder: "migrations", versions: "schema_migrations",
		writers: 0x5374_6577_6172_64, migrators: lock.DefaultLockID, // "Steward"
	}
}

// Files are only ever added: one that was applied somewhere may not change.
// Statements must mean the same to SQLite and to PostgreSQL.
//
//go:embed migrations/*.sql migrations/incidents/*.sql migrations/analytics/*.sql
var migrationFiles embed.FS
