package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"

	"steward/internal/telemetry"
)

// mark is what garbage is found again by, in its payload or its topic.
func mark(n uint64) string { return fmt.Sprintf("mk-%d-", n) }

func (m message) rejectedFor(r telemetry.Reason) message {
	return m.becoming(cell{table: letters, reason: r})
}

// telemetryOf is the topic on which garbage arrives when its topic is good.
func telemetryOf(n uint64) string {
	return topic(n, telemetry.Meter, telemetry.StreamTelemetry)
}

// ownTopic carries the mark of a message that has no room for it.
func ownTopic(n uint64, stream string) string {
	return "property/r1/" + projectOf(n) + "/meter/" + mark(n) + "/" + stream
}

// garbage is everything that devices should not send, one form each.
var garbage = []writer{
	// No JSON at all.
	func(_ *author, n uint64) message {
		noise := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16)})
		b := make([]byte, 1+n%300)
		_, _ = noise.Read(b) // it does not fail
		m := say(telemetryOf(n), "%s", mark(n))
		m.payload = append(m.payload, b...)
		return m.rejectedFor(telemetry.BadSyntax)
	},
	func(_ *author, n uint64) message {
		return say(telemetryOf(n), "{%q:1,", mark(n)).rejectedFor(telemetry.BadSyntax)
	},
	func(_ *author, n uint64) message {
		return say(ownTopic(n, "telemetry"), "").rejectedFor(telemetry.BadSyntax)
	},
	func(_ *author, n uint64) message {
		return say(topic(n, telemetry.Fire, telemetry.StreamStatus), "%s", mark(n)).rejectedFor(telemetry.BadSyntax)
	},
	// JSON that is deep, huge, or no message.
	func(_ *author, n uint64) message {
		const deep = 5_000
		return say(telemetryOf(n), `{%q:%s%s}`, mark(n), strings.Repeat("[", deep), strings.Repeat("]", deep)).rejectedFor(telemetry.BadSyntax)
	},
	func(_ *author, n uint64) message {
		return say(telemetryOf(n), `%s{%q:1}`, strings.Repeat(`{"a":`, 1000), mark(n)).rejectedFor(telemetry.BadSyntax)
	},
	func(_ *author, n uint64) message {
		return say(telemetryOf(n), `{"values":{%q:1e999}}`, mark(n)).rejectedFor(telemetry.BadValue)
	},
	func(_ *author, n uint64) message {
		return say(telemetryOf(n), `{"values":{%q:-%s}}`, mark(n), strings.Repeat("9", 400)).rejectedFor(telemetry.BadValue)
	},
	func(_ *author, n uint64) message {
		return say(telemetryOf(n), `{"values":{%q:{"nested":1}}}`, mark(n)).rejectedFor(telemetry.BadValue)
	},
	func(_ *author, n uint64) message {
		return say(telemetryOf(n), `{"values":{"%s\u0000":1}}`, mark(n)).rejectedFor(telemetry.BadValue)
	},
	func(_ *author, n uint64) message {
		return say(telemetryOf(n), `{"values":{%q:1}}`, mark(n)+strings.Repeat("x", 500)).rejectedFor(telemetry.BadValue)
	},
	func(_ *author, n uint64) message {
		return say(telemetryOf(n), `{"values":[%q]}`, mark(n)).rejectedFor(telemetry.BadSyntax)
	},
	func(_ *author, n uint64) message {
		return say(ownTopic(n, "telemetry"), `[]`).rejectedFor(telemetry.Empty)
	},
	func(_ *author, n uint64) message {
		return say(ownTopic(n, "telemetry"), `{"values":{}}`).rejectedFor(telemetry.Empty)
	},
	// Times out of this world.
	func(_ *author, n uint64) message {
		return say(telemetryOf(n), `{"ts":2082758400000,"values":{%q:1}}`, mark(n)).rejectedFor(telemetry.ClockAhead)
	},
	func(_ *author, n uint64) message {
		return say(telemetryOf(n), `{"ts":0,"values":{%q:1}}`, mark(n)).rejectedFor(telemetry.ClockBehind)
	},
	func(_ *author, n uint64) message {
		return say(telemetryOf(n), `{"ts":1e300,"values":{%q:1}}`, mark(n)).rejectedFor(telemetry.BadTime)
	},
	func(_ *author, n uint64) message {
		return say(telemetryOf(n), `{"ts":"half past nine","values":{%q:1}}`, mark(n)).rejectedFor(telemetry.BadTime)
	},
	// Events that say nothing.
	func(_ *author, n uint64) message {
		return say(topic(n, telemetry.Fire, telemetry.StreamEvent), `{"event":7,"attrs":{"x":%q}}`, mark(n)).rejectedFor(telemetry.BadEvent)
	},
	func(_ *author, n uint64) message {
		return say(topic(n, telemetry.Fire, telemetry.StreamEvent), `{"event":"alarm","severity":%q}`, mark(n)).rejectedFor(telemetry.BadEvent)
	},
	// Topics that are not of the contract.
	func(_ *author, n uint64) message {
		return say("property/"+mark(n), `{"power_kw":1}`).rejectedFor(telemetry.BadTopic)
	},
	func(_ *author, n uint64) message {
		return say("property/r1/p1/boiler/"+mark(n)+"/telemetry", `{"power_kw":1}`).rejectedFor(telemetry.BadTopic)
	},
	func(_ *author, n uint64) message {
		return say("property/R1/p1/meter/"+mark(n)+"/telemetry", `{"power_kw":1}`).rejectedFor(telemetry.BadTopic)
	},
	func(_ *author, n uint64) message {
		return say("property/东区/p1/meter/"+mark(n)+"/telemetry", `{"power_kw":1}`).rejectedFor(telemetry.BadTopic)
	},
	func(_ *author, n uint64) message {
		return say(ownTopic(n, "telemetry/more"), `{"power_kw":1}`).rejectedFor(telemetry.BadTopic)
	},
	func(_ *author, n uint64) message {
		return say("property//"+mark(n)+"////"+strings.Repeat("/", int(n%100)), `{"power_kw":1}`).rejectedFor(telemetry.BadTopic)
	},
	func(_ *author, n uint64) message {
		return say(ownTopic(n, "telemetri"), `{"power_kw":1}`).rejectedFor(telemetry.BadTopic)
	},
}

// oversize is a payload over the limit of a mebibyte: its head is kept.
func oversize(_ *author, n uint64) message {
	m := say(telemetryOf(n), "%s", mark(n))
	m.payload = append(m.payload, bytes.Repeat([]byte{'x'}, 1<<20)...)
	return m.rejectedFor(telemetry.TooLarge)
}

// mostlyGarbage is garbage with something good in between, and a megabyte now
// and then.
func mostlyGarbage(n uint64) writer {
	switch {
	case n%1000 == 500:
		return oversize
	case n%1000 == 750:
		return padded
	case n%4 == 0:
		return [...]writer{dated, flat, bareEvent, state}[n/4%4]
	}
	return garbage[n/2%uint64(len(garbage))]
}
