package scorecard

import (
	"math"
	"strings"
	"testing"

	"steward/analytics/response"
	"steward/configs"
	"steward/internal/authz"
)

func shipped(t testing.TB) *Config {
	t.Helper()
	c, err := Parse("scorecard.yaml", configs.Scorecard())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestShippedFiles: every component is in the shipped file, and each that has a limit
// says what to do, in both languages.
func TestShippedFiles(t *testing.T) {
	c := shipped(t)
	if len(c.rules) != len(Components()) {
		t.Errorf("%d components, want %d", len(c.rules), len(Components()))
	}
	for _, r := range c.rules {
		if r.Title.ZH == "" || r.Title.EN == "" || r.Limit != nil && (r.Required.ZH == "" || r.Required.EN == "") {
			t.Errorf("%s lacks a text: %+v", r.Name, r)
		}
	}
	if _, err := response.ParseContracts("contracts.yaml", configs.Contracts()); err != nil {
		t.Error(err)
	}
	// The examples in the comments can be taken as they are.
	uncomment := func(text []byte, list string) []byte {
		head, tail, _ := strings.Cut(string(text), list+": []\n")
		return []byte(head + list + ":\n" + strings.ReplaceAll("\n"+tail, "\n#", "\n"))
	}
	c, err := Parse("scorecard.yaml", uncomment(configs.Scorecard(), "overrides"))
	if err != nil {
		t.Fatal(err)
	}
	if r := c.For(authz.Place{Region: "south", Project: "park"})[4]; *r.Limit != 0.75 {
		t.Errorf("the example changes nothing: %+v", r)
	}
	p, err := response.ParseContracts("contracts.yaml", uncomment(configs.Contracts(), "penalties"))
	if err != nil {
		t.Fatal(err)
	}
	if p.For("快修电梯").UrgentWithin.Std().Hours() != 4 {
		t.Errorf("the example says %+v", p.For("快修电梯"))
	}
}

const small = `
components:
  - { name: availability, weight: 1, zero: 0.9, full: 1, limit: 0.95, title: {en: a}, required: {en: a} }
  - { name: complaint_rate, weight: 3, zero: 3, full: 1, title: {en: c} }
`

func TestParseSaysWhatIsWrong(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		_, err := Parse("s.yaml", []byte(text))
		if err == nil {
			t.Errorf("took\n%s", text)
			return
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%v\nsays nothing of %q", err, w)
			}
		}
	}
	f(``, "no component has a weight")
	f("know_weight: 1", `s.yaml:1: unknown key "know_weight" (did you mean "known_weight"?)`)
	f("known_weight: 1.5"+small, "known_weight: 1.5 is not between 0 and 1")
	f("notices: {due_days: 0}"+small, "due_days: 0 is not between 1 and 365")
	f("components:\n  - name: availabilityy\n", `s.yaml:2: component "availabilityy" is not known (did you mean availability?)`)
	f("components:\n  - name: availability\n", "weight is missing", "zero is missing", "full is missing", "title is missing")
	f("components:\n  - { name: availability, weight: 1, zero: 0.9, full: 0.9, title: {en: a} }\n", "s.yaml:2:", "zero and full are both 0.9")
	f("components:\n  - { name: availability, weight: 1, zero: 0.9, full: 1, limit: 0.5, title: {en: a}, required: {en: a} }\n", "limit: 0.5 is not between 0.9 and 1")
	f("components:\n  - { name: availability, weight: 1, zero: 0.9, full: 1, limit: 0.95, title: {en: a} }\n", "required is missing")
	f("components:\n  - { name: availability, weight: -1, zero: .nan, full: 1, title: {en: a} }\n", "weight: -1", "zero: NaN")
	f("components:\n  - { name: availability, weight: 1, zero: 0.9, full: 1, months: 2, title: {en: a} }\n", "months is of collection_rate, energy_intensity alone")
	f("components:\n  - { name: response_entrapment, weight: 1, zero: 0.9, full: 1, title: {en: a} }\n", "clock is missing")
	f("components:\n  - { name: response_repair, weight: 1, zero: 0.9, full: 1, title: {en: a} }\n", "within")
	f("components:\n  - { name: energy_intensity, weight: 1, zero: 2, full: 1, min_peers: 5, title: {en: a} }\n", "min_peers: 5 is not between 6 and 200")
	f(small+"  - { name: availability, weight: 1, zero: 0.9, full: 1, title: {en: a} }\n", "s.yaml:5: component availability: stands twice")
	f("components:\n  - { name: availability, weight: 0, zero: 0.9, full: 1, title: {en: a} }\n", "no component has a weight")
	f(small+"overrides:\n  - places: [hq]\n    components: [{ name: availability, weight: 2 }]\n", "hq is everything")
	f(small+"overrides:\n  - places: [North]\n    components: [{ name: availability, weight: 2 }]\n", "s.yaml:6:", "North")
	f(small+"overrides:\n  - places: [north]\n", "give places and components")
	f(small+"overrides:\n  - places: [north]\n    components: [{ name: collection_rate, weight: 2 }]\n", "is not among the components")
	f(small+"overrides:\n  - places: [north]\n    components: [{ name: availability, subject: x }]\n", "are the same for all")
	f(small+"overrides:\n  - places: [north]\n    components: [{ name: complaint_rate, limit: 2 }]\n", "required is missing")
	f(small+"overrides:\n  - places: [north]\n    components: [{ name: availability, full: 0.93 }]\n", "limit: 0.95 is not between 0.9 and 0.93")
}

func TestOverrides(t *testing.T) {
	c, err := Parse("s.yaml", []byte(small+`
overrides:
  - places: [north/harbour]
    components: [{ name: availability, weight: 7, due_days: 3 }]
  - places: [north, south/park]
    components: [{ name: availability, weight: 5, limit: 0.92 }]
`))
	if err != nil {
		t.Fatal(err)
	}
	f := func(at string, weight, limit float64, due int) {
		t.Helper()
		place, err := authz.ParsePlace(at)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range c.For(place) {
			if r.Name == Availability && (r.Weight != weight || *r.Limit != limit || r.DueDays != due) {
				t.Errorf("%s: %+v", at, r)
			}
		}
	}
	f("hq", 1, 0.95, 14)
	f("south", 1, 0.95, 14)
	f("south/park", 5, 0.92, 14)
	f("north", 5, 0.92, 14)
	f("north/hill", 5, 0.92, 14)
	f("north/harbour", 7, 0.92, 3) // the project's own come last, wherever they stand
}

func TestScoreAtItsBounds(t *testing.T) {
	limit := 0.9
	more := Rule{Zero: 0.6, Full: 1, Limit: &limit}
	less := Rule{Zero: 3, Full: 1, Limit: new(float64)}
	*less.Limit = 2
	f := func(r Rule, value, want float64) {
		t.Helper()
		if got := r.Score(value); math.Abs(got-want) > 1e-9 {
			t.Errorf("score of %v is %v, want %v", value, got, want)
		}
	}
	f(more, 0, 0)
	f(more, 0.6, 0)
	f(more, 0.8, 50)
	f(more, 1, 100)
	f(more, 2, 100)
	f(less, 4, 0)
	f(less, 3, 0)
	f(less, 2, 50)
	f(less, 1, 100)
	f(less, 0, 100)
	g := func(r Rule, low, high float64, want bool) {
		t.Helper()
		if got := r.outside(low, high); got != want {
			t.Errorf("%v to %v is outside: %v", low, high, got)
		}
	}
	g(more, 0.5, 0.89, true)
	g(more, 0.5, 0.9, false) // exactly at the limit
	g(more, 0.95, 1, false)
	g(less, 2.1, 5, true)
	g(less, 2, 5, false)
	g(Rule{Zero: 0, Full: 1}, 0, 0, false)
}

func FuzzParse(f *testing.F) {
	f.Add(configs.Scorecard())
	f.Add([]byte(small + "overrides:\n  - places: [north/harbour]\n    components: [{ name: availability, weight: 7 }]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("s.yaml", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "s.yaml") {
				t.Errorf("an error without its file: %v", err)
			}
			return
		}
		for _, r := range c.For(authz.Place{Region: "north", Project: "harbour"}) {
			if s := r.Score(r.Zero); s != 0 || r.Score(r.Full) != 100 {
				t.Errorf("%s scores %v at zero", r.Name, s)
			}
		}
	})
}
