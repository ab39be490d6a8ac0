package compose

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"steward/analytics/report"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/runs"
)

// name of a number within its run.
type numberName struct {
	kind string
	authz.Place
	building, subject string
}

// numbers are some of a run's, by their names. It is nil where there is no run.
type numbers map[numberName]*clickhouse.AnalyticsNumber

func (n numbers) of(kind string, at authz.Place, subject string) *clickhouse.AnalyticsNumber {
	return n[numberName{kind, at, "", subject}]
}

// subjects are those of a kind of number at a place, in order.
func (n numbers) subjects(kind string, at authz.Place) []string {
	var all []string
	for name := range n {
		if name.kind == kind && name.Place == at && name.building == "" {
			all = append(all, name.subject)
		}
	}
	slices.Sort(all)
	return all
}

// places are those that have a number of a kind and subject, in order.
func (n numbers) places(kind, subject string) []authz.Place {
	var all []authz.Place
	for name := range n {
		if name.kind == kind && name.subject == subject && name.building == "" {
			all = append(all, name.Place)
		}
	}
	slices.SortFunc(all, comparePlaces)
	return all
}

func comparePlaces(a, b authz.Place) int {
	return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Project, b.Project))
}

// maxNumbers bounds what a report takes from one run into memory.
const maxNumbers = 500_000

// numbersOf reads numbers of some kinds of the place and below, as far as the caller
// may see them.
func (b *book) numbersOf(r runs.Run, found bool, kinds ...string) (numbers, error) {
	if !found {
		return nil, nil
	}
	return b.readNumbers(b.query(r), kinds)
}

// numbersHere reads those of the place alone, without what is below.
func (b *book) numbersHere(r runs.Run, kinds ...string) (numbers, error) {
	q := b.query(r)
	switch {
	case b.Place.Project != "":
		q.Per = "project"
	case b.Place.Region != "":
		q.Per = "region"
	default:
		q.Per = "company"
	}
	return b.readNumbers(q, kinds)
}

func (b *book) readNumbers(q clickhouse.ResultsQuery, kinds []string) (numbers, error) {
	q.Kinds, q.Limit = kinds, clickhouse.MaxRows
	all := numbers{}
	for len(all) < maxNumbers {
		page, err := b.Results.AnalyticsNumbers(b.ctx, b.scope, q)
		if err != nil {
			return nil, fmt.Errorf("numbers of run %s of %s: %w", q.Run, q.Job, err)
		}
		for i := range page.Numbers {
			n := &page.Numbers[i]
			all[numberName{n.Kind, n.Place, n.Building, n.Subject}] = n
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return all, nil
		}
	}
	return nil, fmt.Errorf("run %s of %s has more than %d numbers of %v: ask for a region or a project", q.Run, q.Job, maxNumbers, kinds)
}

// query is of the results of a run at the place of the report and below.
func (b *book) query(r runs.Run) clickhouse.ResultsQuery {
	return clickhouse.ResultsQuery{Job: r.Job, Run: r.ID, Region: b.Place.Region, Project: b.Place.Project}
}

// both reads numbers of a job's run and of the one that it is compared with.
func (b *book) both(job string, kinds ...string) (is, was numbers, err error) {
	r, found := b.now[job]
	if is, err = b.numbersOf(r, found, kinds...); err != nil {
		return nil, nil, err
	}
	r, found = b.before[job]
	was, err = b.numbersOf(r, found, kinds...)
	return is, was, err
}

// document reads a document of a place into what it is. A field that is not known
// here is passed over: newer documents have more. It reports whether there is one.
func (b *book) document(r runs.Run, kind string, at authz.Place, subject string, into any) (bool, error) {
	d, err := b.Results.AnalyticsDocument(b.ctx, b.scope, r.Job, r.ID, clickhouse.AnalyticsDocument{Kind: kind, Place: at, Subject: subject})
	if errors.Is(err, clickhouse.ErrNotFound) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(d.Body, into)
	}
	if err != nil {
		return false, fmt.Errorf("document %s of run %s: %w", kind, r.ID, err)
	}
	return true, nil
}

// maxDocuments bounds how many documents of a kind are read, one at a time.
const maxDocuments = 5000

// documents goes through the documents of a kind at the place and below. It reports
// how many were left out.
func (b *book) documents(r runs.Run, kind string, do func(at authz.Place, subject string, body []byte) error) (left int, err error) {
	q := b.query(r)
	q.Kinds, q.Limit = []string{kind}, clickhouse.MaxRows
	list, err := b.Results.AnalyticsDocuments(b.ctx, b.scope, q)
	if err != nil {
		return 0, fmt.Errorf("documents of run %s of %s: %w", r.ID, r.Job, err)
	}
	left = max(0, len(list.Documents)-maxDocuments)
	for _, named := range list.Documents[:len(list.Documents)-left] {
		d, err := b.Results.AnalyticsDocument(b.ctx, b.scope, r.Job, r.ID, named)
		if errors.Is(err, clickhouse.ErrNotFound) {
			continue
		}
		if err == nil {
			err = do(named.Place, named.Subject, d.Body)
		}
		if err != nil {
			return 0, fmt.Errorf("document %s of run %s: %w", kind, r.ID, err)
		}
	}
	return left, nil
}

// each is documents of a kind by what they are.
func each[T any](b *book, r runs.Run, kind string, do func(at authz.Place, subject string, doc *T)) (left int, err error) {
	return b.documents(r, kind, func(at authz.Place, subject string, body []byte) error {
		var doc T
		if err := json.Unmarshal(body, &doc); err != nil {
			return err
		}
		do(at, subject, &doc)
		return nil
	})
}

// absent is the section of a job that has computed nothing for the period.
func (b *book) absent(name string, title report.Text, job string) []report.Section {
	return []report.Section{{
		Name: name, Title: title,
		Text:  []report.Text{say("数据不足：这一时期尚未计算。", "Insufficient data: not yet computed for this period.")},
		Notes: []report.Text{sayf("计算：%s", "To compute it: %s", command(job, b.from, b.to))},
	}}
}

// asOf says of results that are not of the end of the period of when they are: of a
// month under way, or of a job that has not run since.
func (b *book) asOf(job string) []report.Text {
	r, found := b.now[job]
	if !found || !r.To.Before(b.to) {
		return nil
	}
	at := r.To.In(b.Zone).Format("2006-01-02 15:04")
	return []report.Text{sayf("结果只到 %s，不是期末。", "Results are as of %s, which is not the end of the period.", at)}
}

// nothing is the section of a job that says nothing of the place.
func nothing(name string, title report.Text) []report.Section {
	return []report.Section{{
		Name: name, Title: title,
		Text: []report.Text{say("数据不足：计算结果中没有这一范围的内容。", "Insufficient data: the results say nothing of this place.")},
	}}
}

// fact is a large number with the one that it is compared with.
func fact(title report.Text, f report.Format, good int, is, was *clickhouse.AnalyticsNumber) report.Fact {
	out := report.Fact{Title: title, Value: value(is), Format: f, Good: good}
	if was != nil && was.Value != nil {
		v := value(was)
		out.Before = &v
	}
	return out
}

// down reports whether a place lies just below another: regions below the company,
// projects below a region.
func down(at, parent authz.Place) bool {
	switch {
	case parent.Project != "":
		return false
	case parent.Region != "":
		return at.Region == parent.Region && at.Project != ""
	}
	return at.Region != "" && at.Project == ""
}

// projectBelow reports whether a place is a project at or below another.
func projectBelow(at, parent authz.Place) bool { return at.Project != "" && parent.Contains(at) }
