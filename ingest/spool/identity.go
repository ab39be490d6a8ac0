package spool

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const idBytes = 8

// identity tells a spool from every other. It is drawn once, when the directory
// is first used.
type identity [idBytes]byte

func (id identity) String() string { return hex.EncodeToString(id[:]) }

// seed is where the checksums of a spool's frames start.
func (id identity) seed() uint32 { return checksum(0, id[:]) }

const identityFile = "identity"

// loadIdentity reads the directory's identity, or draws one for a new spool. A
// lost identity is taken from the segments, each of which carries it: their
// frames can be read with no other.
func loadIdentity(dir string, segments []*segment) (identity, error) {
	path := filepath.Join(dir, identityFile)
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return identity{}, fmt.Errorf("read spool identity: %w", err)
	}
	if id, ok := parseIdentity(text); ok {
		return id, nil
	}
	var id identity
	if len(segments) == 0 {
		if _, err := rand.Read(id[:]); err != nil {
			return id, fmt.Errorf("draw spool identity: %w", err)
		}
	} else if id, err = anyOwner(segments); err != nil {
		return id, fmt.Errorf("spool identity %s is missing or damaged, and no segment tells it: restore the file from a backup, or move the segments away: %w", path, err)
	}
	if err := writeFile(path, id.text()); err != nil {
		return id, fmt.Errorf("write spool identity: %w", err)
	}
	return id, nil
}

// anyOwner returns the identity in the first header that can be read.
func anyOwner(segments []*segment) (id identity, err error) {
	for _, g := range segments {
		if id, err = g.owner(); err == nil {
			return id, nil
		}
	}
	return id, err
}

// text is the content of the identity file: the identity and its checksum.
func (id identity) text() []byte {
	return fmt.Appendf(nil, "steward spool %s %08x\n", id, checksum(0, id[:]))
}

func parseIdentity(text []byte) (identity, bool) {
	var raw []byte
	var sum uint32
	if n, err := fmt.Sscanf(string(text), "steward spool %x %x\n", &raw, &sum); err != nil || n != 2 || len(raw) != idBytes {
		return identity{}, false
	}
	id := identity(raw)
	return id, checksum(0, id[:]) == sum
}
