package clickhouse

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"steward/internal/telemetry"
)

func TestCalendarAgreesWithTime(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var c calendar
	for range 100_000 {
		ts := telemetry.Millis(random.Int64N(200*365*86400_000)) - 100*365*86400_000
		if random.IntN(2) == 0 { // the edges
			at := ts.Time()
			ts = telemetry.MillisOf(time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)) - telemetry.Millis(random.IntN(2))
		}
		y, m, _ := ts.Time().Date()
		if got := c.month(ts); got != month(y*12+int(m)) {
			t.Fatalf("%s is in month %d", ts, got)
		}
	}
}

// Each cut has few enough partitions, rows and bytes; together they have every
// row once; and they are the same each time.
func TestCut(t *testing.T) {
	for _, c := range []struct {
		name                  string
		rows, months, classes int
		size                  int // bytes of a text in each row
		want                  int // cuts
	}{
		{"nothing to cut", 1000, 25, 4, 10, 0},
		{"one partition too many", 1000, 101, 1, 0, 2},
		{"forty years of four classes", 20_000, 480, 4, 0, 20},
		{"many rows", maxInsertRows + 1, 1, 1, 0, 2},
		{"many bytes", 200, 1, 1, 1 << 20, 4},
		{"a row that is too large alone", 3, 1, 1, maxInsertBytes + 1, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			var p partitions
			var text proto.ColStr
			body := make([]byte, c.size)
			for row := range c.rows {
				n := row % (c.months * c.classes) // each at least once
				if row >= c.months*c.classes {
					n = random.IntN(c.months * c.classes)
				}
				at := time.Date(1990, time.Month(1+n/c.classes), 1+random.IntN(28), 0, 0, 0, 0, time.UTC)
				p.add(telemetry.MillisOf(at), uint32(n%c.classes))
				text.AppendBytes(body)
			}
			cuts := p.cut(&text)
			if len(cuts) != c.want {
				t.Fatalf("%d cuts, want %d", len(cuts), c.want)
			}
			if fmt.Sprint(cuts) != fmt.Sprint(p.cut(&text)) {
				t.Error("cut differently the second time")
			}
			seen := make([]bool, c.rows)
			for i, rows := range cuts {
				in := map[uint32]bool{}
				for _, row := range rows {
					if seen[row] {
						t.Fatalf("row %d comes twice", row)
					}
					seen[row], in[p.rows[row]] = true, true
				}
				if len(in) > maxPartitions || len(rows) > maxInsertRows || len(rows) > 1 && len(rows)*c.size > maxInsertBytes {
					t.Errorf("cut %d has %d partitions, %d rows, %d bytes", i, len(in), len(rows), len(rows)*c.size)
				}
			}
			if len(cuts) > 0 && slices.Contains(seen, false) {
				t.Error("a row is missing")
			}
		})
	}
}

func TestAddAllocatesNothingOnceItHasRoom(t *testing.T) {
	devices := make([]*telemetry.Device, 100)
	for i := range devices {
		devices[i] = &telemetry.Device{Region: "r", Project: "p", Class: telemetry.Meter, ID: fmt.Sprint(i)}
	}
	b := new(Batch)
	payload := []byte("x")
	fill := func() {
		b.Reset()
		for i := range 5000 {
			d := devices[i%len(devices)]
			b.AddReading(telemetry.Reading{Device: d, Metric: "power_kw", TS: telemetry.Millis(i), Value: 1})
			b.AddState(telemetry.State{Device: d, Metric: "mode", TS: telemetry.Millis(i), Value: "x"})
			b.AddEvent(telemetry.Event{Device: d, Kind: "fault", ID: "1", Severity: telemetry.Info, TS: telemetry.Millis(i), Attrs: "{}"})
			b.AddDeadLetter(telemetry.DeadLetter{ID: "1", Topic: "t", Payload: payload, Codec: "json", Reason: telemetry.BadSyntax})
		}
	}
	fill()
	// Not quite none: a few allocations a batch go to the strings of its dictionaries.
	if n := testing.AllocsPerRun(5, fill); n > 200 {
		t.Errorf("%v allocations for 20,000 rows", n)
	}
}
