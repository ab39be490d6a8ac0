// Package page renders a report as one page of HTML to read on a screen and to
// print on A4. It holds all that it needs, charts too, runs nothing and asks for
// nothing.
package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"steward/analytics/report"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string

	pages = map[string]*template.Template{"zh": parse("zh"), "en": parse("en")}
)

// policy lets the page use its own style, and load or run nothing. The page says it
// itself too, since it is also read from a file and from a letter.
var policy = func() string {
	sum := sha256.Sum256([]byte(pageCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}()

// Policy is the Content-Security-Policy to serve a page with.
func Policy() string { return policy + "; frame-ancestors 'none'" }

func parse(lang string) *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"say":    func(word string) string { return report.Say(lang, word) },
		"style":  func() template.CSS { return template.CSS(pageCSS) }, //nolint:gosec // G203: our own file
		"policy": func() string { return policy },
	}).Parse(pageHTML))
}

// HTML writes a report as a page in a language, zh or en.
func HTML(w io.Writer, r *report.Report, lang string) error {
	page, ok := pages[lang]
	if !ok {
		return fmt.Errorf("report %s: lang: %q is not one of zh, en", r.Name, lang)
	}
	if err := page.Execute(w, newDocument(r, lang)); err != nil {
		return fmt.Errorf("report %s: write the page: %w", r.Name, err)
	}
	return nil
}
