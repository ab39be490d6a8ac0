package engine

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"

	"steward/alerting/rule"
	"steward/internal/telemetry"
)

// ErrDamaged is wrapped by the error of a saved state that cannot be used.
var ErrDamaged = errors.New("the saved state of alerting is damaged: remove the file, and evaluation starts anew")

// Bounds of what is read: a damaged length must not take the memory.
const (
	maxText  = 1 << 20
	maxCount = 1 << 26
)

// Load takes a state that Save wrote, with the rules that are in force now. What
// rules that are gone or have changed had raised is dropped, with the next
// signals. A damaged state is an error that wraps ErrDamaged, and changes nothing.
func (e *Engine) Load(r io.Reader, set *rule.Set) error {
	next := New(e.opts)
	next.known, next.looked = e.estate.Version(), never
	l := &loader{hash: sha256.New()}
	l.in = bufio.NewReaderSize(r, 1<<16)
	head := make([]byte, len(heading))
	if l.raw(head); l.err == nil && !bytes.Equal(head, []byte(heading)) {
		l.fail("it does not begin with %q", heading[:len(heading)-1])
	}
	l.engine(next)
	l.end()
	if l.err != nil {
		return l.err
	}
	next.adopting = set
	*e = *next
	return nil
}

// loader reads; after an error everything it reads is zero.
type loader struct {
	in   *bufio.Reader
	hash hash.Hash
	done []byte // read, and not in the hash yet
	err  error
	rule []*compiled
}

func (l *loader) fail(format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf("%w (%s)", ErrDamaged, fmt.Sprintf(format, args...))
	}
}

func (l *loader) raw(b []byte) {
	if l.err != nil {
		return
	}
	if _, err := io.ReadFull(l.in, b); err != nil {
		l.broken(err)
		return
	}
	l.sum()
	l.hash.Write(b)
}

// sum brings the hash up to date: byte by byte it is slow.
func (l *loader) sum() {
	l.hash.Write(l.done)
	l.done = l.done[:0]
}

// broken takes an error of reading: only an end that comes too early is damage.
func (l *loader) broken(err error) {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		l.fail("it ends too early")
		return
	}
	l.err = fmt.Errorf("read the saved state of alerting: %w", err)
}

// end expects the checksum and nothing more.
func (l *loader) end() {
	if l.err != nil {
		return
	}
	l.sum()
	want := l.hash.Sum(nil)
	got := make([]byte, len(want))
	if l.raw(got); l.err == nil && !bytes.Equal(got, want) {
		l.fail("its checksum is wrong")
	}
	if _, err := l.in.ReadByte(); l.err == nil && !errors.Is(err, io.EOF) {
		l.fail("something follows its end")
	}
}

// ReadByte is for encoding/binary.
func (l *loader) ReadByte() (byte, error) {
	b, err := l.in.ReadByte()
	if err == nil {
		l.done = append(l.done, b)
	}
	return b, err
}

func (l *loader) unsigned() uint64 {
	if l.err != nil {
		return 0
	}
	n, err := binary.ReadUvarint(l)
	if err != nil {
		l.badNumber(err)
		return 0
	}
	return n
}

func (l *loader) time() telemetry.Millis {
	if l.err != nil {
		return 0
	}
	n, err := binary.ReadVarint(l)
	if err != nil {
		l.badNumber(err)
		return 0
	}
	return telemetry.Millis(n)
}

func (l *loader) badNumber(err error) {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		l.fail("it ends too early")
		return
	}
	l.fail("a number is too long")
}

func (l *loader) number() float64 {
	var b [8]byte
	l.raw(b[:])
	return math.Float64frombits(binary.LittleEndian.Uint64(b[:]))
}

// count is a number of things, at most limit.
func (l *loader) count(limit int) int {
	n := l.unsigned()
	if n > uint64(limit) {
		l.fail("a count of %d is over %d", n, limit)
		return 0
	}
	return int(n)
}

func (l *loader) flag() bool { return l.count(1) == 1 }

func (l *loader) text() string {
	b := make([]byte, l.count(maxText))
	l.raw(b)
	return string(b)
}

func (l *loader) engine(e *Engine) {
	e.now, e.lookedAt = l.time(), l.time()
	e.position = l.unsigned()
	e.hearing.last, e.hearing.since = l.time(), l.time()
	for range l.count(maxSpans) {
		e.hearing.spans = append(e.hearing.spans, span{l.time(), l.time()})
	}
	l.rules(e.rules)
	for n := l.count(maxCount); n > 0 && l.err == nil; n-- {
		l.device(e)
	}
	for n := l.count(maxCount); n > 0 && l.err == nil; n-- {
		l.group(e)
	}
	for n := l.count(maxCount); n > 0 && l.err == nil; n-- {
		where := l.place()
		in := &instance{place: &where}
		if l.instance(e, in); l.err != nil {
			return
		}
		if e.results[where] != nil || in.rule.rule.Kind != rule.SQL {
			l.fail("a result of rule %q", where.rule)
			return
		}
		e.results[where] = in
	}
}

// rules makes an index of what is known of the rules of the time: enough to see
// which of them are in force still.
func (l *loader) rules(x *index) {
	for n := l.count(maxCount); n > 0 && l.err == nil; n-- {
		c := &compiled{rule: &rule.Rule{Name: l.text(), Hash: l.text(), Kind: rule.Kind(l.text()), Combine: rule.Combine{Of: l.text()}}}
		x.all = append(x.all, c)
		x.byName[c.rule.Name] = c
	}
	for _, c := range x.all {
		if of := x.byName[c.rule.Combine.Of]; of != nil && c.rule.Kind == rule.Combination {
			c.of = of
		}
	}
	l.rule = x.all
	for n := l.count(maxCount); n > 0 && l.err == nil; n-- {
		c := x.class(telemetry.Class(l.text()))
		for _, of := range []map[string]*watch{c.metrics, c.texts} {
			for n := l.count(maxCount); n > 0 && l.err == nil; n-- {
				metric := l.text()
				if of[metric] != nil {
					l.fail("metric %q twice", metric)
				}
				watchOf(of, metric)
			}
		}
	}
}

func (l *loader) id() telemetry.Device {
	return telemetry.Device{Region: l.text(), Project: l.text(), Class: telemetry.Class(l.text()), ID: l.text()}
}

func (l *loader) place() place {
	p := place{rule: l.text()}
	p.at.Region, p.at.Project, p.building = l.text(), l.text(), l.text()
	p.device = l.id()
	return p
}

func (l *loader) device(e *Engine) {
	d := &device{id: e.own(l.id()), building: l.text(), heard: l.time(), newest: l.time(), replaced: l.time(), version: never}
	d.silence.dev = d
	d.cadence = cadence{n: uint8(l.count(learned)), told: l.time(), sum: l.number(), sq: l.number()}
	d.class = e.rules.classes[d.id.Class]
	if l.err != nil {
		return
	}
	if d.class == nil || e.devices[d.id] != nil {
		l.fail("device %s", d.id)
		return
	}
	if n := l.count(maxCount); n > 0 {
		if n != len(d.class.metrics) {
			l.fail("device %s has %d metrics, its class %d", d.id, n, len(d.class.metrics))
			return
		}
		d.latest = make([]number, n)
		for i := range d.latest {
			d.latest[i] = number{l.time(), l.number()}
		}
	}
	if n := l.count(maxCount); n > 0 {
		if n != len(d.class.texts) {
			l.fail("device %s has %d texts, its class %d", d.id, n, len(d.class.texts))
			return
		}
		d.texts = make([]text, n)
		for i := range d.texts {
			d.texts[i] = text{l.time(), l.text()}
		}
	}
	e.devices[d.id] = d
	for n := l.count(len(l.rule)); n > 0 && l.err == nil; n-- {
		in := &instance{dev: d}
		if l.instance(e, in); l.err != nil {
			return
		}
		if k := in.rule.rule.Kind; d.find(in.rule) != nil || k == rule.Combination || k == rule.SQL {
			l.fail("rule %q of device %s", in.rule.rule.Name, d.id)
			return
		}
		d.instances = append(d.instances, in)
	}
}

func (l *loader) group(e *Engine) {
	where := l.place()
	g := &group{members: map[telemetry.Device]struct{}{}}
	g.place = &where
	l.instance(e, &g.instance)
	for n := l.count(maxCount); n > 0 && l.err == nil; n-- {
		g.members[l.id()] = struct{}{}
	}
	if l.err != nil {
		return
	}
	if e.groups[where] != nil || g.rule.rule.Kind != rule.Combination {
		l.fail("a group of rule %q", where.rule)
		return
	}
	e.groups[where] = g
}

func (l *loader) instance(e *Engine, in *instance) {
	n := l.count(maxCount)
	in.phase = phase(l.count(int(phases) - 1))
	in.hasValue, in.value = l.flag(), l.number()
	for _, t := range []*telemetry.Millis{&in.since, &in.until, &in.newest, &in.lastFalse, &in.ending, &in.first, &in.clock.due} {
		*t = l.time()
	}
	in.clock.inst = in
	runs := l.flag()
	if l.flag() {
		in.window = &window{raw: l.number()}
		for range l.count(maxPoints) {
			in.window.points = append(in.window.points, point{l.time(), l.number()})
		}
	}
	for n := l.count(maxCount); n > 0 && l.err == nil; n-- {
		in.seen = append(in.seen, seen{l.time(), l.unsigned()})
	}
	if l.err != nil {
		return
	}
	if n >= len(l.rule) {
		l.fail("rule %d of %d", n, len(l.rule))
		return
	}
	in.rule = l.rule[n]
	k := in.rule.rule.Kind
	if windowed := k == rule.Rate || k == rule.Increase; windowed != (in.window != nil) {
		l.fail("window of rule %q", in.rule.rule.Name)
		return
	}
	e.stats.phases[in.phase]++
	if runs {
		e.timers.set(&in.clock, in.clock.due)
	}
}
