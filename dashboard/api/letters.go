package api

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/operations"
	"steward/internal/telemetry"
)

// Replayer decodes quarantined messages again. It is the ingest's.
type Replayer interface {
	// Try says what a message would become, and stores nothing.
	Try(topic string, payload []byte) Trial
	// Replay stores what decodes now, of the letters in scope that filter chooses.
	Replay(ctx context.Context, scope authz.Scope, filter ReplayFilter) (ReplayResult, error)
	// ReplayOne is Replay of one letter, with another topic or payload where
	// they are not nil. The topic is of a place in scope.
	ReplayOne(ctx context.Context, scope authz.Scope, id string, topic *string, payload []byte) (ReplayResult, error)
}

// ReplayFilter chooses letters that were not replayed yet; its zero value all.
type ReplayFilter struct {
	IDs    []string
	Reason telemetry.Reason
}

// ReplayResult counts what became of the letters.
type ReplayResult struct {
	Replayed int `json:"replayed" doc:"In the store now."`
	Refused  int `json:"refused" doc:"Still wrong, still in quarantine."`
}

// Trial is what a message would become.
type Trial struct {
	Accepted bool             `json:"accepted"`
	Reason   telemetry.Reason `json:"reason,omitempty" doc:"Why it would be quarantined."`
	Error    string           `json:"error,omitempty" doc:"What is wrong with it."`
	Readings []TrialReading   `json:"readings,omitempty"`
	States   []TrialState     `json:"states,omitempty"`
	Events   []TrialEvent     `json:"events,omitempty"`
}

// TrialReading is a number of a message.
type TrialReading struct {
	Metric string    `json:"metric"`
	TS     time.Time `json:"ts"`
	Value  float64   `json:"value"`
}

// TrialState is a text of a message.
type TrialState struct {
	Metric string    `json:"metric"`
	TS     time.Time `json:"ts"`
	Value  string    `json:"value"`
}

// TrialEvent is an event of a message.
type TrialEvent struct {
	Kind     string             `json:"kind"`
	ID       string             `json:"id"`
	Severity telemetry.Severity `json:"severity"`
	TS       time.Time          `json:"ts"`
	Attrs    any                `json:"attrs"`
}

type lettersIn struct {
	PageIn
	Reason   []telemetry.Reason `query:"reason" maxItems:"20" doc:"Only those with one of these reasons." example:"bad_syntax"`
	Region   string             `query:"region" maxLength:"64" doc:"Only those on topics of this region."`
	Project  string             `query:"project" maxLength:"64" doc:"Only those on topics of this project; with region."`
	Topic    string             `query:"topic" maxLength:"200" doc:"Only those whose topic has this in it, in any case."`
	From     time.Time          `query:"from" doc:"Received not before." example:"2026-11-01T00:00:00Z"`
	To       time.Time          `query:"to" doc:"Received before." example:"2026-12-01T00:00:00Z"`
	Replayed string             `query:"replayed" enum:"true,false" doc:"Only those that were replayed, or were not."`
}

type LetterPath struct {
	ID string `path:"letter" minLength:"1" maxLength:"128" doc:"The letter."`
}

type letter struct {
	ID       string           `json:"id"`
	Received time.Time        `json:"received"`
	Topic    string           `json:"topic" example:"property/north/harbour/meter/m1/telemetry"`
	Codec    string           `json:"codec" example:"json"`
	Reason   telemetry.Reason `json:"reason" example:"bad_syntax"`
	Error    string           `json:"error" doc:"What is wrong with it."`
	Replayed bool             `json:"replayed" doc:"It was decoded again, and stored."`
	Size     int              `json:"size" doc:"Bytes of the payload."`
	Payload  *string          `json:"payload,omitempty" doc:"As it came, when it is text; of a single letter."`
	Base64   string           `json:"payload_base64,omitempty" doc:"As it came, when it is not text; of a single letter."`
}

type letterOut struct{ Body letter }

type message struct {
	Body struct {
		Topic   string `json:"topic" required:"true" maxLength:"1024" example:"property/north/harbour/meter/m1/telemetry"`
		Payload string `json:"payload,omitempty" maxLength:"262144" example:"{\"power_kw\":3.2}" doc:"When it is text; or else payload_base64."`
		Base64  []byte `json:"payload_base64,omitempty" maxLength:"349528" doc:"When it is not text."`
	} `nameHint:"Message"`
}

type trialOut struct{ Body Trial }

type replayIn struct {
	Body struct {
		IDs    []string         `json:"ids,omitempty" maxItems:"1000" doc:"Only these letters."`
		Reason telemetry.Reason `json:"reason,omitempty" maxLength:"64" doc:"Only letters with this reason."`
		All    bool             `json:"all,omitempty" doc:"All letters; instead of ids and reason."`
	} `nameHint:"Replay"`
}

type replayOneIn struct {
	LetterPath
	Body struct {
		Topic   *string `json:"topic,omitempty" maxLength:"1024" doc:"The topic on which it should have come; as it came when absent."`
		Payload *string `json:"payload,omitempty" maxLength:"262144" doc:"What it should have said; as it came when absent."`
	} `nameHint:"ReplayOne"`
}

type replayOut struct{ Body ReplayResult }

const replayTimeout = 10 * time.Minute

func (a *API) registerLetters() {
	text := `{"power_kw":"3,2"}`
	one := letter{
		ID: "a81f0c22d9", Received: exampleTime, Topic: "property/north/harbour/meter/m1/telemetry", Codec: "json", Reason: telemetry.BadValue,
		Error: "power_kw is not a number", Size: len(text), Payload: &text,
	}
	short := one
	short.Payload = nil
	register(a, authz.Configure, operation{
		ID: "list-dead-letters", Method: http.MethodGet, Path: "/dead-letters", Tag: "Dead letters", Summary: "List messages in quarantine",
		Description: "The newest come first. A letter is of the place that its topic names; those without a place are for headquarters.",
		Heavy:       true, Answer: listBody[letter]{Items: []letter{short}},
	}, a.listLetters)
	register(a, authz.Configure, operation{
		ID: "get-dead-letter", Method: http.MethodGet, Path: "/dead-letters/{letter}", Tag: "Dead letters", Summary: "Read a message in quarantine", Answer: one,
	}, func(ctx context.Context, c caller, in *LetterPath) (*letterOut, error) {
		data, err := a.data()
		if err != nil {
			return nil, err
		}
		l, err := data.DeadLetter(ctx, c.Scope(), in.ID)
		return &letterOut{letterOf(&l, true)}, err
	})
	register(a, authz.Configure, operation{
		ID: "try-message", ReadOnly: true, Method: http.MethodPost, Path: "/dead-letters/try", Tag: "Dead letters", Summary: "See what a message would become",
		Description: "Nothing is stored.", MaxBody: manyDevices,
		Request: map[string]any{"topic": "property/north/harbour/meter/m1/telemetry", "payload": `{"power_kw":3.2}`},
		Answer:  Trial{Accepted: true, Readings: []TrialReading{{"power_kw", exampleTime, 3.2}}},
	}, func(_ context.Context, _ caller, in *message) (*trialOut, error) {
		if a.Replay == nil {
			return nil, notHere("the ingest")
		}
		payload := []byte(in.Body.Payload)
		if len(in.Body.Base64) > 0 {
			if payload = in.Body.Base64; in.Body.Payload != "" {
				return nil, invalid("payload_base64", "", "is given besides payload: give one of them")
			}
		}
		return &trialOut{a.Replay.Try(in.Body.Topic, payload)}, nil
	})
	register(a, authz.Configure, operation{
		ID: "replay-dead-letters", Method: http.MethodPost, Path: "/dead-letters/replay", Tag: "Dead letters", Summary: "Decode messages in quarantine again",
		Description: "What decodes now is stored, under the time at which it was received, at most once.", Heavy: true, Timeout: replayTimeout, MaxBody: manyDevices,
		Request: map[string]any{"reason": telemetry.ClockAhead}, Answer: ReplayResult{Replayed: 118, Refused: 3},
	}, a.replayLetters)
	register(a, authz.Configure, operation{
		ID: "replay-dead-letter", Method: http.MethodPost, Path: "/dead-letters/{letter}/replay", Tag: "Dead letters", Summary: "Decode one message again, corrected where needed",
		Description: "The letter itself stays as it came.", Timeout: time.Minute, MaxBody: manyDevices,
		Request: map[string]any{"payload": `{"power_kw":3.2}`}, Answer: ReplayResult{Replayed: 1},
	}, a.replayLetter)
}

func (a *API) listLetters(ctx context.Context, c caller, in *lettersIn) (*listOut[letter], error) {
	q := clickhouse.LettersQuery{Region: in.Region, Project: in.Project, Topic: in.Topic, From: in.From, To: in.To, Limit: in.Limit, Cursor: in.Cursor, Reasons: in.Reason}
	if in.Replayed != "" {
		replayed := in.Replayed == "true"
		q.Replayed = &replayed
	}
	if (!in.From.IsZero() && !within(in.From)) || (!in.To.IsZero() && !within(in.To)) {
		return nil, invalid("from", "", "the time is not between 1970 and 2200")
	}
	data, err := a.data()
	if err != nil {
		return nil, err
	}
	page, err := data.DeadLetters(ctx, c.Scope(), q)
	if err != nil {
		return nil, err
	}
	items := make([]letter, len(page.Letters))
	for i := range page.Letters {
		items[i] = letterOf(&page.Letters[i], false)
	}
	return list(ctx, items, page.Next), nil
}

func (a *API) replayLetters(ctx context.Context, c caller, in *replayIn) (*replayOut, error) {
	if in.Body.All == (len(in.Body.IDs) > 0 || in.Body.Reason != "") {
		return nil, invalid("ids", "", "say which letters: ids, reason, or all")
	}
	if a.Replay == nil {
		return nil, notHere("the ingest")
	}
	if err := a.note(ctx, c, Deed{Action: "dead_letter.replay", Kind: "dead_letter", After: in.Body}); err != nil {
		return nil, err
	}
	result, err := a.Replay.Replay(ctx, c.Scope(), ReplayFilter{IDs: in.Body.IDs, Reason: in.Body.Reason})
	return &replayOut{result}, err
}

func (a *API) replayLetter(ctx context.Context, c caller, in *replayOneIn) (*replayOut, error) {
	if a.Replay == nil {
		return nil, notHere("the ingest")
	}
	data, err := a.data()
	if err != nil {
		return nil, err
	}
	l, err := data.DeadLetter(ctx, c.Scope(), in.ID)
	if err != nil {
		return nil, err
	}
	topic := l.Topic
	if in.Body.Topic != nil {
		// Else a letter of one's own place would be a pen for every other.
		if topic = *in.Body.Topic; !mayWriteTo(c.Scope(), topic) {
			return nil, invalid("topic", topic, "is not a topic of a place that you configure")
		}
	}
	at, _ := placeOfTopic(topic)
	if err := a.note(ctx, c, Deed{Action: "dead_letter.replay", Kind: "dead_letter", Key: in.ID, Place: at, After: map[string]any{
		"topic": topic, "edited": in.Body.Payload != nil,
	}}); err != nil {
		return nil, err
	}
	var payload []byte
	if in.Body.Payload != nil {
		payload = []byte(*in.Body.Payload)
	}
	result, err := a.Replay.ReplayOne(ctx, c.Scope(), in.ID, in.Body.Topic, payload)
	return &replayOut{result}, err
}

func mayWriteTo(scope authz.Scope, topic string) bool {
	at, ok := placeOfTopic(topic)
	return scope.All() || ok && scope.Covers(at)
}

// placeOfTopic is the project that a topic names, if it is a device's or one of
// operations.
func placeOfTopic(topic string) (authz.Place, bool) {
	if at, _, err := operations.ParseTopic(topic); err == nil {
		return at, true
	}
	device, _, err := telemetry.ParseTopic(topic)
	if err != nil {
		return authz.Place{}, false
	}
	return authz.Place{Region: device.Region, Project: device.Project}, true
}

func letterOf(l *clickhouse.Letter, whole bool) letter {
	out := letter{
		ID: l.ID, Received: l.Received.Time(), Topic: strings.ToValidUTF8(l.Topic, "\uFFFD"), Codec: l.Codec, Reason: l.Reason,
		Error: l.Error, Replayed: l.Replayed, Size: l.Size,
	}
	switch {
	case !whole:
	case utf8.Valid(l.Payload):
		text := string(l.Payload)
		out.Payload = &text
	default:
		out.Base64 = base64.StdEncoding.EncodeToString(l.Payload)
	}
	return out
}
