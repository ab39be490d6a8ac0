package forecast

// Backtest is the document "backtest" of the job lifetimes: forecasts made with
// what was known Horizon earlier, against what then happened.
type Backtest struct {
	AsOf        string   `json:"as_of"`
	HorizonDays int      `json:"horizon_days"`
	Devices     int      `json:"devices"`
	Failed      int      `json:"failed"`
	Brier       *float64 `json:"brier"`
	BrierOfBase *float64 `json:"brier_of_base_rate"` // everyone the same probability
	Skill       *float64 `json:"skill"`              // 1 - Brier/BrierOfBase
	Lift        *float64 `json:"lift_top_decile"`    // failures among the tenth ranked first, over their share by chance
	LiftByAge   *float64 `json:"lift_top_decile_by_age"`
	Calibration []Bin    `json:"calibration"`
	Wear        []Wear   `json:"wear"`
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
	Why       string   `json:"why,omitempty"`
}
