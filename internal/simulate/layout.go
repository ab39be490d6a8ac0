package simulate

import (
	"fmt"
	"slices"

	"steward/internal/telemetry"
)

// The habits of an estate.
const (
	residential = iota
	office
	shops
)

type project struct {
	region, slug string
	id           uint64
	use          int
	climate      *climate
}

// regionNames and the estates in them; beyond these they are numbered.
var regionNames = []string{"east", "south", "north", "west", "central", "northeast", "northwest", "southwest"}

var projectNames = map[string][]string{
	"east":    {"hz-binjiang", "sh-xuhui", "nj-jianye", "suz-yuanqu", "nb-yinzhou", "wx-binhu"},
	"south":   {"sz-nanshan", "gz-tianhe", "fs-nanhai", "xm-huli", "zh-xiangzhou", "dg-nancheng"},
	"north":   {"bj-chaoyang", "tj-heping", "jn-lixia", "qd-shinan", "ty-xiaodian", "sjz-yuhua"},
	"west":    {"cd-gaoxin", "cq-yubei", "xa-yanta", "km-panlong"},
	"central": {"wh-guanggu", "cs-yuelu", "zz-zhengdong", "hf-shushan"},
}

// layProjects names the estates, dealt over the regions in turn; those of one
// region follow one another.
func layProjects(cfg Config) []project {
	byRegion := make([][]project, cfg.Regions)
	for i := range cfg.Projects {
		r, nth := i%cfg.Regions, i/cfg.Regions
		region := fmt.Sprintf("region-%d", r+1)
		if r < len(regionNames) {
			region = regionNames[r]
		}
		slug := fmt.Sprintf("%s-estate-%02d", region, nth+1)
		if names := projectNames[region]; nth < len(names) {
			slug = names[nth]
		}
		p := project{
			region: region, slug: slug, id: identity(cfg.Seed, region+"/"+slug),
			use: []int{residential, residential, office, shops}[(r+nth)%4],
		}
		if nth == 0 {
			p.climate = climateOf(cfg.Seed, region)
		} else {
			p.climate = byRegion[r][0].climate
		}
		byRegion[r] = append(byRegion[r], p)
	}
	return slices.Concat(byRegion...)
}

// shares of the classes in a fleet, in percent.
var shares = []struct {
	class   telemetry.Class
	percent int
}{{telemetry.Meter, 55}, {telemetry.Elevator, 15}, {telemetry.Fire, 20}, {telemetry.Access, 10}}

// classCounts divides n devices by the shares; what rounding leaves goes to
// the classes that lost most by it, and to the commoner one of equals.
func classCounts(n int) map[telemetry.Class]int {
	counts := make(map[telemetry.Class]int)
	type rest struct{ class, percent int }
	var rests []rest
	left := n
	for i, s := range shares {
		counts[s.class] = n * s.percent / 100
		left -= counts[s.class]
		rests = append(rests, rest{i, n * s.percent % 100})
	}
	slices.SortStableFunc(rests, func(a, b rest) int { return b.percent - a.percent })
	for _, r := range rests[:left] {
		counts[shares[r.class].class]++
	}
	return counts
}

// deal is how many of n things the i-th of k estates gets. The classes begin
// at different estates, so that a small fleet is spread and not heaped.
func deal(n, i, k, first int) int {
	share := n / k
	if (i+k-first%k)%k < n%k {
		share++
	}
	return share
}

// layDevices populates one estate.
func (b *builder) layDevices(p *project, i int) {
	k := b.cfg.Projects
	counts := classCounts(b.cfg.Devices)
	first := 0
	for _, s := range shares {
		n := deal(counts[s.class], i, k, first)
		first += counts[s.class] % k
		switch s.class {
		case telemetry.Meter:
			b.layMeters(p, n)
		case telemetry.Elevator:
			b.layElevators(p, n)
		case telemetry.Fire:
			b.layFire(p, n)
		case telemetry.Access:
			b.layAccess(p, n)
		}
	}
}

// metersPerBuilding is how many meters a building has, about; a building has
// about this many of everything else in proportion.
const metersPerBuilding = 10

func buildings(n, each int) int { return max(1, (n+each-1)/each) }

func building(i int) string { return fmt.Sprintf("b%02d", i+1) }

func (b *builder) layElevators(p *project, n int) {
	houses := buildings(n, 3)
	for i := range n {
		house := building(i % houses)
		d := b.device(p, house, Lift, fmt.Sprintf("%s-lift-%d", house, i/houses+1))
		tr := traffic{
			habit: liftPower, office: p.use == office, rate: between(d.rng, 16, 30),
			floors: 6 + d.rng.IntN(26), speed: []float64{1.5, 1.75, 2, 2.5}[d.rng.IntN(4)],
		}
		if p.use != residential {
			tr.habit = officePower
		}
		b.add(d, newElevator(d, tr))
	}
}

func (b *builder) layFire(p *project, n int) {
	houses := buildings(n, 4)
	for i := range n {
		house, nth := building(i%houses), i/houses+1
		switch i % 10 {
		case 3, 7:
			d := b.device(p, house, Hydrant, fmt.Sprintf("%s-hydrant-%d", house, nth))
			b.add(d, newFirewater(d))
		case 9:
			d := b.device(p, house, Tank, fmt.Sprintf("%s-tank-%d", house, nth))
			b.add(d, newFirewater(d))
		default:
			d := b.device(p, house, Smoke, fmt.Sprintf("%s-smoke-%02d", house, nth))
			b.add(d, newDetector(d, p.id))
		}
	}
}

func (b *builder) layAccess(p *project, n int) {
	houses := buildings(n, 2)
	for i := range n {
		house, nth := building(i%houses), i/houses+1
		habit := liftPower
		if p.use == office {
			habit = officePower
		}
		kind, rate := Gate, 40.0
		if i%5 >= 2 {
			kind, rate = Door, 14
		}
		d := b.device(p, house, kind, fmt.Sprintf("%s-%s-%d", house, kind, nth))
		b.add(d, newAccess(d, p.id, habit, rate*between(d.rng, 0.6, 1.4), 800))
	}
}
