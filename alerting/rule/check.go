package rule

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
	"steward/internal/yamlfile"
)

// Bounds of a rule. A window is a memory that the engine keeps for each device,
// so that none is longer than a year has days.
const (
	MaxWindow  = 366 * 24 * time.Hour
	MaxQuery   = 20_000 // bytes
	MaxTitle   = 200    // bytes; it is one line of a message
	MaxRunbook = 4000   // bytes
	MaxCount   = 1000   // events of one device that are remembered
	maxLabels  = 20
	maxMarks   = 20
	maxUnit    = 16 // bytes
	minEvery   = time.Minute
	minAbsence = 10 * time.Second
)

// always are the fields that every kind of rule has, takes what else each has;
// of those, needs are the ones that it cannot be without.
var (
	always = []string{
		"name", "kind", "mode", "place", "incident", "title", "runbook", "severity", "labels", "responder",
	}
	takes = map[Kind][]string{
		Value:       {"class", "unit", "where", "metric", "when", "until", "for", "keep", "marks", "cause"},
		Rate:        {"class", "unit", "where", "metric", "over", "per", "when", "until", "for", "keep", "marks", "cause"},
		Increase:    {"class", "unit", "where", "metric", "over", "when", "until", "for", "keep", "marks", "cause"},
		Event:       {"class", "where", "when", "until", "for", "keep", "count", "over", "marks", "cause"},
		Absence:     {"class", "where", "absence", "marks", "cause"},
		Combination: {"combine"},
		SQL:         {"class", "unit", "query", "every"},
	}
	needs = map[Kind][]string{
		Value:       {"class", "metric", "when"},
		Rate:        {"class", "metric", "over", "per", "when"},
		Increase:    {"class", "metric", "over", "when"},
		Event:       {"class", "when"},
		Absence:     {"class", "absence"},
		Combination: {"combine"},
		SQL:         {"query", "every"},
	}
)

// check makes a Rule of a draft and gathers what is wrong with it.
type check struct {
	*draft
	path string
	r    *Rule
	errs []error
}

func (c *check) fail(line int, field, format string, args ...any) {
	c.errs = append(c.errs, c.errorf(c.path, line, field, format, args...))
}

func (d *draft) rule(path string) (*Rule, []error) {
	c := check{draft: d, path: path, r: &Rule{
		Name: d.Name.V, Kind: Kind(d.Kind.V), Mode: Mode(d.Mode.V), Class: telemetry.Class(d.Class.V),
		Incident: d.Incident.V, Title: d.Title.text(), Runbook: d.Runbook.text(), Severity: telemetry.Severity(d.Severity.V),
		Labels: d.Labels.V, Unit: d.Unit.V, Metric: d.Metric.V,
		For: d.For.V.Std(), Keep: d.Keep.V.Std(), Over: d.Over.V.Std(), Per: d.Per.V.Std(), Count: d.Count.V,
		Absence: Absent{d.Absence.Factor.V, d.Absence.Min.V.Std(), d.Absence.Max.V.Std()},
		Combine: Combine{d.Combine.Of.V, d.Combine.By.V, d.Combine.AtLeast.V, d.Combine.Share.V, d.Combine.All.V},
		Query:   d.Query.V, Every: d.Every.V.Std(), Cause: d.Cause.V, Responder: d.Responder.V,
		Path: path, Line: d.Line,
	}}
	c.identity()
	if c.onlyTurnsOff() || !c.shape() {
		return c.r, c.errs
	}
	c.texts()
	c.labels()
	c.unit()
	c.expressions()
	c.durations()
	c.marks()
	switch c.r.Kind {
	case Value, Rate, Increase:
		c.measure()
	case Event:
		c.event()
	case Absence:
		c.absent()
	case Combination:
		c.combination()
	case SQL:
		c.sql()
	}
	c.r.Hash = c.r.hash()
	slices.SortStableFunc(c.errs, func(a, b error) int { return lineOf(a) - lineOf(b) })
	return c.r, c.errs
}

func lineOf(err error) int {
	var at *yamlfile.Error
	if errors.As(err, &at) {
		return at.Line
	}
	return 0
}

func (c *check) identity() {
	switch err := telemetry.CheckSegment(c.r.Name); {
	case c.r.Name == "":
		c.fail(c.Name.Line, "name", "is missing; every rule needs one, such as fire_alarm")
	case err != nil:
		c.fail(c.Name.Line, "name", "%v", err)
	}
	switch c.r.Mode {
	case "":
		c.r.Mode = Enabled
	case Enabled, Shadow, Disabled:
	default:
		c.fail(c.Mode.Line, "mode", "%q is not one of enabled, shadow, disabled", c.r.Mode)
	}
}

// onlyTurnsOff reports whether the rule has a name and mode: disabled alone,
// which turns off the rule of that name in a layer below.
func (c *check) onlyTurnsOff() bool {
	for name := range c.written() {
		if name != "name" && name != "mode" {
			return false
		}
	}
	return c.r.Mode == Disabled
}

// written are the fields that were given, with their lines.
func (c *check) written() map[string]int {
	out := map[string]int{}
	v := reflect.ValueOf(c.draft).Elem()
	for i := range v.NumField() {
		f, ok := v.Field(i).Addr().Interface().(interface{ place() (int, bool) })
		if !ok {
			continue // Line
		}
		if line, set := f.place(); set {
			out[v.Type().Field(i).Tag.Get("yaml")] = line
		}
	}
	return out
}

// shape checks that the fields are those of the kind. Without a kind there is no
// more to say.
func (c *check) shape() bool {
	kind := c.r.Kind
	if !slices.Contains(Kinds(), kind) {
		if kind == "" {
			c.fail(c.Kind.Line, "kind", "is missing; it is one of value, rate, increase, event, absence, combination, sql")
		} else {
			c.fail(c.Kind.Line, "kind", "%q is not one of value, rate, increase, event, absence, combination, sql", kind)
		}
		return false
	}
	written := c.written()
	for _, name := range needs[kind] {
		if _, ok := written[name]; !ok {
			c.fail(0, name, "is missing; %s rule needs it", article(kind))
		}
	}
	for _, name := range sortedByLine(written) {
		if !slices.Contains(always, name) && !slices.Contains(takes[kind], name) {
			c.fail(written[name], name, "makes no sense for %s rule, which takes %s", article(kind), strings.Join(takes[kind], ", "))
		}
	}
	return true
}

func sortedByLine(written map[string]int) []string {
	var out []string
	for name := range written {
		out = append(out, name)
	}
	slices.SortFunc(out, func(a, b string) int {
		if written[a] != written[b] {
			return written[a] - written[b]
		}
		return strings.Compare(a, b)
	})
	return out
}

func (c *check) texts() {
	r := c.r
	if c.Class.Set {
		if _, err := telemetry.ParseClass(string(r.Class)); err != nil {
			c.fail(c.Class.Line, "class", "%q is not one of meter, elevator, fire, access", r.Class)
		}
	}
	if c.Place.Set {
		place, err := authz.ParsePlace(c.Place.V)
		if err != nil {
			c.fail(c.Place.Line, "place", "%q is not hq, a region, or region/project", c.Place.V)
		}
		r.Place = place
	}
	switch err := telemetry.CheckSegment(r.Incident); {
	case r.Incident == "":
		c.fail(c.Incident.Line, "incident", "is missing; name the kind by which standards and escalation go, such as repair")
	case err != nil:
		c.fail(c.Incident.Line, "incident", "%v", err)
	}
	switch _, err := telemetry.ParseSeverity(string(r.Severity)); {
	case r.Severity == "":
		c.fail(c.Severity.Line, "severity", "is missing; it is one of life_safety, critical, warning, info")
	case err != nil:
		c.fail(c.Severity.Line, "severity", "%.64q is not one of life_safety, critical, warning, info", r.Severity)
	}
	c.bilingual("title", &c.Title, MaxTitle, true)
	c.bilingual("runbook", &c.Runbook, MaxRunbook, false)
}

// bilingual checks a text of both languages: receivers have either.
func (c *check) bilingual(field string, w *words, most int, needed bool) {
	if !needed && w.ZH.V == "" && w.EN.V == "" {
		return
	}
	for _, one := range []struct {
		lang, text string
		line       int
	}{{"zh", w.ZH.V, w.ZH.Line}, {"en", w.EN.V, w.EN.Line}} {
		name := field + "." + one.lang
		switch {
		case strings.TrimSpace(one.text) == "":
			c.fail(max(one.line, w.Line), name, "is missing; people read it in either language")
		case len(one.text) > most:
			c.fail(one.line, name, "has %d bytes, not at most %d", len(one.text), most)
		case needed && strings.ContainsAny(one.text, "\r\n"):
			c.fail(one.line, name, "has several lines; it is the subject of a message")
		}
	}
}

func (c *check) labels() {
	if len(c.r.Labels) > maxLabels {
		c.fail(c.Labels.Line, "labels", "are %d, not at most %d", len(c.r.Labels), maxLabels)
	}
	for _, key := range sortedKeys(c.r.Labels) {
		if err := telemetry.CheckSegment(key); err != nil {
			c.fail(c.Labels.Line, "labels", "key %v", err)
		}
		if value := c.r.Labels[key]; telemetry.CheckName(value) != nil {
			c.fail(c.Labels.Line, "labels."+key, "%.80q is not a text of 1 to %d bytes that prints", value, telemetry.MaxName)
		}
	}
}

func sortedKeys(m map[string]string) []string {
	var out []string
	for key := range m {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// expressions compiles those that the kind has.
func (c *check) expressions() {
	for _, one := range []struct {
		field string
		in    field[string]
		out   **Program
	}{{"where", c.Where, &c.r.Where}, {"when", c.When, &c.r.When}, {"until", c.Until, &c.r.Until}} {
		if !one.in.Set || !slices.Contains(takes[c.r.Kind], one.field) {
			continue
		}
		if strings.TrimSpace(one.in.V) == "" {
			c.fail(one.in.Line, one.field, "is empty; give a condition or leave it out")
			continue
		}
		p, err := compile(one.in.V, scopeOf(c.r.Kind, one.field))
		if err != nil {
			c.fail(one.in.Line, one.field, "%v", err)
		}
		*one.out = p
	}
}

func (c *check) durations() {
	for _, one := range []struct {
		name string
		in   field[yamlfile.Duration]
		zero bool // may be 0
	}{{"for", c.For, true}, {"keep", c.Keep, true}, {"over", c.Over, false}, {"per", c.Per, false}} {
		c.duration(one.name, one.in, one.zero)
	}
}

func (c *check) duration(name string, in field[yamlfile.Duration], zero bool) {
	switch d := in.V.Std(); {
	case !in.Set || zero && d == 0:
	case d < time.Second:
		c.fail(in.Line, name, "%s is not at least 1s", d)
	case d > MaxWindow:
		c.fail(in.Line, name, "%s is not at most 366d", days(d))
	}
}

// days writes a duration as people do, in one unit where that is exact.
func days(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d >= unit.size && d%unit.size == 0 {
			return fmt.Sprintf("%d%s", d/unit.size, unit.name)
		}
	}
	return d.String()
}

// noted is the mark of an event that moves nothing.
const noted = "event"

func (c *check) marks() {
	if len(c.Marks.V) == 0 {
		return
	}
	if len(c.Marks.V) > maxMarks {
		c.fail(c.Marks.Line, "marks", "are %d, not at most %d", len(c.Marks.V), maxMarks)
	}
	c.r.Marks = map[string]incident.State{}
	for _, kind := range sortedKeys(c.Marks.V) {
		if err := telemetry.CheckName(kind); err != nil {
			c.fail(c.Marks.Line, "marks", "%v", err)
		}
		switch state := incident.State(c.Marks.V[kind]); state {
		case incident.Acknowledged, incident.Dispatched, incident.Arrived, noted:
			c.r.Marks[kind] = state
		default:
			c.fail(c.Marks.Line, "marks."+kind, "%q is not one of acknowledged, dispatched, arrived, event", string(state))
		}
	}
}

// measure checks a rule over readings.
func (c *check) measure() {
	r := c.r
	if !c.Metric.Set {
		return
	}
	if err := telemetry.CheckName(r.Metric); err != nil {
		c.fail(c.Metric.Line, "metric", "%v", err)
		return
	}
	known := telemetry.LookupMetric(r.Metric)
	switch {
	case r.Kind == Increase && known.Kind != telemetry.KindCounter:
		c.fail(c.Metric.Line, "metric", "%s is a %s; an increase is of a counter such as energy_kwh or trips_total", r.Metric, known.Kind)
	case r.Kind == Rate && known.Kind == telemetry.KindState:
		c.fail(c.Metric.Line, "metric", "%s is a state, which has no rate; watch it with a value rule", r.Metric)
	}
}

// unit checks the unit of the value that is shown. That of a metric of the
// contract is known; of a rate, per what is for people to say.
func (c *check) unit() {
	r := c.r
	known := ""
	if r.Kind == Value || r.Kind == Increase {
		known = telemetry.LookupMetric(r.Metric).Unit
	}
	switch {
	case !c.Unit.Set:
		r.Unit = known
	case known != "" && r.Unit != known:
		c.fail(c.Unit.Line, "unit", "%q is not that of %s, which is %q; leave it out", r.Unit, r.Metric, known)
	case telemetry.CheckName(r.Unit) != nil || len(r.Unit) > maxUnit:
		c.fail(c.Unit.Line, "unit", "%.80q is not a text of 1 to %d bytes that prints; leave it out for a pure number", r.Unit, maxUnit)
	}
}

func (c *check) event() {
	r := c.r
	if !c.Count.Set {
		r.Count = 1
	}
	switch {
	case r.Count < 1 || r.Count > MaxCount:
		c.fail(c.Count.Line, "count", "%d is not 1 to %d", r.Count, MaxCount)
	case r.Count > 1 && !c.Over.Set:
		c.fail(c.Count.Line, "over", "is missing; say within which time the %d events happen", r.Count)
	case r.Count == 1 && c.Over.Set:
		c.fail(c.Over.Line, "over", "makes no sense without a count of 2 or more")
	case r.Count > 1 && r.For > 0:
		c.fail(c.For.Line, "for", "makes no sense with a count; take two rules")
	}
	if c.Until.Set {
		return
	}
	if r.For > 0 {
		c.fail(c.For.Line, "until", "is missing; only what an event ends can last for %s", days(r.For))
	}
	if r.Keep > 0 {
		c.fail(c.Keep.Line, "until", "is missing; only what an event ends can be kept for %s after it", days(r.Keep))
	}
}

func (c *check) absent() {
	if !c.Absence.Factor.Set || !c.Absence.Min.Set || !c.Absence.Max.Set {
		if _, ok := c.Absence.place(); ok {
			c.fail(c.Absence.Line, "absence", "needs factor, min and max, such as {factor: 4, min: 15m, max: 1d}")
		}
		return
	}
	a := c.r.Absence
	if math.IsNaN(a.Factor) || a.Factor < 1 || a.Factor > 1000 {
		c.fail(c.Absence.Factor.Line, "absence.factor", "%v is not 1 to 1000 times the usual interval", a.Factor)
	}
	if a.Min < minAbsence {
		c.fail(c.Absence.Min.Line, "absence.min", "%s is not at least %s", a.Min, minAbsence)
	}
	if a.Max < a.Min || a.Max > MaxWindow {
		c.fail(c.Absence.Max.Line, "absence.max", "%s is not between min, which is %s, and 366d", days(a.Max), days(a.Min))
	}
}

func (c *check) combination() {
	of := &c.Combine
	if !of.Of.Set {
		if _, ok := of.place(); ok {
			c.fail(of.Line, "combine.of", "is missing; name the rule whose devices are counted")
		}
		return
	}
	m := c.r.Combine
	if m.By != "building" && m.By != "project" {
		c.fail(max(of.By.Line, of.Line), "combine.by", "%q is not one of building, project", m.By)
	}
	said := 0
	for _, set := range []bool{of.AtLeast.Set, of.Share.Set, m.All} {
		if set {
			said++
		}
	}
	switch {
	case said != 1:
		c.fail(of.Line, "combine", "needs exactly one of at_least, share and all: true")
	case of.AtLeast.Set && m.AtLeast < 1:
		c.fail(of.AtLeast.Line, "combine.at_least", "%d is not at least 1 device", m.AtLeast)
	case of.Share.Set && (math.IsNaN(m.Share) || m.Share <= 0 || m.Share > 1):
		c.fail(of.Share.Line, "combine.share", "%v is not over 0 and at most 1", m.Share)
	}
}

func (c *check) sql() {
	switch {
	case !c.Query.Set:
	case strings.TrimSpace(c.r.Query) == "":
		c.fail(c.Query.Line, "query", "is empty; it answers region, project, class, device and value")
	case len(c.r.Query) > MaxQuery:
		c.fail(c.Query.Line, "query", "has %d bytes, not at most %d: put the work into a view", len(c.r.Query), MaxQuery)
	}
	if c.Every.Set && (c.r.Every < minEvery || c.r.Every > MaxWindow) {
		c.fail(c.Every.Line, "every", "%s is not 1m to 366d", days(c.r.Every))
	}
}

// hash is of everything that decides when the rule raises and ends an incident.
// Texts, labels and the severity are not of it: what is raised already goes on.
func (r *Rule) hash() string {
	text := func(p *Program) string {
		if p == nil {
			return ""
		}
		return p.Text
	}
	sum := sha256.New()
	for _, part := range []any{
		r.Kind, r.Mode, r.Place.String(), r.Class, text(r.Where), r.Metric, text(r.When), text(r.Until),
		r.For, r.Keep, r.Over, r.Per, r.Count, r.Absence, r.Combine, r.Query, r.Every,
	} {
		_, _ = fmt.Fprintf(sum, "%q\n", fmt.Sprint(part)) // a hash does not fail
	}
	return hex.EncodeToString(sum.Sum(nil))
}
