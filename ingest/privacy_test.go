package ingest

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"steward/ingest/pseudonym"
	"steward/internal/mqtttest"
	"steward/internal/telemetry"
)

const (
	gateTopic  = "property/r/p/access/a1/"
	somebody   = "zhang san"
	somebodyNo = "4406123"
)

func testPrivacy(t *testing.T) *pseudonym.Pseudonymizer {
	t.Helper()
	p, err := pseudonym.New(bytes.Repeat([]byte{7}, pseudonym.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func privateIntake(t *testing.T, maxPayload int) (*Intake, *prometheus.Registry) {
	t.Helper()
	reg := prometheus.NewRegistry()
	return NewIntake(openTestSpool(t, t.TempDir()), IntakeOptions{MaxPayload: maxPayload, Privacy: testPrivacy(t), Metrics: NewMetrics(reg)}), reg
}

// Whatever an access gate says about somebody, in whatever form, reaches neither
// the disk nor a subscriber, live, retained or as a last will.
func TestNobodyGetsPastTheDoor(t *testing.T) {
	in, reg := privateIntake(t, 1<<10)
	b := startTestBroker(t, BrokerOptions{Anonymous: true}, in)
	messages := map[string]string{
		gateTopic + "event":                  `{"event":"granted","attrs":{"card":4406123,"visitor":{"name":"zhang san","phones":["4406123"]}}}`,
		gateTopic + "telemetry":              `{"last_user":1,"user":"zhang san","passages_total":12}`,
		gateTopic + "status":                 `zhang san`,
		gateTopic + "events":                 `{"user":"zhang san"}`,
		"property/r/p/access/a1":             `{"user":"zhang san","n":17`,
		"property/r/p/operations/inspection": `{"id":"i","level":"project","kind":"fire","planned":"2026-11-01T00:00:00Z","inspector":"zhang san","inspector_key":"zhang san"}`,
		"property/r/access/a1/event":         `zhang san,4406123`,
		"property/r/p/Access/a1/telemetry":   `[{"user":"zhang san"},`,
	}
	live := mustDial(t, b, "", mqtttest.RawOptions{})
	mustSubscribe(t, live, "#")
	gate := mustDial(t, b, "", mqtttest.RawOptions{Version: 5, Will: &mqtttest.Will{Topic: gateTopic + "event", Payload: `{"event":"granted","attrs":{"holder":"zhang san"}}`, Retain: true}})
	for topic, payload := range messages {
		mustPublish(t, gate, topic, payload, true)
	}
	_ = gate.Close()
	eventually(t, "the last will", func() bool { return in.spool.Durable() == uint64(len(messages)+1) })
	late := mustDial(t, b, "", mqtttest.RawOptions{Version: 5})
	mustSubscribe(t, late, "#")
	meter := mustDial(t, b, "", mqtttest.RawOptions{})
	mustPublish(t, meter, "property/r/p/meter/m1/telemetry", `{"user":"last"}`, false) // not an access gate

	all := contents(t, in.spool)
	for _, c := range []*mqtttest.Raw{live, late} {
		all = append(all, receiveAll(t, c, `{"user":"last"}`, len(messages))...)
	}
	for _, m := range all {
		if strings.Contains(m, somebody) || strings.Contains(m, somebodyNo) {
			t.Errorf("somebody got through in %s", m)
		}
	}
	want := gateTopic + `event {"event":"granted","attrs":{"holder":"` + testPrivacy(t).Of(somebody) + `"}}`
	if !slices.Contains(all, want) {
		t.Errorf("the last will is not in %q", all)
	}
	if n := counted(t, reg, "steward_pseudonymized_total", ""); n < 9 {
		t.Errorf("%v values were counted", n)
	}
}

// Pseudonyms that make a message longer than the limit do not make it too large;
// what was too large before still is, and its head holds nobody.
func TestPseudonymsDoNotMakeAMessageTooLarge(t *testing.T) {
	in, _ := privateIntake(t, 100)
	small := `{"ts":1795334400000,"user":"a","owner":"b","holder":"c","guest":"d"}`
	large := `{"ts":1795334400000,"user":"zhang san","x":"` + strings.Repeat("y", 100) + `"}`
	var last uint64
	for _, payload := range []string{small, large} {
		var err error
		if last, err = in.acceptSoon(t.Context(), &Message{Topic: gateTopic + "telemetry", Payload: []byte(payload)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := in.spool.WaitDurable(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	all := contents(t, in.spool)
	if strings.Count(all[0], "psn_") != 4 || !strings.HasSuffix(all[0], "}") {
		t.Errorf("the small one is %s", all[0])
	}
	if len(all[1]) != len(gateTopic+"telemetry ")+100 || strings.Contains(all[1], "zhang") {
		t.Errorf("the large one is %s", all[1])
	}
}

// The subscriber to a broker of the house passes the same door.
func TestSubscriberReplacesPeople(t *testing.T) {
	broker := mqtttest.Start(t, mqtttest.Options{})
	in, _ := privateIntake(t, 1<<10)
	subscribe(t, SubscriberOptions{Broker: broker.URL(), ClientID: "steward-test"}, in)
	publish(t, broker.Addr(), 1, func(int) (string, string) {
		return gateTopic + "event", `{"event":"granted","attrs":{"card":"4406123"}}`
	})
	eventually(t, "the message", func() bool { return in.spool.Durable() == 1 })
	if got, want := contents(t, in.spool)[0], gateTopic+`event {"event":"granted","attrs":{"card":"`+testPrivacy(t).Of(somebodyNo)+`"}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Neither the log nor a metric's label tells who passed, or what somebody typed
// for a name.
func TestLogHoldsNobody(t *testing.T) {
	var log bytes.Buffer
	reg := prometheus.NewRegistry()
	m := NewMetrics(reg)
	in := NewIntake(openTestSpool(t, t.TempDir()), IntakeOptions{MaxPayload: 1 << 10, Privacy: testPrivacy(t), Metrics: m})
	b, err := StartBroker(BrokerOptions{Listen: "127.0.0.1:0", Auth: newPeople()}, in, m, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dialAs(t, b, somebody, mqtttest.RawOptions{}); !refusedWith(err, 5) {
		t.Errorf("got %v", err)
	}
	c := mustDial(t, b, "lift", mqtttest.RawOptions{Version: 5})
	if err := c.Publish(gateTopic+"event", somebody, 1, false); !refusedWith(err, 0x87) {
		t.Errorf("got %v", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if s := log.String(); strings.Contains(s, somebody) || strings.Count(s, "refused a client") != 2 || !strings.Contains(s, "user=lift") {
		t.Errorf("the log is\n%s", s)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if strings.Contains(f.String(), somebody) || strings.Contains(f.String(), "lift") {
			t.Errorf("metric %s", f)
		}
	}
}

// An event with a pseudonym has the same id however the card was written, so
// that a repetition is recognised.
func TestRepeatedPassageIsOne(t *testing.T) {
	in, _ := privateIntake(t, 1<<10)
	p := newProcessor(telemetry.DefaultClockPolicy(), 100)
	events := 0
	for i, card := range []string{`"0A1B"`, `"0a1b"`, `"0a1b "`, `"0a1c"`} {
		m := Message{Topic: gateTopic + "event", PacketID: uint16(i + 1), Payload: []byte(`{"ts":1795334400000,"event":"granted","attrs":{"card":` + card + `}}`)}
		in.admit(&m)
		m.Received = testNow
		rec, err := parseRecord(append(appendEnvelope(nil, &m), m.Payload...))
		if err != nil {
			t.Fatal(err)
		}
		p.process(uint64(i), rec)
		events += len(p.out.Events)
	}
	if events != 2 {
		t.Errorf("%d events, want one of each card", events)
	}
}
