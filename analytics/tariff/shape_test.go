package tariff

import (
	"testing"
	"time"

	"steward/configs"
)

// What is shown of a price is what is reckoned with it, in every hour of every
// month, and no hour is left out or shown twice.
func TestShapesAreThePrices(t *testing.T) {
	set, err := Parse("tariffs.yaml", configs.Tariffs())
	if err != nil {
		t.Fatal(err)
	}
	zone := time.UTC
	for _, shape := range set.Shapes() {
		for _, m := range shape.Media {
			tariff, err := set.For(shape.Name, m.Medium)
			if err != nil {
				t.Fatal(err)
			}
			last := m.Versions[len(m.Versions)-1]
			if last.To != "" {
				t.Errorf("%s: %s ends on %s", shape.Name, m.Medium, last.To)
			}
			of := map[int]SeasonShape{}
			for _, s := range last.Seasons {
				for _, month := range s.Months {
					of[month] = s
				}
			}
			if len(of) != 12 {
				t.Fatalf("%s: %s: %d months have prices", shape.Name, m.Medium, len(of))
			}
			for month, s := range of {
				end := "00:00"
				for _, h := range s.Hours {
					if h.From != end {
						t.Errorf("%s: %s: month %d: %s follows %s", shape.Name, m.Medium, month, h.From, end)
					}
					end = h.To
					at, err := time.ParseInLocation("2006-01-02 15:04", time.Date(2027, time.Month(month), 3, 0, 0, 0, 0, zone).Format(time.DateOnly)+" "+h.From, zone)
					if err != nil {
						t.Fatal(err)
					}
					in := *tariff
					in.Zone = zone
					rate, err := in.Marginal(at, Options{Zone: zone})
					if err != nil || rate.Period != h.Period || rate.Price != h.Price+last.Surcharge {
						t.Errorf("%s: %s: month %d, %s: shown %v of %v, reckoned %+v, %v", shape.Name, m.Medium, month, h.From, h.Price, h.Period, rate, err)
					}
				}
				if end != "24:00" {
					t.Errorf("%s: %s: month %d ends at %s", shape.Name, m.Medium, month, end)
				}
			}
		}
	}
}
