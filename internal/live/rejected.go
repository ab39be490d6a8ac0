package live

import (
	"slices"
	"strings"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

const (
	// maxPreview is how much of a rejected payload is kept, in bytes: enough to
	// recognise it. The whole of it is in the store.
	maxPreview = 256
	// maxLine bounds a rejected message's topic and error, in bytes.
	maxLine = 512
)

// Rejected is a message that could not be accepted, as far as a person needs it
// to find the sender.
type Rejected struct {
	ID       string
	Received telemetry.Millis
	Topic    string
	Preview  string // the first 256 bytes of the payload, as they came
	Size     int    // bytes of the whole payload
	Codec    string
	Reason   telemetry.Reason
	Error    string
}

func rejectedOf(l *telemetry.DeadLetter) Rejected {
	return Rejected{
		ID:       bounded(l.ID, maxLine),
		Received: l.Received,
		Topic:    bounded(l.Topic, maxLine),
		Preview:  string(l.Payload[:min(len(l.Payload), maxPreview)]),
		Size:     len(l.Payload),
		Codec:    bounded(l.Codec, maxLine),
		Reason:   l.Reason,
		Error:    bounded(l.Error, maxLine),
	}
}

// sender guesses the device from whatever the topic has of the contract's
// form: a topic that is wrong in one place still belongs to somebody.
func (r *Rejected) sender() (d telemetry.Device) {
	seg := strings.Split(r.Topic, "/")
	if seg[0] != telemetry.TopicRoot {
		return d
	}
	class := ""
	for i, to := range []*string{&d.Region, &d.Project, &class, &d.ID} {
		if i+1 < len(seg) {
			*to = seg[i+1]
		}
	}
	d.Class = telemetry.Class(class)
	return d
}

// placeOfTopic is the place that a topic names, as far as its names are well
// formed. A wrong project is the region's to find, a wrong region is the
// headquarters'.
func placeOfTopic(topic string) (p authz.Place) {
	root, rest, _ := strings.Cut(topic, "/")
	if root != telemetry.TopicRoot {
		return p
	}
	region, rest, _ := strings.Cut(rest, "/")
	if telemetry.CheckSegment(region) != nil {
		return p
	}
	// In memory of their own: a topic may be large, and a place is kept.
	p.Region = strings.Clone(region)
	if project, _, _ := strings.Cut(rest, "/"); telemetry.CheckSegment(project) == nil {
		p.Project = strings.Clone(project)
	}
	return p
}

// letters are the newest rejected messages, in order of arrival.
type letters struct {
	limit int
	list  []*Rejected
	fresh []*Rejected // not yet published
}

// merge appends the batch's letters, oldest first.
func (l *letters) merge(in *batch) {
	n := len(in.letters)
	if n == 0 {
		return
	}
	oldest := 0
	if in.rejected > uint64(n) {
		oldest = int(in.rejected % uint64(n))
	}
	for i := range n {
		r := in.letters[(oldest+i)%n]
		l.fresh = append(l.fresh, &r)
	}
	l.list = append(l.list, l.fresh...)
	if over := len(l.list) - l.limit; over > 0 {
		l.list = slices.Delete(l.list, 0, over)
	}
}
