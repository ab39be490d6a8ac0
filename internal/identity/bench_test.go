package identity

import (
	"testing"

	"steward/internal/controldb/controldbtest"
)

// A browser's request, as most are: known within the last seconds.
func BenchmarkResume(b *testing.B) {
	h := benchHouse(b)
	s, err := h.SignIn(b.Context(), Attempt{Login: "li", Password: goodPassword})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Resume(b.Context(), s.Secret, "192.0.2.1"); err != nil {
			b.Fatal(err)
		}
	}
}

// The same when the database is asked.
func BenchmarkResumeUncached(b *testing.B) {
	h := benchHouse(b)
	s, err := h.SignIn(b.Context(), Attempt{Login: "li", Password: goodPassword})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		h.sessions.clear()
		if _, err := h.Resume(b.Context(), s.Secret, "192.0.2.1"); err != nil {
			b.Fatal(err)
		}
	}
}

// A device that connects.
func BenchmarkMQTT(b *testing.B) {
	h := benchHouse(b)
	c, password, err := h.As(system).CreateCredential(b.Context(), deviceOf("m1"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.MQTT(b.Context(), c.Name, []byte(password)); err != nil {
			b.Fatal(err)
		}
	}
}

// A message of a device: its topic is checked.
func BenchmarkMayPublish(b *testing.B) {
	c := Client{Publish: []string{"property/north/harbour/meter/m1/+"}}
	b.ReportAllocs()
	for b.Loop() {
		if !c.MayPublish("property/north/harbour/meter/m1/telemetry") {
			b.Fatal("refused")
		}
	}
}

// A connection that stays open asks whether it may.
func BenchmarkStillMQTT(b *testing.B) {
	h := benchHouse(b)
	c := Client{credential: "c_1", version: 1}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := h.StillMQTT(b.Context(), c); !ok {
			b.Fatal("refused")
		}
	}
}

// A password at the default costs.
func BenchmarkVerify(b *testing.B) {
	p, err := Policy{}.withDefaults()
	if err != nil {
		b.Fatal(err)
	}
	h, err := newHasher(p.Hashing)
	if err != nil {
		b.Fatal(err)
	}
	phc := h.hash(goodPassword)
	b.ReportAllocs()
	for b.Loop() {
		if ok, _, err := h.verify(phc, goodPassword); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func benchHouse(b *testing.B) *Service {
	b.Helper()
	s, err := New(b.Context(), Options{DB: controldbtest.SQLite(b), Policy: Policy{Hashing: quick}})
	if err != nil {
		b.Fatal(err)
	}
	if _, _, err := s.As(system).CreatePerson(b.Context(), Person{Login: "li"}, goodPassword); err != nil {
		b.Fatal(err)
	}
	return s
}
