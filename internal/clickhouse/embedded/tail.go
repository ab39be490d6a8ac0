package embedded

import (
	"io"
	"os"
	"strings"
	"sync"
)

// tail keeps the end of what is written to it.
type tail struct {
	limit int // bytes

	mu   sync.Mutex // guards text
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - t.limit; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

// lastLines reads the whole lines in the last bytes of a file, without the
// frames of stack traces; "" when there are none.
func lastLines(path string, bytes int64) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return ""
	}
	start := max(0, size-bytes)
	text, err := io.ReadAll(io.NewSectionReader(file, start, bytes))
	if err != nil {
		return ""
	}
	all := string(text)
	if start > 0 {
		_, all, _ = strings.Cut(all, "\n")
	}
	var kept []string
	for line := range strings.Lines(all) {
		if line = strings.TrimSpace(line); line != "" && !isFrame(line) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// isFrame recognises "12. ? @ 0x000000001c8fa4b3".
func isFrame(line string) bool {
	_, rest, found := strings.Cut(line, ". ")
	return found && strings.Contains(rest, "@ 0x")
}
