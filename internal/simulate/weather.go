package simulate

import (
	"math"

	"steward/internal/telemetry"
)

// A climate is the outdoor temperature of a region.
type climate struct {
	id       uint64
	mean     float64 // °C over the year
	seasonal float64 // °C between the mean and the height of summer
	daily    float64 // °C between a day's mean and its afternoon
	heated   bool    // has district heating in winter
}

// climateOf knows the regions that layout names; an unknown one has the
// weather of the lower Yangtze.
func climateOf(seed uint64, region string) *climate {
	c := climate{id: identity(seed, "climate/"+region), mean: 17.5, seasonal: 12, daily: 4}
	switch region {
	case "south":
		c.mean, c.seasonal, c.daily = 23, 6.5, 3.5
	case "north", "northeast", "northwest":
		c.mean, c.seasonal, c.daily, c.heated = 12.5, 15, 5.5, true
	}
	return &c
}

// temperature is in °C: the year, the day, and weather that changes over days.
func (c *climate) temperature(t telemetry.Millis, m moment) float64 {
	year := -c.seasonal * math.Cos(2*math.Pi*(m.dayOfYear-20)/365.25)
	today := c.daily * math.Cos(2*math.Pi*(m.hour-15)/24)
	a, b := bell(c.id, uint64(m.day)), bell(c.id, uint64(m.day+1))
	front := 2.5 * (a + (b-a)*m.hour/24)
	return c.mean + year + today + front
}

// heatingSeason is 15 November to 15 March, as northern cities set it.
func heatingSeason(m moment) bool { return m.dayOfYear >= 318 || m.dayOfYear < 74 }

// dark says whether lamps are needed; day length swings about two hours
// around twelve at these latitudes.
func dark(m moment) bool {
	halfDay := 6 - 1.1*math.Cos(2*math.Pi*(m.dayOfYear+10)/365.25)
	return math.Abs(m.hour-12.1) > halfDay
}
