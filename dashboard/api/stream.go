package api

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// What a reader of a stream must take in time: chunkSize bytes in chunkTime, or
// it is taken for gone.
const (
	chunkSize = 64 << 10
	chunkTime = 30 * time.Second
)

// streamTimeout is how long a stream may take as a whole.
const streamTimeout = 30 * time.Minute

// streamOut is an answer that is written while it is made.
type streamOut struct{ Body func(huma.Context) }

// stream answers with what produce writes. An error before the first chunk is
// told as a problem; later the connection is broken, so that nobody takes a part
// for the whole.
func stream(contentType, filename string, produce func(context.Context, io.Writer) error) *streamOut {
	return &streamOut{func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		begin := func() {
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("Content-Disposition", `attachment; filename="`+filename+`"`)
			w.Header().Set("X-Content-Type-Options", "nosniff")
		}
		chunks := &chunkWriter{w: w, control: http.NewResponseController(w), begin: begin}
		out := bufio.NewWriterSize(chunks, chunkSize)
		err := produce(r.Context(), out)
		if err == nil {
			err = out.Flush()
		}
		switch {
		case err == nil && !chunks.begun:
			begin()
			w.WriteHeader(http.StatusOK)
		case err == nil:
		case !chunks.begun:
			problemOf(r.Context(), err).Write(w, r)
		default:
			if v := visitFrom(r.Context()); v != nil {
				v.cause = err
			}
			panic(http.ErrAbortHandler)
		}
	}}
}

// chunkWriter gives each chunk its own time.
type chunkWriter struct {
	w       io.Writer
	control *http.ResponseController
	begin   func()
	begun   bool
}

func (c *chunkWriter) Write(b []byte) (written int, err error) {
	if !c.begun {
		c.begun = true
		c.begin()
	}
	for len(b) > 0 {
		// Recorders in tests have no deadlines to set.
		_ = c.control.SetWriteDeadline(time.Now().Add(chunkTime))
		n, err := c.w.Write(b[:min(len(b), chunkSize)])
		written += n
		if err != nil {
			return written, err
		}
		b = b[n:]
	}
	return written, nil
}
