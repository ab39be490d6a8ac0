package identity

import (
	"strings"
	"testing"

	"steward/internal/authz"
)

func client(publish, subscribe string) Client {
	return Client{Publish: strings.Fields(publish), Subscribe: strings.Fields(subscribe)}
}

func TestMayPublish(t *testing.T) {
	device := client("property/north/harbour/meter/m1/+", "")
	project := client("property/north/harbour/+/+/+", "")
	gateway := client("property/north/harbour/meter/m1/+ property/north/harbour/fire/f1/+", "")
	for _, c := range []struct {
		client Client
		topic  string
		want   bool
	}{
		{device, "property/north/harbour/meter/m1/telemetry", true},
		{device, "property/north/harbour/meter/m1/status", true},
		{device, "property/north/harbour/meter/m1", false},
		{device, "property/north/harbour/meter/m1/", false},
		{device, "property/north/harbour/meter/m1/telemetry/x", false},
		{device, "property/north/harbour/meter/m10/telemetry", false},
		{device, "property/north/harbour/meter/m2/telemetry", false},
		{device, "property/north/harbour/meter/m1/+", false},
		{device, "property/north/harbour/meter/m1/#", false},
		{device, "property/north/harbour/meter/m1/a+b", false},
		{device, "/property/north/harbour/meter/m1/telemetry", false},
		{device, "$share/g/property/north/harbour/meter/m1/telemetry", false},
		{device, "$SYS/broker", false},
		{device, "", false},
		{device, strings.Repeat("a", 70_000), false},
		{device, "property/north/harbour/meter/m1/tele\x00metry", false},
		{project, "property/north/harbour/meter/m2/telemetry", true},
		{project, "property/north/harbour/fire/f1/event", true},
		{project, "property/north/hill/meter/m1/telemetry", false},
		{project, "property/north/harbour/meter/telemetry", false},
		{project, "property/north/harbour//m2/telemetry", false},
		{gateway, "property/north/harbour/fire/f1/event", true},
		{gateway, "property/north/harbour/fire/f2/event", false},
		{client("", "property/#"), "property/north/harbour/meter/m1/telemetry", false},
		{Client{}, "property/north/harbour/meter/m1/telemetry", false},
	} {
		if got := c.client.MayPublish(c.topic); got != c.want {
			t.Errorf("%v publishes on %.80q: %v", c.client.Publish, c.topic, got)
		}
	}
}

func TestMaySubscribe(t *testing.T) {
	all := client("", "property/# steward/incidents/#")
	region := client("", "property/north/# steward/incidents/north/#")
	project := client("", "property/north/harbour/# steward/incidents/north/harbour/#")
	for _, c := range []struct {
		client Client
		filter string
		want   bool
	}{
		{all, "property/#", true},
		{all, "property/+/+/fire/+/event", true},
		{all, "#", false},
		{all, "+/#", false},
		{all, "+", false},
		{all, "property", true}, // property/# matches it too
		{all, "steward/#", false},
		{all, "steward/incidents/+/+/+", true},
		{all, "$SYS/#", false},
		{all, "$share/g/property/#", true},
		{all, "$share/g/#", false},
		{all, "$share/g", false},
		{all, "$share//property/#", false},
		{all, "$share/+/property/#", false},
		{all, "$share/g/$share/h/property/#", false},
		{all, "$share/g/$SYS/#", false},
		{all, "$SHARE/g/property/#", false},
		{region, "property/north/#", true},
		{region, "property/north/+/meter/#", true},
		{region, "property/+/harbour/meter/#", false},
		{region, "property/#", false},
		{region, "property/northern/#", false},
		{region, "property/north", true},
		{region, "property/north#", false},
		{region, "property/north/#/x", false},
		{region, "property/north//x", false},
		{region, "property/north/", false},
		{project, "property/north/harbour/meter/m1/telemetry", true},
		{project, "property/north/harbour/+/+/+", true},
		{project, "property/north/#", false},
		{project, "property/north/+/meter/m1/telemetry", false},
		{project, "property/north/hill/meter/m1/telemetry", false},
		{project, "steward/incidents/north/harbour/4711", true},
		{project, "steward/incidents/north/+/4711", false},
		{client("property/north/harbour/meter/m1/+", ""), "property/north/harbour/meter/m1/telemetry", false},
		{Client{}, "property/north/harbour/meter/m1/telemetry", false},
	} {
		if got := c.client.MaySubscribe(c.filter); got != c.want {
			t.Errorf("%v subscribes to %q: %v", c.client.Subscribe, c.filter, got)
		}
	}
}

func TestReadable(t *testing.T) {
	p := authz.Principal{Grants: []authz.Grant{grant(authz.Viewer, "north/harbour"), grant(authz.Viewer, "east")}}
	got := strings.Join(readable(p.Scope(authz.Read)), " ")
	if got != "property/east/# property/north/harbour/# steward/incidents/east/# steward/incidents/north/harbour/#" {
		t.Error(got)
	}
	if got := strings.Join(readable(authz.Everything()), " "); got != "property/# steward/incidents/#" {
		t.Error(got)
	}
	if got := readable(authz.Scope{}); len(got) != 0 {
		t.Error(got)
	}
}

// matches is MQTT's rule, written down a second time: topic levels against
// filter levels.
func matches(filter, topic []string) bool {
	switch {
	case len(filter) > 0 && filter[0] == "#":
		return true
	case len(filter) == 0 || len(topic) == 0:
		return len(filter) == len(topic)
	case filter[0] == "+" || filter[0] == topic[0]:
		return matches(filter[1:], topic[1:])
	}
	return false
}

// Whatever a subscription matches, one of the allowed filters matches too.
func FuzzSubscribe(f *testing.F) {
	f.Add("property/north/#", "property/north/+/meter/#", "property/north/harbour/meter/m1/telemetry")
	f.Add("property/+/harbour/+", "property/#", "property/north/harbour/x")
	f.Add("a/#", "a", "a")
	f.Add("a/+/c", "$share/g/a/b/c", "a/b/c")
	f.Fuzz(func(t *testing.T, allowed, filter, topic string) {
		if !validFilter(allowed) || !validFilter(topic) || strings.ContainsAny(topic, "+#") {
			return
		}
		c := Client{Subscribe: []string{allowed}, Publish: []string{allowed}}
		split := func(s string) []string { return strings.Split(s, "/") }
		// x/# matches x as well.
		allows := func(topic string) bool {
			parent, ok := strings.CutSuffix(allowed, "/#")
			return matches(split(allowed), split(topic)) || ok && matches(split(parent), split(topic))
		}
		if c.MayPublish(topic) != allows(topic) {
			t.Errorf("%q publishes on %q: %v", allowed, topic, c.MayPublish(topic))
		}
		if !c.MaySubscribe(filter) {
			return
		}
		if rest, ok := strings.CutPrefix(filter, "$share/"); ok {
			_, filter, _ = strings.Cut(rest, "/")
		}
		if matches(split(filter), split(topic)) && !allows(topic) {
			t.Errorf("%q under %q gets %q", filter, allowed, topic)
		}
	})
}
