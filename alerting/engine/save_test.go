package engine

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"steward/alerting/estate"
	"steward/alerting/rule"
)

// savedState is that of an engine with something of everything.
func savedState(t testing.TB, set *rule.Set) []byte {
	s := newScenario(t, Options{}, set)
	for _, line := range randomScript(7) {
		s.run(line)
	}
	var b bytes.Buffer
	if err := s.engine.Save(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDamagedState(t *testing.T) {
	set := ruleSet(t, everyKind)
	good := savedState(t, set)
	f := func(name string, state []byte, want string) {
		t.Helper()
		e := New(Options{Estate: estate.New()})
		err := e.Load(bytes.NewReader(state), set)
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
		if e.Now() != 0 || e.Stats().Devices != 0 {
			t.Errorf("%s: it was used all the same", name)
		}
	}
	f("empty", nil, "ends too early")
	f("another file", []byte("steward alerting state 9\n and more"), "does not begin")
	f("longer", append(bytes.Clone(good), 0), "something follows")
	f("checksum", append(bytes.Clone(good[:len(good)-1]), good[len(good)-1]^1), "checksum")
	for n := 1; n < len(good); n += 97 {
		f("cut", good[:n], "ends too early")
	}
	// A changed bit is found by what it makes impossible, or by the checksum.
	for n := len(heading); n < len(good); n += 31 {
		bad := bytes.Clone(good)
		bad[n] ^= 4
		f("changed", bad, "")
	}

	e := New(Options{Estate: estate.New()})
	failed := errors.New("disk")
	if err := e.Load(iotest.ErrReader(failed), set); !errors.Is(err, failed) || errors.Is(err, ErrDamaged) {
		t.Errorf("an error of the disk: %v", err)
	}
	if err := e.Save(brokenDisk{failed}); !errors.Is(err, failed) {
		t.Errorf("an error of the disk: %v", err)
	}
}

type brokenDisk struct{ err error }

func (b brokenDisk) Write([]byte) (int, error) { return 0, b.err }

// What has a right checksum and is nonsense all the same is refused, or does no
// harm.
func FuzzLoad(f *testing.F) {
	set := ruleSet(f, everyKind)
	good := savedState(f, set)
	f.Add(good[len(heading) : len(good)-sha256.Size])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		state := append([]byte(heading), body...)
		sum := sha256.Sum256(state)
		state = append(state, sum[:]...)
		s := newScenario(t, Options{}, set)
		if err := s.engine.Load(bytes.NewReader(state), set); err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		for _, line := range randomScript(3)[:60] {
			s.run(line)
		}
		var again bytes.Buffer
		if err := s.engine.Save(&again); err != nil {
			t.Fatal(err)
		}
		if err := New(s.engine.opts).Load(&again, set); err != nil {
			t.Fatal(err)
		}
	})
}
