package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/registry"
)

// evidenceTimeout is for a long incident with thousands of entries.
const evidenceTimeout = time.Minute

type evidenceOut struct{ Body incident.Evidence }

type evidencePageIn struct {
	IncidentPath
	Lang string `query:"lang" enum:"zh,en" default:"zh" doc:"The language of the page."`
}

func (a *API) registerEvidence() {
	i, e := exampleIncident(), exampleEntry()
	key := i.ID + "/opened/harbour-duty-room"
	register(a, authz.Read, operation{
		ID: "incident-evidence", Method: http.MethodGet, Path: oneIncident + "/evidence", Tag: "Incidents", Summary: "Export all that is known of an incident, with its proof",
		Description: "The incident, its whole timeline with the raw messages, who was told and each attempt at it, and whether the chain of hashes is whole. " + remoteShown,
		Heavy:       true, Timeout: evidenceTimeout,
		Answer: incident.Evidence{
			Incident: i, Entries: []incident.Entry{e},
			Notices: []incident.Notice{{
				Key: key, Incident: i.ID, What: "opened", Severity: i.Severity, Place: i.Place, Receiver: "harbour-duty-room", Lang: "zh", Channels: []string{"duty-room"},
				CreatedAt: i.Received, NotBefore: i.Received, State: incident.NoticeSent, NextAt: i.Received, SentAt: &i.Received,
			}},
			Attempts: []incident.Attempt{{Notice: key, N: 1, At: i.Received, Channel: "duty-room", OK: true, Took: 0.21}},
			Proof:    incident.ChainProof{Intact: true, N: 1, Hash: e.Hash},
		},
	}, func(ctx context.Context, c caller, in *IncidentPath) (*evidenceOut, error) {
		evidence, err := a.evidence(ctx, c, in.ID)
		return &evidenceOut{evidence}, err
	})
	register(a, authz.Read, operation{
		ID: "incident-evidence-page", Method: http.MethodGet, Path: oneIncident + "/evidence.html", Tag: "Incidents", Summary: "Read all that is known of an incident as a page to print",
		Description: "The page loads nothing. Times are in the project's zone, with the time of receipt beside them.",
		Heavy:       true, Timeout: evidenceTimeout, Produces: map[string]any{typeHTML: nil},
	}, func(ctx context.Context, c caller, in *evidencePageIn) (*streamOut, error) {
		evidence, err := a.evidence(ctx, c, in.ID)
		if err != nil {
			return nil, err
		}
		page, err := a.evidencePage(ctx, c, in.Lang, &evidence)
		if err != nil {
			return nil, err
		}
		return &streamOut{func(hc huma.Context) {
			_, w := humago.Unwrap(hc)
			w.Header().Set("Content-Type", typeHTML)
			w.Header().Set("Content-Security-Policy", evidencePolicy)
			w.Header().Set("X-Content-Type-Options", "nosniff")
			w.WriteHeader(http.StatusOK)
			_, _ = w.Write(page) // who asked may be gone
		}}, nil
	})
}

func (a *API) evidence(ctx context.Context, c caller, id string) (incident.Evidence, error) {
	view, err := a.incidents(c)
	if err != nil {
		return incident.Evidence{}, err
	}
	e, err := view.Evidence(ctx, id)
	if err != nil {
		return incident.Evidence{}, err
	}
	present(c, &e.Incident)
	return e, nil
}

const typeHTML = "text/html; charset=utf-8"

var (
	//go:embed evidence.html
	evidenceHTML string
	//go:embed evidence.css
	evidenceCSS string

	// evidencePolicy lets the page use its own style, and load or run nothing.
	evidencePolicy = func() string {
		sum := sha256.Sum256([]byte(evidenceCSS))
		return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	}()

	// evidenceTemplate is made for a language and a zone by its functions.
	evidenceTemplate = template.Must(template.New("evidence").Funcs(evidenceFuncs("zh", time.UTC)).Parse(evidenceHTML))
)

// evidenceData is what the page shows.
type evidenceData struct {
	Lang, Zone    string
	Incident      *incident.Incident
	Entries       []incident.Entry
	Notices       []evidenceNotice
	Proof         incident.ChainProof
	Where, Device string // in names, as far as the registry has them
	Marks         string
	Printed       time.Time
	By, Version   string
}

type evidenceNotice struct {
	Notice   *incident.Notice
	Attempts []incident.Attempt
}

func (a *API) evidencePage(ctx context.Context, c caller, lang string, e *incident.Evidence) ([]byte, error) {
	i := &e.Incident
	data := evidenceData{
		Lang: lang, Incident: i, Entries: e.Entries, Proof: e.Proof, Marks: marks(lang, i),
		Printed: a.Now(), By: c.Principal.Name, Version: a.Version,
	}
	zone, err := a.name(ctx, c, &data)
	if err != nil {
		return nil, err
	}
	data.Zone = zone.String()
	attempts := map[string][]incident.Attempt{}
	for _, t := range e.Attempts {
		attempts[t.Notice] = append(attempts[t.Notice], t)
	}
	for n := range e.Notices {
		data.Notices = append(data.Notices, evidenceNotice{&e.Notices[n], attempts[e.Notices[n].Key]})
	}
	page, err := evidenceTemplate.Clone()
	if err != nil {
		return nil, fmt.Errorf("evidence of %s: %w", i.ID, err)
	}
	var out bytes.Buffer
	if err := page.Funcs(evidenceFuncs(lang, zone)).Execute(&out, &data); err != nil {
		return nil, fmt.Errorf("evidence of %s: %w", i.ID, err)
	}
	return out.Bytes(), nil
}

// name fills in what the registry calls the place and the device, and gives the
// zone of the project. What it does not know keeps its identifiers.
func (a *API) name(ctx context.Context, c caller, data *evidenceData) (*time.Location, error) {
	i, view := data.Incident, a.as(c)
	zone := "Asia/Shanghai" // the registry's own default
	data.Where, data.Device = fmt.Sprint(i.Place), "–"
	if i.Project != "" {
		p, err := view.Project(ctx, i.Region, i.Project)
		if err != nil && !errors.Is(err, registry.ErrNotFound) {
			return nil, err
		}
		if p.Name != "" {
			data.Where = p.Name + " (" + data.Where + ")"
		}
		if p.TimeZone != "" {
			zone = p.TimeZone
		}
	}
	if i.Building != "" {
		b, err := view.Building(ctx, i.Region, i.Project, i.Building)
		if err != nil && !errors.Is(err, registry.ErrNotFound) {
			return nil, err
		}
		data.Where += " · " + nameAndID(b.Name, i.Building)
	}
	if ref, ok := i.DeviceRef(); ok {
		d, err := view.Device(ctx, ref)
		if err != nil && !errors.Is(err, registry.ErrNotFound) {
			return nil, err
		}
		data.Device = nameAndID(d.Name, string(i.Class)+"/"+i.Device)
		if d.Location != "" {
			data.Device += " · " + d.Location
		}
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		location = time.UTC // the page says which zone it is
	}
	return location, nil
}

// nameAndID is a name with its identifier.
func nameAndID(name, id string) string {
	if name == "" {
		return id
	}
	return name + " (" + id + ")"
}

// marks are what is special about an incident, in words.
func marks(lang string, i *incident.Incident) string {
	var words []string
	for _, m := range []struct {
		is   bool
		word string
	}{
		{i.Shadow, "on trial: nobody is told"}, {i.Late, "over when Steward learned of it"}, {i.Flapping, "it comes and goes"},
		{i.Silenced, "silenced"}, {i.Parent != "", "explained by another incident"},
	} {
		if m.is {
			words = append(words, say(lang, m.word))
		}
	}
	return strings.Join(words, ", ")
}

func evidenceFuncs(lang string, zone *time.Location) template.FuncMap {
	moment := func(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04:05.000") }
	at := func(t *time.Time) string {
		if t == nil {
			return "–"
		}
		return moment(*t)
	}
	return template.FuncMap{
		"say":   func(word any) string { return say(lang, fmt.Sprint(word)) },
		"style": func() template.CSS { return template.CSS(evidenceCSS) }, //nolint:gosec // G203: our own file
		"time":  moment,
		"at":    at,
		"skew":  skew,
		"pair": func(t, received *time.Time) string {
			if t == nil || received == nil || skew(*t, *received) == "" {
				return at(t)
			}
			return at(t) + " (" + skew(*t, *received) + ")"
		},
		"span": func(seconds any) string { return span(seconds) },
		"data": indented,
	}
}

// skew is how much later than it happened something became known; empty for less
// than a second. It is negative for a clock that runs ahead.
func skew(at, received time.Time) string {
	d := received.Sub(at)
	if d.Abs() < time.Second {
		return ""
	}
	sign := "+"
	if d < 0 {
		sign = "−"
	}
	return sign + lasting(d.Abs())
}

// span is a number of seconds as people read it.
func span(seconds any) string {
	var s float64
	switch v := seconds.(type) {
	case float64:
		s = v
	case *float64:
		s = *v
	}
	if math.IsNaN(s) || math.Abs(s) > 1e9 { // thirty years: not a time that was measured
		return "–"
	}
	return lasting(time.Duration(s * float64(time.Second)))
}

// lasting is a duration to a tenth of a second, 10m and not 10m0s.
func lasting(d time.Duration) string {
	text := d.Round(100 * time.Millisecond).String()
	if short, found := strings.CutSuffix(text, "m0s"); found {
		text = short + "m"
	}
	if short, found := strings.CutSuffix(text, "h0m"); found {
		text = short + "h"
	}
	return text
}

// indented is an entry's data to be read; empty when it has none.
func indented(e incident.Entry) string {
	if len(e.Data) == 0 {
		return ""
	}
	var out bytes.Buffer
	if err := json.Indent(&out, e.Data, "", "  "); err != nil {
		return string(e.Data)
	}
	return out.String()
}
