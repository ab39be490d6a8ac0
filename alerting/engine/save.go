package engine

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"
	"maps"
	"math"
	"slices"

	"steward/internal/telemetry"
)

// A saved state is this line, the state, and the SHA-256 of both. Numbers are
// varints, texts have their length before them. The rules are in it by name and
// hash only: whoever loads it says which are in force.
const heading = "steward alerting state 1\n"

// Save writes all that the engine needs to go on from here. The same state gives
// the same bytes.
func (e *Engine) Save(w io.Writer) error {
	s := &saver{hash: sha256.New()}
	s.out = bufio.NewWriterSize(io.MultiWriter(w, s.hash), 1<<16)
	s.raw([]byte(heading))
	s.engine(e)
	if s.err == nil {
		s.err = s.out.Flush()
	}
	if s.err == nil {
		_, s.err = w.Write(s.hash.Sum(nil))
	}
	return s.err
}

// saver writes; after an error it writes nothing more.
type saver struct {
	out  *bufio.Writer
	hash hash.Hash
	err  error
	buf  [binary.MaxVarintLen64]byte
	rule map[*compiled]int
}

func (s *saver) raw(b []byte) {
	if s.err == nil {
		_, s.err = s.out.Write(b)
	}
}

func (s *saver) count(n int)             { s.raw(binary.AppendUvarint(s.buf[:0], uint64(n))) }
func (s *saver) unsigned(n uint64)       { s.raw(binary.AppendUvarint(s.buf[:0], n)) }
func (s *saver) time(t telemetry.Millis) { s.raw(binary.AppendVarint(s.buf[:0], int64(t))) }
func (s *saver) number(f float64) {
	s.raw(binary.LittleEndian.AppendUint64(s.buf[:0], math.Float64bits(f)))
}

func (s *saver) text(t string) {
	s.count(len(t))
	if s.err == nil {
		_, s.err = s.out.WriteString(t)
	}
}

func (s *saver) flag(on bool) {
	n := 0
	if on {
		n = 1
	}
	s.count(n)
}

func (s *saver) engine(e *Engine) {
	s.time(e.now)
	s.time(e.lookedAt)
	s.unsigned(e.position)
	s.hearing(&e.hearing)
	s.rules(e.rules)

	s.count(len(e.devices))
	for _, d := range slices.SortedFunc(maps.Values(e.devices), func(a, b *device) int { return compareDevices(a.id, b.id) }) {
		s.device(d)
	}
	byPlace := func(a, b place) int { return a.compare(&b) }
	s.count(len(e.groups))
	for _, where := range slices.SortedFunc(maps.Keys(e.groups), byPlace) {
		g := e.groups[where]
		s.place(&where)
		s.instance(&g.instance)
		s.count(len(g.members))
		for _, d := range slices.SortedFunc(maps.Keys(g.members), compareDevices) {
			s.id(d)
		}
	}
	s.count(len(e.results))
	for _, where := range slices.SortedFunc(maps.Keys(e.results), byPlace) {
		s.place(&where)
		s.instance(e.results[where])
	}
}

func (s *saver) hearing(h *hearing) {
	s.time(h.last)
	s.time(h.since)
	s.count(len(h.spans))
	for _, one := range h.spans {
		s.time(one.from)
		s.time(one.until)
	}
}

func (s *saver) rules(x *index) {
	s.rule = map[*compiled]int{}
	s.count(len(x.all))
	for i, c := range x.all {
		s.rule[c] = i
		s.text(c.rule.Name)
		s.text(c.rule.Hash)
		s.text(string(c.rule.Kind))
		s.text(c.rule.Combine.Of)
	}
	s.count(len(x.classes))
	for _, name := range slices.Sorted(maps.Keys(x.classes)) {
		s.text(string(name))
		for _, of := range []map[string]*watch{x.classes[name].metrics, x.classes[name].texts} {
			s.count(len(of))
			for _, metric := range slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Compare(of[a].slot, of[b].slot) }) {
				s.text(metric)
			}
		}
	}
}

func (s *saver) id(d telemetry.Device) {
	s.text(d.Region)
	s.text(d.Project)
	s.text(string(d.Class))
	s.text(d.ID)
}

func (s *saver) place(p *place) {
	s.text(p.rule)
	s.text(p.at.Region)
	s.text(p.at.Project)
	s.text(p.building)
	s.id(p.device)
}

func (s *saver) device(d *device) {
	s.id(d.id)
	s.text(d.building)
	s.time(d.heard)
	s.time(d.newest)
	s.time(d.replaced)
	s.count(int(d.cadence.n))
	s.time(d.cadence.told)
	s.number(d.cadence.sum)
	s.number(d.cadence.sq)
	s.count(len(d.latest))
	for _, n := range d.latest {
		s.time(n.ts)
		s.number(n.value)
	}
	s.count(len(d.texts))
	for _, t := range d.texts {
		s.time(t.ts)
		s.text(t.value)
	}
	s.count(len(d.instances))
	for _, in := range d.instances {
		s.instance(in)
	}
}

func (s *saver) instance(in *instance) {
	s.count(s.rule[in.rule])
	s.count(int(in.phase))
	s.flag(in.hasValue)
	s.number(in.value)
	for _, t := range []telemetry.Millis{in.since, in.until, in.newest, in.lastFalse, in.ending, in.first, in.clock.due} {
		s.time(t)
	}
	// One that was put aside is put aside again.
	s.flag(in.clock.pos != 0 || in.phase == firing && in.ending != 0)
	s.flag(in.window != nil)
	if w := in.window; w != nil {
		s.number(w.raw)
		s.count(len(w.points))
		for _, p := range w.points {
			s.time(p.ts)
			s.number(p.value)
		}
	}
	s.count(len(in.seen))
	for _, one := range in.seen {
		s.time(one.ts)
		s.unsigned(one.id)
	}
}
