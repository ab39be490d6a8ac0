package standards

import (
	"context"
	"time"

	"steward/internal/incident"
)

// Lister lists incidents by pages: incident.View.
type Lister interface {
	List(ctx context.Context, f incident.Filter, p incident.Page) (incident.List[incident.Incident], error)
}

// Stored are the incidents of a store, as somebody may see them.
func Stored(l Lister) Incidents { return stored{l} }

type stored struct{ Lister }

// pageSize is the largest that the store gives.
const pageSize = 1000

func (s stored) Each(ctx context.Context, from, to time.Time, do func(*incident.Incident) error) error {
	if err := s.pages(ctx, incident.Filter{From: from, To: to}, do); err != nil {
		return err
	}
	return s.pages(ctx, incident.Filter{Open: true, To: from}, do)
}

func (s stored) pages(ctx context.Context, f incident.Filter, do func(*incident.Incident) error) error {
	// By time also where only open ones are asked for: how grave one is may change
	// between two pages.
	p := incident.Page{Limit: pageSize, Sort: "-started_at"}
	for {
		list, err := s.List(ctx, f, p)
		if err != nil {
			return err
		}
		for n := range list.Items {
			if err := do(&list.Items[n]); err != nil {
				return err
			}
		}
		if p.Cursor = list.Next; p.Cursor == "" {
			return nil
		}
	}
}
