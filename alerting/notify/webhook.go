package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
)

// WebhookConfig is a request of any form: a gateway of text messages or of calls.
type WebhookConfig struct {
	URL           string            `yaml:"url"`
	URLFile       string            `yaml:"url_file"`
	Method        string            `yaml:"method"`
	Headers       map[string]string `yaml:"headers"`
	SecretHeaders map[string]string `yaml:"secret_headers"` // name of a header to the file that holds its value
	To            []string          `yaml:"to"`
	Body          string            `yaml:"body"` // a template; see channels.yaml
	Success       *SuccessConfig    `yaml:"success"`
	CAFile        string            `yaml:"ca_file"`
	Line          int               `yaml:"-"`

	target, ca secret
	header     http.Header
	secrets    map[string]secret // headers too
	body       *template.Template
}

// SuccessConfig says what answer of a gateway means that it took the message.
type SuccessConfig struct {
	Status  []int  `yaml:"status"`  // any of 200 to 299 when empty
	Pointer string `yaml:"pointer"` // a JSON pointer (RFC 6901) into the answer
	Equals  string `yaml:"equals"`  // what stands there
	Line    int    `yaml:"-"`
}

// Bounds of a webhook.
const (
	maxHeaders     = 20
	maxBody        = 64 << 10 // bytes that a template may make
	maxTemplate    = 16 << 10
	maxHeaderValue = 8 << 10
)

func (*WebhookConfig) kind() string { return "webhook" }

func (w *WebhookConfig) check(c *checker) {
	w.target = c.address(w.Line, w.URL, w.URLFile, false)
	w.ca = c.ca(w.Line, w.CAFile)
	c.count(w.Line, "to", w.To)
	switch w.Method {
	case "":
		w.Method = http.MethodPost
	case http.MethodPost, http.MethodPut, http.MethodPatch:
	default:
		c.fail(w.Line, "method: %q is none of POST, PUT, PATCH", w.Method)
	}
	w.header, w.secrets = http.Header{}, map[string]secret{}
	if len(w.Headers)+len(w.SecretHeaders) > maxHeaders {
		c.fail(w.Line, "headers: more than %d", maxHeaders)
	}
	for _, name := range sortedKeys(w.Headers) {
		if w.checkHeader(c, "headers", name, w.Headers[name]) {
			w.header.Set(name, w.Headers[name])
		}
	}
	for _, name := range sortedKeys(w.SecretHeaders) {
		value := c.secret(w.Line, "secret_headers."+name, w.SecretHeaders[name])
		if w.checkHeader(c, "secret_headers", name, value.text()) {
			w.secrets[name] = value
		}
	}
	if w.header.Get("Content-Type") == "" {
		w.header.Set("Content-Type", "application/json; charset=utf-8")
	}
	if s := w.Success; s != nil {
		s.check(c)
	}
	w.template(c)
}

func (w *WebhookConfig) checkHeader(c *checker, key, name, value string) bool {
	switch {
	case !headerName.MatchString(name):
		c.fail(w.Line, "%s: %q is no name of a header", key, name)
		return false
	case len(value) > maxHeaderValue || strings.ContainsAny(value, "\r\n\x00"):
		c.fail(w.Line, "%s: the value of %s has several lines or is too long", key, name)
		return false
	}
	return true
}

// headerName is a token of RFC 9110, 5.6.2.
var headerName = regexp.MustCompile("^[a-zA-Z0-9!#$%&'*+.^_`|~-]{1,128}$")

func (s *SuccessConfig) check(c *checker) {
	for _, status := range s.Status {
		if status < 200 || status > 299 {
			c.fail(s.Line, "status: %d is not between 200 and 299", status)
		}
	}
	if s.Pointer != "" && s.Pointer[0] != '/' {
		c.fail(s.Line, "pointer: %q does not begin with /, as /data/code does", s.Pointer)
	}
	if (s.Pointer == "") != (s.Equals == "") {
		c.fail(s.Line, "pointer and equals belong together: give both or none")
	}
}

// webhookData is all that a template sees: values, and nothing that does
// something.
type webhookData struct {
	Key, What, Lang, Severity  string
	Subject, Text, Link        string
	To                         []string
	Test                       bool
	Incident, Title, Summary   string // of the gravest item
	Region, Project, Building  string
	Class, Device, Rule, State string
	SeverityWord, WhatWord     string
	Count                      int             // of the items
	Document                   json.RawMessage // all of it, as the default body has it
}

func webhookDataOf(m Message, to []string) (webhookData, error) {
	d := webhookData{
		Key: m.Key, What: m.what(), Lang: m.Lang, Severity: string(m.Severity), Subject: m.Subject, Text: m.Text, Link: m.Link,
		To: to, Test: m.Test, SeverityWord: severityWord(m.Lang, m.Severity), WhatWord: whatWord(m.Lang, m.what()), Count: len(m.Items),
	}
	var err error
	if d.Document, err = encode(documentOf(m)); err != nil {
		return d, err
	}
	if len(m.Items) > 0 {
		inc := &m.Items[0].Incident
		d.Incident, d.Title, d.Summary = inc.ID, inc.Title.In(m.Lang), inc.Summary.In(m.Lang)
		d.Region, d.Project, d.Building = inc.Region, inc.Project, inc.Building
		d.Class, d.Device, d.Rule, d.State = string(inc.Class), inc.Device, inc.Rule, string(inc.State)
	}
	return d, nil
}

var webhookFuncs = template.FuncMap{
	"json": func(v any) (string, error) {
		text, err := encode(v)
		return string(text), err
	},
	"join": func(list []string, by string) string { return strings.Join(list, by) },
	"cut":  func(most int, text string) string { return cut(text, max(most, 3)) },
}

// template reads the body and makes a message of it once, so that a mistake
// shows now, and not in the night.
func (w *WebhookConfig) template(c *checker) {
	if w.Body == "" {
		w.Body = "{{json .Document}}"
	}
	if len(w.Body) > maxTemplate {
		c.fail(w.Line, "body: is longer than %d bytes", maxTemplate)
		return
	}
	t, err := template.New("body").Option("missingkey=error").Funcs(webhookFuncs).Parse(w.Body)
	if err != nil {
		c.fail(w.Line, "body: %s", strings.TrimPrefix(err.Error(), "template: "))
		return
	}
	if !bounded(t.Root) || len(t.Templates()) > 1 {
		c.fail(w.Line, "body: range goes over .To alone, and templates of its own are not possible")
		return
	}
	w.body = t
	text, err := w.render(trial("webhook"))
	if err != nil {
		c.fail(w.Line, "body: %v", err)
		return
	}
	if strings.Contains(w.header.Get("Content-Type"), "json") && !json.Valid(text) {
		c.fail(w.Line, "body: makes no JSON; write texts as {{json .Text}}, without quotes around")
	}
}

// bounded reports whether n ends soon: a template can count to a billion, or
// print a million spaces.
func bounded(n parse.Node) bool {
	list := func(l *parse.ListNode) bool { return l == nil || bounded(l) }
	switch n := n.(type) {
	case *parse.ListNode:
		return !slices.ContainsFunc(n.Nodes, func(m parse.Node) bool { return !bounded(m) })
	case *parse.RangeNode:
		return strings.HasSuffix(n.Pipe.String(), ".To") && list(n.List) && list(n.ElseList)
	case *parse.IfNode:
		return bounded(n.Pipe) && list(n.List) && list(n.ElseList)
	case *parse.WithNode:
		return bounded(n.Pipe) && list(n.List) && list(n.ElseList)
	case *parse.ActionNode:
		return bounded(n.Pipe)
	case *parse.PipeNode:
		return !slices.ContainsFunc(n.Cmds, func(c *parse.CommandNode) bool { return !bounded(c) })
	case *parse.CommandNode:
		return !slices.ContainsFunc(n.Args, func(m parse.Node) bool { return !bounded(m) })
	case *parse.IdentifierNode:
		return n.Ident != "printf" // its widths have no bound
	}
	return true
}

// errLongBody is what a template made that grew too large.
var errLongBody = fmt.Errorf("the body grows over %d bytes", maxBody)

// capped is a buffer that refuses to grow over maxBody.
type capped struct{ bytes.Buffer }

func (b *capped) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxBody {
		return 0, errLongBody
	}
	return b.Buffer.Write(p)
}

func (w *WebhookConfig) render(m Message) ([]byte, error) {
	data, err := webhookDataOf(m, w.To)
	if err != nil {
		return nil, err
	}
	var b capped
	if err := w.body.Execute(&b, data); err != nil {
		return nil, errors.New(cut(oneLine(strings.TrimPrefix(err.Error(), "template: ")), maxErrorText))
	}
	return b.Bytes(), nil
}

type webhook struct {
	*poster
	conf *WebhookConfig
}

func newWebhook(conf *WebhookConfig) (*webhook, error) {
	p, err := newPoster(conf.ca, append(slices.Collect(maps.Values(conf.secrets)), conf.target)...)
	return &webhook{p, conf}, err
}

// Send implements Channel.
func (w *webhook) Send(ctx context.Context, m Message) error {
	body, err := w.conf.render(m)
	if err != nil {
		return refused("body: %v", err)
	}
	header := w.conf.header.Clone()
	for name, value := range w.conf.secrets {
		header.Set(name, value.text())
	}
	header.Set("Idempotency-Key", headerValue(m.Key))
	s := w.conf.Success
	ok := func(status int) bool {
		if s == nil || len(s.Status) == 0 {
			return status/100 == 2
		}
		return slices.Contains(s.Status, status)
	}
	got, err := w.do(ctx, w.conf.Method, w.conf.target, header, body, ok)
	switch {
	case s == nil || s.Pointer == "":
		return tolerated(err)
	case err != nil:
		return err
	}
	var doc any
	dec := json.NewDecoder(bytes.NewReader(got.body))
	dec.UseNumber()
	if err := dec.Decode(&doc); err != nil {
		return fmt.Errorf("%s: the answer is no JSON: %s", hostOf(w.conf.target), w.clean(string(got.body)))
	}
	if value, found := resolve(doc, s.Pointer); !found || value != s.Equals {
		return fmt.Errorf("%s: the answer has not %q at %s: %s", hostOf(w.conf.target), s.Equals, s.Pointer, w.clean(string(got.body)))
	}
	return nil
}

// resolve follows a JSON pointer to a plain value, which it gives as text.
func resolve(doc any, pointer string) (string, bool) {
	for _, token := range strings.Split(pointer, "/")[1:] {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		switch at := doc.(type) {
		case map[string]any:
			next, ok := at[token]
			if !ok {
				return "", false
			}
			doc = next
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(at) {
				return "", false
			}
			doc = at[i]
		default:
			return "", false
		}
	}
	switch v := doc.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	case nil:
		return "null", true
	}
	return "", false
}
