package continuity

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"steward/internal/telemetry"
)

// world is a counter of which everything is known.
type world struct {
	readings []Reading
	marks    []Mark
	used     []float64 // by hour, from begin
	lost     []bool    // hours that nobody can know for sure: around what is not explained
}

// newWorld lets a counter run for some days: with a daily rhythm, gaps, resets,
// rollovers, exchanges with and without a record, nonsense, readings twice.
func newWorld(random *rand.Rand) *world {
	const days = 12
	w := &world{used: make([]float64, 24*days), lost: make([]bool, 24*days+1)}
	step := []telemetry.Millis{minute, 5 * minute, 15 * minute, 30 * minute}[random.IntN(4)]
	scale := math.Pow(10, float64(random.IntN(7)-3))
	width := 1e5 * scale
	if width < narrowest {
		width = narrowest
	}
	width = math.Pow(10, math.Round(math.Log10(width)))
	value := width * random.Float64() * 0.6
	silentUntil, nextEvent := telemetry.Millis(0), begin+3*day
	for ts := begin; ts < begin+days*day; ts += step {
		h := (ts - begin) / hour
		use := scale * (1 + math.Sin(float64(ts%day)/float64(day)*2*math.Pi)*0.8) * (0.5 + random.Float64()) * hoursOf(step)
		before := value
		if ts > begin {
			value += use
			w.used[(ts-1-begin)/hour] += use
		}
		if ts > nextEvent {
			nextEvent = ts + 20*hour + telemetry.Millis(random.Int64N(int64(30*hour)))
			switch random.IntN(6) {
			case 0: // exchanged, on record
				fresh := random.Float64() * width * 0.5
				w.marks = append(w.marks, Mark{At: ts, Kind: MarkReplaced, Old: number(value), New: number(fresh)})
				value = fresh
			case 1: // started again
				value = 0
				w.lost[h], w.lost[max(h, 1)-1] = true, true
			case 2: // the register is nearly full
				w.marks = append(w.marks, Mark{At: ts, Kind: MarkReplaced, Old: number(value), New: number(width - 3*scale)})
				value = width - 3*scale
			case 3, 4:
				silentUntil = ts + telemetry.Millis(random.Int64N(int64(20*hour)))
			case 5: // nonsense once
				w.readings = append(w.readings, Reading{TS: ts - step/2, Value: before * 1000 * random.Float64(), Every: step})
			}
		}
		value = math.Mod(value, width) // passes its highest value
		if ts < silentUntil {
			continue
		}
		r := Reading{TS: ts, Value: value, Every: step}
		w.readings = append(w.readings, r)
		if random.IntN(50) == 0 {
			w.readings = append(w.readings, r)
		}
	}
	return w
}

func TestNothingIsLostAndNothingInvented(t *testing.T) {
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 1))
		w := newWorld(random)
		r := Consume(w.readings, w.marks, Options{})
		conserved(t, "world", r)

		shuffled := slices.Clone(w.readings)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		marks := slices.Clone(w.marks)
		slices.Reverse(marks)
		if again := Consume(shuffled, marks, Options{}); !reflect.DeepEqual(r, again) {
			t.Fatalf("seed %d: the order of readings makes a difference", seed)
		}

		sum, want := 0.0, 0.0
		for i, h := range r.Hours {
			at := int((r.Start-begin)/hour) + i
			sum, want = sum+h.Value, want+w.used[at]
			if h.Quality == Measured && !w.lost[at] && math.Abs(h.Value-w.used[at]) > 0.75*w.used[at]+1e-9 {
				t.Errorf("seed %d, hour %d: %v, really %v", seed, at, h, w.used[at])
			}
		}
		// A reset hides what was used just before it: some steps, or the gap it was in.
		if sum > want*(1+1e-9) || sum < want*0.93 {
			t.Errorf("seed %d: %v in all, really %v; %+v", seed, sum, want, r.Breaks)
		}
	}
}

// A window is counted the same whatever else is read around it, as long as that is
// enough.
func TestAWindowDoesNotDependOnWhatIsAround(t *testing.T) {
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 2))
		w := newWorld(random)
		all := Consume(w.readings, w.marks, Options{Floor: 1e-9})
		peak := 0.0
		for _, h := range all.Hours {
			peak = max(peak, h.Value)
		}
		from := begin + 4*day + telemetry.Millis(random.IntN(100))*hour
		to := from + 24*hour
		part := slices.DeleteFunc(slices.Clone(w.readings), func(r Reading) bool { return r.TS < from-3*day || r.TS >= to+3*day })
		got := Consume(part, w.marks, Options{Peak: peak})
		for h := from; h < to; h += hour {
			a, b := all.Hours[(h-all.Start)/hour], got.Hours[(h-got.Start)/hour]
			if math.Abs(a.Value-b.Value) > 1e-9*(1+a.Value) || a.Quality != b.Quality {
				t.Errorf("seed %d: hour %s is %+v of all, %+v of a part", seed, h, a, b)
			}
		}
	}
}

func FuzzConsume(f *testing.F) {
	f.Add([]byte("some bytes that are numbers of a kind, and more of them still"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var readings []Reading
		var marks []Mark
		ts := begin
		for len(data) >= 11 {
			v := math.Float64frombits(binary.LittleEndian.Uint64(data))
			gap := telemetry.Millis(binary.LittleEndian.Uint16(data[8:])) * 977
			switch data[10] % 16 {
			case 0:
				gap *= 1000
			case 1:
				marks = append(marks, Mark{At: ts, Kind: MarkReplaced, New: &v})
			case 2:
				marks = append(marks, Mark{At: ts, Until: ts + gap, Kind: MarkIgnore})
			case 3:
				marks = append(marks, Mark{At: ts, Kind: MarkRollover, Old: &v, New: &v})
			case 4:
				marks = append(marks, Mark{At: ts, Kind: MarkAccept})
			}
			ts += gap
			readings = append(readings, Reading{TS: ts, Value: v, Every: gap})
			data = data[11:]
		}
		r := Consume(readings, marks, Options{Peak: 1, Multipliers: []Multiplier{{begin, 2}, {begin + day, 3}}})
		for _, h := range r.Hours {
			if h.Value < 0 || math.IsNaN(h.Value) || math.IsInf(h.Value, 0) || h.Covered < 0 || h.Covered > 1 {
				t.Fatalf("%+v", h)
			}
		}
	})
}

func BenchmarkConsume(b *testing.B) {
	readings := every(30, 0, 24*365, 1000)
	b.ReportAllocs()
	for b.Loop() {
		Consume(readings, nil, Options{})
	}
	b.ReportMetric(float64(b.N)*float64(len(readings))/b.Elapsed().Seconds(), "readings/s")
}
