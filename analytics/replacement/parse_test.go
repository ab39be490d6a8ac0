package replacement

import (
	"strings"
	"testing"

	"steward/analytics/forecast"
	"steward/configs"
	"steward/internal/authz"
	"steward/internal/telemetry"
)

func TestShippedPolicy(t *testing.T) {
	p, err := Parse("replacement.yaml", configs.Replacement())
	if err != nil {
		t.Fatal(err)
	}
	for _, class := range telemetry.Classes() {
		for _, medium := range append([]string{""}, media...) {
			c := p.Costs(string(class), medium)
			// A failure that ends a device must cost more than a planned replacement.
			if !(c.Replacement > 0 && c.Failure > 0 && c.Life > 0) || class == telemetry.Meter && c.Failure <= c.Replacement {
				t.Errorf("%s %s: %+v", class, medium, c)
			}
		}
	}
	f := func(class, medium string, years float64, mandatory bool, action string) {
		t.Helper()
		class, senses, _ := strings.Cut(class, " ")
		l, perhaps := p.limitOf(&forecast.Prospect{Class: class, Medium: medium, Senses: senses})
		if (perhaps != nil) != (class == "fire" && senses == "") {
			t.Errorf("%s %s: perhaps %+v", class, senses, perhaps)
		}
		switch {
		case years == 0 && l == nil:
		case l == nil || l.Years != years || l.Mandatory != mandatory || l.Action != action:
			t.Errorf("%s %s: %+v", class, medium, l)
		}
	}
	f("fire smoke", "", 12, true, Replace)
	f("fire water", "", 0, false, "")
	f("fire", "", 0, false, "")
	f("meter", "water", 6, true, Replace)
	f("meter", "gas", 10, true, Replace)
	f("meter", "heat", 3, true, Verify)
	f("meter", "electricity", 8, false, Replace)
	f("elevator", "", 0, false, "")
	if _, ok := p.Budget(authz.HQ, 2027); ok || p.LeastBenefit != 1 || p.RepeatFaults != 3 {
		t.Errorf("%+v", p)
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		_, err := Parse("p.yaml", []byte(text))
		if err == nil {
			t.Fatalf("no error of\n%s", text)
		}
		if got := err.Error(); got != strings.Join(want, "\n") {
			t.Errorf("of\n%s\ngot  %s\nwant %s", text, got, strings.Join(want, "\n"))
		}
	}
	f("currency: USD", `p.yaml: currency: "USD": amounts are in yuan; write CNY`)
	f("least_benefit: -1\nrepeat_faults: .nan", "p.yaml: least_benefit: -1 is not between 0 and 1000000", "p.yaml: repeat_faults: NaN is not between 0 and 1000000")
	f("budget: 1", `p.yaml:1: unknown key "budget" (did you mean "budgets"?); the keys here are budgets, costs, currency, least_benefit, limits, repeat_faults`)
	f("budgets:\n  - {place: North, cny: 1}\n  - {place: hq, cny: 0}\n  - {place: hq, year: 27, cny: 5}\n  - {place: hq, cny: 7}\n  - {place: east}",
		`p.yaml:2: budgets: place "North" is not hq, a region, or region/project`,
		"p.yaml:3: budgets: cny: 0 is not between 0.01 and 1000000000000 yuan",
		"p.yaml:4: budgets: year: 27 is not between 2000 and 2199",
		"p.yaml:5: budgets: hq has another one for the same year",
		"p.yaml:6: budgets: cny: give yuan, above 0")
	f("costs:\n  - {class: lift, replacement_cny: 1, failure_cny: 1, life_years: 1, source: x}", `p.yaml:2: costs: class: "lift" is not one of elevator, fire, access, meter`)
	f("costs:\n  - {class: fire, medium: gas, failure_cny: .inf, life_years: 0, verification_cny: 5}",
		"p.yaml:2: costs: medium: is of meters",
		"p.yaml:2: costs: replacement_cny: give yuan, above 0",
		"p.yaml:2: costs: failure_cny: +Inf is not between 0.01 and 1000000000000 yuan",
		"p.yaml:2: costs: life_years: give years, above 0 and not above 200",
		"p.yaml:2: costs: verification_cny: is of meters",
		"p.yaml:2: costs: source: say where the figures are from: a document, a contract, or that they are invented")
	good := "{class: fire, replacement_cny: 1, failure_cny: 1, life_years: 1, source: x}"
	f("costs:\n  - "+good+"\n  - "+good, "p.yaml:3: costs: fire stands twice")
	f("limits:\n  - {class: meter, medium: oil, years: 5, mandatory: true, action: wait, title: {zh: 一}, source: x}",
		`p.yaml:2: limits: medium: "oil" is not one of electricity, water, gas, heat`,
		`p.yaml:2: limits: action: "wait" is neither replace nor verify`,
		"p.yaml:2: limits: title: give zh and en")
	f("limits:\n  - {class: fire, models: [SD-1, 'a/['], action: verify, title: {zh: 一, en: One}, source: x}",
		"p.yaml:2: limits: years: give years, above 0 and not above 200",
		`p.yaml:2: limits: models: "SD-1" is not a pattern of vendor/model, such as KONE/30*`,
		`p.yaml:2: limits: models: "a/[" is not a pattern of vendor/model, such as KONE/30*`,
		"p.yaml:2: limits: mandatory: say true or false",
		"p.yaml:2: limits: action: only meters are verified")
}

func TestLimits(t *testing.T) {
	p, err := Parse("p.yaml", []byte(`
limits:
  - {class: meter, medium: water, models: ["Oriel/WU-50*"], years: 4, mandatory: true, title: {zh: 四, en: four}, source: x}
  - {class: meter, years: 8, mandatory: false, title: {zh: 八, en: eight}, source: x}
  - {class: meter, medium: water, except: ["*/*/50"], years: 6, mandatory: true, title: {zh: 六, en: six}, source: x}
`))
	if err != nil {
		t.Fatal(err)
	}
	f := func(medium, vendor, model string, want float64) {
		t.Helper()
		if l, _ := p.limitOf(&forecast.Prospect{Class: "meter", Medium: medium, Vendor: vendor, Model: model}); l == nil || l.Years != want {
			t.Errorf("%s %s/%s: %+v, want %v years", medium, vendor, model, l, want)
		}
	}
	f("water", "Oriel", "WU-50S", 4)
	f("water", "Oriel", "WU-25", 6)
	f("water", "Oriel", "WU/50", 8)
	f("heat", "Oriel", "WU-50S", 8)
	f("water", "", "", 6)
	if l, _ := p.limitOf(&forecast.Prospect{Class: "fire"}); l != nil {
		t.Errorf("%+v", l)
	}
}
