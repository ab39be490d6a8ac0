package telemetry

import (
	"errors"
	"fmt"
	"strings"
)

// Stream is the last segment of a topic: which of the three message kinds it
// carries.
type Stream string

// The three streams of the topic contract.
const (
	StreamTelemetry Stream = "telemetry"
	StreamEvent     Stream = "event"
	StreamStatus    Stream = "status"
)

// TopicRoot is the first segment of every device topic.
const TopicRoot = "property"

// maxSegment is the contract's limit: one leading character and 63 more.
const maxSegment = 64

var errTopicForm = errors.New("want property/{region}/{project}/{class}/{device}/{telemetry|event|status}")

// Topic is the topic on which d publishes the stream s.
func (d Device) Topic(s Stream) string {
	return TopicRoot + "/" + d.String() + "/" + string(s)
}

// ParseTopic splits property/{region}/{project}/{class}/{device}/{stream}. The
// error names the segment that is wrong and what it should be.
func ParseTopic(topic string) (Device, Stream, error) {
	var seg [6]string
	rest := topic
	for i := range seg {
		s, after, more := strings.Cut(rest, "/")
		if more != (i < len(seg)-1) {
			return Device{}, "", fmt.Errorf("topic has %d segments, not 6: %w", strings.Count(topic, "/")+1, errTopicForm)
		}
		seg[i], rest = s, after
	}
	if seg[0] != TopicRoot {
		return Device{}, "", fmt.Errorf("topic starts with %.64q: %w", seg[0], errTopicForm)
	}
	for i, name := range []string{"region", "project", "class", "device"} {
		if err := CheckSegment(seg[i+1]); err != nil {
			return Device{}, "", fmt.Errorf("topic: %s %w", name, err)
		}
	}
	class, err := ParseClass(seg[3])
	if err != nil {
		return Device{}, "", fmt.Errorf("topic: %w", err)
	}
	switch s := Stream(seg[5]); s {
	case StreamTelemetry, StreamEvent, StreamStatus:
		return Device{Region: seg[1], Project: seg[2], Class: class, ID: seg[4]}, s, nil
	}
	return Device{}, "", fmt.Errorf("topic: stream %.64q is not one of telemetry, event, status", seg[5])
}

// CheckSegment accepts [a-z0-9][a-z0-9_-]{0,63}: safe in a topic, a URL, a file
// name and a metric label alike.
func CheckSegment(s string) error {
	if s == "" || len(s) > maxSegment {
		return fmt.Errorf("%.80q has %d characters, not 1 to %d", s, len(s), maxSegment)
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		case (c == '-' || c == '_') && i > 0:
		default:
			return fmt.Errorf("%.80q is not of the form [a-z0-9][a-z0-9_-]{0,63}", s)
		}
	}
	return nil
}
