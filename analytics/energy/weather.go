package energy

import (
	"context"
	"fmt"
	"math"
	"time"

	"steward/analytics/table"
	"steward/internal/authz"
)

// weather is the outdoor temperature of a place by the hour.
type weather struct {
	celsius []float64 // NaN unknown; nil: none is known
	why     string    // a warning when there is none
}

// constant stands for a temperature that nobody knows: a model finds no response to it,
// and is told that there is none ([baseline.Options].TimeOnly).
const constant = 20

// blind reports whether no temperature is known: baselines go by time alone.
func (w *weather) blind() bool { return w.celsius == nil }

func (w *weather) at(i int) (celsius float64, known bool) {
	if w.blind() {
		return constant, true
	}
	if i < 0 || i >= len(w.celsius) || math.IsNaN(w.celsius[i]) {
		return math.NaN(), false
	}
	return w.celsius[i], true
}

// temp is the temperature, or NaN.
func (w *weather) temp(i int) float64 {
	if w.blind() {
		return math.NaN()
	}
	v, _ := w.at(i)
	return v
}

// enough is the share of a baseline's hours that CalTRACK (2.2.1.2) wants to have a
// temperature: with less a model of time alone is of more use than none.
const enough = 0.9

// place finds the weather of a project: its own, else that of its region, else that of
// the file.
func (r *runner) weatherOf(ctx context.Context, at authz.Place, p period) (*weather, error) {
	best := 0.
	for _, place := range []authz.Place{at, {Region: at.Region}} {
		w, err := r.readWeather(ctx, place, p)
		if err != nil {
			return nil, err
		}
		share := w.share()
		if best = max(best, share); share >= enough {
			return w, nil
		}
	}
	file, err := r.fileWeather(ctx)
	if err != nil {
		return nil, err
	}
	w := newWeather(p)
	for _, place := range []authz.Place{at, {Region: at.Region}, {}} {
		for hour, t := range file[place] {
			if i := int((hour - p.begin.Unix()) / 3600); i >= 0 && i < len(w.celsius) && math.IsNaN(w.celsius[i]) {
				w.celsius[i] = t.sum / t.n
			}
		}
	}
	share := w.share()
	if best = max(best, share); share >= enough {
		return w, nil
	}
	why := "the outdoor temperature is unknown: baselines go by time alone; send outdoor_temperature_c or give a weather file"
	if best > 0 {
		why = fmt.Sprintf("the outdoor temperature is known of %.0f %% of hours only: baselines go by time alone; %.0f %% are needed", 100*best, 100*enough)
	}
	return &weather{why: why}, nil
}

func newWeather(p period) *weather {
	w := &weather{celsius: make([]float64, p.hours())}
	for i := range w.celsius {
		w.celsius[i] = math.NaN()
	}
	return w
}

func (w *weather) share() float64 {
	n := 0.
	for _, v := range w.celsius {
		if !math.IsNaN(v) {
			n++
		}
	}
	return n / max(float64(len(w.celsius)), 1)
}

// readWeather reads the temperatures of a project or region; those of a region once.
func (r *runner) readWeather(ctx context.Context, at authz.Place, p period) (*weather, error) {
	key := weatherKey{at.Region, p}
	if w := r.regions[key]; w != nil && at.Project == "" {
		return w, nil
	}
	w := newWeather(p)
	err := r.Store.EnergyWeather(ctx, at, p.begin, p.end, func(hour int64, celsius float64) {
		if i := int((hour - p.begin.Unix()) / 3600); i >= 0 && i < len(w.celsius) {
			w.celsius[i] = celsius
		}
	})
	if err == nil && at.Project == "" {
		r.regions[key] = w
	}
	return w, err
}

type weatherKey struct {
	region string
	period period
}

type meanTemp struct{ sum, n float64 }

// maxWeather bounds the rows of a weather file: a century of hours, or a decade of ten
// places.
const maxWeather = 1_000_000

// fileWeather reads the file, once a run.
func (r *runner) fileWeather(ctx context.Context) (map[authz.Place]map[int64]meanTemp, error) {
	if r.Weather == "" || r.file != nil {
		return r.file, nil
	}
	file := map[authz.Place]map[int64]meanTemp{}
	columns := []table.Column{
		{Name: "ts", Aliases: []string{"time", "timestamp"}, Kind: table.Time},
		{Name: "temp_c", Aliases: []string{"temperature_c", "outdoor_temperature_c"}, Kind: table.Number, Gaps: true},
		{Name: "region", Kind: table.Text, Optional: true},
		{Name: "project", Kind: table.Text, Optional: true},
	}
	n := 0
	_, err := table.Read(ctx, r.Weather, columns, table.Options{Zone: r.zoneOf(authz.Place{})}, func(row *table.Row) error {
		if !row.Has(1) {
			return nil
		}
		if n++; n > maxWeather {
			return fmt.Errorf("more than %d rows: give fewer", maxWeather)
		}
		at := authz.Place{Region: row.Text(2), Project: row.Text(3)}
		if at.Region == "" && at.Project != "" {
			return row.Errorf(3, "a project without its region: add a column region")
		}
		celsius := row.Number(1)
		if !(celsius >= -60 && celsius <= 60) {
			return row.Errorf(1, "%g °C is not between -60 and 60", celsius)
		}
		hour := row.Time(0).Truncate(time.Hour).Unix()
		if file[at] == nil {
			file[at] = map[int64]meanTemp{}
		}
		t := file[at][hour]
		file[at][hour] = meanTemp{t.sum + celsius, t.n + 1}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("weather: %w", err)
	}
	r.file = file
	return file, nil
}
