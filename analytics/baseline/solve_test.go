package baseline

import (
	"math"
	"testing"
)

// NIST Statistical Reference Datasets, linear regression, Longley (higher level of
// difficulty): y, x1 to x6, and the certified values of intercept and slopes with their
// standard deviations. www.itl.nist.gov/div898/strd/lls/data/Longley.shtml
var longley = [][]float64{
	{60323, 83.0, 234289, 2356, 1590, 107608, 1947},
	{61122, 88.5, 259426, 2325, 1456, 108632, 1948},
	{60171, 88.2, 258054, 3682, 1616, 109773, 1949},
	{61187, 89.5, 284599, 3351, 1650, 110929, 1950},
	{63221, 96.2, 328975, 2099, 3099, 112075, 1951},
	{63639, 98.1, 346999, 1932, 3594, 113270, 1952},
	{64989, 99.0, 365385, 1870, 3547, 115094, 1953},
	{63761, 100.0, 363112, 3578, 3350, 116219, 1954},
	{66019, 101.2, 397469, 2904, 3048, 117388, 1955},
	{67857, 104.6, 419180, 2822, 2857, 118734, 1956},
	{68169, 108.4, 442769, 2936, 2798, 120445, 1957},
	{66513, 110.8, 444546, 4681, 2637, 121950, 1958},
	{68655, 112.6, 482704, 3813, 2552, 123366, 1959},
	{69564, 114.2, 502601, 3931, 2514, 125368, 1960},
	{69331, 115.7, 518173, 4806, 2572, 127852, 1961},
	{70551, 116.9, 554894, 4007, 2827, 130081, 1962},
}

var longleyCertified = [][2]float64{
	{-3482258.63459582, 890420.383607373},
	{15.0618722713733, 84.9149257747669},
	{-0.0358191792925910, 0.0334910077722432},
	{-2.02022980381683, 0.488399681651699},
	{-1.03322686717359, 0.214274163161675},
	{-0.0511041056535807, 0.226073200069370},
	{1829.15146461355, 455.478499142212},
}

// The same, Norris (lower level of difficulty): y, x.
// www.itl.nist.gov/div898/strd/lls/data/Norris.shtml
var norris = [][]float64{
	{0.1, 0.2}, {338.8, 337.4}, {118.1, 118.2}, {888.0, 884.6}, {9.2, 10.1}, {228.1, 226.5},
	{668.5, 666.3}, {998.5, 996.3}, {449.1, 448.6}, {778.9, 777.0}, {559.2, 558.2}, {0.3, 0.4},
	{0.1, 0.6}, {778.1, 775.5}, {668.8, 666.9}, {339.3, 338.0}, {448.9, 447.5}, {10.8, 11.6},
	{557.7, 556.0}, {228.3, 228.1}, {998.0, 995.8}, {888.8, 887.6}, {119.6, 120.2}, {0.3, 0.3},
	{0.6, 0.3}, {557.6, 556.8}, {339.3, 339.1}, {888.0, 887.2}, {998.5, 999.0}, {778.9, 779.0},
	{10.2, 11.1}, {117.6, 118.3}, {228.9, 229.2}, {668.4, 669.1}, {449.2, 448.9}, {0.2, 0.5},
}

var norrisCertified = [][2]float64{
	{-0.262323073774029, 0.232818234301152},
	{1.00211681802045, 0.429796848199937e-03},
}

func TestReferenceRegressions(t *testing.T) {
	f := func(name string, rows [][]float64, certified [][2]float64, deviation, r2, digits float64) {
		t.Helper()
		columns := make([][]float64, len(rows[0]))
		var y []float64
		for _, row := range rows {
			y = append(y, row[0])
			columns[0] = append(columns[0], 1)
			for j, v := range row[1:] {
				columns[j+1] = append(columns[j+1], v)
			}
		}
		fit, err := leastSquares(columns, y, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := statistics(y, fit.sse, fit.rank, fit.residuals)
		near(t, name+" residual deviation", s.RMSE, deviation, digits)
		near(t, name+" R²", value(t, "R²", s.R2), r2, digits)
		for j, want := range certified {
			near(t, name+" estimate", fit.beta[j], want[0], digits)
			near(t, name+" deviation", s.RMSE*math.Sqrt(fit.cov[j][j]), want[1], digits)
		}
	}
	f("Norris", norris, norrisCertified, 0.884796396144373, 0.999993745883712, 1e-11)
	f("Longley", longley, longleyCertified, 304.854073561965, 0.995479004577296, 1e-8)
}

func TestDependentColumns(t *testing.T) {
	y := []float64{1, 3, 5, 8}
	one, x := []float64{1, 1, 1, 1}, []float64{0, 1, 2, 3}
	twice := []float64{1, 3, 5, 7} // 1 + 2x
	want, err := leastSquares([][]float64{one, x}, y, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := leastSquares([][]float64{one, x, twice, {0, 0, 0, 0}}, y, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.rank != 2 || got.beta[2] != 0 || got.beta[3] != 0 || got.cov[2][2] != 0 {
		t.Errorf("a column that depends on others is kept: %+v", got)
	}
	near(t, "slope", got.beta[1], want.beta[1], 1e-14)
	near(t, "variance", got.cov[1][1], want.cov[1][1], 1e-14)
	near(t, "variance by hand", got.cov[1][1], 1.0/5, 1e-14)

	none, err := leastSquares([][]float64{{0, 0}}, []float64{1, 2}, nil)
	if err != nil || none.rank != 0 || none.sse != 5 {
		t.Errorf("without columns: %+v, %v", none, err)
	}
	if _, err := leastSquares([][]float64{{1}, {2}}, []float64{1}, nil); err == nil {
		t.Error("two parameters fit one value")
	}
}
