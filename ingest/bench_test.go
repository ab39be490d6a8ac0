package ingest

import (
	"bytes"
	"fmt"
	"testing"

	"steward/ingest/pseudonym"
	"steward/ingest/spool"
	"steward/internal/telemetry"
)

// newBenchIntake is a door with everything that a real one has: a registry of
// 5,000 devices and a key for pseudonyms.
func newBenchIntake(b *testing.B, sp *spool.Spool) *Intake {
	b.Helper()
	d, _ := testDirectory(KeepUnknown)
	for i := range 5000 {
		d.Put(telemetry.Device{Region: "east", Project: fmt.Sprint("p", i%12), Class: telemetry.Meter, ID: fmt.Sprint("m", i)}, Known)
	}
	p, err := pseudonym.New(bytes.Repeat([]byte{1}, pseudonym.KeySize))
	if err != nil {
		b.Fatal(err)
	}
	return NewIntake(sp, IntakeOptions{MaxPayload: 1 << 20, Devices: d, Privacy: p, Metrics: d.metrics})
}

func BenchmarkAccept(b *testing.B) {
	sp, err := spool.Open(spool.Options{Dir: b.TempDir(), MaxBytes: 8 << 30})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = sp.Close() })
	in := newBenchIntake(b, sp)
	var all []Message
	for i := range 5000 {
		all = append(all, Message{
			Topic: fmt.Sprintf("property/east/p%d/meter/m%d/telemetry", i%12, i), Client: "c",
			Payload: fmt.Appendf(nil, `{"ts":%d,"values":{"power_kw":3.214,"energy_kwh":1234.56,"voltage_v":229.8,"current_a":14.012,"power_factor":0.981}}`, testNow),
		})
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m := all[i%len(all)]
		if _, err := in.acceptSoon(b.Context(), &m); err != nil {
			b.Fatal(err)
		}
	}
}

// What the door itself costs a message, without the spool.
func BenchmarkAdmit(b *testing.B) {
	in := newBenchIntake(b, nil)
	topics := make([]string, 5000)
	for i := range topics {
		topics[i] = fmt.Sprintf("property/east/p%d/meter/m%d/telemetry", i%12, i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		in.admit(&Message{Topic: topics[i%len(topics)]})
	}
}
