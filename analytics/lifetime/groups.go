package lifetime

import "fmt"

// MaxGroups is more kinds of unit than anybody compares; a column that names units
// and not kinds has more.
const MaxGroups = 10_000

// GroupResult is the result of a group.
type GroupResult struct {
	Group string `json:"group"`
	*Result
}

// Grouped is an analysis by group, and of all units as if they were of one.
type Grouped struct {
	Groups []GroupResult `json:"groups"`
	All    *Result       `json:"all"`
	// CommonShape is the shape of all groups if they have one in common; null if no
	// group has any.
	CommonShape         *float64  `json:"common_shape"`
	CommonShapeInterval *Interval `json:"common_shape_interval"`
	EqualShape          struct {
		Statistic float64  `json:"statistic"`
		DF        int      `json:"df"`
		PValue    *float64 `json:"p_value"` // null if fewer than two groups have a shape
	} `json:"equal_shape"`
}

// AnalyzeGroups analyzes each group, and lends those of which few have failed the
// shape of all; see Pool.
func AnalyzeGroups(groups []Group, o Options) (*Grouped, error) {
	if o.Level == 0 {
		o.Level = 0.95
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	if len(groups) > MaxGroups {
		return nil, fmt.Errorf("%d groups; at most %d: does the column name kinds of unit, or units?", len(groups), MaxGroups)
	}
	pooled, err := Pool(groups, PoolOptions{Level: o.Level})
	if err != nil {
		return nil, err
	}
	out := &Grouped{Groups: []GroupResult{}}
	if out.CommonShape = finite(pooled.Shape.Value); out.CommonShape != nil {
		out.CommonShapeInterval = &pooled.Shape.Interval
	}
	test := &out.EqualShape
	test.Statistic, test.DF, test.PValue = pooled.EqualShape.Statistic, pooled.EqualShape.DF, finite(pooled.EqualShape.PValue)
	parts := make([]*Data, len(groups))
	for i, g := range groups {
		r, err := analyze(g.Data, o, &pooled.Groups[i])
		if err != nil {
			return nil, err
		}
		out.Groups = append(out.Groups, GroupResult{g.Name, r})
		parts[i] = g.Data
	}
	out.All, err = analyze(Merge(parts...), o, nil)
	return out, err
}
