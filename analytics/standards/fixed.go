package standards

import (
	"time"

	"steward/analytics/response"
	"steward/internal/incident"
)

// Fixed is a limit by which a clock is judged whatever the standards' file says: what
// is shown to an authority must not change with a file.
type Fixed struct {
	Standard string        // whose clock runs from and to what is meant
	Limit    time.Duration // exactly at it is in time
	Title    incident.Text
	Basis    incident.Text // who says so
}

// Laws are the limits for a person who is shut in a lift.
func Laws() []Fixed {
	return []Fixed{{
		Standard: "entrapment_on_site", Limit: 10 * time.Minute,
		Title: incident.Text{ZH: "困人10分钟到场", EN: "On site of an entrapment in 10 minutes"},
		Basis: incident.Text{ZH: "公司承诺", EN: "the company's promise"},
	}, {
		// Municipalities and cities with districts; elsewhere as a rule an hour.
		Standard: "entrapment_statutory", Limit: 30 * time.Minute,
		Title: incident.Text{ZH: "困人30分钟到场", EN: "On site of an entrapment in 30 minutes"},
		Basis: incident.Text{ZH: "《电梯维护保养规则》（TSG T5002-2017）第五条第（四）项", EN: "TSG T5002-2017 (电梯维护保养规则), article 5(4)"},
	}}
}

// Kept is how a fixed limit was kept.
type Kept struct {
	Standard string           `json:"standard"`
	Title    incident.Text    `json:"title"`
	Basis    string           `json:"basis"`
	BasisZH  string           `json:"basis_zh,omitempty"` // the same in Chinese; documents of before have none
	Limit    float64          `json:"limit_seconds"`
	Within   *response.Within `json:"within"`
}

// kept judges the clocks of a part by one of the fixed limits.
func (p *part) kept(f Fixed, zone *time.Location) (Kept, error) {
	k := Kept{Standard: f.Standard, Title: f.Title, Basis: f.Basis.EN, BasisZH: f.Basis.ZH, Limit: f.Limit.Seconds()}
	var log response.Log
	for i := range p.clocks {
		c := &p.clocks[i]
		if c.standard.name != f.Standard || !c.counts {
			continue
		}
		call := response.Call{Created: c.created(), Took: c.took, Open: c.open}
		if err := log.Add(call); err != nil {
			return k, err
		}
	}
	result, err := log.Analyze(response.Options{Level: level, Limit: k.Limit, Zone: zone, Unlisted: true})
	if err != nil {
		return k, err
	}
	k.Within = result.Within
	return k, nil
}
