package identity

import (
	"encoding/json"
	"fmt"

	"steward/internal/authz"
	"steward/internal/controldb"
)

// change is what the audit log keeps of a change. Before and After are objects
// without any secret, or nil.
type change struct {
	action, kind, key string
	at                authz.Place
	before, after     any
}

// audit appends a change by a principal, in the transaction of the change.
func (s *Service) audit(tx *controldb.Tx, by authz.Principal, c change) (seq int64, err error) {
	e := controldb.Entry{
		At: s.now(), Actor: controldb.ActorOf(by),
		Action: c.action, Kind: c.kind, Key: c.key, Place: c.at,
	}
	for _, part := range []struct {
		from any
		to   *json.RawMessage
	}{{c.before, &e.Before}, {c.after, &e.After}} {
		if part.from == nil {
			continue
		}
		if *part.to, err = json.Marshal(part.from); err != nil {
			return 0, fmt.Errorf("audit %s: %w", c.action, err)
		}
	}
	e, err = tx.Audit(e)
	return e.Seq, err
}
