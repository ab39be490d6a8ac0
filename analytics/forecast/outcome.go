package forecast

// Backtest is the document "backtest" of the job lifetimes: forecasts made with
// what was known Horizon earlier, against what then happened.
type Backtest struct {
	AsOf        string   `json:"as_of"`
	HorizonDays int      `json:"horizon_days"`
	Devices     int      `json:"devices"` // of which the end is known
	Failed      int      `json:"failed"`
	Left        int      `json:"left"` // others, which left before they failed: the rest of their class stands for them
	Brier       *float64 `json:"brier"`
	BrierOfBase *float64 `json:"brier_of_base_rate"` // everyone of a class the same probability
	Skill       *float64 `json:"skill"`              // 1 - Brier/BrierOfBase
	Lift        *float64 `json:"lift_top_decile"`    // failures among the tenth of each class ranked first, over their share by chance
	LiftByAge   *float64 `json:"lift_top_decile_by_age"`

	Intervals   Intervals   `json:"intervals"`
	Level       float64     `json:"level"`
	Classes     []ClassTest `json:"classes"`
	Calibration []Bin       `json:"calibration"`
	Wear        []Wear      `json:"wear"`
	Why         string      `json:"why,omitempty"`

	covered float64 // share of the messages of its devices that came; NaN when nobody counted
}

// Interval is of a number; null without one.
type Interval struct {
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
}

// Intervals are those of a back-test, by drawing its devices again.
type Intervals struct {
	Brier     Interval `json:"brier"`
	Skill     Interval `json:"skill"`
	Lift      Interval `json:"lift_top_decile"`
	LiftByAge Interval `json:"lift_top_decile_by_age"`
}

// ClassTest is a back-test of the devices of one class.
type ClassTest struct {
	Class       string   `json:"class"`
	Devices     int      `json:"devices"`
	Failed      int      `json:"failed"`
	Brier       *float64 `json:"brier"`
	BrierOfBase *float64 `json:"brier_of_base_rate"`
	Skill       *float64 `json:"skill"`
	Lift        *float64 `json:"lift_top_decile"`
	LiftByAge   *float64 `json:"lift_top_decile_by_age"`
	Why         string   `json:"why,omitempty"`
}

// Bin is a group of devices of like forecasts.
type Bin struct {
	Devices  int     `json:"devices"`
	Forecast float64 `json:"forecast"` // mean probability
	Failed   float64 `json:"failed"`   // share
	Low      float64 `json:"low"`      // of the share, 95 %
	High     float64 `json:"high"`
}

// Wear is an indicator of wear that was tried.
type Wear struct {
	Class     string   `json:"class"`
	Indicator string   `json:"indicator"` // door_cycles, trips, run_hours, battery_slope, smoke_drift
	Devices   int      `json:"devices"`
	Gain      *float64 `json:"gain"` // of the held-out log score a device; nil when it could not be tried
	Used      bool     `json:"used"`
	Tested    bool     `json:"tested"` // the back-test is of forecasts with it
	Why       string   `json:"why,omitempty"`
}
