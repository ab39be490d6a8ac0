package spool

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// State is what a Cursor remembers.
type State struct {
	// Position: all records below are done.
	Position uint64
	// Keep is the oldest record that is still needed, at most Position. Segments
	// wholly below the lowest Keep of all cursors are deleted.
	Keep uint64
	// Data is the owner's, at most MaxCursorData bytes.
	Data []byte
}

// Cursor is the progress of one consumer, under a name, kept over restarts. Its
// methods are safe for concurrent use.
type Cursor struct {
	spool *Spool
	name  string
	path  string

	saving     sync.Mutex // guards file, generation, buf and gone
	file       *os.File
	generation uint64
	buf        []byte
	gone       error // why the cursor cannot be used any more

	saved   State // guarded by Spool.mu
	damaged error // the file could not be understood; set before the cursor is shared
}

const cursorSuffix = ".cursor"

var cursorName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// Cursor returns the cursor of that name, [a-z0-9][a-z0-9_-]{0,63}. A new one
// starts at the oldest record that is kept. While a cursor exists, also if
// nobody asks for it, what it keeps is not deleted.
func (s *Spool) Cursor(name string) (*Cursor, error) {
	if !cursorName.MatchString(name) {
		return nil, fmt.Errorf("cursor name %q is not of the form %s", name, cursorName)
	}
	s.trimming.Lock() // nothing is deleted before the new cursor counts
	defer s.trimming.Unlock()
	s.mu.Lock()
	err, c, oldest := s.usable(), s.cursors[name], s.segments[0].first
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if c != nil {
		return c, c.damaged
	}
	c = s.newCursor(name)
	if err := c.create(State{Position: oldest, Keep: oldest}); err != nil {
		return nil, fmt.Errorf("create spool cursor %s: %w", name, err)
	}
	s.mu.Lock()
	if err := s.usable(); err != nil {
		s.mu.Unlock()
		return nil, errors.Join(err, c.close(err))
	}
	s.cursors[name] = c
	s.mu.Unlock()
	return c, nil
}

// usable returns why the spool takes no calls, or nil. The caller holds mu.
func (s *Spool) usable() error {
	if s.err == nil && s.closed {
		return ErrClosed
	}
	return s.err
}

// Forget removes a cursor with its file, if there is one of that name. What only
// it kept is deleted.
func (s *Spool) Forget(name string) error {
	if err := s.forget(name); err != nil {
		return fmt.Errorf("forget spool cursor %s: %w", name, err)
	}
	s.trim()
	return nil
}

func (s *Spool) forget(name string) error {
	s.trimming.Lock()
	defer s.trimming.Unlock()
	s.mu.Lock()
	err, c := s.usable(), s.cursors[name]
	delete(s.cursors, name)
	s.mu.Unlock()
	if err != nil || c == nil {
		return err
	}
	return errors.Join(c.close(ErrForgotten), removeFile(c.path), syncDir(s.opts.Dir))
}

func (s *Spool) newCursor(name string) *Cursor {
	return &Cursor{spool: s, name: name, path: filepath.Join(s.opts.Dir, name+cursorSuffix)}
}

// loadCursors reads every cursor of the directory. A damaged one keeps all
// records: deleting what its owner may not have done cannot be made good.
func (s *Spool) loadCursors() error {
	entries, err := os.ReadDir(s.opts.Dir)
	if err != nil {
		return fmt.Errorf("open spool: %w", err)
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), cursorSuffix)
		if !ok || !cursorName.MatchString(name) {
			continue
		}
		c := s.newCursor(name)
		if err := c.load(); err != nil {
			return fmt.Errorf("open spool cursor %s: %w", c.path, err)
		}
		if c.damaged != nil {
			s.logger.Error("spool cursor is damaged, everything is kept", "error", c.damaged)
		}
		s.cursors[name] = c
	}
	return nil
}

// load opens the cursor's file. That it makes no sense is noted in damaged.
func (c *Cursor) load() error {
	content, err := os.ReadFile(c.path)
	if err != nil {
		return err
	}
	if c.generation, c.saved, err = decodeCursor(content); err != nil {
		c.damaged = fmt.Errorf("spool cursor %s is damaged: %w: stop the program and delete the file to start from the oldest record", c.path, err)
		return nil
	}
	c.file, err = os.OpenFile(c.path, os.O_RDWR, 0)
	return err
}

// create makes the cursor's file at its full size, so that no later save needs
// room on the disk.
func (c *Cursor) create(st State) error {
	const first = 1
	content := make([]byte, 2*slotSize)
	encodeSlot(content[:slotOffset(first)], first, st) // in place
	if err := writeFile(c.path, content); err != nil {
		return err
	}
	f, err := os.OpenFile(c.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	c.file, c.generation, c.saved = f, first, st
	return nil
}

// Load returns the state that was saved last. Data is the caller's.
func (c *Cursor) Load() State {
	c.spool.mu.Lock()
	defer c.spool.mu.Unlock()
	st := c.saved
	st.Data = bytes.Clone(st.Data)
	return st
}

// Save replaces the state and returns when it is on disk: one write, one sync.
// After a crash either the old or the new state is found, never another. Then
// it deletes the segments that no cursor keeps any more. After an error the old
// state counts and Save may be tried again.
func (c *Cursor) Save(st State) error {
	switch {
	case st.Keep > st.Position:
		return fmt.Errorf("save spool cursor %s: keep %d is over position %d", c.name, st.Keep, st.Position)
	case st.Position > c.spool.Durable():
		return fmt.Errorf("save spool cursor %s: position %d is over the durable %d", c.name, st.Position, c.spool.Durable())
	case len(st.Data) > MaxCursorData:
		return fmt.Errorf("save spool cursor %s: %d bytes of data, at most %d", c.name, len(st.Data), MaxCursorData)
	}
	st.Data = bytes.Clone(st.Data)
	if err := c.write(st); err != nil {
		return fmt.Errorf("save spool cursor %s: %w", c.name, err)
	}
	c.spool.trim()
	return nil
}

func (c *Cursor) write(st State) error {
	c.saving.Lock()
	defer c.saving.Unlock()
	if c.gone != nil {
		return c.gone
	}
	if err := c.spool.Err(); err != nil {
		return err
	}
	generation := c.generation + 1
	c.buf = encodeSlot(c.buf[:0], generation, st)
	if _, err := c.file.WriteAt(c.buf, slotOffset(generation)); err != nil {
		return err
	}
	if err := datasync(c.file); err != nil {
		return err
	}
	c.generation = generation
	c.spool.mu.Lock()
	defer c.spool.mu.Unlock()
	c.saved = st
	return nil
}

// close ends the cursor, which answers reason from then on.
func (c *Cursor) close(reason error) error {
	c.saving.Lock()
	defer c.saving.Unlock()
	c.gone = reason
	if c.file == nil {
		return nil
	}
	return c.file.Close()
}
