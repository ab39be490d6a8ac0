package api

import (
	"context"
	"net/url"

	"steward/internal/registry"
)

// PageIn is which part of a list is wanted.
type PageIn struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"At most so many items."`
	Cursor string `query:"cursor" maxLength:"4096" doc:"Where to go on: the next of the list before. It belongs to the same filters and order."`
}

func (p PageIn) page() registry.Page { return registry.Page{Limit: p.Limit, Cursor: p.Cursor} }

// SortedIn is PageIn of a list that can be sorted.
type SortedIn struct {
	PageIn
	Sort string `query:"sort" maxLength:"64" doc:"The field to sort by, with - before it for descending." example:"-updated_at"`
}

func (p SortedIn) page() registry.Page {
	page := p.PageIn.page()
	page.Sort = p.Sort
	return page
}

// listOut is a page of a list.
type listOut[T any] struct {
	Link string `header:"Link" doc:"The following page, rel=next; absent on the last one."`
	Body listBody[T]
}

type listBody[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"The cursor of the following page; absent on the last one."`
	Total *int   `json:"total,omitempty" doc:"How many there are on all pages, where it was asked for."`
}

// list makes a page, with the address of the following one.
func list[T any](ctx context.Context, items []T, next string) *listOut[T] {
	if items == nil {
		items = []T{}
	}
	return &listOut[T]{Link: linkTo(ctx, next), Body: listBody[T]{Items: items, Next: next}}
}

// linkTo is the address of this request with another cursor.
func linkTo(ctx context.Context, next string) string {
	v := visitFrom(ctx)
	if next == "" || v == nil {
		return ""
	}
	query := v.url.Query()
	query.Set("cursor", next)
	to := url.URL{Path: v.url.Path, RawQuery: query.Encode()}
	return "<" + to.String() + `>; rel="next"`
}
