package baseline

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"
)

// dependent is below which part of its own length a column of a regression is a
// combination of those before it. The hardest of NIST's reference sets that a building
// resembles (Longley) needs 1e-5.
const dependent = 1e-9

// solution is an ordinary least squares fit.
type solution struct {
	beta []float64
	// cov is (X'X)⁻¹: times the variance of the noise it is the covariance of beta.
	// Columns that depend on others have a beta of 0 and zeros here: what they would
	// explain, the others do.
	cov       [][]float64
	rank      int
	residuals []float64
	sse       float64
}

// leastSquares fits y to the columns of x by Householder QR. Lengths are those that
// the columns had before somebody took their means away, nil when nobody did: by them
// a column is told from its own rounding.
func leastSquares(columns [][]float64, y, lengths []float64) (*solution, error) {
	kept := make([]int, 0, len(columns))
	for j, c := range columns {
		if length := norm(c); length > 0 && (lengths == nil || length > dependent*lengths[j]) {
			kept = append(kept, j)
		}
	}
	s := &solution{beta: make([]float64, len(columns)), cov: square(len(columns)), residuals: append([]float64(nil), y...)}
	var qr mat.QR
	var r mat.Dense
	for {
		if len(kept) > len(y) {
			return nil, errors.New("there are more parameters than values")
		}
		if len(kept) == 0 {
			s.sse = dot(y, y)
			return s, nil
		}
		x := mat.NewDense(len(y), len(kept), nil)
		for k, j := range kept {
			x.SetCol(k, columns[j])
		}
		qr.Factorize(x)
		r.Reset()
		qr.RTo(&r)
		// The diagonal of R is what is left of each column beside those before it.
		full := kept[:0:0]
		for k, j := range kept {
			if math.Abs(r.At(k, k)) > dependent*norm(columns[j]) {
				full = append(full, j)
			}
		}
		if len(full) == len(kept) {
			break
		}
		kept = full
	}
	s.rank = len(kept)

	var beta mat.VecDense
	var condition mat.Condition
	// A condition is a warning, and the columns that bring it are out.
	if err := qr.SolveVecTo(&beta, false, mat.NewVecDense(len(y), append([]float64(nil), y...))); err != nil && !errors.As(err, &condition) {
		return nil, err
	}
	for k, j := range kept {
		s.beta[j] = beta.AtVec(k)
		for i, v := range columns[j] {
			s.residuals[i] -= s.beta[j] * v
		}
	}
	s.sse = dot(s.residuals, s.residuals)

	upper, inverse := mat.NewTriDense(s.rank, mat.Upper, nil), mat.NewTriDense(s.rank, mat.Upper, nil)
	for a := range kept {
		for b := a; b < s.rank; b++ {
			upper.SetTri(a, b, r.At(a, b))
		}
	}
	if err := inverse.InverseTri(upper); err != nil && !errors.As(err, &condition) {
		return nil, err
	}
	for a, i := range kept {
		for b, j := range kept {
			for k := max(a, b); k < s.rank; k++ {
				s.cov[i][j] += inverse.At(a, k) * inverse.At(b, k)
			}
		}
	}
	return s, nil
}

// quadratic is x'Cx.
func quadratic(c [][]float64, x []float64) float64 {
	total := 0.0
	for i := range x {
		total += x[i] * dot(c[i], x)
	}
	return max(total, 0)
}

func square(n int) [][]float64 {
	rows, cells := make([][]float64, n), make([]float64, n*n)
	for i := range rows {
		rows[i] = cells[i*n : (i+1)*n : (i+1)*n]
	}
	return rows
}

func isSquare(c [][]float64, n int) bool {
	for _, row := range c {
		if len(row) != n {
			return false
		}
	}
	return len(c) == n
}

func dot(a, b []float64) float64 {
	total := 0.0
	for i, v := range a {
		total += v * b[i]
	}
	return total
}

func norm(a []float64) float64 { return math.Sqrt(dot(a, a)) }

func mean(a []float64) float64 {
	total := 0.0
	for _, v := range a {
		total += v
	}
	return total / float64(len(a))
}
