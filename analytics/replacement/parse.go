package replacement

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"steward/internal/authz"
	"steward/internal/incident"
	"steward/internal/telemetry"
	"steward/internal/yamlfile"
)

// Bounds of a file: beyond them it is a slip of the pen or of a machine.
const (
	maxEntries = 10_000
	maxCost    = 1e12 // yuan, as in the registry
	maxYears   = 200
	firstYear  = 2000
	lastYear   = 2199
)

// What a file consists of.
type (
	policyText struct {
		Currency     string       `yaml:"currency"`
		LeastBenefit *float64     `yaml:"least_benefit"`
		RepeatFaults *float64     `yaml:"repeat_faults"`
		Budgets      []budgetText `yaml:"budgets"`
		Costs        []costsText  `yaml:"costs"`
		Limits       []limitText  `yaml:"limits"`
	}
	budgetText struct {
		Line  int      `yaml:"-"`
		Place string   `yaml:"place"`
		Year  *int     `yaml:"year"`
		CNY   *float64 `yaml:"cny"`
	}
	costsText struct {
		Line         int      `yaml:"-"`
		Class        string   `yaml:"class"`
		Medium       string   `yaml:"medium"`
		Replacement  *float64 `yaml:"replacement_cny"`
		Failure      *float64 `yaml:"failure_cny"`
		Life         *float64 `yaml:"life_years"`
		Verification *float64 `yaml:"verification_cny"`
		Source       string   `yaml:"source"`
	}
	limitText struct {
		Line      int           `yaml:"-"`
		Class     string        `yaml:"class"`
		Medium    string        `yaml:"medium"`
		Models    []string      `yaml:"models"`
		Except    []string      `yaml:"except"`
		Senses    string        `yaml:"senses"`
		Years     *float64      `yaml:"years"`
		Mandatory *bool         `yaml:"mandatory"`
		Action    string        `yaml:"action"`
		Title     incident.Text `yaml:"title"`
		Source    string        `yaml:"source"`
	}
)

// Parse reads a policy. The error joins everything that is wrong.
func Parse(name string, text []byte) (*Policy, error) {
	var f policyText
	if err := yamlfile.Decode(name, text, &f); err != nil {
		return nil, err
	}
	p := &parser{name: name, policy: &Policy{
		LeastBenefit: 1, RepeatFaults: 3, budgets: map[budgetKey]float64{}, costs: map[kind]Costs{},
	}}
	p.file(&f)
	if len(p.errs) > 0 {
		return nil, errors.Join(p.errs...)
	}
	return p.policy, nil
}

type parser struct {
	name   string
	policy *Policy
	errs   []error
}

func (p *parser) fail(line int, format string, args ...any) {
	p.errs = append(p.errs, yamlfile.Errorf(p.name, line, format, args...))
}

func (p *parser) file(f *policyText) {
	if f.Currency != "" && f.Currency != "CNY" {
		p.fail(0, "currency: %q: amounts are in yuan; write CNY", f.Currency)
	}
	for _, v := range []struct {
		key  string
		from *float64
		to   *float64
	}{{"least_benefit", f.LeastBenefit, &p.policy.LeastBenefit}, {"repeat_faults", f.RepeatFaults, &p.policy.RepeatFaults}} {
		switch {
		case v.from == nil:
		case !(*v.from >= 0 && *v.from <= 1e6): // NaN too
			p.fail(0, "%s: %v is not between 0 and 1000000", v.key, *v.from)
		default:
			*v.to = *v.from
		}
	}
	if n := len(f.Budgets) + len(f.Costs) + len(f.Limits); n > maxEntries {
		p.fail(0, "%d budgets, costs and limits; %d are the most", n, maxEntries)
		return
	}
	for i := range f.Budgets {
		p.budget(&f.Budgets[i])
	}
	for i := range f.Costs {
		p.cost(&f.Costs[i])
	}
	for i := range f.Limits {
		p.limit(&f.Limits[i])
	}
}

func (p *parser) budget(t *budgetText) {
	at, err := authz.ParsePlace(t.Place)
	if err != nil {
		p.fail(t.Line, "budgets: %v", err)
	}
	year := 0
	if t.Year != nil {
		if year = *t.Year; year < firstYear || year > lastYear {
			p.fail(t.Line, "budgets: year: %d is not between %d and %d", year, firstYear, lastYear)
		}
	}
	cny := p.amount(t.Line, "budgets: cny", t.CNY)
	if err != nil {
		return
	}
	key := budgetKey{at, year}
	if _, twice := p.policy.budgets[key]; twice {
		p.fail(t.Line, "budgets: %s has another one for the same year", at)
	}
	p.policy.budgets[key] = cny
}

// amount is yuan, above 0.
func (p *parser) amount(line int, key string, yuan *float64) float64 {
	switch {
	case yuan == nil:
		p.fail(line, "%s: give yuan, above 0", key)
		return 0
	case !(*yuan >= 0.01 && *yuan <= maxCost): // NaN too
		p.fail(line, "%s: %v is not between 0.01 and %.0f yuan", key, *yuan, maxCost)
		return 0
	}
	return *yuan
}

func (p *parser) years(line int, key string, years *float64) float64 {
	if years == nil || !(*years > 0 && *years <= maxYears) {
		p.fail(line, "%s: give years, above 0 and not above %d", key, maxYears)
		return 0
	}
	return *years
}

// media are those of meters.
var media = []string{"electricity", "water", "gas", "heat"}

func (p *parser) kind(line int, key, class, medium string) kind {
	if _, err := telemetry.ParseClass(class); err != nil {
		p.fail(line, "%s: class: %q is not one of elevator, fire, access, meter", key, class)
	}
	switch {
	case medium != "" && class != string(telemetry.Meter):
		p.fail(line, "%s: medium: is of meters", key)
	case medium != "" && !slices.Contains(media, medium):
		p.fail(line, "%s: medium: %q is not one of %s", key, medium, strings.Join(media, ", "))
	}
	return kind{class, medium}
}

func (p *parser) source(line int, key, source string) {
	if strings.TrimSpace(source) == "" {
		p.fail(line, "%s: source: say where the figures are from: a document, a contract, or that they are invented", key)
	}
}

func (p *parser) cost(t *costsText) {
	k := p.kind(t.Line, "costs", t.Class, t.Medium)
	if _, twice := p.policy.costs[k]; twice {
		p.fail(t.Line, "costs: %s stands twice", strings.TrimSpace(t.Class+" "+t.Medium))
	}
	c := Costs{
		Replacement: p.amount(t.Line, "costs: replacement_cny", t.Replacement),
		Failure:     p.amount(t.Line, "costs: failure_cny", t.Failure),
		Life:        p.years(t.Line, "costs: life_years", t.Life),
	}
	if t.Verification != nil {
		if c.Verification = p.amount(t.Line, "costs: verification_cny", t.Verification); t.Class != string(telemetry.Meter) {
			p.fail(t.Line, "costs: verification_cny: is of meters")
		}
	}
	p.source(t.Line, "costs", t.Source)
	p.policy.costs[k] = c
}

func (p *parser) limit(t *limitText) {
	k := p.kind(t.Line, "limits", t.Class, t.Medium)
	l := Limit{
		Class: k.class, Medium: k.medium, Models: t.Models, Except: t.Except, Senses: t.Senses,
		Years: p.years(t.Line, "limits: years", t.Years), Action: t.Action, Title: t.Title, Source: t.Source,
	}
	for _, pattern := range slices.Concat(t.Models, t.Except) {
		if _, err := path.Match(plain(pattern), ""); err != nil || !strings.Contains(pattern, "/") {
			p.fail(t.Line, "limits: models: %q is not a pattern of vendor/model, such as KONE/30*", pattern)
		}
	}
	if t.Senses != "" && t.Senses != "smoke" && t.Senses != "water" {
		p.fail(t.Line, "limits: senses: %q is neither smoke nor water", t.Senses)
	}
	if t.Mandatory == nil {
		p.fail(t.Line, "limits: mandatory: say true or false")
	} else {
		l.Mandatory = *t.Mandatory
	}
	switch {
	case t.Action == "":
		l.Action = Replace
	case t.Action == Verify && t.Class != string(telemetry.Meter):
		p.fail(t.Line, "limits: action: only meters are verified")
	case t.Action != Replace && t.Action != Verify:
		p.fail(t.Line, "limits: action: %q is neither %s nor %s", t.Action, Replace, Verify)
	}
	if t.Title.ZH == "" || t.Title.EN == "" {
		p.fail(t.Line, "limits: title: give zh and en")
	}
	p.source(t.Line, "limits", t.Source)
	p.policy.limits = append(p.policy.limits, l)
}

// parseBudget reads yuan, above 0.
func parseBudget(v string) (float64, error) { return number(budgetParam, v, 0.01, maxCost, "yuan") }

func parseYear(v string) (int, error) {
	year, err := number(yearParam, v, firstYear, lastYear, "a year")
	if err == nil && year != float64(int(year)) {
		err = fmt.Errorf("%s %.40q: give a whole year, such as 2027", yearParam, v)
	}
	return int(year), err
}
