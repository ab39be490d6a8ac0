package pseudonym

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
)

// scan goes over one payload. What is replaced is copied to out together with
// everything before it, so that a payload in which nothing is replaced costs no
// memory.
type scan struct {
	p     *Pseudonymizer
	in    []byte
	out   []byte
	taken int // in[:taken] is in out, in its new form
	count int // values replaced
	level int // of texts that hold documents that hold texts …
}

func (s *scan) result() ([]byte, int) {
	if s.count == 0 {
		return s.in, 0
	}
	return append(s.out, s.in[s.taken:]...), s.count
}

// replace puts the pseudonym of a value, between two delimiters, in the place
// of in[from:to].
func (s *scan) replace(from, to int, value []byte, before, after byte) {
	if s.out == nil {
		s.out = make([]byte, 0, len(s.in)+len(s.in)/2+64)
	}
	s.out = append(s.out, s.in[s.taken:from]...)
	s.out = append(s.p.append(append(s.out, before), value), after)
	s.taken = to
	s.count++
}

// What the place of a value in a document says about it.
type place uint8

const (
	harmless place = iota // it belongs to a field that names nobody
	keyless               // no field has a name that could tell: a list that is not in an object
	personal              // it belongs to a field of identity, or is somewhere below one
)

// value goes over one value of valid JSON, which begins at or behind i, and
// gives its end. Truth values and null name nobody and stay.
func (s *scan) value(i int, at place) int {
	i = s.skip(i)
	switch s.in[i] {
	case '{':
		return s.object(i, at)
	case '[':
		for i = s.skip(i + 1); s.in[i] != ']'; {
			if i = s.skip(s.value(i, at)); s.in[i] == ',' {
				i++
			}
		}
		return i + 1
	case '"':
		end := textEnd(s.in, i)
		s.text(i, end, at)
		return end
	}
	end := i + 1
	for end < len(s.in) && !bytes.ContainsRune([]byte(",]} \t\r\n"), rune(s.in[end])) {
		end++
	}
	if c := s.in[i]; at != harmless && (c == '-' || '0' <= c && c <= '9') {
		s.replace(i, end, wholeNumber(s.in[i:end]), '"', '"')
	}
	return end
}

func (s *scan) object(i int, at place) int {
	for i = s.skip(i + 1); s.in[i] != '}'; {
		end := textEnd(s.in, i)
		below := harmless
		if at == personal || s.p.identifies(unescape(s.in[i:end])) {
			below = personal
		}
		i = s.skip(end) + 1 // the colon
		if i = s.skip(s.value(i, below)); s.in[i] == ',' {
			i = s.skip(i + 1)
		}
	}
	return i + 1
}

// text goes over the text in[i:end], quotes included.
func (s *scan) text(i, end int, at place) {
	raw := s.in[i:end]
	if at == harmless {
		// A gateway may wrap what it has from a device as a text.
		if bytes.IndexByte(raw, '\\') >= 0 {
			s.document(i, end, unescape(raw))
		}
		return
	}
	if value := unescape(raw); len(bytes.TrimSpace(value)) > 0 && !Is(value) && string(value) != Erased {
		s.replace(i, end, value, '"', '"')
	}
}

// maxLevel is how deep documents in texts are looked into.
const maxLevel = 4

// document goes over a document that is the content of the text in[i:end].
func (s *scan) document(i, end int, content []byte) {
	text := bytes.TrimSpace(content)
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return
	}
	if s.level == maxLevel {
		s.replace(i, end, content, '"', '"')
		return
	}
	inner := scan{p: s.p, in: content, level: s.level + 1}
	if json.Valid(content) {
		inner.value(0, keyless)
	} else {
		inner.loose()
	}
	scrubbed, n := inner.result()
	if n == 0 {
		return
	}
	quoted, err := json.Marshal(string(scrubbed))
	if err != nil {
		panic("pseudonym: a string does not marshal: " + err.Error())
	}
	s.out = append(append(s.out, s.in[s.taken:i]...), quoted...)
	s.taken = end
	s.count += n
}

// skip gives the next place from i on that is not white space.
func (s *scan) skip(i int) int {
	for i < len(s.in) && isBlank(s.in[i]) {
		i++
	}
	return i
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// textEnd gives the end of the text that begins with the quote b[i], behind its
// closing quote, or that of b.
func textEnd(b []byte, i int) int {
	quote := b[i]
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		}
	}
	return len(b)
}

// unescape gives the content of a text in quotes; of one that is not valid, what
// is between the quotes as it is.
func unescape(raw []byte) []byte {
	inside := raw[1:]
	if n := len(inside); n > 0 && inside[n-1] == raw[0] {
		inside = inside[:n-1]
	}
	if bytes.IndexByte(inside, '\\') < 0 {
		return inside
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return inside
	}
	return []byte(text)
}

// wholeNumber writes a whole number as people do, without fraction or exponent,
// so that 1.2e1 and 12 are the same card. Other numbers stay as they are.
func wholeNumber(raw []byte) []byte {
	if !bytes.ContainsAny(raw, ".eE") {
		return raw
	}
	const exact = 1 << 53 // above it a float64 does not hold every whole number
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > exact {
		return raw
	}
	return strconv.AppendInt(nil, int64(f), 10)
}
