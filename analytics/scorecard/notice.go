package scorecard

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"steward/internal/authz"
	"steward/internal/calendar"
	"steward/internal/incident"
	"steward/internal/notices"
)

// part is under what name notices are issued.
const part = "scorecard"

// Evidence is what a notice is issued on.
type Evidence struct {
	Run       string    `json:"run"` // whose numbers they are
	Month     string    `json:"month"`
	Component Component `json:"component"`
	Score     *float64  `json:"score"` // of the card
	Rank      int       `json:"rank,omitempty"`
	Of        int       `json:"of,omitempty"`
}

// issue has a notice issued for each component of a project that is outside its limit.
// A run over an old month issues none: whoever looks back does not want people called.
func (r *runner) issue(ctx context.Context, c *cards) error {
	if from, to := lastMonth(r.Now, r.Zone); r.Notices == nil || !from.Equal(r.From) || !to.Equal(r.To) {
		return nil
	}
	for _, at := range c.projects {
		card, p := c.at[at], r.projects[at]
		for i := range card.Components {
			if !card.Components[i].Outside {
				continue
			}
			rule := p.rule(card.Components[i].Name)
			err := r.issueOne(ctx, at, p, rule, card, &card.Components[i])
			if wrong := new(notices.InvalidError); errors.As(err, &wrong) {
				// The numbers are right all the same, and other projects are to be told.
				card.Warnings = append(card.Warnings, fmt.Sprintf("no notice of %s could be issued: %s", rule.Name, wrong))
			} else if err != nil {
				return fmt.Errorf("notice of %s at %s: %w", rule.Name, at, err)
			}
		}
	}
	return nil
}

func (r *runner) issueOne(ctx context.Context, at authz.Place, p *project, rule *Rule, card *Card, c *Component) error {
	evidence, err := json.Marshal(Evidence{Run: r.ID, Month: card.Month, Component: *c, Score: card.Score, Rank: card.Rank, Of: card.Of})
	if err != nil {
		return err
	}
	_, _, err = r.Notices.Issue(ctx, part, notices.New{
		Place: at, Kind: rule.Name, Month: card.Month, Finding: finding(rule, card.Month, c), Required: rule.Required, Evidence: evidence,
		DueOn: calendar.DateOf(r.Now.In(p.zone)).Add(rule.DueDays).String(),
	})
	return err
}

// finding says what is wrong in one line.
func finding(rule *Rule, month string, c *Component) incident.Text {
	text := func(v float64) string { return shown(rule.Name, v) }
	zh := fmt.Sprintf("%s年%s月%s：%s", month[:4], month[5:], cmp.Or(rule.Title.ZH, rule.Title.EN, rule.Name), text(*c.Value))
	en := fmt.Sprintf("%s, %s: %s", cmp.Or(rule.Title.EN, rule.Title.ZH, rule.Name), month, text(*c.Value))
	size := strconv.FormatFloat(c.N, 'f', -1, 64)
	if c.Low != nil && c.High != nil {
		zh += fmt.Sprintf("（95%%区间 %s 至 %s，样本 %s）", text(*c.Low), text(*c.High), size)
		en += fmt.Sprintf(" (95 %% interval %s to %s, of %s)", text(*c.Low), text(*c.High), size)
	} else {
		zh += fmt.Sprintf("（全数统计，记录 %s 条）", size)
		en += fmt.Sprintf(" (a full count of %s records)", size)
	}
	if rule.higherIsBetter() {
		return incident.Text{ZH: zh + "，低于限值 " + text(*rule.Limit), EN: en + ", below the limit of " + text(*rule.Limit)}
	}
	return incident.Text{ZH: zh + "，高于限值 " + text(*rule.Limit), EN: en + ", above the limit of " + text(*rule.Limit)}
}

// shown is a value as people read it: shares in percent.
func shown(name string, v float64) string {
	switch name {
	case ComplaintRate:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case EnergyIntensity:
		return strconv.FormatFloat(v, 'f', 2, 64) + "×"
	case Availability:
		return strconv.FormatFloat(100*v, 'f', 2, 64) + "%"
	}
	return strconv.FormatFloat(100*v, 'f', 1, 64) + "%"
}
