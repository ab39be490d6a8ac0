package baseline

// celsius is a temperature of CalTRACK's, which are in degrees Fahrenheit.
func celsius(fahrenheit float64) float64 { return (fahrenheit - 32) / 1.8 }

// minBinHours is how many hours a temperature bin must have (CalTRACK 3.9.1.2).
const minBinHours = 20

// binEndpoints are the ends of the temperature bins, °C (CalTRACK 3.9.1.1: 30, 45,
// 55, 65, 75 and 90 °F).
var binEndpoints = []float64{celsius(30), celsius(45), celsius(55), celsius(65), celsius(75), celsius(90)}

// mergeBins leaves out endpoints until every bin has enough of the temperatures: a bin
// with too few joins the one above it, and the last one the one below (CalTRACK
// 3.9.1.2).
func mergeBins(temps, endpoints []float64) []float64 {
	counts := make([]int, len(endpoints)+1)
	for _, t := range temps {
		counts[bin(t, endpoints)]++
	}
	kept := append([]float64{}, endpoints...)
	for i := 0; i < len(counts) && len(kept) > 0; {
		if counts[i] >= minBinHours {
			i++
			continue
		}
		drop := min(i, len(kept)-1) // its upper end, and of the last bin its lower one
		counts[drop] += counts[drop+1]
		counts = append(counts[:drop+1], counts[drop+2:]...)
		kept = append(kept[:drop], kept[drop+1:]...)
		i = drop
	}
	return kept
}

// bin is the number of the bin that holds a temperature: the ends belong to the lower
// bin, as in CalTRACK 3.9.1.3.
func bin(t float64, endpoints []float64) int {
	for i, e := range endpoints {
		if t <= e {
			return i
		}
	}
	return len(endpoints)
}

// components splits a temperature into the part that lies in each bin, so that a
// coefficient a component makes a line with a kink at each end (CalTRACK 3.9.1.3 to
// 3.9.1.5). The result has one number more than there are endpoints.
func components(t float64, endpoints, into []float64) []float64 {
	into = into[:0]
	below := 0.0
	for i, e := range endpoints {
		part := min(t, e) - below
		if i > 0 { // the first one goes below zero with the temperature
			part = max(part, 0)
		}
		into = append(into, part)
		below = e
	}
	if len(endpoints) == 0 {
		return append(into, t)
	}
	return append(into, max(t-below, 0))
}
