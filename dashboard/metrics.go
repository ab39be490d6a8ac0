package dashboard

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"steward/internal/live"
	"steward/internal/live/calls"
)

// dropReason says why the server ended a client's connection.
type dropReason string

// The reasons.
const (
	dropSlow      dropReason = "slow"          // could not keep up for too long
	dropWrite     dropReason = "write_timeout" // took nothing at all
	dropSilent    dropReason = "silent"        // did not answer pings
	dropAbuse     dropReason = "abuse"         // too many or too large messages
	dropStopping  dropReason = "stopping"      // the server stops
	dropSignedOut dropReason = "signed_out"    // signed out, or no longer allowed anything
)

// refusedFor says why a request did not get through the door; it is the code of
// the problem that answers it.
type refusedFor string

// The reasons.
const (
	refusedHost        refusedFor = "unknown_host"
	refusedToken       refusedFor = "bad_token"
	refusedOrigin      refusedFor = "cross_origin"
	refusedCSRF        refusedFor = "csrf"
	refusedPassword    refusedFor = "password_change_required"
	refusedUnavailable refusedFor = "unavailable"
)

// metrics is what the dashboard counts.
type metrics struct {
	clients prometheus.Gauge
	refused prometheus.Counter
	frames  prometheus.Counter
	bytes   prometheus.Counter
	missed  prometheus.Counter
	dropped *prometheus.CounterVec
	turned  *prometheus.CounterVec
	request *prometheus.HistogramVec
}

func newMetrics(r prometheus.Registerer, board *live.Board, incidents *calls.Board) *metrics {
	m := &metrics{
		clients: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "steward_live_clients", Help: "Websocket clients connected now.",
		}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "steward_live_clients_refused_total", Help: "Websocket clients refused because there were too many.",
		}),
		frames: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "steward_live_frames_sent_total", Help: "Snapshots and deltas sent to websocket clients.",
		}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "steward_live_encoded_bytes_total", Help: "Bytes of JSON encoded for websocket clients, once for all that share a scope.",
		}),
		missed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "steward_live_updates_missed_total", Help: "Updates that slow websocket clients lost before a fresh snapshot.",
		}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "steward_live_clients_dropped_total", Help: "Websocket clients whose connection the server ended, by reason.",
		}, []string{"reason"}),
		turned: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "steward_http_requests_refused_total", Help: "Requests that did not get through the door, by reason.",
		}, []string{"reason"}),
		request: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "steward_http_request_duration_seconds", Help: "Time to answer an HTTP request, by route.",
			Buckets: []float64{.001, .005, .02, .1, .5, 2, 10},
		}, []string{"route", "method", "code"}),
	}
	for _, reason := range []dropReason{dropSlow, dropWrite, dropSilent, dropAbuse, dropStopping, dropSignedOut} {
		m.dropped.WithLabelValues(string(reason))
	}
	for _, reason := range []refusedFor{refusedHost, refusedToken, refusedOrigin, refusedCSRF, refusedPassword, refusedUnavailable} {
		m.turned.WithLabelValues(string(reason))
	}
	r.MustRegister(m.clients, m.refused, m.frames, m.bytes, m.missed, m.dropped, m.turned, m.request,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "steward_live_devices", Help: "Devices whose latest values are kept in memory.",
		}, func() float64 { return float64(board.Stats().Devices) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "steward_live_values_late_total", Help: "Values that were older than the latest known and are only in the store.",
		}, func() float64 { return float64(board.Stats().Late) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "steward_live_values_refused_total", Help: "Values not shown live because there were too many devices or metrics.",
		}, func() float64 { s := board.Stats(); return float64(s.RefusedDevices + s.RefusedMetrics) }),
	)
	if incidents != nil {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "steward_live_incidents", Help: "Open incidents that are held in memory for websocket clients.",
		}, func() float64 { return float64(incidents.Stats().Open) }))
	}
	return m
}

func (m *metrics) refuse(reason refusedFor) { m.turned.WithLabelValues(string(reason)).Inc() }

// timed observes how long h takes, under the route's name: a path that a client
// chose must never become a label.
func (m *metrics) timed(route string, h http.Handler) http.Handler {
	return promhttp.InstrumentHandlerDuration(m.request.MustCurryWith(prometheus.Labels{"route": route}), h)
}
