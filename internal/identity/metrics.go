package identity

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"steward/internal/controldb"
)

// metrics are the numbers of one process's doors. Nobody's name is in them.
type metrics struct {
	signIns   *prometheus.CounterVec
	mqtt      *prometheus.CounterVec
	badTokens prometheus.Counter
	replayed  prometheus.Counter
}

// outcomes of a sign-in.
const (
	outcomeOK     = "ok"
	outcomeBad    = "bad_credentials"
	outcomeLocked = "locked"
	outcomeBusy   = "busy"
	outcomeError  = "error"
)

func newMetrics(reg prometheus.Registerer, s *Service) *metrics {
	m := &metrics{
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "steward_sign_ins_total", Help: "Attempts of people to sign in, by how they did and what came of it.",
		}, []string{"via", "outcome"}),
		mqtt: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "steward_mqtt_sign_ins_total", Help: "Attempts to connect to the embedded broker with a name and password.",
		}, []string{"outcome"}),
		badTokens: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "steward_bad_tokens_total", Help: "Tokens shown that are none, or no more.",
		}),
		replayed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "steward_sessions_replayed_total", Help: "Sessions ended because somebody showed an old copy of their secret.",
		}),
	}
	for _, outcome := range []string{outcomeOK, outcomeBad, outcomeLocked, outcomeBusy, outcomeError} {
		m.signIns.WithLabelValues(viaPassword, outcome)
		if s.oidc != nil {
			m.signIns.WithLabelValues(viaOIDC, outcome)
		}
	}
	for _, outcome := range []string{outcomeOK, outcomeBad, outcomeError} {
		m.mqtt.WithLabelValues(outcome)
	}
	if reg != nil {
		reg.MustRegister(m.signIns, m.mqtt, m.badTokens, m.replayed,
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Name: "steward_sessions", Help: "Sessions of people that have not ended, of the whole installation; NaN while the database does not answer.",
			}, s.countSessions))
	}
	return m
}

func (m *metrics) signIn(via string, err error) { m.signIns.WithLabelValues(via, outcomeOf(err)).Inc() }

func (m *metrics) mqttSignIn(err error) { m.mqtt.WithLabelValues(outcomeOf(err)).Inc() }

func outcomeOf(err error) string {
	var locked *LockedError
	switch {
	case err == nil:
		return outcomeOK
	case errors.Is(err, ErrBadCredentials), errors.Is(err, ErrRefused):
		return outcomeBad
	case errors.As(err, &locked):
		return outcomeLocked
	case errors.Is(err, ErrBusy):
		return outcomeBusy
	}
	return outcomeError
}

// countSessions answers a scrape.
func (s *Service) countSessions() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	now := s.now()
	var n int64
	err := s.db.Read(ctx, func(tx *controldb.Tx) error {
		return tx.Get(&n, `SELECT COUNT(*) FROM sessions WHERE expires_at > ? AND seen_at > ?`, now, now.Add(-s.policy.SessionIdle))
	})
	if err != nil {
		return math.NaN()
	}
	return float64(n)
}
