package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
)

// Bounds of what is said over HTTP.
const (
	maxAnswer     = 64 << 10 // bytes of an answer that are read
	maxErrorText  = 300      // bytes of an error that are kept
	maxRetryAfter = time.Hour
)

// errLongAnswer is an answer of more than maxAnswer bytes.
var errLongAnswer = fmt.Errorf("the answer is longer than %d bytes", maxAnswer)

// poster sends requests to one place. Redirects are not followed: a target is
// what the operator wrote, and not what another machine makes of it. Errors name
// the host alone.
type poster struct {
	client *http.Client
	hide   []string // secrets, which an answer may echo
}

// newPoster makes one that also trusts the certificates of ca, PEM; empty for
// the system's alone.
func newPoster(ca secret, hide ...secret) (*poster, error) {
	conf, err := tlsConfig(ca)
	if err != nil {
		return nil, err
	}
	p := &poster{client: &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			TLSClientConfig:        conf,
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: maxAnswer,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	for _, s := range hide {
		if s.text() == "" {
			continue
		}
		p.hide = append(p.hide, s.text())
		// Of an address, what follows the host is the secret.
		if u, err := url.Parse(s.text()); err == nil && u.Host != "" {
			parts := []string{u.RequestURI(), u.RawQuery, u.Path, path.Base(u.Path)}
			for _, values := range u.Query() {
				parts = append(parts, values...)
			}
			for _, part := range parts {
				if len(part) > 4 { // less is no secret, and would blot out words
					p.hide = append(p.hide, part)
				}
			}
		}
	}
	return p, nil
}

func tlsConfig(ca secret) (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca.text() == "" {
		return conf, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM([]byte(ca.text())) {
		return nil, errors.New("there is no certificate in PEM form")
	}
	conf.RootCAs = pool
	return conf, nil
}

// answer is what came back with a status of success.
type answer struct {
	status int
	body   []byte
}

// do sends one request. ok says which statuses are success; nil is 200 to 299.
func (p *poster) do(ctx context.Context, method string, target secret, header http.Header, body []byte, ok func(status int) bool) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, target.text(), bytes.NewReader(body))
	if err != nil {
		return answer{}, refused("the request cannot be made") // the cause would show the address
	}
	req.Header = header.Clone()
	req.Header.Set("User-Agent", "steward")
	host := req.URL.Host
	resp, err := p.client.Do(req)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return answer{}, fmt.Errorf("%s: %s", host, p.clean(err.Error()))
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return answer{}, fmt.Errorf("%s: read the answer: %s", host, p.clean(err.Error()))
	case ok == nil && resp.StatusCode/100 == 2, ok != nil && ok(resp.StatusCode):
		if len(got) > maxAnswer {
			return answer{status: resp.StatusCode}, fmt.Errorf("%s: %w", host, errLongAnswer)
		}
		return answer{resp.StatusCode, got}, nil
	}
	return answer{}, p.failure(host, resp, got)
}

// tolerated is the outcome where the status alone counts: too long an answer of
// success is one all the same.
func tolerated(err error) error {
	if errors.Is(err, errLongAnswer) {
		return nil
	}
	return err
}

// failure sorts a bad status: what time may mend, and what it will not.
func (p *poster) failure(host string, resp *http.Response, body []byte) error {
	said := p.clean(string(body))
	if said != "" {
		said = ": " + said
	}
	err := fmt.Errorf("%s answered %d%s", host, resp.StatusCode, said)
	switch code := resp.StatusCode; {
	case code/100 == 3:
		return refused("%s answered %d, and redirects are not followed: give the final address", host, code)
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		if after := retryAfter(resp.Header.Get("Retry-After"), time.Now()); after > 0 {
			return &LaterError{After: after, Err: err}
		}
		return err
	case code >= 500, code == http.StatusRequestTimeout, code == http.StatusTooEarly:
		return err
	}
	return fmt.Errorf("%w: %w", ErrPermanent, err)
}

// retryAfter reads the header of that name (RFC 9110, 10.2.3): seconds or a date.
func retryAfter(text string, now time.Time) time.Duration {
	var after time.Duration
	if seconds, err := strconv.Atoi(text); err == nil {
		after = time.Duration(min(seconds, int(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		after = at.Sub(now)
	}
	return max(0, min(after, maxRetryAfter))
}

// clean makes text of the other side fit for an error: without secrets, in one
// line, not long.
func (p *poster) clean(text string) string {
	for _, s := range p.hide {
		text = strings.ReplaceAll(text, s, "(secret)")
	}
	return cut(oneLine(text), maxErrorText)
}

// robot sends JSON. The answer, JSON too, is read into what said points to, and
// judge tells what it means. Some robots say why with status 200, some with 400.
func (p *poster) robot(ctx context.Context, target secret, payload, said any, judge func() error) error {
	body, err := encode(payload)
	if err != nil {
		return refused("%v", err)
	}
	ok := func(status int) bool { return status/100 == 2 || status == http.StatusBadRequest }
	got, err := p.do(ctx, http.MethodPost, target, http.Header{"Content-Type": {"application/json; charset=utf-8"}}, body, ok)
	if err != nil {
		return err
	}
	bad := got.status == http.StatusBadRequest
	if err := json.Unmarshal(got.body, said); err != nil && !bad {
		return fmt.Errorf("%s: the answer is no JSON: %s", hostOf(target), p.clean(string(got.body)))
	}
	if err := judge(); err != nil || !bad {
		return err
	}
	return refused("%s answered %d: %s", hostOf(target), got.status, p.clean(string(got.body)))
}

// encode is JSON without the escapes that are for pages.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("make the message: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// refused is an error that time will not mend.
func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrPermanent, fmt.Sprintf(format, args...))
}

func hostOf(target secret) string {
	u, err := url.Parse(target.text())
	if err != nil {
		return "the channel"
	}
	return u.Host
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// headerValue is text as a header can carry it: what is not printable ASCII, and
// the percent sign, as %XX.
func headerValue(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; c > ' ' && c < 0x7f && c != '%' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
