package simulate

import (
	"fmt"
	"math/rand/v2"
	"time"

	"steward/internal/authz"
	"steward/internal/operations"
	"steward/internal/telemetry"
)

// OperationsConfig says of which projects, and for how long, operations are made up.
type OperationsConfig struct {
	Seed     uint64
	Projects []authz.Place
	Lifts    map[authz.Place][]string // of each project, for orders about lifts; none is named without
	From, To time.Time                // what happens after To has not happened yet
	Zone     *time.Location           // whose days and months count; UTC when nil
}

// OperationsTruth is how a project really works: the chances and medians from which
// its records were drawn, to which a scorecard is compared.
type OperationsTruth struct {
	authz.Place
	Done          map[string]float64 // by level: the chance that an inspection is done at all
	Score         float64            // mean of its inspections
	Complaints    map[string]float64 // by type: how many a month
	AnswerHours   float64            // median from a complaint to its answer
	Collected     float64            // the share of accounts that pay a month's fee
	Repairs       float64            // orders a month
	ArrivalHours  float64            // median from an order to somebody's arrival, not urgent
	UrgentHours   float64            // the same of urgent ones
	Contractor    string
	Households    int
	MonthlyFee    float64 // CNY of an account
	RepairMinutes float64 // median from arrival to the end
}

// complaintsPerThousand are complaints a month per thousand households of an average
// project, by type. They are made up, of an order that people in the trade know.
var complaintsPerThousand = []struct {
	kind string
	rate float64
}{{"repair", 2.4}, {"noise", 1.6}, {"cleaning", 1.2}, {"security", 0.5}, {"parking", 1.8}, {"fee", 0.6}, {"other", 0.7}}

// Operations makes up what projects did: the same seed gives the same records, and
// those of a project do not depend on the others.
func Operations(cfg OperationsConfig) (records []operations.Record, truth []OperationsTruth) {
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	for _, at := range cfg.Projects {
		p := &operationsProject{cfg: cfg, r: stream(identity(cfg.Seed, "operations/"+at.String()))}
		p.truth = p.character(at)
		p.inspect()
		p.complain()
		p.charge()
		p.repair()
		records, truth = append(records, p.records...), append(truth, p.truth)
	}
	return records, truth
}

type operationsProject struct {
	cfg     OperationsConfig
	r       *rand.Rand
	truth   OperationsTruth
	records []operations.Record
}

// character draws how a project works: diligence is what its numbers have in common.
func (p *operationsProject) character(at authz.Place) OperationsTruth {
	diligence := p.r.Float64()
	t := OperationsTruth{
		Place: at, Complaints: map[string]float64{}, Score: 78 + 16*diligence, AnswerHours: 6 - 5*diligence, Collected: 0.82 + 0.16*diligence,
		Done:       map[string]float64{operations.LevelProject: 0.84 + 0.15*diligence, operations.LevelRegion: 0.9 + 0.09*diligence, operations.LevelHQ: 0.97},
		Households: 300 + p.r.IntN(1500), MonthlyFee: round(between(p.r, 140, 380), 1), ArrivalHours: 8 - 5*diligence, UrgentHours: 0.6 - 0.45*diligence,
		Contractor: []string{"安达机电", "恒信维保", "新源工程"}[p.r.IntN(3)], RepairMinutes: 50 + 60*(1-diligence),
	}
	t.Repairs = float64(t.Households) / 60
	for _, c := range complaintsPerThousand {
		t.Complaints[c.kind] = c.rate * float64(t.Households) / 1000 * (1.6 - 1.2*diligence)
	}
	return t
}

// Contractor is who maintains the lifts, the fire systems and the doors of a project.
func Contractor(seed uint64, at authz.Place) string {
	p := &operationsProject{r: stream(identity(seed, "operations/"+at.String()))}
	return p.character(at).Contractor
}

// head is that of a record with a number, as it is since a time.
func (p *operationsProject) head(id string, since time.Time) operations.Head {
	return operations.Head{Place: p.truth.Place, ID: id, Updated: since.UTC().Truncate(time.Millisecond), Received: since.UTC().Truncate(time.Millisecond), Source: operations.API}
}

// happened is a time if it has come, and nil before.
func (p *operationsProject) happened(at time.Time) *time.Time {
	if at.After(p.cfg.To) {
		return nil
	}
	at = at.UTC().Truncate(time.Second)
	return &at
}

// midnights are the days of the project's calendar within the period.
func (p *operationsProject) midnights(yield func(time.Time) bool) {
	y, m, d := p.cfg.From.In(p.cfg.Zone).Date()
	for i := 0; ; i++ {
		day := time.Date(y, m, d+i, 0, 0, 0, 0, p.cfg.Zone)
		if !day.Before(p.cfg.To) || !day.Before(p.cfg.From) && !yield(day) {
			return
		}
	}
}

// inspect plans what is looked at: by the project every day, by the region every
// month and by headquarters every quarter.
func (p *operationsProject) inspect() {
	daily := []string{"safety", "fire", "cleaning", "equipment", "elevator"}
	for day := range p.midnights {
		p.inspection(operations.LevelProject, daily[day.YearDay()%len(daily)], day)
		if day.Day() == 12 {
			p.inspection(operations.LevelRegion, "quality", day)
			if day.Month()%3 == 2 {
				p.inspection(operations.LevelHQ, "safety", day)
			}
		}
	}
}

func (p *operationsProject) inspection(level, kind string, day time.Time) {
	id := day.Format("20060102") + "-" + kind
	if level != operations.LevelProject {
		id = level + "-" + id
	}
	planned := day.AddDate(0, 0, 1).Add(-time.Second)
	done, hour, score := p.r.Float64() < p.truth.Done[level], between(p.r, 8, 18), p.truth.Score+5*p.r.NormFloat64()
	i := &operations.Inspection{Head: p.head(id, day), Level: level, Sort: kind, Planned: planned.UTC()}
	if at := p.happened(day.Add(time.Duration(hour * float64(time.Hour)))); done && at != nil {
		score = round(min(max(score, 0), 100), 1)
		i.Done, i.Score, i.Head = at, &score, p.head(id, *at)
	}
	p.records = append(p.records, i)
}

func (p *operationsProject) complain() {
	n := 0
	for day := range p.midnights {
		for _, c := range complaintsPerThousand {
			for range poisson(p.r, p.truth.Complaints[c.kind]/30.4) {
				n++
				p.complaint(fmt.Sprintf("c%s-%d", day.Format("20060102"), n), c.kind, day)
			}
		}
	}
}

func (p *operationsProject) complaint(id, kind string, day time.Time) {
	created := day.Add(time.Duration(between(p.r, 7, 22) * float64(time.Hour)))
	answered := created.Add(time.Duration(lognormal(p.r, p.truth.AnswerHours, 0.8) * float64(time.Hour)))
	closed := answered.Add(time.Duration(lognormal(p.r, 30, 0.9) * float64(time.Hour)))
	satisfied := uint8(1 + min(4, int(5*p.r.Float64()*p.truth.Collected+1)))
	at := p.happened(created)
	if at == nil {
		return
	}
	c := &operations.Complaint{Type: kind, Created: *at, Answered: p.happened(answered), Closed: p.happened(closed)}
	since := *at
	for _, then := range []*time.Time{c.Answered, c.Closed} {
		if then != nil {
			since = *then
		}
	}
	if c.Closed != nil {
		c.Satisfied = &satisfied
	}
	c.Head = p.head(id, since)
	p.records = append(p.records, c)
}

// charge makes a record a month for every tenth of the households.
func (p *operationsProject) charge() {
	const parts = 10
	for day := range p.midnights {
		if day.Day() != 1 {
			continue
		}
		for part := range parts {
			accounts, paying := p.truth.Households/parts, 0
			for range accounts {
				if p.r.Float64() < p.truth.Collected {
					paying++
				}
			}
			paidOn := day.AddDate(0, 0, 3+p.r.IntN(24))
			f := &operations.Fee{
				Head: p.head(fmt.Sprintf("%s-%d", day.Format("200601"), part+1), day), Sort: "property", Month: day.Format(time.DateOnly),
				Due: round(float64(accounts)*p.truth.MonthlyFee, 2),
			}
			if !paidOn.After(p.cfg.To) && paying > 0 {
				f.Paid, f.PaidOn, f.Head = round(float64(paying)*p.truth.MonthlyFee, 2), paidOn.Format(time.DateOnly), p.head(f.ID, paidOn)
			}
			p.records = append(p.records, f)
		}
	}
}

func (p *operationsProject) repair() {
	kinds := []string{"plumbing", "electrical", "civil", "access", "elevator", "fire"}
	n := 0
	for day := range p.midnights {
		for range poisson(p.r, p.truth.Repairs/30.4) {
			n++
			p.order(fmt.Sprintf("r%s-%d", day.Format("20060102"), n), kinds[p.r.IntN(len(kinds))], day)
		}
	}
}

func (p *operationsProject) order(id, kind string, day time.Time) {
	created := day.Add(time.Duration(between(p.r, 7, 22) * float64(time.Hour)))
	priority, hours := operations.Normal, p.truth.ArrivalHours
	if p.r.Float64() < 0.15 {
		priority, hours = operations.Urgent, p.truth.UrgentHours
	}
	wait := time.Duration(lognormal(p.r, hours, 0.7) * float64(time.Hour))
	dispatched := created.Add(wait / 4)
	arrived := created.Add(wait)
	done := arrived.Add(time.Duration(lognormal(p.r, p.truth.RepairMinutes, 0.6) * float64(time.Minute)))
	cost := round(lognormal(p.r, 220, 0.9), 2)
	at := p.happened(created)
	if at == nil {
		return
	}
	o := &operations.RepairOrder{
		Type: kind, Priority: priority, Contractor: p.truth.Contractor, Created: *at,
		Dispatched: p.happened(dispatched), Arrived: p.happened(arrived), Done: p.happened(done),
	}
	since := *at
	for _, then := range []*time.Time{o.Dispatched, o.Arrived, o.Done} {
		if then != nil {
			since = *then
		}
	}
	if o.Done != nil {
		o.Cost = &cost
	}
	if lifts := p.cfg.Lifts[p.truth.Place]; kind == "elevator" && len(lifts) > 0 {
		// Some lifts are worse than others, and called for again.
		x := uniform(identity(p.cfg.Seed, "order/"+p.truth.String()+"/"+id), 1)
		o.DeviceClass, o.Device = string(telemetry.Elevator), lifts[int(x*x*float64(len(lifts)))]
	}
	o.Head = p.head(id, since)
	p.records = append(p.records, o)
}
