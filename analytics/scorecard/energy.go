package scorecard

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"steward/internal/authz"
	"steward/internal/clickhouse"
)

// energy is what the buildings of a project used in a year against what comparable
// ones would have.
type energy struct {
	buildings, known int
	area, total      float64 // m2: of those that are known, and of all
	use              float64 // kWh a year
	expected         float64 // at the median of the peers
	low, high        float64 // at the limits of that median
	percentile       float64 // sum over buildings
	peerless         int
}

// maxPeers is with how many buildings one is compared, those of nearest size.
const maxPeers = 200

// metered is a building whose use is known.
type metered struct {
	at        authz.Place
	area      float64
	use       float64 // kWh a year
	intensity float64 // kWh per m2 and year
}

// likeness is what comparable buildings have in common besides their size: whether
// people live there, and how high they are. The bands are those of GB 50352-2019
// (民用建筑设计统一标准), 3.1.2, taken by floors of three metres: to 27 m and above.
type likeness struct {
	homes bool
	band  int // 0 when the floors are unknown
}

func likenessOf(b *Building) likeness {
	l := likeness{homes: b.Households > 0}
	switch {
	case b.Floors <= 0:
	case b.Floors <= 9:
		l.band = 1
	case b.Floors <= 33:
		l.band = 2
	default:
		l.band = 3
	}
	return l
}

// yearHours are those of a mean year.
const yearHours = 365.25 * 24

func (r *runner) gatherEnergy(ctx context.Context) error {
	rule := r.Config.rule(EnergyIntensity)
	if rule == nil || r.Buildings == nil {
		return nil
	}
	from, to := r.month.first(1-rule.Months), r.month.first(1)
	hours := to.Sub(from).Hours()
	type name struct {
		authz.Place
		id string
	}
	used := map[name]clickhouse.ScoredBuilding{}
	err := r.Store.ScoredBuildings(ctx, from.Format(time.DateOnly), to.Format(time.DateOnly), func(b clickhouse.ScoredBuilding) error {
		if r.projects[b.Place] != nil {
			used[name{b.Place, b.Building}] = b
		}
		return nil
	})
	if err != nil {
		return err
	}
	kinds := map[likeness][]metered{}
	err = r.Buildings(ctx, func(b Building) error {
		p := r.projects[b.Place]
		if p == nil {
			return nil
		}
		p.energy.buildings++
		if !(b.AreaM2 > 0) {
			return nil
		}
		p.energy.total += b.AreaM2
		u, ok := used[name{b.Place, b.ID}]
		due := float64(u.Points) * hours
		// What is known of a building must be most of it: the rest is reckoned to be
		// like it.
		if !ok || !(u.Hours > 0) || u.Hours < p.rule(EnergyIntensity).MinCover*due || !(u.KWh >= 0) {
			return nil
		}
		m := metered{at: b.Place, area: b.AreaM2, use: u.KWh / u.Hours * float64(u.Points) * yearHours}
		m.intensity = m.use / m.area
		if math.IsInf(m.intensity, 0) || math.IsNaN(m.intensity) {
			return nil
		}
		kinds[likenessOf(&b)] = append(kinds[likenessOf(&b)], m)
		return nil
	})
	if err != nil {
		return err
	}
	for _, list := range kinds {
		r.compareBuildings(list, rule)
	}
	return ctx.Err()
}

// compareBuildings sets each building against those of other projects that are of
// like size.
func (r *runner) compareBuildings(list []metered, rule *Rule) {
	slices.SortFunc(list, func(a, b metered) int {
		return cmp.Or(cmp.Compare(a.area, b.area), cmp.Compare(a.at.Region, b.at.Region), cmp.Compare(a.at.Project, b.at.Project), cmp.Compare(a.intensity, b.intensity))
	})
	for i, m := range list {
		e := &r.projects[m.at].energy
		p := peers(list, i, rule.Size)
		if len(p) < rule.MinPeers {
			e.peerless++
			continue
		}
		middle, low, high := medianOf(p)
		if !(low > 0) {
			e.peerless++ // most of them used nothing: they say nothing of how much is usual
			continue
		}
		e.known++
		e.area, e.use = e.area+m.area, e.use+m.use
		e.expected, e.low, e.high = e.expected+middle*m.area, e.low+low*m.area, e.high+high*m.area
		below, _ := slices.BinarySearch(p, m.intensity)
		e.percentile += 100 * float64(below) / float64(len(p))
	}
}

// peers are the intensities, in order, of the buildings nearest in size to one of a
// list in the order of size.
func peers(list []metered, i int, size float64) []float64 {
	m := &list[i]
	var out []float64
	for down, up := i-1, i+1; len(out) < maxPeers; {
		canDown := down >= 0 && list[down].area*size >= m.area
		canUp := up < len(list) && list[up].area <= m.area*size
		var next *metered
		switch {
		case !canDown && !canUp:
			slices.Sort(out)
			return out
		case !canUp || canDown && m.area/list[down].area <= list[up].area/m.area:
			next = &list[down]
			down--
		default:
			next = &list[up]
			up++
		}
		if next.at != m.at {
			out = append(out, next.intensity)
		}
	}
	slices.Sort(out)
	return out
}

// medianOf is the median of sorted values with its distribution-free interval by order
// statistics (David and Nagaraja, Order Statistics, 3rd ed., 7.1): the k-th least and
// the k-th greatest hold it unless fewer than k values lie on one side of it. It takes
// six values.
func medianOf(sorted []float64) (middle, low, high float64) {
	n := len(sorted)
	middle = (sorted[(n-1)/2] + sorted[n/2]) / 2
	below := distuv.Binomial{N: float64(n), P: 0.5}
	k := 0
	for k+1 <= n/2 && below.CDF(float64(k)) <= (1-level)/2 {
		k++
	}
	k = max(k, 1)
	return middle, sorted[k-1], sorted[n-k]
}
