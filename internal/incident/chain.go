package incident

import "fmt"

// chain is the proof of one timeline, entry by entry. The zero chain is at the
// beginning.
type chain struct{ last Entry }

// next takes the entry that must follow.
func (c *chain) next(e *Entry) error {
	switch {
	case e.N != c.last.N+1:
		return fmt.Errorf("entry %d follows entry %d", e.N, c.last.N)
	case e.Seq <= c.last.Seq:
		return fmt.Errorf("entry %d has the number %d, and the one before it %d", e.N, e.Seq, c.last.Seq)
	case e.Hash != e.seal(c.last.Hash):
		return fmt.Errorf("entry %d (%s, %s) is not what was sealed", e.N, e.Kind, e.Received.Format(timeForm))
	}
	c.last = *e
	return nil
}

const timeForm = "2006-01-02T15:04:05.000Z07:00"

// ends makes sure that the timeline ends where the incident says.
func (c *chain) ends(at *end) error {
	switch {
	case c.last.N != at.Entries:
		return fmt.Errorf("the timeline ends at entry %d, and the incident has %d", c.last.N, at.Entries)
	case c.last.Hash != at.Head || c.last.Seq != at.Seq:
		return fmt.Errorf("entry %d is not the newest that the incident knows", c.last.N)
	}
	return nil
}
