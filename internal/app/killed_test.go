package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rogpeppe/go-internal/diff"

	"steward/alerting/desk"
	"steward/internal/authz"
	"steward/internal/incident"
)

// busyFolder, in the environment, makes the test binary the process that lives
// through the busy hour.
const busyFolder = "STEWARD_TEST_BUSY_HOUR"

const busySeed = 7

// A process that is killed again and again in a busy hour leaves the same
// incidents, timelines, clocks and notices behind as one that was left alone.
//
// The hour is one of synctest: virtual time begins anew with each process, at the
// step that the last one had begun. So a step may be done twice, as a broker
// delivers twice and people press a button twice, and no time passes between two
// lives. All is compared exactly but this: what a clock brings about is written
// when Steward looks, which is up to a fifth of a second after its time and depends
// on when the process began; of that only the whole second is compared. Of attempts
// to deliver there may be more.
func TestKilledInABusyHour(t *testing.T) {
	if dir := os.Getenv(busyFolder); dir != "" {
		liveThroughBusyHour(t, dir)
		return
	}
	const kills = 8
	calm, killed := t.TempDir(), t.TempDir()
	hour := newBusyHour(busySeed)
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 2))
	var at []int // steps in which it is killed
	for range kills {
		at = append(at, 1+random.IntN(len(hour.steps)-1))
	}
	slices.Sort(at)
	t.Logf("%d devices, %d steps, killed in steps %v", len(hour.devices), len(hour.steps), at)

	undisturbed := startBusyHour(t, calm)
	for _, step := range at {
		life := startBusyHour(t, killed)
		life.awaitStep(step)
		time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond) // anywhere in what it does then
		life.kill()
	}
	startBusyHour(t, killed).finish()
	undisturbed.finish()

	want, got := readAccount(t, calm), readAccount(t, killed)
	if !bytes.Equal(want, got) {
		t.Error(string(diff.Diff("undisturbed", want, "killed", got)))
	}
	if n := bytes.Count(want, []byte("\n")); n < 800 {
		t.Errorf("the hour was not busy: %d lines", n)
	}
}

// busyLife is a process in the busy hour.
type busyLife struct {
	t      *testing.T
	dir    string
	cmd    *exec.Cmd
	output bytes.Buffer
	done   chan error
}

func startBusyHour(t *testing.T, dir string) *busyLife {
	t.Helper()
	l := &busyLife{t: t, dir: dir, done: make(chan error, 1)}
	l.cmd = exec.Command(os.Args[0], "-test.run=^TestKilledInABusyHour$", "-test.timeout=5m")
	l.cmd.Env = append(os.Environ(), busyFolder+"="+dir)
	l.cmd.Stdout, l.cmd.Stderr = &l.output, &l.output
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.cmd.Process.Kill() })
	go func() { l.done <- l.cmd.Wait() }()
	return l
}

// awaitStep waits until it has begun a step.
func (l *busyLife) awaitStep(step int) {
	l.t.Helper()
	for step > readProgress(l.t, l.dir) {
		select {
		case err := <-l.done:
			l.t.Fatalf("it ended by itself before step %d: %v\n%s", step, err, l.output.Bytes())
		case <-time.After(time.Millisecond):
		}
	}
}

func (l *busyLife) kill() {
	if err := l.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		l.t.Fatal(err)
	}
	l.t.Logf("it ended with: %v", <-l.done)
}

func (l *busyLife) finish() {
	l.t.Helper()
	if err := <-l.done; err != nil {
		l.t.Fatalf("%v\n%s", err, l.output.Bytes())
	}
}

func readAccount(t *testing.T, dir string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "account"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The progress is the number of the step that was begun last.
func readProgress(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "progress"))
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// noteProgress replaces the file, so that a reader never finds half of it. What the
// operating system has been given outlives the process.
func noteProgress(t *testing.T, dir string, step int) {
	path := filepath.Join(dir, "progress")
	if err := os.WriteFile(path+".new", []byte(strconv.Itoa(step)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// liveThroughBusyHour goes on where the last process was, to the end of the hour.
func liveThroughBusyHour(t *testing.T, dir string) {
	hour := newBusyHour(busySeed)
	first := readProgress(t, dir)
	synctest.Test(t, func(t *testing.T) {
		people := newPeople(t, func(string) []byte { return nil })
		people.setup.Responders = []desk.Responder{{Name: "wang", Card: responderCard}} // of all places
		w := newWorld(t, dir, people)
		for _, d := range hour.devices {
			w.estate.PutDevice(d)
		}
		time.Sleep(time.Until(hour.steps[first].at))
		w.begin()
		for n := first; n < len(hour.steps); n++ {
			step := &hour.steps[n]
			time.Sleep(time.Until(step.at))
			noteProgress(t, dir, n)
			if err := w.step(step); err != nil && n != first {
				t.Fatalf("step %d: %v", n, err)
			}
		}
		time.Sleep(time.Until(hour.end()))
		synctest.Wait()
		if _, err := w.life.incidents.Verify(context.Background()); err != nil {
			t.Error(err)
		}
		text := busyAccount(t, w.life.incidents, hour.end().Add(-time.Minute))
		if err := os.WriteFile(filepath.Join(dir, "account"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		w.end()
	})
}

func (w *world) step(s *busyStep) error {
	ctx := context.Background()
	who := somebody("zhang", authz.HQ)
	switch {
	case s.message != nil:
		return w.life.door.Accept(ctx, *s.message)
	case s.enter != nil:
		_, _, err := w.life.desk.Enter(ctx, who, *s.enter)
		return err
	}
	_, err := w.life.desk.Act(ctx, who, s.id, incident.Action{Deed: s.deed, Note: s.note})
	if errors.Is(err, incident.ErrConflict) {
		return nil // it has come so far by other ways
	}
	return err
}

// busyAccount is all that is compared, a line for each thing. What people are to be
// told until a time must have been tried.
func busyAccount(t *testing.T, store *incident.Store, tried time.Time) []byte {
	var out bytes.Buffer
	for _, e := range evidenceOf(t, store) {
		checkPunctual(t, &e)
		inc := e.Incident
		// Said above: when Steward looked; and what counts deliveries too.
		inc.Seq, inc.Updated = 0, time.Time{}
		for i := range inc.Told {
			inc.Told[i].At = inc.Told[i].At.Truncate(time.Second)
		}
		for i := range inc.Stages {
			if inc.Stages[i].By == incident.System { // when Steward looked
				inc.Stages[i].Received = inc.Stages[i].Received.Truncate(time.Second)
			}
		}
		line(t, &out, "incident", inc)
		for _, entry := range e.Entries {
			if entry.Kind == incident.EntryDelivered {
				continue
			}
			if entry.Actor == incident.System {
				entry.Received = entry.Received.Truncate(time.Second)
				if entry.Kind == incident.EntryToldOf || entry.Kind == incident.EntryEscalated || entry.Kind == incident.EntryWithheld {
					entry.At = entry.At.Truncate(time.Second)
				}
			}
			fmt.Fprintf(&out, "  %s %s %s %s %s %q\n", entry.Kind, entry.At.Format(time.RFC3339Nano), entry.Received.Format(time.RFC3339Nano), entry.State, entry.Actor.ID, entry.Note)
		}
		for _, n := range e.Notices {
			attempts := 0
			for _, a := range e.Attempts {
				if a.Notice == n.Key {
					attempts++
				}
			}
			if attempts == 0 && n.NotBefore.Before(tried) {
				t.Errorf("notice %s was never tried", n.Key)
			}
			state := n.State
			if n.NotBefore.After(tried) {
				state = "" // on its way
			}
			fmt.Fprintf(&out, "  notice %s %s %s %s\n", n.Key, n.NotBefore.Truncate(time.Second).Format(time.RFC3339), n.Receiver, state)
		}
	}
	return out.Bytes()
}

func line(t *testing.T, out *bytes.Buffer, what string, v any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(out, "%s %s\n", what, text)
}
