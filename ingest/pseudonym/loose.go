package pseudonym

import "bytes"

// maxDepth is how deep a broken document is followed. Everything below is taken
// for personal.
const maxDepth = 64

// walk is where in a broken document the scan is.
type walk struct {
	frames  [maxDepth]frame
	depth   int  // of open brackets, of which the first maxDepth have a frame
	mayName bool // a word here could be the name of a field
}

// frame is one open bracket.
type frame struct {
	list  bool
	field place // what the last field's name says about the values that follow
	below place // what all values in here are at least
}

func (w *walk) top() *frame { return &w.frames[min(w.depth, maxDepth-1)] }

// place is that of the values that follow. A number is kept only where a name
// stands before it that says that it is harmless.
func (w *walk) place() place {
	if t := w.top(); w.depth < maxDepth && t.below != personal {
		return t.field
	}
	return personal
}

func (w *walk) open(list bool) {
	outer := w.place()
	w.depth++
	f := frame{list: list, field: keyless, below: harmless}
	if outer == personal {
		f.below = personal
	}
	if list {
		f.field = outer
	}
	*w.top() = f
	w.mayName = !list
}

func (w *walk) close() {
	w.depth = max(0, w.depth-1)
	w.mayName = false
}

func (w *walk) separate() {
	if t := w.top(); !t.list {
		t.field = keyless
	}
	w.mayName = !w.top().list
}

func (w *walk) name(field place) {
	w.top().field = field
	w.mayName = false
}

// loose goes over what is not valid JSON. A replaced value stands in angle
// brackets, so that what was broken stays broken: nothing that was quarantined
// before is taken for data now.
func (s *scan) loose() {
	w := walk{mayName: true}
	w.frames[0].field = keyless
	i := 0
	if bytes.HasPrefix(s.in, []byte(byteOrderMark)) {
		i = len(byteOrderMark)
	}
	for i < len(s.in) {
		switch c := s.in[i]; c {
		case '{', '[':
			w.open(c == '[')
		case '}', ']':
			w.close()
		case ',', ';', '&':
			w.separate()
		case ':', '=':
			w.mayName = false
		case '<', '>', ' ', '\t', '\r', '\n':
		case '"', '\'':
			end := textEnd(s.in, i)
			s.looseToken(&w, i, end, unescape(s.in[i:end]), true)
			i = end
			continue
		default:
			end := wordEnd(s.in, i)
			s.looseToken(&w, i, end, s.in[i:end], false)
			i = end
			continue
		}
		i++
	}
}

// looseToken decides about one text or word, in[i:end] with the given content.
func (s *scan) looseToken(w *walk, i, end int, content []byte, quoted bool) {
	next := s.skip(end)
	if w.mayName && next < len(s.in) && (s.in[next] == ':' || s.in[next] == '=') {
		field := harmless
		if s.p.identifies(content) {
			field = personal
		}
		w.name(field)
		return
	}
	w.mayName = false
	switch {
	case len(bytes.TrimSpace(content)) == 0, Is(content), string(content) == Erased:
		return
	case !quoted && isLiteral(content):
		return
	case !quoted && isNumber(content):
		if w.place() == harmless {
			return
		}
		content = wholeNumber(content)
	case !quoted && s.p.identifies(content):
		w.name(personal) // {card 1234}: what follows is a card
		return
	}
	s.replace(i, end, content, '<', '>')
}

// wordEnd gives the end of the bare word that begins at b[i]. A pseudonym is a
// word of its own.
func wordEnd(b []byte, i int) int {
	if begins(b[i:]) {
		return i + len(prefix) + digits
	}
	for i++; i < len(b); i++ {
		if bytes.IndexByte([]byte("{}[],;&:=<> \t\r\n\""), b[i]) >= 0 {
			break
		}
	}
	return i
}

func isLiteral(word []byte) bool {
	for _, literal := range []string{"true", "false", "null", "nan", "inf", "infinity"} {
		if bytes.EqualFold(bytes.TrimLeft(word, "+-"), []byte(literal)) {
			return true
		}
	}
	return false
}

func isNumber(word []byte) bool {
	digit := false
	for _, c := range word {
		switch {
		case '0' <= c && c <= '9':
			digit = true
		case bytes.IndexByte([]byte("+-.eE"), c) < 0:
			return false
		}
	}
	return digit
}
