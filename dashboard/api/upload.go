package api

import (
	"bufio"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"steward/internal/registry"
)

// Upload is a file that the handler reads while it arrives.
type Upload struct {
	contentType string
	body        io.Reader
}

// Resolve takes the body from the request: huma would hold all of it as bytes.
func (u *Upload) Resolve(ctx huma.Context) []error {
	u.contentType, u.body = ctx.Header("Content-Type"), ctx.BodyReader()
	return nil
}

var _ huma.Resolver = (*Upload)(nil)

// rows reads the table that the file holds.
func (u *Upload) rows() (registry.Rows, error) {
	// The readers of tables tell in their own words what is wrong with a file;
	// that it was too large is known here.
	watched := &watchedReader{r: u.body}
	file, err := u.file(watched)
	var rows registry.Rows
	if err == nil {
		rows, err = u.readTable(file)
	}
	var large *http.MaxBytesError
	if errors.As(watched.err, &large) {
		return registry.Rows{}, tooLarge(large.Limit)
	}
	return rows, err
}

// file is the body itself, or the first file of a form.
func (u *Upload) file(body io.Reader) (io.Reader, error) {
	kind, params, err := mime.ParseMediaType(u.contentType)
	if err != nil {
		kind = ""
	}
	switch kind {
	case typeCSV, typeXLSX, "text/plain", "application/octet-stream", "application/vnd.ms-excel":
		return body, nil
	case "multipart/form-data":
	default:
		return nil, problem(http.StatusUnsupportedMediaType, codes[http.StatusUnsupportedMediaType],
			"send the file as %s, %s or the file of a multipart/form-data", typeCSV, typeXLSX)
	}
	form := multipart.NewReader(body, params["boundary"])
	for {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, invalid("file", "", "the form holds no file")
		case err != nil:
			return nil, problem(http.StatusBadRequest, codes[http.StatusBadRequest], "the form cannot be read")
		case part.FileName() != "":
			return part, nil
		}
	}
}

// readTable goes by what the file is, and not by what somebody's computer calls
// it. What was sent as an Excel file and is none is said to be none: read as CSV it
// would be a table with strange columns.
func (u *Upload) readTable(file io.Reader) (registry.Rows, error) {
	buffered := bufio.NewReader(file)
	if start, _ := buffered.Peek(4); registry.IsXLSX(start) || u.contentType == typeXLSX {
		return registry.ReadXLSX(buffered)
	}
	return registry.ReadCSV(buffered)
}

type watchedReader struct {
	r   io.Reader
	err error
}

func (w *watchedReader) Read(b []byte) (int, error) {
	n, err := w.r.Read(b)
	if err != nil {
		w.err = err
	}
	return n, err
}
