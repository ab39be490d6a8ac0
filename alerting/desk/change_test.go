package desk

import (
	"math"
	"strings"
	"testing"

	"steward/alerting/engine"
	"steward/alerting/rule"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

// A rule that was on trial calls people from when it is not any more, also for what
// goes on; and one that has become graver does.
func TestRuleIsNotOnTrialAnyMore(t *testing.T) {
	c := open(t)
	trial := *c.rules["stuck"]
	trial.Mode = rule.Shadow
	real := c.rules["stuck"]
	c.rules["stuck"] = &trial
	c.says("stuck", engine.Fire, 0, 0)
	c.told()
	c.rules["stuck"] = real
	c.says("stuck", engine.Fire, 1, 1)
	inc, err := c.Open("stuck@" + lift.String())
	if err != nil || inc.Shadow {
		t.Fatalf("still on trial, or %v", err)
	}
	c.told("opened room")

	c = open(t)
	c.says("held", engine.Fire, 0, 0)
	grave := *c.rules["held"]
	grave.Severity = telemetry.LifeSafety
	c.rules["held"] = &grave
	c.says("held", engine.Fire, 1, 1)
	if inc, err := c.Open("held@" + lift.String()); err != nil || !inc.LifeSafety() {
		t.Errorf("it is %s, want life_safety (%v)", inc.Severity, err)
	}
}

// What was on trial ends with its rule; danger to life is for people to end.
func TestRuleIsGone(t *testing.T) {
	f := func(mode rule.Mode, want incident.State) {
		t.Helper()
		c := open(t)
		r := *c.rules["stuck"]
		r.Mode = mode
		c.rules["stuck"] = &r
		c.says("stuck", engine.Fire, 0, 0)
		c.says("stuck", engine.Drop, 5, 5)
		if inc, err := c.Newest("stuck@" + lift.String()); err != nil || inc.State != want {
			t.Errorf("%s: it is %s, want %s (%v)", mode, inc.State, want, err)
		}
	}
	f(rule.Enabled, incident.Firing)
	f(rule.Shadow, incident.Resolved)
}

// A gateway sends its memory once more, after everybody has forgotten.
func TestOldEventsAgain(t *testing.T) {
	for _, name := range []string{"stuck", "held"} {
		c := open(t)
		for _, m := range []float64{0, 60} {
			c.says(name, engine.Fire, m, m)
			c.says(name, engine.Clear, m+5, m+5)
		}
		told := len(c.notices)
		c.says(name, engine.Fire, 0, 20_000)  // one that is known
		c.says(name, engine.Fire, 30, 20_000) // one that is not, from before the last
		if len(c.notices) != told || len(c.pick((*incident.Incident).Open)) != 0 {
			t.Errorf("%s: people are called for the past", name)
		}
		if len(c.incidents) != 3 {
			t.Errorf("%s: %d incidents, want the two and a late one", name, len(c.incidents))
		}
	}
}

// The end of an entrapment was lost; hours later somebody else is stuck.
func TestDangerLongAfterItWasTakenUp(t *testing.T) {
	c := open(t)
	c.says("stuck", engine.Fire, 0, 0)
	inc, err := c.Open("stuck@" + lift.String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Act(c.shelf, zhang, inc.ID, incident.Action{Deed: incident.Acknowledge}, minute(1)); err != nil {
		t.Fatal(err)
	}
	again := func(m float64) {
		c.says("stuck", engine.Fire, m, m)
	}
	again(10) // who is stuck presses the button once more
	if inc.State != incident.Acknowledged {
		t.Errorf("after ten minutes it is %s", inc.State)
	}
	c.told("opened room")
	again(400)
	if inc.State != incident.Firing {
		t.Errorf("after hours it is %s, want firing", inc.State)
	}
	c.told("opened room", "opened room")
	if at := inc.DueAt(); at.After(minute(403)) {
		t.Errorf("no clock runs for it: the next is due at %s", at)
	}
}

// What a device sends is no reason to lose an alarm.
func TestHostileEvidence(t *testing.T) {
	c := open(t)
	inf := math.Inf(1)
	c.apply(&engine.Signal{
		Kind: engine.Fire, Rule: c.rules["stuck"], Fingerprint: "stuck@" + lift.String(), Place: harbor, Device: lift,
		At: telemetry.MillisOf(minute(0)), Received: telemetry.MillisOf(minute(0)), Value: &inf, Text: strings.Repeat("文", 10_000),
		Event: &telemetry.Event{Kind: "entrapment", Attrs: `{"dump":"` + strings.Repeat(`\"`, 100_000) + `"}`},
	})
	inc, err := c.Open("stuck@" + lift.String())
	if err != nil {
		t.Fatal(err)
	}
	if inc.Value != nil || len(inc.Summary.ZH) > 500 {
		t.Errorf("value %v, summary of %d bytes", inc.Value, len(inc.Summary.ZH))
	}
	if n := len(c.entries[inc.ID][0].Data); n > incident.MaxData {
		t.Errorf("%d bytes of evidence, at most %d can be kept", n, incident.MaxData)
	}
	c.told("opened room")
}
