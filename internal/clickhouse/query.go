package clickhouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// DefaultFormat is the output format of Query when none is asked for.
const DefaultFormat = "TabSeparatedWithNames"

// QueryOptions are a query of somebody's own.
type QueryOptions struct {
	SQL      string
	Format   string            // an output format of ClickHouse; DefaultFormat when empty; a FORMAT in the SQL wins
	ReadOnly bool              // refuse what changes data, tables or settings
	Params   map[string]string // values of {name:Type} in the SQL

	settings map[string]string // of the server, for this query
	args     arguments         // values as the server reads them
}

// Query runs SQL and streams its result to w as the server sends it. What was
// written before an error is part of the result, without the error's text.
func (s *Store) Query(ctx context.Context, w io.Writer, q QueryOptions) error {
	if s.opts.HTTPURL == "" {
		return errors.New("clickhouse: no HTTP address is configured, which queries with a free format need")
	}
	req, err := s.queryRequest(ctx, q)
	if err != nil {
		return err
	}
	resp, err := s.http.Do(req)
	if err != nil {
		var u *url.Error // repeats the address and the query's parameters
		if errors.As(err, &u) {
			err = u.Err
		}
		return fmt.Errorf("clickhouse %s: query: %w: %w", s.opts.HTTPURL, ErrUnreachable, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorText))
		if err != nil && len(text) == 0 {
			return fmt.Errorf("clickhouse %s: query: %s: %w: %w", s.opts.HTTPURL, resp.Status, ErrUnreachable, err)
		}
		return httpError(resp.Status, string(text))
	}
	return copyResult(w, resp.Body, resp.Header.Get("X-ClickHouse-Exception-Tag"))
}

// parameterEscaper writes a value as ClickHouse reads parameters: like a field
// of a tab-separated line.
var parameterEscaper = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`)

func (s *Store) queryRequest(ctx context.Context, q QueryOptions) (*http.Request, error) {
	u, err := url.Parse(s.opts.HTTPURL)
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	values := url.Values{"database": {s.opts.Database}, "default_format": {DefaultFormat}}
	if q.Format != "" {
		values.Set("default_format", q.Format)
	}
	if q.ReadOnly {
		values.Set("readonly", "1")
	}
	for name, value := range q.Params {
		values.Set("param_"+name, parameterEscaper.Replace(value))
	}
	for name, value := range q.args {
		values.Set("param_"+name, value)
	}
	for name, value := range q.settings {
		values.Set(name, value)
	}
	u.Path, u.RawQuery = "/", values.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(q.SQL))
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	// In headers: an address ends up in logs.
	req.Header.Set("X-ClickHouse-User", s.opts.User)
	req.Header.Set("X-ClickHouse-Key", s.opts.Password)
	return req, nil
}

// maxErrorText bounds what of an error's text is read; the server sends the
// whole query with it.
const maxErrorText = 64 << 10

// An error in the middle of a result follows what was sent of it:
//
//	"\r\n__exception__\r\n" tag "\r\n" text "\n" length " " tag "\r\n__exception__\r\n"
//
// with a tag from the header, that no result can guess; the body may then end
// without the end that HTTP wants.
const exceptionMark = "__exception__\r\n"

// copyResult copies a body, except for an error at its end, which it returns.
func copyResult(w io.Writer, body io.Reader, tag string) error {
	mark := []byte("\r\n" + exceptionMark + tag)
	held := make([]byte, 0, 64<<10) // bytes that may be the beginning of the mark
	chunk := make([]byte, 32<<10)
	for {
		n, readErr := body.Read(chunk)
		held = append(held, chunk[:n]...)
		if at := bytes.Index(held, mark); tag != "" && at >= 0 {
			if _, err := w.Write(held[:at]); err != nil {
				return fmt.Errorf("write the result: %w", err)
			}
			return lateError(held[at+len(mark):], body, tag)
		}
		free := len(held)
		if readErr == nil {
			free = max(0, len(held)-len(mark)+1)
		}
		if _, err := w.Write(held[:free]); err != nil {
			return fmt.Errorf("write the result: %w", err)
		}
		held = append(held[:0], held[free:]...)
		switch {
		case errors.Is(readErr, io.EOF):
			return nil
		case readErr != nil:
			return fmt.Errorf("clickhouse: the result broke off: %w: %w", ErrUnreachable, readErr)
		}
	}
}

// lateError reads the rest of an error whose beginning is known.
func lateError(begin []byte, body io.Reader, tag string) error {
	// How the body ends says nothing new: the text is what counts.
	rest, _ := io.ReadAll(io.LimitReader(body, maxErrorText))
	text := string(append(begin, rest...))
	if at := strings.LastIndex(text, " "+tag); at >= 0 {
		text = strings.TrimRight(text[:at], "0123456789")
	}
	return httpError("in the middle of the result", text)
}

var (
	errorCode    = regexp.MustCompile(`^Code: (\d+)\. `)
	errorVersion = regexp.MustCompile(`\s*\(version [^()]*( \(official build\))?\)\s*$`)
)

// httpError makes an error of the server's text: with its class, on one line,
// without the parts that only the server's makers need.
func httpError(status, text string) error {
	text = strings.TrimSpace(errorVersion.ReplaceAllString(strings.TrimSpace(text), ""))
	class := ErrRefused
	if m := errorCode.FindStringSubmatch(text); m != nil {
		code, err := strconv.ParseInt(m[1], 10, 32)
		if known, ok := classes[int32(code)]; err == nil && ok {
			class = known
		}
		text = strings.TrimPrefix(text[len(m[0]):], "DB::Exception: ")
	}
	if text == "" {
		text = status
	}
	return fmt.Errorf("%w: %s", class, strings.Join(strings.Fields(text), " "))
}
