package simulate

import "steward/internal/telemetry"

// A timetable knows for each of n devices when it is due, and which one is due
// first: a binary heap of device numbers with their places in it. Equal times
// go to the lower number, so that the order is one.
type timetable struct {
	due   []telemetry.Millis // by device
	heap  []int32            // devices, the earliest first
	place []int32            // of a device in heap
}

func newTimetable(due []telemetry.Millis) *timetable {
	t := &timetable{due: due, heap: make([]int32, len(due)), place: make([]int32, len(due))}
	for i := range due {
		t.heap[i], t.place[i] = int32(i), int32(i)
	}
	for i := len(due)/2 - 1; i >= 0; i-- {
		t.sink(i)
	}
	return t
}

// first is the device that is due first, and when.
func (t *timetable) first() (int, telemetry.Millis) {
	d := t.heap[0]
	return int(d), t.due[d]
}

// set changes when a device is due.
func (t *timetable) set(device int, due telemetry.Millis) {
	t.due[device] = due
	i := int(t.place[device])
	for i > 0 && t.less(i, (i-1)/2) {
		t.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
	t.sink(i)
}

func (t *timetable) sink(i int) {
	for {
		child := 2*i + 1
		if child >= len(t.heap) {
			return
		}
		if child+1 < len(t.heap) && t.less(child+1, child) {
			child++
		}
		if !t.less(child, i) {
			return
		}
		t.swap(i, child)
		i = child
	}
}

func (t *timetable) less(i, j int) bool {
	a, b := t.heap[i], t.heap[j]
	return t.due[a] < t.due[b] || t.due[a] == t.due[b] && a < b
}

func (t *timetable) swap(i, j int) {
	t.heap[i], t.heap[j] = t.heap[j], t.heap[i]
	t.place[t.heap[i]], t.place[t.heap[j]] = int32(i), int32(j)
}
