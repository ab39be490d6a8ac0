package alerting

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"steward/alerting/engine"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// The state file: a head that names the place in the stream, then what the engine
// writes, which holds a checksum of its own.
//
//	"STWALRT1" | length of the spool's name u16 | name | position u64 | engine
const stateMagic = "STWALRT1"

// restore brings the evaluation to where the incidents are. What the stream
// brings about on the way is in the store already.
func (s *Service) restore(ctx context.Context) error {
	src := s.opts.Source
	from, err := s.load()
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.opts.Logger.Warn("state of the alerting is built anew from the spool", "file", s.opts.StateFile, "error", err)
		}
		s.mu.Lock()
		s.engine = s.newEngine()
		s.mu.Unlock()
		from = src.Saved()
	}
	var to uint64
	var ticks []incident.Tick
	err = s.keep(ctx, "restore", func(tx *incident.Tx) error {
		at, known, err := tx.Position(s.spool)
		if err != nil {
			return err
		}
		if to = at; !known {
			to = from
		}
		ticks, err = tx.Ticks(s.spool, from)
		return err
	})
	if err != nil {
		return err
	}
	from = min(from, to)
	if err := src.Start(ctx, from); err != nil {
		return err
	}
	dropped := s.setRules()
	if n := len(ticks); n > 0 {
		// Time brought something about since: Steward was receiving.
		s.mu.Lock()
		s.engine.Listening(s.engine.Now(), telemetry.MillisOf(ticks[n-1].At))
		s.mu.Unlock()
	}
	var next *engine.Input // the first message that is not in the store
	for src.Position() < to {
		s.replayTicks(&ticks, src.Position())
		in, ok, err := src.TryNext()
		if err != nil {
			return err
		}
		if !ok {
			break // the rest of it said nothing, or is lost
		}
		if in.Seq >= to { // what lies between said nothing
			next = &in
			break
		}
		// Ticks between the last message and this one came before it.
		s.replayTicks(&ticks, in.Seq)
		s.mu.Lock()
		s.engine.Process(&in)
		s.mu.Unlock()
	}
	s.replayTicks(&ticks, to)
	s.onDisk, s.dirty = from, true
	s.nextSave = s.opts.Now().Add(saveEvery)
	if err := s.commitAt(ctx, stepsOf(dropped), 0, to); err != nil {
		return err
	}
	if err := s.dropStrangers(ctx); err != nil {
		return err
	}
	if next != nil {
		if err := s.take(ctx, next); err != nil {
			return err
		}
	}
	if len(dropped) == 0 {
		return nil
	}
	return s.checkpoint(ctx) // else they would be dropped again
}

// replayTicks tells the evaluation the times that came before a position.
func (s *Service) replayTicks(ticks *[]incident.Tick, position uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(*ticks) > 0 && (*ticks)[0].Position <= position {
		s.engine.Advance(telemetry.MillisOf((*ticks)[0].At))
		*ticks = (*ticks)[1:]
	}
}

// snapshot is the evaluation's state at a position of the stream, ready to be
// written.
type snapshot struct {
	position uint64
	state    []byte
	began    time.Time
}

// checkpoint has the evaluation's state written, unless the one before still is:
// the stream waits for the state to be copied, and not for the disk. The store's
// position goes first: the state on disk is never ahead of it.
func (s *Service) checkpoint(ctx context.Context) error {
	if s.writing {
		s.dirty, s.nextSave = true, s.opts.Now() // as soon as that is through
		return nil
	}
	snap, err := s.snapshot(ctx)
	if err != nil {
		return err
	}
	s.writing, s.dirty = true, false
	s.writes.Go(func() {
		err := s.write(snap)
		s.written <- written{snap, err} // has room for the one write there is
	})
	return nil
}

// written is how the writing of a snapshot ended.
type written struct {
	*snapshot
	err error
}

// snapshot copies the state.
func (s *Service) snapshot(ctx context.Context) (*snapshot, error) {
	snap := &snapshot{position: s.opts.Source.Position(), began: s.opts.Now()}
	err := s.keep(ctx, "checkpoint", func(tx *incident.Tx) error {
		if err := tx.SetPosition(s.spool, snap.position); err != nil {
			return err
		}
		return tx.DropTicks(s.spool, s.onDisk)
	})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(s.size + s.size/8)
	b.WriteString(stateMagic)
	b.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(s.spool))))
	b.WriteString(s.spool)
	b.Write(binary.LittleEndian.AppendUint64(nil, snap.position))
	s.mu.Lock()
	err = s.engine.Save(&b)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	snap.state, s.size = b.Bytes(), b.Len()
	// A large state costs the stream its time: it is saved the less often.
	took := s.opts.Now().Sub(snap.began)
	s.metrics.saveSeconds.Observe(took.Seconds())
	s.lastSave = s.opts.Now()
	s.nextSave = s.lastSave.Add(max(saveEvery, saveShare*took))
	return snap, nil
}

// settle takes note of a snapshot that was written, and lets go of the stream
// behind it.
func (s *Service) settle(w written) error {
	s.writing = false
	if w.err != nil {
		// The old state still counts, and more of the stream is read after a crash.
		s.dirty = true
		s.metrics.saveErrors.Inc()
		s.opts.Logger.Error("state of the alerting not saved", "file", s.opts.StateFile, "error", w.err)
		return nil
	}
	s.onDisk = w.position
	return s.opts.Source.Done(w.position)
}

// finish saves the state a last time, if that goes quickly.
func (s *Service) finish() error {
	s.writes.Wait()
	if s.writing {
		if err := s.settle(<-s.written); err != nil {
			return err
		}
	}
	if !s.dirty {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	snap, err := s.snapshot(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	return s.settle(written{snap, s.write(snap)})
}

// write replaces the state file.
func (s *Service) write(snap *snapshot) (err error) {
	temporary := s.opts.StateFile + ".new"
	f, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(snap.state)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary, s.opts.StateFile); err != nil {
		return err
	}
	return syncDir(filepath.Dir(s.opts.StateFile))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// load reads the state file into the engine.
func (s *Service) load() (position uint64, err error) {
	f, err := os.Open(s.opts.StateFile)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	spool, position, err := readHead(r)
	if err != nil {
		return 0, err
	}
	if spool != s.spool {
		return 0, fmt.Errorf("it is of another spool (%s)", spool)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return position, s.engine.Load(r, s.rules.Load())
}

func readHead(r io.Reader) (spool string, position uint64, err error) {
	head := make([]byte, len(stateMagic)+2)
	if _, err := io.ReadFull(r, head); err != nil {
		return "", 0, fmt.Errorf("its head cannot be read: %w", err)
	}
	if string(head[:len(stateMagic)]) != stateMagic {
		return "", 0, errors.New("it is not a state of the alerting, or of another version")
	}
	rest := make([]byte, int(binary.LittleEndian.Uint16(head[len(stateMagic):]))+8)
	if _, err := io.ReadFull(r, rest); err != nil {
		return "", 0, fmt.Errorf("its head cannot be read: %w", err)
	}
	name := rest[:len(rest)-8]
	return string(name), binary.LittleEndian.Uint64(rest[len(name):]), nil
}

// setRules puts the rules in force into the engine, and lets no time pass: what is
// due at this very moment must come of the stream or of a tick, since only those are
// known when the stream is read again.
func (s *Service) setRules() []engine.Signal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.engine.SetRules(s.rules.Load(), 0)
}
