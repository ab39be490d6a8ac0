package engine

import (
	"cmp"
	"container/heap"

	"steward/internal/telemetry"
)

// timer is when an instance, or the silence of a device, is to be looked at.
type timer struct {
	due  telemetry.Millis
	pos  int32 // in the heap, from 1; 0 when it does not run
	inst *instance
	dev  *device
}

// timers are those that run, the first one first. Of two that are due at the same
// time the order is that of the devices and then of the rules, so that it is the
// same after a restart.
type timers struct{ all []*timer }

func (t *timers) first() *timer {
	if len(t.all) == 0 {
		return nil
	}
	return t.all[0]
}

// set lets it run until due.
func (t *timers) set(one *timer, due telemetry.Millis) {
	one.due = due
	if one.pos == 0 {
		heap.Push(t, one)
	} else {
		heap.Fix(t, int(one.pos)-1)
	}
}

// remove stops it, if it runs.
func (t *timers) remove(one *timer) {
	if one.pos != 0 {
		heap.Remove(t, int(one.pos)-1)
	}
}

// Len, Less, Swap, Push and Pop are for container/heap.
func (t *timers) Len() int { return len(t.all) }

// Less is of container/heap.
func (t *timers) Less(i, j int) bool {
	a, b := t.all[i], t.all[j]
	if a.due != b.due {
		return a.due < b.due
	}
	return a.compare(b) < 0
}

// Swap is of container/heap.
func (t *timers) Swap(i, j int) {
	t.all[i], t.all[j] = t.all[j], t.all[i]
	t.all[i].pos, t.all[j].pos = int32(i+1), int32(j+1)
}

// Push is of container/heap.
func (t *timers) Push(x any) {
	one := x.(*timer)
	t.all = append(t.all, one)
	one.pos = int32(len(t.all))
}

// Pop is of container/heap.
func (t *timers) Pop() any {
	last := len(t.all) - 1
	one := t.all[last]
	t.all[last] = nil
	t.all = t.all[:last]
	one.pos = 0
	return one
}

// compare orders timers of the same time.
func (t *timer) compare(o *timer) int {
	da, db := t.device(), o.device()
	switch {
	case da != nil && db != nil:
		if c := compareDevices(da.id, db.id); c != 0 {
			return c
		}
	case da != nil:
		return -1
	case db != nil:
		return 1
	default:
		if c := t.inst.place.compare(o.inst.place); c != 0 {
			return c
		}
	}
	switch {
	case t.inst == nil && o.inst == nil:
		return 0
	case t.inst == nil:
		return -1
	case o.inst == nil:
		return 1
	}
	return cmp.Compare(t.inst.rule.rule.Name, o.inst.rule.rule.Name)
}

func (t *timer) device() *device {
	if t.inst != nil {
		return t.inst.dev
	}
	return t.dev
}

func compareDevices(a, b telemetry.Device) int {
	return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Project, b.Project), cmp.Compare(a.Class, b.Class), cmp.Compare(a.ID, b.ID))
}
