package notify

import (
	"errors"
	"slices"
	"strconv"
	"time"
)

// codes are the numbers by which a robot says no. What is in neither list may
// pass with time.
type codes struct {
	later []int // it was sent too much
	never []int // the robot, its secret or the message is wrong
}

// lockedFor is how long a robot is left alone that was sent too much: its limit
// is by the minute.
const lockedFor = time.Minute

// verdict is what a robot's answer means.
func (c codes) verdict(p *poster, kind string, code int, text string) error {
	said := kind + " answered " + strconv.Itoa(code) + ": " + p.clean(text)
	switch {
	case code == 0:
		return nil
	case slices.Contains(c.later, code):
		return &LaterError{After: lockedFor, Err: errors.New(said)}
	case slices.Contains(c.never, code):
		return refused("%s", said)
	}
	return errors.New(said)
}
