package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

type letterCountsIn struct {
	Region   string    `query:"region" maxLength:"64" doc:"Only those on topics of this region."`
	Project  string    `query:"project" maxLength:"64" doc:"Only those on topics of this project; with region."`
	Topic    string    `query:"topic" maxLength:"200" doc:"Only those whose topic has this in it, in any case."`
	From     time.Time `query:"from" required:"true" doc:"Received not before." example:"2026-11-01T00:00:00Z"`
	To       time.Time `query:"to" doc:"Received before; the present when absent." example:"2026-12-01T00:00:00Z"`
	Step     string    `query:"step" enum:"1h,1d" default:"1d" doc:"The length of a step: an hour, or a day of UTC. At most 1000 of them."`
	Replayed string    `query:"replayed" enum:"true,false" doc:"Only those that were replayed, or were not."`
}

type reasonCount struct {
	Reason  telemetry.Reason `json:"reason" example:"bad_syntax"`
	Letters int              `json:"letters"`
	Steps   []stepCount      `json:"steps" nullable:"false" doc:"Those with any, in order."`
}

type stepCount struct {
	At      time.Time `json:"at" doc:"When the step begins."`
	Letters int       `json:"letters"`
}

type letterCountsOut struct {
	Body struct {
		Letters int           `json:"letters" doc:"In all."`
		Reasons []reasonCount `json:"reasons" nullable:"false" doc:"The most frequent first."`
	} `nameHint:"LetterCounts"`
}

func (a *API) registerLetterCounts() {
	register(a, authz.Configure, operation{
		ID: "count-dead-letters", Method: http.MethodGet, Path: "/dead-letters/counts", Tag: "Dead letters", Summary: "Count messages in quarantine by reason and time",
		Description: "A letter is of the place that its topic names; those without a place are for headquarters.", Heavy: true,
		Answer: map[string]any{"letters": 3, "reasons": []reasonCount{{telemetry.BadValue, 3, []stepCount{{exampleTime.Truncate(24 * time.Hour), 3}}}}},
	}, a.countLetters)
}

func (a *API) countLetters(ctx context.Context, c caller, in *letterCountsIn) (*letterCountsOut, error) {
	if !within(in.From) || (!in.To.IsZero() && !within(in.To)) {
		return nil, invalid("from", "", "the time is not between 1970 and 2200")
	}
	q := clickhouse.LettersQuery{Region: in.Region, Project: in.Project, Topic: in.Topic, From: in.From, To: in.To}
	if in.Replayed != "" {
		replayed := in.Replayed == "true"
		q.Replayed = &replayed
	}
	data, err := a.data()
	if err != nil {
		return nil, err
	}
	step := 24 * time.Hour
	if in.Step == "1h" {
		step = time.Hour
	}
	counts, err := data.LetterCounts(ctx, c.Scope(), q, step)
	if err != nil {
		return nil, err
	}
	out := &letterCountsOut{}
	out.Body.Reasons = []reasonCount{}
	for _, n := range counts { // in order of time, and at one time of places
		out.Body.Letters += n.Letters
		i := slices.IndexFunc(out.Body.Reasons, func(r reasonCount) bool { return r.Reason == n.Reason })
		if i < 0 {
			i = len(out.Body.Reasons)
			out.Body.Reasons = append(out.Body.Reasons, reasonCount{Reason: n.Reason})
		}
		r := &out.Body.Reasons[i]
		r.Letters += n.Letters
		if at := n.At.Time(); len(r.Steps) == 0 || !r.Steps[len(r.Steps)-1].At.Equal(at) {
			r.Steps = append(r.Steps, stepCount{At: at})
		}
		r.Steps[len(r.Steps)-1].Letters += n.Letters
	}
	slices.SortStableFunc(out.Body.Reasons, func(a, b reasonCount) int { return b.Letters - a.Letters })
	return out, nil
}
