package registry

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	registered *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		registered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "steward_registry_registered_total",
			Help: "Devices that published before somebody entered them, by what became of them.",
		}, []string{"outcome"}),
	}
	// They exist from the start, so that a rate can be computed of the first.
	for _, outcome := range []string{outcomePending, outcomeApproved, outcomeDropped} {
		m.registered.WithLabelValues(outcome)
	}
	if r != nil {
		r.MustRegister(m.registered)
	}
	return m
}

// The outcomes of Register.
const (
	outcomePending  = "pending"
	outcomeApproved = "approved" // by a rule
	outcomeDropped  = "dropped"  // no room for more that wait, or a name that cannot be kept
)
