// Package pseudonym keeps people out of what access gates report: the cards,
// names, numbers and pictures in a payload are replaced by keyed hashes before
// anybody stores or forwards it.
//
// [New] makes a Pseudonymizer of a secret key; [Pseudonymizer.Scrub] goes over
// one message. The same person has the same pseudonym for as long as the key is
// the same, so that passages can be counted and a person's rows be found and
// erased, and without the key nobody can tell whose it is. What is a pseudonym
// already stays as it is: a message may pass twice.
//
// Scrub is pure, never fails, and allocates nothing for a message that holds
// nobody. Valid JSON stays valid JSON of the same shape. What is not valid JSON
// will be quarantined, where people read it, and nobody can say with certainty
// where in it a name begins: there, all text goes, and what the sender's
// programmer needs is left: the structure, the names of fields, the numbers
// beside harmless ones.
package pseudonym

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"sync"

	"steward/internal/operations"
	"steward/internal/telemetry"
)

const (
	// KeySize is the length of the key in bytes.
	KeySize = 32

	// prefix and digits make up a pseudonym: half of a SHA-256, more than enough
	// that no two people share one.
	prefix = "psn_"
	digits = 32

	// Erased stands where a person's pseudonym was removed for good. It is left
	// alone, so that a letter that is replayed later does not become somebody.
	Erased = "erased"
)

// Pseudonymizer replaces what identifies people. It is safe for concurrent use.
type Pseudonymizer struct {
	fields map[string]struct{} // normalised names
	macs   sync.Pool           // of *mac
}

// mac is a keyed hash with the scratch space of one computation.
type mac struct {
	hash  hash.Hash
	sum   [sha256.Size]byte
	text  [len(prefix) + digits]byte
	canon []byte
}

// New makes a Pseudonymizer of a key of KeySize bytes. The extra names are
// taken for fields of identity, besides those that are known.
func New(key []byte, extra ...string) (*Pseudonymizer, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("pseudonyms: the key has %d bytes, not %d", len(key), KeySize)
	}
	key = bytes.Clone(key)
	p := &Pseudonymizer{fields: knownFields()}
	for _, name := range extra {
		var buf [maxField]byte
		n := normalise(buf[:], []byte(name))
		if n == 0 {
			return nil, fmt.Errorf("pseudonyms: field name %q is empty or longer than %d bytes", name, maxField)
		}
		p.fields[string(buf[:n])] = struct{}{}
	}
	p.macs.New = func() any { return &mac{hash: hmac.New(sha256.New, key)} }
	return p, nil
}

// Of is the pseudonym of a value, however it is written: a number and the same
// digits as text, upper and lower case, with and without space around it. What
// is a pseudonym already is returned as it is, and so is Erased: a file that was
// exported after somebody was erased names nobody when it is imported.
func (p *Pseudonymizer) Of(value string) string {
	if Is([]byte(value)) || value == Erased {
		return value
	}
	return string(p.append(nil, []byte(value)))
}

// append appends the pseudonym of a value.
func (p *Pseudonymizer) append(dst, value []byte) []byte {
	m := p.macs.Get().(*mac)
	defer p.macs.Put(m)
	m.canon = append(m.canon[:0], bytes.TrimSpace(value)...)
	for i, c := range m.canon {
		if 'A' <= c && c <= 'Z' {
			m.canon[i] = c + 'a' - 'A'
		}
	}
	m.hash.Reset()
	_, _ = m.hash.Write(m.canon) // a hash does not fail
	sum := m.hash.Sum(m.sum[:0])
	copy(m.text[:], prefix)
	hex.Encode(m.text[len(prefix):], sum[:digits/2])
	return append(dst, m.text[:]...)
}

// Is reports whether a value is a pseudonym.
func Is(value []byte) bool {
	return len(value) == len(prefix)+digits && begins(value)
}

// begins reports whether b starts with a pseudonym.
func begins(b []byte) bool {
	if len(b) < len(prefix)+digits || string(b[:len(prefix)]) != prefix {
		return false
	}
	for _, c := range b[len(prefix) : len(prefix)+digits] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Concerns reports whether messages on a topic may hold people: those of access
// gates, records of operations, and those on a malformed topic that mentions access.
// The latter will be quarantined, but are read there.
func Concerns(topic string) bool {
	if operations.IsTopic(topic) {
		return true
	}
	const class = string(telemetry.Access)
	mentioned := false
	for rest, more := topic, true; more && !mentioned; {
		var segment string
		segment, rest, more = strings.Cut(rest, "/")
		mentioned = len(segment) == len(class) && strings.EqualFold(segment, class)
	}
	if !mentioned {
		return false
	}
	// A meter may well be called access.
	d, _, err := telemetry.ParseTopic(topic)
	return err != nil || d.Class == telemetry.Access
}

// Scrub returns the payload with the people in it replaced, and how many values
// that were. Without any it is the payload itself; else a new slice. The
// payload is not changed.
func (p *Pseudonymizer) Scrub(payload []byte) ([]byte, int) {
	text := bytes.TrimSpace(bytes.TrimPrefix(payload, []byte(byteOrderMark)))
	switch {
	case len(text) == 0:
		return payload, 0
	case text[0] != '{' && text[0] != '[':
		return p.opaque(payload, text)
	}
	s := scan{p: p, in: payload}
	if json.Valid(payload) {
		s.value(0, keyless)
	} else {
		s.loose()
	}
	return s.result()
}

const byteOrderMark = "\xef\xbb\xbf"

// opaque replaces a payload that is no JSON at all: a name may be anywhere in
// it. Its pseudonym and length are kept, which tell equal payloads from
// different ones. The words of the status stream name nobody.
func (p *Pseudonymizer) opaque(payload, text []byte) ([]byte, int) {
	switch string(bytes.Trim(text, `"`)) {
	case telemetry.Online, telemetry.Offline:
		return payload, 0
	}
	if begins(text[min(1, len(text)):]) && text[0] == '<' {
		size, ok := bytes.CutPrefix(text[1+len(prefix)+digits:], []byte("> "))
		size, bytesOf := bytes.CutSuffix(size, []byte(" bytes"))
		if _, err := strconv.ParseUint(string(size), 10, 63); ok && bytesOf && err == nil {
			return payload, 0
		}
	}
	out := append(make([]byte, 0, 64), '<')
	out = append(p.append(out, payload), "> "...)
	out = strconv.AppendInt(out, int64(len(payload)), 10)
	return append(out, " bytes"...), 1
}
