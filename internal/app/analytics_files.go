package app

import (
	"context"
	"errors"
	"fmt"

	"steward/analytics/replacement"
	"steward/analytics/report/schedule"
	"steward/analytics/response"
	"steward/analytics/scorecard"
	"steward/analytics/tariff"
	"steward/configs"
	"steward/internal/registry"
)

// AnalyticsFiles are what the files say of analyses: those that the configuration
// names, and the shipped ones where it names none.
type AnalyticsFiles struct {
	Tariffs     *tariff.Set
	Scorecard   *scorecard.Config
	Contracts   *response.Penalties
	Replacement *replacement.Policy
	Reports     *schedule.Config
}

// LoadAnalytics reads the files. The error is everything that is wrong, each with
// its file and line.
func LoadAnalytics(cfg Config) (*AnalyticsFiles, error) {
	f := &AnalyticsFiles{}
	var errs []error
	read(&errs, cfg.Analytics.Tariffs, "tariffs", configs.Tariffs, tariff.Parse, &f.Tariffs)
	read(&errs, cfg.Analytics.Scorecard, "scorecard", configs.Scorecard, scorecard.Parse, &f.Scorecard)
	read(&errs, cfg.Analytics.Contracts, "contracts", configs.Contracts, response.ParseContracts, &f.Contracts)
	read(&errs, cfg.Analytics.Replacement, "replacement", configs.Replacement, replacement.Parse, &f.Replacement)
	read(&errs, cfg.Analytics.Reports, "reports", configs.Reports, schedule.Parse, &f.Reports)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return f, nil
}

// read parses the file of a key, or the shipped one.
func read[T any](errs *[]error, path, key string, shipped func() []byte, parse func(path string, text []byte) (T, error), to *T) {
	path, text, err := fileOr(path, "analytics."+key, "configs/"+key+".yaml", shipped)
	if err == nil {
		*to, err = parse(path, text)
	}
	if err != nil {
		*errs = append(*errs, err)
	}
}

// check looks for projects whose tariff is not there, so that nothing of theirs would
// have a price. A nil control could not be opened, which is a finding of its own.
func (f *AnalyticsFiles) check(ctx context.Context, control *Control) (string, error) {
	if control != nil {
		err := checkProjects(ctx, control, "tariff", "analytics.tariffs", f.Tariffs.Names(), func(p registry.Project) string { return p.Tariff })
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("tariffs: %d", len(f.Tariffs.Names())), nil
}
