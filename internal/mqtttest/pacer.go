package mqtttest

import "time"

// pacer says when a message is due at an even rate. Those that fall into the
// same millisecond are due together.
type pacer struct {
	rate    float64 // messages a second; 0 for no pace
	start   time.Time
	allowed uint64 // messages with a lower number are due already
}

const (
	tick = time.Millisecond
	// catchUp is how much of a standstill is made up for afterwards, at full
	// speed. What is longer ago never took place.
	catchUp = time.Second
)

// wait is how long message n is not yet due.
func (p *pacer) wait(n uint64) time.Duration {
	if p.rate == 0 || n < p.allowed {
		return 0
	}
	now := time.Now()
	if p.start.IsZero() {
		p.start = now
	}
	behind := now.Sub(p.start) - p.at(n)
	if behind > catchUp {
		p.start = p.start.Add(behind - catchUp)
	}
	if p.allowed = uint64(now.Sub(p.start).Seconds()*p.rate) + 1; n < p.allowed {
		return 0
	}
	return max(p.at(n)-now.Sub(p.start), tick)
}

// at is the time from the start at which message n is due.
func (p *pacer) at(n uint64) time.Duration {
	return time.Duration(float64(n) / p.rate * float64(time.Second))
}
