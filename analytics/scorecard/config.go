package scorecard

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/yamlfile"
)

// The components.
const (
	ResponseEntrapment = "response_entrapment"
	ResponseRepair     = "response_repair"
	ResponseComplaint  = "response_complaint"
	ComplaintRate      = "complaint_rate"
	CollectionRate     = "collection_rate"
	InspectionProject  = "inspection_project"
	InspectionRegion   = "inspection_region"
	InspectionHQ       = "inspection_hq"
	Availability       = "availability"
	EnergyIntensity    = "energy_intensity"
)

// Components are all components, in the order in which cards have them.
func Components() []string {
	return []string{
		ResponseEntrapment, ResponseRepair, ResponseComplaint, ComplaintRate, CollectionRate,
		InspectionProject, InspectionRegion, InspectionHQ, Availability, EnergyIntensity,
	}
}

// Config is what projects are compared by.
type Config struct {
	known, rankKnown, rankCoverage float64
	dueDays, hqDays                int
	rules                          []Rule // in the order of Components
	overrides                      []override
}

// HQDays is how many days after its due day headquarters are told of a notice.
func (c *Config) HQDays() int { return c.hqDays }

// Rule is how one component is judged at a place.
type Rule struct {
	Name       string
	Title      incident.Text
	Required   incident.Text // what a notice asks for
	Weight     float64
	Zero, Full float64  // the values that give 0 and 100
	Limit      *float64 // beyond which a notice is issued; nil for none
	MinN       float64
	MinCover   float64
	DueDays    int

	Clock    string            // whose clock counts, of response_…
	Within   yamlfile.Duration // of response_repair and response_complaint
	Months   int               // how many months, up to the card's own, are looked at
	Subject  string            // of availability: of the numbers of reliability
	MinPeers int               // of energy_intensity
	Size     float64           // of energy_intensity: peers are at most so many times larger or smaller
}

// higherIsBetter says to which side of the limit a place must not be.
func (r *Rule) higherIsBetter() bool { return r.Full > r.Zero }

// Score is 0 at Zero, 100 at Full, and linear between them.
func (r *Rule) Score(value float64) float64 {
	return 100 * min(max((value-r.Zero)/(r.Full-r.Zero), 0), 1)
}

// outside reports whether all of an interval is beyond the limit. Exactly at it is
// within.
func (r *Rule) outside(low, high float64) bool {
	switch {
	case r.Limit == nil:
		return false
	case r.higherIsBetter():
		return high < *r.Limit
	}
	return low > *r.Limit
}

// ruleText is a component in the file. What is nil in an override is as it was.
type ruleText struct {
	Line     int                `yaml:"-"`
	Name     string             `yaml:"name"`
	Title    *incident.Text     `yaml:"title"`
	Required *incident.Text     `yaml:"required"`
	Weight   *float64           `yaml:"weight"`
	Zero     *float64           `yaml:"zero"`
	Full     *float64           `yaml:"full"`
	Limit    *float64           `yaml:"limit"`
	MinN     *float64           `yaml:"min_n"`
	MinCover *float64           `yaml:"min_coverage"`
	DueDays  *int               `yaml:"due_days"`
	Clock    *string            `yaml:"clock"`
	Within   *yamlfile.Duration `yaml:"within"`
	Months   *int               `yaml:"months"`
	Subject  *string            `yaml:"subject"`
	MinPeers *int               `yaml:"min_peers"`
	Size     *float64           `yaml:"size"`
}

type override struct {
	at    []authz.Place
	rules []ruleText
}

type fileText struct {
	Known *float64 `yaml:"known_weight"`
	Rank  struct {
		Known    *float64 `yaml:"known_weight"`
		Coverage *float64 `yaml:"coverage"`
	} `yaml:"rank"`
	Notices struct {
		DueDays *int `yaml:"due_days"`
		HQDays  *int `yaml:"hq_days"`
	} `yaml:"notices"`
	Components []ruleText `yaml:"components"`
	Overrides  []struct {
		Line       int        `yaml:"-"`
		Places     []string   `yaml:"places"`
		Components []ruleText `yaml:"components"`
	} `yaml:"overrides"`
}

const (
	maxWeight    = 1000
	maxOverrides = 1000
	maxDueDays   = 365
	maxText      = 1000 // bytes of a title or of what is required
)

// Parse reads a file such as configs/scorecard.yaml. The error joins everything that
// is wrong, each with its line.
func Parse(path string, text []byte) (*Config, error) {
	var f fileText
	if err := yamlfile.Decode(path, text, &f); err != nil {
		return nil, err
	}
	p := parser{path: path}
	c := &Config{
		known: p.share("known_weight", f.Known, 0.5), rankKnown: p.share("rank: known_weight", f.Rank.Known, 0.7),
		rankCoverage: p.share("rank: coverage", f.Rank.Coverage, 0.8),
		dueDays:      p.days("notices: due_days", 0, f.Notices.DueDays, 14), hqDays: p.days("notices: hq_days", 0, f.Notices.HQDays, 7),
	}
	given := map[string]ruleText{}
	for _, t := range f.Components {
		switch {
		case !p.named(&t):
		case given[t.Name].Name != "":
			p.fail(t.Line, "component %s: stands twice", t.Name)
		default:
			given[t.Name] = t
		}
	}
	sum := 0.
	for _, name := range Components() {
		t, ok := given[name]
		if !ok {
			continue
		}
		r := Rule{Name: name, DueDays: c.dueDays, MinN: 1, Months: defaultMonths(name), MinPeers: 8, Size: 3}
		p.complete(&t)
		r.take(&t)
		p.check(&t, &r)
		sum += r.Weight
		c.rules = append(c.rules, r)
	}
	if len(p.errs) == 0 && !(sum > 0) {
		p.fail(0, "components: no component has a weight: give one of %s", strings.Join(Components(), ", "))
	}
	if len(f.Overrides) > maxOverrides {
		p.fail(f.Overrides[maxOverrides].Line, "overrides: more than %d", maxOverrides)
		return nil, errors.Join(p.errs...)
	}
	for _, t := range f.Overrides {
		o := override{rules: t.Components}
		if len(t.Places) == 0 || len(t.Components) == 0 {
			p.fail(t.Line, "overrides: give places and components")
		}
		for _, name := range t.Places {
			at, err := authz.ParsePlace(name)
			if err == nil && at == authz.HQ {
				err = errors.New("hq is everything: change the components themselves")
			}
			if err != nil {
				p.fail(t.Line, "overrides: %s", err)
				continue
			}
			o.at = append(o.at, at)
		}
		for i := range o.rules {
			p.overrides(c, &o.rules[i])
		}
		c.overrides = append(c.overrides, o)
	}
	if len(p.errs) > 0 {
		return nil, errors.Join(p.errs...)
	}
	return c, nil
}

func defaultMonths(name string) int {
	switch name {
	case CollectionRate, EnergyIntensity:
		return 12
	}
	return 1
}

type parser struct {
	path string
	errs []error
}

func (p *parser) fail(line int, format string, args ...any) {
	p.errs = append(p.errs, yamlfile.Errorf(p.path, line, format, args...))
}

func (p *parser) share(key string, v *float64, otherwise float64) float64 {
	switch {
	case v == nil:
		return otherwise
	case !(*v >= 0 && *v <= 1):
		p.fail(0, "%s: %v is not between 0 and 1", key, *v)
	}
	return *v
}

func (p *parser) days(key string, line int, v *int, otherwise int) int {
	switch {
	case v == nil:
		return otherwise
	case *v < 1 || *v > maxDueDays:
		p.fail(line, "%s: %d is not between 1 and %d days", key, *v, maxDueDays)
	}
	return *v
}

func (p *parser) named(t *ruleText) bool {
	if slices.Contains(Components(), t.Name) {
		return true
	}
	meant := ""
	if near := yamlfile.Nearest(t.Name, Components(), 4); near != "" {
		meant = fmt.Sprintf(" (did you mean %s?)", near)
	}
	p.fail(t.Line, "component %q is not known%s; there are %s", t.Name, meant, strings.Join(Components(), ", "))
	return false
}

// complete finds out that a component says what it must.
func (p *parser) complete(t *ruleText) {
	for _, need := range []struct {
		key   string
		there bool
	}{{"weight", t.Weight != nil}, {"zero", t.Zero != nil}, {"full", t.Full != nil}, {"title", t.Title != nil}} {
		if !need.there {
			p.fail(t.Line, "component %s: %s is missing", t.Name, need.key)
		}
	}
	fits := func(key string, there bool, names ...string) {
		if there && !slices.Contains(names, t.Name) {
			p.fail(t.Line, "component %s: %s is of %s alone", t.Name, key, strings.Join(names, ", "))
		}
	}
	fits("clock", t.Clock != nil, ResponseEntrapment, ResponseRepair, ResponseComplaint)
	fits("within", t.Within != nil, ResponseRepair, ResponseComplaint)
	fits("months", t.Months != nil, CollectionRate, EnergyIntensity)
	fits("subject", t.Subject != nil, Availability)
	fits("min_peers", t.MinPeers != nil, EnergyIntensity)
	fits("size", t.Size != nil, EnergyIntensity)
	if t.Name == ResponseEntrapment && t.Clock == nil || (t.Name == ResponseRepair || t.Name == ResponseComplaint) && t.Within == nil {
		p.fail(t.Line, "component %s: clock is missing, or within", t.Name)
	}
}

// overrides checks a component of an override against what it changes.
func (p *parser) overrides(c *Config, t *ruleText) {
	if !p.named(t) {
		return
	}
	at := slices.IndexFunc(c.rules, func(r Rule) bool { return r.Name == t.Name })
	if at < 0 {
		p.fail(t.Line, "component %s: is overridden, and is not among the components", t.Name)
		return
	}
	if t.Clock != nil || t.Within != nil || t.Months != nil || t.Subject != nil || t.MinPeers != nil || t.Size != nil {
		p.fail(t.Line, "component %s: clock, within, months, subject, min_peers and size are the same for all", t.Name)
	}
	r := c.rules[at]
	r.take(t)
	p.check(t, &r)
}

// take overwrites what is given.
func (r *Rule) take(t *ruleText) {
	set(&r.Title, t.Title)
	set(&r.Required, t.Required)
	set(&r.Weight, t.Weight)
	set(&r.Zero, t.Zero)
	set(&r.Full, t.Full)
	set(&r.MinN, t.MinN)
	set(&r.MinCover, t.MinCover)
	set(&r.DueDays, t.DueDays)
	set(&r.Clock, t.Clock)
	set(&r.Within, t.Within)
	set(&r.Months, t.Months)
	set(&r.Subject, t.Subject)
	set(&r.MinPeers, t.MinPeers)
	set(&r.Size, t.Size)
	if t.Limit != nil {
		r.Limit = t.Limit
	}
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (p *parser) check(t *ruleText, r *Rule) {
	number := func(key string, v, least, most float64) {
		if !(v >= least && v <= most) { // NaN too
			p.fail(t.Line, "component %s: %s: %v is not between %v and %v", r.Name, key, v, least, most)
		}
	}
	number("weight", r.Weight, 0, maxWeight)
	number("zero", r.Zero, 0, 1e6)
	number("full", r.Full, 0, 1e6)
	number("min_n", r.MinN, 1, 1e6)
	number("min_coverage", r.MinCover, 0, 1)
	number("due_days", float64(r.DueDays), 1, maxDueDays)
	number("months", float64(r.Months), 1, 24)
	number("min_peers", float64(r.MinPeers), 6, maxPeers)
	number("size", r.Size, 1, 100)
	if r.Zero == r.Full {
		p.fail(t.Line, "component %s: zero and full are both %v: nothing would tell good from bad", r.Name, r.Zero)
	}
	if r.Limit != nil {
		number("limit", *r.Limit, min(r.Zero, r.Full), max(r.Zero, r.Full))
	}
	if r.Limit != nil && r.Required == (incident.Text{}) {
		p.fail(t.Line, "component %s: required is missing: say what a notice asks for", r.Name)
	}
	for _, text := range []string{r.Title.ZH, r.Title.EN, r.Required.ZH, r.Required.EN} {
		if len(text) > maxText || strings.Contains(text, "\x00") {
			p.fail(t.Line, "component %s: title and required have at most %d bytes of text", r.Name, maxText)
		}
	}
	if len(r.Clock) > 64 || len(r.Subject) > 200 || math.IsNaN(r.Weight) {
		p.fail(t.Line, "component %s: clock or subject is too long", r.Name)
	}
}

// For is what holds at a place: what is said of a region holds for its projects, and
// what is said of a project before that.
func (c *Config) For(at authz.Place) []Rule {
	rules := slices.Clone(c.rules)
	for _, project := range []bool{false, true} {
		for _, o := range c.overrides {
			if !slices.ContainsFunc(o.at, func(p authz.Place) bool { return (p.Project != "") == project && at != authz.HQ && p.Contains(at) }) {
				continue
			}
			for i := range o.rules {
				for k := range rules {
					if rules[k].Name == o.rules[i].Name {
						rules[k].take(&o.rules[i])
					}
				}
			}
		}
	}
	return rules
}

// rule is a component as it holds for all; nil when it is not among them.
func (c *Config) rule(name string) *Rule {
	for i := range c.rules {
		if c.rules[i].Name == name {
			return &c.rules[i]
		}
	}
	return nil
}
