package scorecard

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// fewScores is below how many the interval of a mean rests on their being normal.
const fewScores = 10

// scores are the scores of inspections.
type scores struct {
	n           int
	sum, square float64
	least, most float64
}

func (s *scores) take(score float64) { s.join(scores{1, score, score * score, score, score}) }

func (s *scores) join(o scores) {
	switch {
	case o.n == 0:
		return
	case s.n == 0:
		*s = o
		return
	}
	s.n, s.sum, s.square = s.n+o.n, s.sum+o.sum, s.square+o.square
	s.least, s.most = min(s.least, o.least), max(s.most, o.most)
}

// mean is theirs with the interval of Student; nil where there is none.
func (s *scores) mean() *Scores {
	if s.n == 0 {
		return nil
	}
	n := float64(s.n)
	m := &Scores{Mean: s.sum / n, N: s.n}
	switch {
	case s.n == 1:
		m.Why = "no interval: one score does not tell how scores differ"
		return m
	case s.least == s.most:
		m.Why = "no interval: all scores are the same"
		return m
	case s.n < fewScores:
		m.Why = "fewer than 10 scores: the interval is rough"
	}
	variance := max(0, s.square-s.sum*m.Mean) / (n - 1)
	half := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(1-(1-level)/2) * math.Sqrt(variance/n)
	low, high := max(0, m.Mean-half), min(100, m.Mean+half)
	m.Low, m.High = &low, &high
	return m
}
