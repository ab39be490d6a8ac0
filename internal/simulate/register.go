package simulate

// A register is the counter that a meter shows: it starts somewhere, has a
// resolution, and after its highest value goes on from zero.
type register struct {
	start    float64 // what it showed, or would have shown, at a total of zero
	capacity float64 // the first value that it cannot show
	decimals int
}

// read is what the register shows after so much has passed. A total that
// grows never makes the reading fall but at a rollover.
func (r *register) read(total float64) float64 {
	return floor(r.start+total-float64(r.turns(total))*r.capacity, r.decimals)
}

// turns counts the rollovers so far.
func (r *register) turns(total float64) int { return int((r.start + total) / r.capacity) }

// restart makes the register show v at the present total, as a new meter does.
func (r *register) restart(total, v float64) { r.start = v - total }
