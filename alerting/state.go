package alerting

import (
	"bufio"
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
	for src.Position() < to {
		s.replayTicks(&ticks, src.Position())
		in, ok, err := src.TryNext()
		if err != nil {
			return err
		}
		if !ok {
			break // the rest of it said nothing, or is lost
		}
		// Ticks between the last message and this one came before it.
		s.replayTicks(&ticks, in.Seq)
		s.mu.Lock()
		s.engine.Process(&in)
		s.mu.Unlock()
	}
	s.replayTicks(&ticks, to)
	s.saved, s.dirty = s.opts.Now(), true
	if err := s.commit(ctx, stepsOf(dropped), 0); err != nil {
		return err
	}
	return s.dropStrangers(ctx)
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

// checkpoint saves the evaluation's state and lets go of the stream behind it.
// The store's position goes first: the state on disk is never ahead of it.
func (s *Service) checkpoint(ctx context.Context) error {
	position := s.opts.Source.Position()
	err := s.keep(ctx, "checkpoint", func(tx *incident.Tx) error {
		if err := tx.SetPosition(s.spool, position); err != nil {
			return err
		}
		return tx.DropTicks(s.spool, s.kept())
	})
	if err != nil {
		return err
	}
	s.saved = s.opts.Now()
	if err := s.write(position); err != nil {
		// The old state still counts, and more of the stream is read after a crash.
		s.metrics.saveErrors.Inc()
		s.opts.Logger.Error("state of the alerting not saved", "file", s.opts.StateFile, "error", err)
		return nil
	}
	s.dirty = false
	return s.opts.Source.Done(position)
}

// kept is the position of the state on disk; ticks before it have no use.
func (s *Service) kept() uint64 {
	f, err := os.Open(s.opts.StateFile)
	if err != nil {
		return 0
	}
	defer f.Close()
	_, position, err := readHead(bufio.NewReader(f))
	if err != nil {
		return 0
	}
	return position
}

// finish saves the state a last time, if that goes quickly.
func (s *Service) finish() error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if !s.dirty {
		return nil
	}
	if err := s.checkpoint(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// write replaces the state file.
func (s *Service) write(position uint64) (err error) {
	began := s.opts.Now()
	temporary := s.opts.StateFile + ".new"
	f, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	head := append([]byte(stateMagic), 0, 0)
	binary.LittleEndian.PutUint16(head[len(stateMagic):], uint16(len(s.spool)))
	head = append(head, s.spool...)
	head = binary.LittleEndian.AppendUint64(head, position)
	if _, err := w.Write(head); err != nil {
		return err
	}
	s.mu.Lock()
	err = s.engine.Save(w)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(temporary, s.opts.StateFile); err != nil {
		return err
	}
	s.metrics.saveSeconds.Observe(s.opts.Now().Sub(began).Seconds())
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

// setRules puts the rules in force into the engine, at the time to which it has
// come: the stream may be behind the clock.
func (s *Service) setRules() []engine.Signal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.engine.SetRules(s.rules.Load(), s.engine.Now())
}
