package simulate

// A shape is a habit: how much of its usual peak something is used at a local
// moment, from 0 to about 1.
type shape func(m moment) float64

// byHour is a shape of 24 hourly weights for working days and for weekends,
// interpolated between the hours.
func byHour(workday, weekend [24]float64) shape {
	return func(m moment) float64 {
		table := &workday
		if m.weekend {
			table = &weekend
		}
		h := int(m.hour)
		a, b := table[h%24], table[(h+1)%24]
		return a + (b-a)*(m.hour-float64(h))
	}
}

// The habits of the fleet.
var (
	residentialPower = byHour(
		[24]float64{.30, .24, .21, .20, .20, .24, .38, .55, .50, .40, .38, .42, .50, .44, .40, .40, .45, .58, .80, .98, 1, .92, .70, .45},
		[24]float64{.34, .27, .23, .21, .20, .22, .30, .45, .58, .62, .62, .66, .70, .62, .58, .58, .62, .70, .86, 1, 1, .94, .76, .52})
	officePower = byHour(
		[24]float64{.12, .12, .12, .12, .12, .13, .18, .40, .78, .95, 1, .96, .82, .92, 1, 1, .96, .85, .55, .38, .28, .20, .15, .13},
		[24]float64{.12, .12, .12, .12, .12, .12, .12, .14, .18, .22, .24, .24, .22, .22, .24, .24, .22, .20, .16, .14, .13, .12, .12, .12})
	shopPower = byHour(
		[24]float64{.14, .13, .13, .13, .13, .13, .15, .22, .42, .74, .84, .90, .94, .90, .86, .86, .88, .93, 1, 1, .95, .72, .32, .18},
		[24]float64{.14, .13, .13, .13, .13, .13, .15, .24, .48, .84, .95, 1, 1, 1, .98, .98, 1, 1, 1, 1, .98, .80, .38, .18})
	residentialWater = byHour(
		[24]float64{.06, .03, .02, .02, .03, .10, .55, .95, .70, .45, .40, .48, .55, .40, .32, .32, .40, .58, .80, .95, .90, .75, .45, .18},
		[24]float64{.08, .04, .02, .02, .02, .06, .28, .60, .90, .90, .78, .70, .66, .52, .45, .45, .50, .62, .80, .92, .90, .78, .50, .22})
	officeWater = byHour(
		[24]float64{.02, .02, .02, .02, .02, .04, .10, .35, .80, 1, .95, .95, .90, .80, .90, .92, .85, .70, .35, .18, .10, .06, .04, .03},
		[24]float64{.02, .02, .02, .02, .02, .02, .03, .06, .12, .16, .18, .18, .16, .14, .16, .16, .14, .10, .06, .04, .03, .02, .02, .02})
	kitchenGas = byHour(
		[24]float64{.02, .01, .01, .01, .02, .15, .60, .70, .30, .12, .35, .95, .70, .15, .06, .08, .35, .90, 1, .60, .35, .30, .18, .06},
		[24]float64{.03, .02, .01, .01, .01, .06, .30, .60, .55, .25, .45, 1, .85, .25, .10, .12, .40, .92, 1, .62, .38, .32, .20, .08})
	liftPower = byHour(
		[24]float64{.08, .06, .05, .05, .06, .12, .40, .95, .80, .45, .40, .55, .60, .45, .40, .42, .50, .80, 1, .80, .55, .40, .25, .14},
		[24]float64{.10, .07, .05, .05, .05, .08, .20, .42, .60, .70, .70, .72, .70, .62, .60, .62, .68, .75, .80, .72, .58, .44, .30, .18})
	plantHours = byHour(
		[24]float64{.06, .06, .06, .06, .06, .30, .80, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, .80, .45, .25, .12, .06, .06},
		[24]float64{.06, .06, .06, .06, .06, .06, .08, .15, .25, .30, .30, .30, .30, .30, .30, .30, .25, .15, .08, .06, .06, .06, .06, .06})
	lamps = shape(func(m moment) float64 {
		switch {
		case !dark(m):
			return 0.04
		case m.hour < 5.5: // every second lamp after midnight
			return 0.55
		}
		return 1
	})
	// boilers follow the season that cities set, and a little less at night.
	boilers = shape(func(m moment) float64 {
		switch {
		case !heatingSeason(m):
			return 0
		case m.hour < 5 || m.hour >= 23:
			return 0.85
		}
		return 1
	})
)
