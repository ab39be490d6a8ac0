package operations

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/telemetry"
)

// Given is a record as somebody sent it: values by the names of fields. A value is
// nil, a string, a bool or a json.Number; anything else is wrong.
type Given map[string]any

// Arrival is how a record came.
type Arrival struct {
	Place    authz.Place // where it was sent to; HQ when the record says itself where it belongs
	Received time.Time
	Source   Source
	Ahead    time.Duration // how far the sender's clock may be ahead

	// Pseudonym makes a hash of a name; nil: no names, nor what became of them, are kept.
	Pseudonym func(name string) string
	// Zone is that of a project's times that are given without one, never nil; nil:
	// each time must have one.
	Zone func(authz.Place) *time.Location
}

// Problem is one thing that is wrong with one field.
type Problem struct {
	Field   string `json:"field"`
	Value   string `json:"value"` // as it was given, shortened
	Problem string `json:"problem"`
}

func (p Problem) String() string {
	if p.Value == "" {
		return p.Field + " " + p.Problem
	}
	return fmt.Sprintf("%s %q %s", p.Field, p.Value, p.Problem)
}

// passed are fields that an export has and that are not the sender's to say.
var passed = []string{"received", "source"}

// Read makes a record of what somebody sent, and says everything that is wrong with
// it; the record is good when that is nothing.
func (k *Kind) Read(given Given, a Arrival) (Record, []Problem) {
	r := k.New()
	c := &checker{record: r, given: given, arrival: a}
	c.head()
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, at := k.field(name); at < 0 && !slices.Contains(passed, name) && name != "inspector_key" && !isHead(name) {
			c.reject(name, "", "is no field of a%s %s: it has %s", article(k.One), k.One, strings.Join(k.names(), ", "))
		}
	}
	values := r.Values()
	for i, f := range k.Fields {
		c.set(f, values[i])
	}
	r.check(c)
	return r, c.problems
}

func isHead(name string) bool {
	return slices.ContainsFunc(headFields, func(f Field) bool { return f.Name == name })
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "n"
	}
	return ""
}

// names are those of all fields that a record may be sent with.
func (k *Kind) names() []string {
	var names []string
	for _, f := range slices.Concat(headFields, k.Fields) {
		names = append(names, f.Name)
	}
	return names
}

// head reads what every record has.
func (c *checker) head() {
	h := c.record.Of()
	h.Received, h.Source = c.arrival.Received.UTC().Truncate(time.Millisecond), c.arrival.Source
	h.Place = c.place()
	h.ID = c.word(headFields[2])
	if h.ID == "" && !c.bad("id") {
		c.reject("id", "", "is missing: every record has an id of its own in its project")
	}
	h.Updated = h.Received
	if t := c.moment(headFields[3]); t != nil {
		h.Updated = *t
	}
	h.Withdrawn = c.yes("withdrawn")
}

// place is that of the record, which it need not say when it was sent to one.
func (c *checker) place() authz.Place {
	sent := c.arrival.Place
	at := authz.Place{Region: c.word(headFields[0]), Project: c.word(headFields[1])}
	if sent != authz.HQ {
		if c.bad("region") || c.bad("project") {
			return sent
		}
		if at.Region != "" && at.Region != sent.Region {
			c.reject("region", at.Region, "is not that of the topic: leave it out")
		}
		if at.Project != "" && at.Project != sent.Project {
			c.reject("project", at.Project, "is not that of the topic: leave it out")
		}
		return sent
	}
	for _, s := range []struct{ name, value string }{{"region", at.Region}, {"project", at.Project}} {
		if s.value == "" && !c.bad(s.name) {
			c.reject(s.name, "", "is missing: say to which project the record belongs")
		}
	}
	if at.Region == authz.HQ.String() {
		c.reject("region", at.Region, "has the name of the headquarters: say to which project the record belongs")
		at.Region = ""
	}
	return at
}

// MaxRecords is how many records may be told of at once, by API or MQTT.
const MaxRecords = 1000

// Parse reads one JSON object, or a list of them: each of a record. The error is a
// *telemetry.RejectError. The texts are the objects one by one, as they were sent.
func Parse(payload []byte) (records []Given, texts []json.RawMessage, err error) {
	if len(payload) == 0 {
		return nil, nil, telemetry.Reject(telemetry.Empty, "an empty message")
	}
	var list []json.RawMessage
	if err := json.Unmarshal(payload, &list); err != nil {
		var one json.RawMessage
		if err := json.Unmarshal(payload, &one); err != nil {
			return nil, nil, telemetry.Reject(telemetry.BadSyntax, "not JSON: %w", err)
		}
		list = []json.RawMessage{one}
	}
	switch {
	case len(list) == 0:
		return nil, nil, telemetry.Reject(telemetry.Empty, "an empty list")
	case len(list) > MaxRecords:
		return nil, nil, telemetry.Reject(telemetry.TooLarge, "%d records; %d are the most at once", len(list), MaxRecords)
	}
	records = make([]Given, len(list))
	for i, text := range list {
		if records[i], err = ParseOne(text); err != nil {
			return nil, nil, telemetry.Reject(telemetry.BadSyntax, "element %d of the list: %w", i, err)
		}
	}
	return records, list, nil
}

// ParseOne reads one JSON object.
func ParseOne(text []byte) (Given, error) {
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	var given Given
	if err := d.Decode(&given); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	if given == nil {
		return nil, fmt.Errorf("null is not a JSON object")
	}
	return given, nil
}
