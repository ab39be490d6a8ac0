package main

import "time"

// expected counts what the ledger must have: the messages, and those of them
// that say nothing new.
func (c *campaign) expected() (messages, fresh uint64) {
	for n := range c.published() {
		messages++
		if len(c.author.compose(n).want) > 0 {
			fresh++
		}
	}
	return messages, fresh
}

// quietLimit is how long nothing at all happens before a test gives up: longer
// than the pauses between attempts to reach a broker or a store that was away.
const quietLimit = 45 * time.Second

// settle waits until everything that the campaigns published is in the store,
// and checks the ledger: as many messages stored or rejected as were new, and
// the others duplicates.
func (s *server) settle(campaigns ...*campaign) {
	s.t.Helper()
	var messages, fresh float64
	exact := true
	for _, c := range campaigns {
		m, f := c.expected()
		messages, fresh = messages+float64(m), fresh+float64(f)
		exact = exact && len(c.repeats) == 0
	}
	var l ledger
	for moved := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		now, err := s.ledger()
		if err != nil {
			s.t.Fatal(err)
		}
		if now.inFlight == 0 && now.received >= messages && now.stored+now.rejected >= fresh {
			l = now
			break
		}
		if now != l {
			l, moved = now, time.Now()
		}
		if time.Since(moved) > quietLimit {
			s.t.Errorf("of %.0f messages, %.0f of them new, nothing more arrives", messages, fresh)
			break // what is missing is seen by who compares
		}
	}
	if exact && l.stored+l.rejected != fresh {
		s.t.Errorf("%.0f messages were new, but the ledger has %+v", fresh, l)
	}
	s.t.Logf("the ledger: %+v", l)
}
