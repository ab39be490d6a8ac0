package identity

import (
	"strings"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// Client is what connects to the embedded broker, with what it may do there.
type Client struct {
	// Principal of a token has its grants; of a credential it has none: a device
	// reads nothing, and the API knows it not.
	Principal authz.Principal
	Publish   []string // MQTT filters of the topics on which it may publish
	Subscribe []string // MQTT filters within which it may subscribe

	credential string // ID; empty for a token
	version    int64  // of the credential
}

// incidentsRoot is where incidents are published.
const incidentsRoot = "steward/incidents"

// readable lists the MQTT filters of what may be read within a scope.
func readable(scope authz.Scope) []string {
	var filters []string
	for _, root := range []string{telemetry.TopicRoot, incidentsRoot} {
		for _, place := range scope.Places() {
			filter := root
			if place != authz.HQ {
				filter += "/" + place.String()
			}
			filters = append(filters, filter+"/#")
		}
	}
	return filters
}

// maxTopic bytes are more than any topic of the contract has.
const maxTopic = 1024

// MayPublish reports whether the client may publish on a topic.
func (c Client) MayPublish(topic string) bool {
	if strings.ContainsAny(topic, "+#") {
		return false
	}
	return anyCovers(c.Publish, topic)
}

// MaySubscribe reports whether all that a subscription could ever deliver is
// readable to the client. A shared subscription is judged by its filter.
func (c Client) MaySubscribe(filter string) bool {
	if rest, shared := strings.CutPrefix(filter, "$share/"); shared {
		group, inner, ok := strings.Cut(rest, "/")
		if !ok || group == "" || strings.ContainsAny(group, "+#") {
			return false
		}
		filter = inner
	}
	return anyCovers(c.Subscribe, filter)
}

// anyCovers reports whether one of the allowed filters covers a topic or filter.
// That several together might cover what none does alone is not looked for.
func anyCovers(allowed []string, filter string) bool {
	if !validFilter(filter) {
		return false
	}
	for _, a := range allowed {
		if covers(a, filter) {
			return true
		}
	}
	return false
}

// validFilter accepts what MQTT accepts (5.0, 4.7.1), and less: an empty level
// matches no topic of the contract, and a topic that begins with $ is the
// broker's own.
func validFilter(f string) bool {
	if f == "" || len(f) > maxTopic || f[0] == '$' {
		return false
	}
	last := false
	for level := range strings.SplitSeq(f, "/") {
		switch {
		case last, level == "":
			return false
		case level == "#":
			last = true
		case level == "+":
		case strings.ContainsAny(level, "+#\x00"):
			return false
		}
	}
	return true
}

// covers reports whether every topic that the filter f matches is matched by the
// filter allowed. Both are valid; a topic is a filter without wildcards.
func covers(allowed, f string) bool {
	for {
		a, moreAllowed, allowedGoesOn := strings.Cut(allowed, "/")
		l, more, goesOn := strings.Cut(f, "/")
		switch {
		case a == "#":
			return true
		case l == "#", a != "+" && a != l:
			return false
		case !goesOn && !allowedGoesOn:
			return true
		case !goesOn:
			return moreAllowed == "#" // x/# matches x too
		case !allowedGoesOn:
			return false
		}
		allowed, f = moreAllowed, more
	}
}
