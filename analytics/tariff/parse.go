package tariff

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/internal/incident"
	"steward/internal/telemetry"
	"steward/internal/yamlfile"
)

// Bounds of a file: beyond them it is a slip of the pen or of a machine.
const (
	maxTariffs  = 1000
	maxVersions = 1000 // of one tariff: monthly prices of 80 years
	maxSteps    = 20
	maxPrice    = 1e6 // yuan per unit
)

// What a file consists of.
type (
	file struct {
		Tariffs []tariffText `yaml:"tariffs"`
	}
	tariffText struct {
		Line        int           `yaml:"-"`
		Name        string        `yaml:"name"`
		Title       incident.Text `yaml:"title"`
		Zone        string        `yaml:"zone"`
		Electricity *mediumText   `yaml:"electricity"`
		Water       *mediumText   `yaml:"water"`
		Gas         *mediumText   `yaml:"gas"`
		Heat        *mediumText   `yaml:"heat"`
	}
	mediumText struct {
		Line     int           `yaml:"-"`
		Source   string        `yaml:"source"`
		Versions []versionText `yaml:"versions"`
	}
	versionText struct {
		Line        int          `yaml:"-"`
		From        Date         `yaml:"from"`
		To          Date         `yaml:"to"`
		Price       *float64     `yaml:"price"`
		Seasons     []seasonText `yaml:"seasons"`
		Surcharge   float64      `yaml:"surcharge"`
		Tiers       *tiersText   `yaml:"tiers"`
		Basic       *basicText   `yaml:"basic"`
		Area        *areaText    `yaml:"area"`
		PowerFactor *float64     `yaml:"power_factor"`
	}
	seasonText struct {
		Line    int                `yaml:"-"`
		Months  []int              `yaml:"months"`
		Days    []Date             `yaml:"days"`
		Periods map[string][]span  `yaml:"periods"`
		Prices  map[string]float64 `yaml:"prices"`
	}
	tiersText struct {
		Line   int        `yaml:"-"`
		Per    string     `yaml:"per"`
		Begins int        `yaml:"begins"`
		Steps  []stepText `yaml:"steps"`
	}
	stepText struct {
		Line  int      `yaml:"-"`
		UpTo  *float64 `yaml:"up_to"`
		Price *float64 `yaml:"price"`
		Add   amounts  `yaml:"add"`
	}
	basicText struct {
		Line    int          `yaml:"-"`
		By      string       `yaml:"by"`
		Price   *float64     `yaml:"price"`
		HighUse *highUseText `yaml:"high_use"`
	}
	highUseText struct {
		Line      int     `yaml:"-"`
		KWhPerKVA float64 `yaml:"kwh_per_kva"`
		Share     float64 `yaml:"share"`
	}
	areaText struct {
		Line  int      `yaml:"-"`
		Price *float64 `yaml:"price"`
		From  monthDay `yaml:"from"`
		To    monthDay `yaml:"to"`
	}
)

// Parse reads tariffs. The error joins everything that is wrong.
func Parse(path string, text []byte) (*Set, error) {
	var f file
	if err := yamlfile.Decode(path, text, &f); err != nil {
		return nil, err
	}
	if len(f.Tariffs) > maxTariffs {
		return nil, yamlfile.Errorf(path, f.Tariffs[maxTariffs].Line, "more than %d tariffs", maxTariffs)
	}
	p := &parser{path: path}
	set := &Set{byName: map[string]*named{}}
	for i := range f.Tariffs {
		t := &f.Tariffs[i]
		p.at = "tariff " + t.Name
		if set.byName[t.Name] != nil {
			p.fail(t.Line, "name: stands twice")
		}
		set.byName[t.Name] = p.tariff(t)
	}
	if len(p.errs) > 0 {
		p.sort()
		return nil, errors.Join(p.errs...)
	}
	return set, nil
}

type parser struct {
	path string
	at   string // of which tariff and medium
	errs []error
}

func (p *parser) fail(line int, format string, args ...any) {
	p.errs = append(p.errs, yamlfile.Errorf(p.path, line, "%s: %s", p.at, fmt.Sprintf(format, args...)))
}

// sort brings the errors into the order of the file: mappings are walked in any.
func (p *parser) sort() {
	line := func(err error) int {
		var e *yamlfile.Error
		if errors.As(err, &e) {
			return e.Line
		}
		return 0
	}
	slices.SortStableFunc(p.errs, func(a, b error) int { return line(a) - line(b) })
}

func (p *parser) tariff(t *tariffText) *named {
	if err := telemetry.CheckSegment(t.Name); err != nil {
		p.fail(t.Line, "name: %v", err)
	}
	if t.Title.ZH == "" || t.Title.EN == "" {
		p.fail(t.Line, "title: give zh and en")
	}
	var zone *time.Location
	if t.Zone != "" {
		z, err := time.LoadLocation(t.Zone)
		if err != nil || t.Zone == "Local" {
			p.fail(t.Line, "zone: %q is not a time zone such as Asia/Shanghai", t.Zone)
		}
		zone = z
	}
	n := &named{title: t.Title, byMedium: map[string]*Tariff{}}
	for _, m := range []struct {
		medium string
		text   *mediumText
	}{{Electricity, t.Electricity}, {Water, t.Water}, {Gas, t.Gas}, {Heat, t.Heat}} {
		if m.text == nil {
			continue
		}
		p.at = "tariff " + t.Name + ": " + m.medium
		one := &Tariff{Name: t.Name, Title: t.Title, Medium: m.medium, Source: m.text.Source, Zone: zone}
		p.medium(one, m.text)
		n.byMedium[m.medium] = one
	}
	p.at = "tariff " + t.Name
	if len(n.byMedium) == 0 {
		p.fail(t.Line, "it has no prices; give electricity, water, gas or heat")
	}
	return n
}

func (p *parser) medium(t *Tariff, text *mediumText) {
	if strings.TrimSpace(text.Source) == "" {
		p.fail(text.Line, "source: say where the figures are from: a document, a contract, or that they are an example")
	}
	switch n := len(text.Versions); {
	case n == 0:
		p.fail(text.Line, "versions: give the prices and the day from which they hold")
		return
	case n > maxVersions:
		p.fail(text.Line, "versions: more than %d", maxVersions)
		return
	}
	for i := range text.Versions {
		t.versions = append(t.versions, p.version(t.Medium, &text.Versions[i]))
	}
	slices.SortStableFunc(t.versions, func(a, b *version) int { return a.from.Sub(b.from) })
	for i, v := range t.versions[1:] {
		p.follows(t.versions[i], v)
	}
}

// follows checks that each day has prices once, and ends the earlier version where
// it says no end itself.
func (p *parser) follows(v, next *version) {
	switch gap := v.to.Add(1); {
	case v.from == next.from:
		p.fail(next.line, "versions: two begin on %s", v.from)
	case v.to.IsZero():
		v.to = next.from.Add(-1)
	case gap.Before(next.from):
		p.fail(next.line, "versions: there is no price from %s to %s", gap, next.from.Add(-1))
	case next.from.Before(gap):
		p.fail(next.line, "versions: from: on %s the prices from %s hold too", next.from, v.from)
	}
}

func (p *parser) version(medium string, t *versionText) *version {
	v := &version{line: t.Line, from: t.From, to: t.To, byDay: map[Date]*season{}}
	switch {
	case t.From.IsZero():
		p.fail(t.Line, "versions: from: give the first day")
	case !t.To.IsZero() && t.To.Before(t.From):
		p.fail(t.Line, "versions: to: %s is before %s", t.To, t.From)
	}
	v.surcharge = p.price(t.Line, "surcharge", &t.Surcharge)
	byTier := t.Tiers != nil && len(t.Tiers.Steps) > 0 && t.Tiers.Steps[0].Price != nil
	switch {
	case len(t.Seasons) > 0 && t.Price != nil, byTier && t.Price != nil, byTier && len(t.Seasons) > 0:
		p.fail(t.Line, "give one of price, seasons and the tiers' prices; with seasons a tier says what it adds")
	case len(t.Seasons) > 0:
		p.seasons(v, t)
	case byTier:
		p.allDay(v, t.Line, t.Tiers.Steps[0].Price)
	case t.Price == nil && t.Area != nil:
		p.allDay(v, t.Line, new(float64)) // by area alone
	default:
		p.allDay(v, t.Line, t.Price)
	}
	if t.Tiers != nil {
		v.tiers = p.tiers(t.Tiers, v, byTier)
	}
	if t.Basic != nil {
		v.basic = p.basic(t.Basic)
	}
	if t.Area != nil {
		v.area = p.area(t.Area)
	}
	if t.PowerFactor != nil {
		if v.standard = *t.PowerFactor; standardOf(v.standard) == nil {
			p.fail(t.Line, "power_factor: %v is not one of the standards 0.90, 0.85 and 0.80", v.standard)
		}
	}
	if medium != Electricity && (t.Basic != nil || t.PowerFactor != nil) {
		p.fail(t.Line, "basic and power_factor are of electricity")
	}
	if medium != Heat && t.Area != nil {
		p.fail(t.Line, "area: is of heat")
	}
	return v
}

// price checks a price, which must be there.
func (p *parser) price(line int, key string, price *float64) float64 {
	switch {
	case price == nil:
		p.fail(line, "%s: give yuan per unit", key)
		return 0
	case !(*price >= 0 && *price <= maxPrice): // NaN too
		p.fail(line, "%s: %v is not between 0 and %v yuan", key, *price, maxPrice)
		return 0
	}
	return *price
}

// allDay is one price for all hours of the year.
func (p *parser) allDay(v *version, line int, price *float64) {
	s := &season{line: line}
	s.price[AllDay] = p.price(line, "price", price)
	for month := range v.byMonth {
		v.byMonth[month] = s
	}
}

func (p *parser) basic(t *basicText) *basic {
	b := &basic{price: p.price(t.Line, "basic: price", t.Price)}
	switch t.By {
	case "demand":
		b.byDemand = true
	case "capacity":
	default:
		p.fail(t.Line, "basic: by: %q is neither demand (yuan per kW of the month's largest) nor capacity (yuan per kVA of transformers)", t.By)
	}
	if h := t.HighUse; h != nil {
		if !(h.KWhPerKVA > 0 && h.KWhPerKVA <= maxPrice) || !(h.Share > 0 && h.Share <= 1) || !b.byDemand {
			p.fail(h.Line, "basic: high_use: give kwh_per_kva above 0 and the share of the price, above 0 and not above 1; it is for by: demand")
		}
		b.highUse, b.highShare = h.KWhPerKVA, h.Share
	}
	return b
}

func (p *parser) area(t *areaText) *area {
	a := &area{price: p.price(t.Line, "area: price", t.Price), from: t.From, to: t.To}
	if a.from == (monthDay{}) || a.to == (monthDay{}) {
		p.fail(t.Line, "area: give the first and last day of the heating season, from and to, as 11-15")
	}
	return a
}
