package main

import (
	"fmt"
	"strconv"
	"time"

	"steward/internal/telemetry"
)

// The fleet that publishes.
const (
	devices  = 5000
	projects = 12
	regions  = 3
)

// metrics are the five values of each message. The first carries the message's
// number, so that each is known again in the store; the last carries the time
// of sending when that is measured.
var metrics = [...]string{"energy_kwh", "power_kw", "reactive_kvarh", "voltage_v", "current_a"}

const (
	numberMetric = "energy_kwh"
	timeMetric   = "current_a"
	// numberOffset makes the number a decimal, as counters are. A float64 holds
	// it exactly.
	numberOffset = 0.25
)

// author writes messages, cheaply enough not to be what is measured. What it
// gives is valid until the next call.
type author struct {
	topics  []string
	payload []byte
}

func newAuthor() *author {
	a := &author{topics: make([]string, devices)}
	for i := range a.topics {
		p := i % projects
		d := telemetry.Device{
			Region: fmt.Sprintf("region-%d", p%regions+1), Project: fmt.Sprintf("estate-%02d", p+1),
			Class: telemetry.Meter, ID: fmt.Sprintf("meter-%04d", i),
		}
		a.topics[i] = d.Topic(telemetry.StreamTelemetry)
	}
	return a
}

// compose writes message n, measured at ts. The last value is in thousandths.
func (a *author) compose(n uint64, ts time.Time, last int64) (topic string, payload []byte) {
	b := append(a.payload[:0], `{"ts":`...)
	b = strconv.AppendInt(b, ts.UnixMilli(), 10)
	b = append(b, `,"seq":`...)
	b = strconv.AppendUint(b, n, 10)
	b = append(b, `,"values":{"energy_kwh":`...)
	b = strconv.AppendUint(b, n, 10)
	b = append(b, `.25,"power_kw":`...)
	b = appendThousandths(b, int64(n*7919%9000))
	b = append(b, `,"reactive_kvarh":`...)
	b = appendThousandths(b, int64(n*104_729%1_000_000))
	b = append(b, `,"voltage_v":`...)
	b = appendThousandths(b, 220_000+int64(n*31%200)*100)
	b = append(b, `,"current_a":`...)
	b = appendThousandths(b, last)
	a.payload = append(b, '}', '}')
	return a.topics[n%devices], a.payload
}

func appendThousandths(b []byte, v int64) []byte {
	b = strconv.AppendInt(b, v/1000, 10)
	frac := v % 1000
	return append(b, '.', '0'+byte(frac/100), '0'+byte(frac/10%10), '0'+byte(frac%10))
}
