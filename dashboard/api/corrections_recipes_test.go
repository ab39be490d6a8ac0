package api

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"

	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/telemetry"
)

// correctionsRecipes are those of corrections of counters.
func correctionsRecipes() map[string]recipe {
	return map[string]recipe{
		"list-meter-corrections": {needs: authz.Read, call: func(a aim) call { return get(a.device() + "/corrections?withdrawn=true") }},
		"create-meter-correction": {needs: authz.Configure, call: func(a aim) call {
			return post(a.device()+"/corrections", fields{"kind": "replaced", "metric": "energy_kwh", "at": a.from, "old": 100, "new": 0, "note": "exchanged"})
		}},
		"withdraw-meter-correction": {needs: authz.Configure, call: func(a aim) call {
			return post(a.device()+"/corrections/"+plantedCorrection(a.at)+"/withdraw", nil)
		}},
	}
}

// plantedCorrection is the id of the correction that an estate has.
func plantedCorrection(at authz.Place) string {
	sum := sha256.Sum256([]byte(at.Project))
	return "20260101-" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
}

func (w *world) plantCorrection(at authz.Place) {
	w.t.Helper()
	w.must(w.data.PutMeterCorrections(w.t.Context(), []clickhouse.MeterCorrection{{
		ID: plantedCorrection(at), Device: telemetry.Device{Region: at.Region, Project: at.Project, Class: telemetry.Meter, ID: "m-" + at.Project},
		At: w.now.Add(-3 * time.Hour), Kind: "accept", Note: "of " + at.Project, By: "li", Made: w.now.Add(-time.Hour),
	}}))
}
