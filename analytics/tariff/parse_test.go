package tariff

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"steward/configs"
)

func parsed(t testing.TB, text string) *Set {
	t.Helper()
	set, err := Parse("t.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// one is the electricity of tariff a with these versions.
func one(t testing.TB, versions string) *Tariff {
	t.Helper()
	tariff, err := parsed(t, versioned(versions)).For("a", Electricity)
	if err != nil {
		t.Fatal(err)
	}
	return tariff
}

// versioned is a file with tariff a; its versions begin in line 8.
func versioned(versions string) string {
	return "tariffs:\n  - name: a\n    title: {zh: 一, en: One}\n    zone: Asia/Shanghai\n    electricity:\n      source: test\n      versions:\n" + versions + "\n"
}

func TestShippedTariffs(t *testing.T) {
	set := parsed(t, string(configs.Tariffs()))
	want := []string{"example-beijing-residential", "example-estate", "example-form", "example-guangdong-commercial", "example-zhejiang-residential"}
	if got := set.Names(); !slices.Equal(got, want) {
		t.Errorf("tariffs are %v, want %v", got, want)
	}
	for _, name := range set.Names() {
		// Nobody may take them for the prices of a contract.
		if !strings.HasPrefix(name, "example-") || !strings.HasPrefix(set.byName[name].title.ZH, "示例") {
			t.Errorf("%s does not call itself an example", name)
		}
	}
}

func TestFor(t *testing.T) {
	set := parsed(t, string(configs.Tariffs()))
	f := func(name, medium, want string) {
		t.Helper()
		got, err := set.For(name, medium)
		switch {
		case err == nil && (want != "" || got.Name != name || got.Medium != medium):
			t.Errorf("%s of %q is %+v", medium, name, got)
		case err != nil && (want == "" || !strings.Contains(err.Error(), want)):
			t.Errorf("%s of %q: %v, want %q", medium, name, err, want)
		}
	}
	f("example-form", Gas, "")
	f("example-form", Heat, "")
	f("", Gas, "tariff: the project names none; give it one of example-beijing-residential, ")
	f("zj", Gas, `tariff: "zj" is not among the tariffs; have example-beijing-residential, `)
	f("example-zhejiang-residential", Gas, "tariff: example-zhejiang-residential has no prices of gas; add them to it")
}

// TestFixtures: each file of testdata/bad says in its first line what is wrong with
// it, and those of testdata/good are well.
func TestFixtures(t *testing.T) {
	for _, kind := range []string{"good", "bad"} {
		files, err := filepath.Glob(filepath.Join("testdata", kind, "*.yaml"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no fixtures that are %s: %v", kind, err)
		}
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse("t.yaml", text)
			if kind == "good" {
				if err != nil {
					t.Errorf("%s: %v", path, err)
				}
				continue
			}
			var want []string
			for line := range strings.Lines(string(text)) {
				if w, ok := strings.CutPrefix(line, "# want: "); ok {
					want = append(want, strings.TrimSpace(w))
				}
			}
			if err == nil || err.Error() != strings.Join(want, "\n") {
				t.Errorf("%s:\ngot  %v\nwant %s", path, err, strings.Join(want, "\n"))
			}
		}
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		_, err := Parse("t.yaml", []byte(text))
		if err == nil {
			t.Fatalf("no error of\n%s", text)
		}
		if err.Error() != want {
			t.Errorf("of\n%s\ngot  %s\nwant %s", text, err, want)
		}
	}
	v := versioned
	season := func(rest string) string {
		return v("        - from: 2026-01-01\n          seasons:\n            - months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]\n" + rest)
	}
	f("tariffs:\n  - name: A", "t.yaml:2: tariff A: name: \"A\" is not of the form [a-z0-9][a-z0-9_-]{0,63}\nt.yaml:2: tariff A: title: give zh and en\nt.yaml:2: tariff A: it has no prices; give electricity, water, gas or heat")
	f("tariffs:\n  - name: a\n    title: {zh: 一, en: One}\n    power: {}", `t.yaml:4: unknown key "power"; the keys here are electricity, gas, heat, name, title, water, zone`)
	f("tariffs:\n  - name: a\n    title: {zh: 一, en: One}\n    zone: Peking\n    water: {source: x, versions: [{from: 2026-01-01, price: 1}]}", `t.yaml:2: tariff a: zone: "Peking" is not a time zone such as Asia/Shanghai`)
	f("tariffs:\n  - name: a\n    title: {zh: 一, en: One}\n    water: {versions: [{from: 2026-01-01, price: 1}]}", `t.yaml:4: tariff a: water: source: say where the figures are from: a document, a contract, or that they are an example`)
	f("tariffs:\n  - name: a\n    title: {zh: 一, en: One}\n    water: {source: x}", `t.yaml:4: tariff a: water: versions: give the prices and the day from which they hold`)
	f("tariffs:\n  - name: a\n    title: {zh: 一, en: One}\n    water: {source: x, versions: [{from: 2026-01-01, price: 1, power_factor: 0.9}]}", `t.yaml:4: tariff a: water: basic and power_factor are of electricity`)
	f(v("        - {price: 1}"), `t.yaml:8: tariff a: electricity: versions: from: give the first day`)
	f(v("        - {from: 2026-02-30, price: 1}"), `t.yaml:8: from: "2026-02-30" is not a date, such as 2026-01-31`)
	f(v("        - {from: 2026-01-01, to: 2025-01-01, price: 1}"), `t.yaml:8: tariff a: electricity: versions: to: 2025-01-01 is before 2026-01-01`)
	f(v("        - {from: 2026-01-01}"), `t.yaml:8: tariff a: electricity: price: give yuan per unit`)
	f(v("        - {from: 2026-01-01, price: -1}"), `t.yaml:8: tariff a: electricity: price: -1 is not between 0 and 1e+06 yuan`)
	f(v("        - {from: 2026-01-01, price: .nan}"), `t.yaml:8: tariff a: electricity: price: NaN is not between 0 and 1e+06 yuan`)
	f(v("        - {from: 2026-01-01, price: 1, surcharge: .inf}"), `t.yaml:8: tariff a: electricity: surcharge: +Inf is not between 0 and 1e+06 yuan`)
	f(v("        - {from: 2026-01-01, price: 1, power_factor: 0.95}"), `t.yaml:8: tariff a: electricity: power_factor: 0.95 is not one of the standards 0.90, 0.85 and 0.80`)
	f(v("        - {from: 2026-01-01, price: 1, basic: {by: kva, price: 3}}"), `t.yaml:8: tariff a: electricity: basic: by: "kva" is neither demand (yuan per kW of the month's largest) nor capacity (yuan per kVA of transformers)`)
	f(v("        - {from: 2026-01-01, price: 1, basic: {by: capacity, price: 3, high_use: {kwh_per_kva: 260, share: 0.9}}}"), `t.yaml:8: tariff a: electricity: basic: high_use: give kwh_per_kva above 0 and the share of the price, above 0 and not above 1; it is for by: demand`)
	f(v("        - {from: 2026-01-01, price: 1, area: {price: 3, from: 11-15, to: 03-15}}"), `t.yaml:8: tariff a: electricity: area: is of heat`)
	f("tariffs:\n  - name: a\n    title: {zh: 一, en: One}\n    heat: {source: x, versions: [{from: 2026-01-01, area: {price: 3, from: 02-29, to: 03-15}}]}", `t.yaml:4: from: "02-29" is not a day of every year as month and day, such as 11-15`)
	f(v("        - {from: 2026-01-01, price: 1}\n        - {from: 2026-01-01, price: 2}"), `t.yaml:9: tariff a: electricity: versions: two begin on 2026-01-01`)
	f(v("        - {from: 2026-01-01, to: 2026-01-31, price: 1}\n        - {from: 2026-02-02, price: 2}"), `t.yaml:9: tariff a: electricity: versions: there is no price from 2026-02-01 to 2026-02-01`)
	f(v("        - {from: 2026-02-01, price: 2}\n        - {from: 2026-01-01, to: 2026-02-01, price: 1}"), `t.yaml:8: tariff a: electricity: versions: from: on 2026-02-01 the prices from 2026-01-01 hold too`)

	f(season("              periods: {flat: [\"00:00-24:00\"]}"), `t.yaml:10: tariff a: electricity: seasons: prices: flat has hours and no price`)
	f(season("              prices: {flat: 1, peak: 2}\n              periods: {flat: [\"00:00-24:00\"]}"), `t.yaml:10: tariff a: electricity: seasons: prices: peak has a price and no hours`)
	f(season("              prices: {night: 1}\n              periods: {night: [\"00:00-24:00\"]}"), strings.Join([]string{
		`t.yaml:10: tariff a: electricity: seasons: periods: "night" is no period; have sharp, peak, flat, valley, deep_valley`,
		`t.yaml:10: tariff a: electricity: seasons: prices: "night" is no period; have sharp, peak, flat, valley, deep_valley`,
		`t.yaml:10: tariff a: electricity: seasons: months 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12: no period has 00:00-24:00; give it to one`}, "\n"))
	f(season("              prices: {flat: 1}\n              periods: {flat: [\"22:00-06:00\"]}"), `t.yaml:12: periods.flat: "22:00-06:00" end before they begin; write a night as "22:00-24:00" and "00:00-06:00"`)
	f(season("              prices: {flat: 1}\n              periods: {flat: [\"00:00-24:15\"]}"), `t.yaml:12: periods.flat: "00:00-24:15" are not hours, such as "08:30-12:00": "24:15" is not an hour or half hour from 00:00 to 24:00`)
	f(season("              prices: {flat: 1}\n              periods: {flat: [0-24]}"), `t.yaml:12: periods.flat: "0-24" are not hours, such as "08:30-12:00": "0" is not an hour or half hour from 00:00 to 24:00`)
	f(season("              prices: {flat: 1}\n              periods: {flat: [\"00:00-24:00\"]}\n            - {months: [12, 13], prices: {flat: 1}, periods: {flat: [\"00:00-24:00\"]}}"), "t.yaml:13: tariff a: electricity: seasons: month 12 is in the season of line 10 too\nt.yaml:13: tariff a: electricity: seasons: months: 13 is not from 1 to 12")
	f(season("              prices: {flat: 1}\n              periods: {flat: [\"00:00-24:00\"]}\n            - {days: [2025-12-31], prices: {flat: 1}, periods: {flat: [\"00:00-24:00\"]}}"), "t.yaml:13: tariff a: electricity: seasons: days: 2025-12-31 is not among the days of these prices")
	f(season("              days: [2026-01-01]\n              prices: {flat: 1}\n              periods: {flat: [\"00:00-24:00\"]}"), "t.yaml:10: tariff a: electricity: seasons: give either months, or the single days on which these prices hold instead")

	tier := func(rest string) string { return v("        - {from: 2026-01-01, tiers: " + rest + "}") }
	f(tier("{per: day, steps: [{up_to: 1, price: 1}, {price: 2}]}"), `t.yaml:8: tariff a: electricity: tiers: per: "day" is neither year nor month`)
	f(tier("{per: month, begins: 3, steps: [{up_to: 1, price: 1}, {price: 2}]}"), `t.yaml:8: tariff a: electricity: tiers: begins: want the month in which the year of the tiers begins, 1 to 12, with per: year`)
	f(tier("{per: year, steps: [{price: 1}]}"), `t.yaml:8: tariff a: electricity: tiers: steps: give 2 to 20; without steps there are no tiers`)
	f(tier("{per: year, steps: [{up_to: 5, price: 1}, {up_to: 5, price: 2}, {price: 3}]}"), `t.yaml:8: tariff a: electricity: tiers: up_to: 5 is not more than the 5 before it`)
	f(tier("{per: year, steps: [{up_to: 5, price: 1}, {up_to: 9, price: 2}]}"), `t.yaml:8: tariff a: electricity: tiers: up_to: the last step has no end; add one after it`)
	f(tier("{per: year, steps: [{price: 1}, {price: 2}]}"), `t.yaml:8: tariff a: electricity: tiers: up_to: give the use of a household at which the step ends, above 0`)
	f(tier("{per: year, steps: [{up_to: 5, price: 1}, {add: 1}]}"), "t.yaml:8: tariff a: electricity: tiers: price: give yuan per unit\nt.yaml:8: tariff a: electricity: tiers: give price or add, not both")
	f(v("        - {from: 2026-01-01, price: 1, tiers: {per: year, steps: [{up_to: 5, price: 1}, {price: 2}]}}"), `t.yaml:8: tariff a: electricity: give one of price, seasons and the tiers' prices; with seasons a tier says what it adds`)
	f(v("        - {from: 2026-01-01, price: 1, tiers: {per: year, steps: [{up_to: 5}, {add: x}]}}"), `t.yaml:8: add: "x" is not yuan per unit, such as 0.05, or one a period, such as {peak: 0.06, valley: 0.03}`)
	f(v("        - {from: 2026-01-01, price: 1, tiers: {per: year, steps: [{up_to: 5}, {}]}}"), `t.yaml:8: tariff a: electricity: tiers: add: give one number, or one for each period; all_day is missing`)
	f(v("        - {from: 2026-01-01, price: 1, tiers: {per: year, steps: [{up_to: 5, add: 1}, {add: 2}]}}"), `t.yaml:8: tariff a: electricity: tiers: add: the first step has the prices themselves`)
}

func FuzzParse(f *testing.F) {
	f.Add(configs.Tariffs())
	f.Add([]byte(versioned("        - {from: 2026-01-01, tiers: {per: year, steps: [{up_to: 5, price: 1}, {price: 2}]}}")))
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := Parse("t.yaml", text)
		if (set == nil) != (err != nil) {
			t.Fatalf("set %v with error %v", set, err)
		}
		if err != nil {
			return
		}
		// What is accepted can be asked.
		for _, name := range set.Names() {
			for _, tariff := range set.byName[name].byMedium {
				asked(t, tariff)
			}
		}
	})
}
