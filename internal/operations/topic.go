package operations

import (
	"fmt"
	"strings"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// segment stands where topics of devices have the class.
const segment = "operations"

// TopicAt is where records of a kind are published for a project:
// property/{region}/{project}/operations/{inspection|complaint|fee|repair}.
func (k *Kind) TopicAt(at authz.Place) string {
	return strings.Join([]string{telemetry.TopicRoot, at.Region, at.Project, segment, k.Topic}, "/")
}

// IsTopic reports whether a topic is of records, well-formed or not: no device's
// class is called like that.
func IsTopic(topic string) bool {
	rest, ok := strings.CutPrefix(topic, telemetry.TopicRoot+"/")
	for range 2 { // region and project; every message is looked at, and nothing allocated
		_, rest, _ = strings.Cut(rest, "/")
	}
	class, _, _ := strings.Cut(rest, "/")
	return ok && class == segment
}

// ParseTopic reads what TopicAt makes. The error names what is wrong.
func ParseTopic(topic string) (authz.Place, *Kind, error) {
	parts := strings.SplitN(topic, "/", 6)
	if len(parts) != 5 || !IsTopic(topic) {
		return authz.Place{}, nil, fmt.Errorf("topic has not the form property/{region}/{project}/%s/{inspection|complaint|fee|repair}", segment)
	}
	at := authz.Place{Region: parts[1], Project: parts[2]}
	if err := checkPlace(at); err != nil {
		return authz.Place{}, nil, fmt.Errorf("topic: %w", err)
	}
	for _, k := range Kinds() {
		if k.Topic == parts[4] {
			return at, k, nil
		}
	}
	return authz.Place{}, nil, fmt.Errorf("topic: %.64q is not one of inspection, complaint, fee, repair", parts[4])
}

func checkPlace(at authz.Place) error {
	for _, s := range []struct{ name, value string }{{"region", at.Region}, {"project", at.Project}} {
		if err := telemetry.CheckSegment(s.value); err != nil {
			return fmt.Errorf("%s %w", s.name, err)
		}
	}
	return at.Validate()
}
