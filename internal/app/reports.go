package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"steward/alerting/notify"
	"steward/alerting/route"
	"steward/analytics/job"
	"steward/analytics/report"
	"steward/analytics/report/compose"
	"steward/analytics/report/pdf"
	"steward/analytics/report/render"
	"steward/analytics/report/schedule"
	"steward/dashboard/api"
	"steward/internal/authz"
	"steward/internal/clickhouse"
	"steward/internal/controldb"
	"steward/internal/registry"
	"steward/internal/runs"
)

var reportsPrincipal = authz.SystemPrincipal("reports")

// newReports makes reports from the results of runs, with the names that places have
// in the registry.
func newReports(cfg Config, store *runs.Store, db *clickhouse.Store, places *registry.Store) (*compose.Composer, error) {
	zone, err := time.LoadLocation(cfg.Analytics.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("analytics.time_zone: %w", err) // it was checked
	}
	view := places.As(reportsPrincipal)
	return compose.New(compose.Options{
		Runs: store.As(reportsPrincipal), Results: db, Zone: zone,
		Names: func(ctx context.Context, at authz.Place) report.Text {
			name := ""
			// A place that the registry does not know, or cannot say now, goes by its id.
			if at.Project == "" {
				if r, err := view.Region(ctx, at.Region); err == nil {
					name = r.Name
				}
			} else if p, err := view.Project(ctx, at.Region, at.Project); err == nil {
				name = p.Name
			}
			return report.Text{ZH: name, EN: name}
		},
	}), nil
}

// ReportForm is how a report is written.
type ReportForm struct {
	Format string // one of render.Formats
	Lang   string // zh or en
	Table  string // of arrow, parquet and csv; "" for a zip file of all
}

// WriteReport writes a report.
func WriteReport(ctx context.Context, w io.Writer, r *report.Report, how ReportForm) error {
	return render.Write(ctx, w, r, how.Format, how.Lang, how.Table, render.Options{})
}

// reportDoor is what the API asks of reports.
type reportDoor struct {
	*compose.Composer
	now func() time.Time
}

func (d reportDoor) Reports() []api.ReportInfo {
	var all []api.ReportInfo
	formats := slices.Clone(render.Formats)
	if _, err := (pdf.Printer{}).Find(); err != nil { // nobody is offered what cannot be made
		formats = slices.DeleteFunc(formats, func(format string) bool { return format == render.PDF })
	}
	for _, k := range compose.Kinds() {
		all = append(all, api.ReportInfo{Name: k.Name, Title: k.Title, About: k.About, Jobs: k.Jobs, Formats: formats})
	}
	return all
}

func (d reportDoor) Report(ctx context.Context, scope authz.Scope, r api.ReportRequest) (*api.ReportFile, error) {
	how := ReportForm{Format: r.Format, Lang: r.Lang, Table: r.Table}
	if err := render.Check(how.Format, how.Lang, how.Table); err != nil {
		return nil, controldb.Invalid("format", how.Format, "%s", err)
	}
	if r.Month == "" {
		r.Month = compose.LastMonth(d.now(), d.Zone)
	}
	made, err := d.Compose(ctx, scope, compose.Request{
		Name: r.Name, Place: r.Place, Month: r.Month, AsOf: r.AsOf, Difference: r.Difference, Budget: r.Budget,
	})
	wrong, missing := new(compose.RequestError), new(compose.MissingError)
	switch {
	case errors.As(err, &wrong):
		return nil, controldb.Invalid(wrong.Field, wrong.Value, "%s", wrong.Problem)
	case errors.As(err, &missing):
		return nil, &api.NotComputedError{Detail: missing.Error()}
	case errors.Is(err, compose.ErrUnknown), errors.Is(err, compose.ErrOutside):
		return nil, registry.ErrNotFound
	case err != nil:
		return nil, err
	}
	if how.Table != "" && !slices.Contains(render.Tables(made), how.Table) {
		return nil, controldb.Invalid("table", how.Table, "the report has none of this name; it has %s", strings.Join(render.Tables(made), ", "))
	}
	return &api.ReportFile{
		MediaType: render.ContentType(how.Format, how.Table), Name: render.FileName(made, how.Format, how.Lang, how.Table),
		Write: func(ctx context.Context, w io.Writer) error {
			err := WriteReport(ctx, w, made, how)
			if errors.Is(err, render.ErrNoChromium) {
				err = controldb.Invalid("format", how.Format, "this installation has no Chromium to print with: ask for html, and print that")
			}
			return err
		},
	}, nil
}

// reportsJob sends reports by e-mail, as the file of schedules says.
func reportsJob(cfg Config, p AnalyticsParts, schedules *schedule.Config, zone *time.Location) (job.Job, error) {
	o := schedule.Options{Zone: zone}
	if schedules != nil && p.Store != nil { // not to look at the jobs alone
		composer, err := newReports(cfg, p.Runs, p.Store, p.Registry)
		if err != nil {
			return job.Job{}, err
		}
		// Mail needs no broker; channels that do are not used.
		channels, err := notify.Open(p.Files.Channels, func(context.Context, string, []byte, bool) error { return errors.ErrUnsupported })
		if err != nil {
			return job.Job{}, fmt.Errorf("alerting.channels: %w", err)
		}
		o.Schedules, o.Composer, o.Pins, o.Mailer = schedules.Schedules, composer, reportPins{p.Runs}, reportMail{channels}
		o.PublicURL = p.Files.Channels.PublicURL
		o.Addresses = reportAddresses(channels, p.Files.Plan)
	}
	return schedule.New(o), nil
}

// reportAddresses are the addresses of a channel of mail, or of those of contact:NAME.
func reportAddresses(channels *notify.Channels, plan *route.Plan) func(to string) []string {
	return func(to string) []string {
		name, isContact := strings.CutPrefix(to, "contact:")
		if !isContact {
			return channels.Addresses(to)
		}
		var all []string
		for _, c := range plan.Contacts {
			if c.Name != name {
				continue
			}
			for _, channel := range c.Channels {
				all = append(all, channels.Addresses(channel)...)
			}
		}
		return all
	}
}

// reportPins keeps the runs of reports that were sent.
type reportPins struct{ *runs.Store }

func (p reportPins) Pin(ctx context.Context, run, name string) error {
	return p.As(reportsPrincipal).Pin(ctx, run, name)
}

// reportMail sends reports through a channel of alerting.
type reportMail struct{ channels *notify.Channels }

func (m reportMail) Send(ctx context.Context, mail schedule.Mail) error {
	post := notify.Post{To: mail.To, Subject: mail.Subject, Text: mail.Text, Key: mail.Key}
	for _, a := range mail.Attachments {
		post.Attachments = append(post.Attachments, notify.Attachment(a))
	}
	return m.channels.Post(ctx, mail.Channel, post)
}
