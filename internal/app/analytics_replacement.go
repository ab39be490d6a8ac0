package app

import (
	"time"

	"steward/analytics/job"
	"steward/analytics/replacement"
	"steward/internal/authz"
)

// replacementJob plans by what the present run of the job lifetimes found out.
func replacementJob(p AnalyticsParts, policy *replacement.Policy, company *time.Location) job.Job {
	o := replacement.Options{Policy: policy, Zone: company}
	if p.Runs != nil && p.Store != nil {
		o.Prospects = replacement.Stored(p.Runs.As(analyticsPrincipal), p.Store, analyticsPrincipal.Scope(authz.Read))
	}
	return replacement.New(o)
}
