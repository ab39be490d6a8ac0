// Package schedule sends reports by e-mail, each month, to whom a file says. [Parse]
// reads the file, [New] is the job that looks each hour what is due.
//
// A report that is sent is noted as a pin of the runs that it was made from, which
// keeps these as well: what a retry finds noted it does not send again. A process that
// ends between the sending and the note sends it twice, with the same Message-ID, and
// never not at all.
package schedule

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/analytics/job"
	"steward/analytics/report"
	"steward/analytics/report/compose"
	"steward/analytics/report/render"
	"steward/internal/authz"
	"steward/internal/incident"
)

// Composer makes reports: compose.Composer.
type Composer interface {
	Compose(ctx context.Context, scope authz.Scope, r compose.Request) (*report.Report, error)
}

// Pins notes what needs which run.
type Pins interface {
	// Pinned are the runs that something of a name keeps.
	Pinned(ctx context.Context, name string) ([]string, error)
	Pin(ctx context.Context, run, name string) error
}

// Mailer sends mail.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

// Mail is a message with files.
type Mail struct {
	Channel     string   // through which it goes
	To          []string // addresses
	Subject     string
	Text        string
	Key         string // names it: one that is sent again has the same
	Attachments []Attachment
}

// Attachment is a file that comes with a mail.
type Attachment struct {
	Name, MediaType string
	Content         []byte
}

// Options of the job. Without schedules it has nothing to do.
type Options struct {
	Schedules []Schedule
	Composer  Composer
	Pins      Pins
	Mailer    Mailer
	// Addresses are those of a channel, or of contact:NAME. May be nil.
	Addresses func(to string) []string
	PublicURL string         // where the page is, for the links in mails; "" for none
	Zone      *time.Location // by whose clocks days are; UTC when nil
	MaxSize   int            // of the files of a mail, in bytes; 20 MB when 0
}

// maxSize is what most servers take once it is encoded.
const maxSize = 20 << 20

// patience is for how long a report waits for its analyses before that is an error.
const patience = 24 * time.Hour

// Sent is the document "sent" of a report that was sent.
type Sent struct {
	Schedule string    `json:"schedule"`
	Month    string    `json:"month"`
	To       int       `json:"addresses"` // how many: the file says which
	At       time.Time `json:"at"`
	Files    []string  `json:"files"`
	Left     []string  `json:"too_large,omitempty"` // files that were not sent along
	Runs     []string  `json:"runs"`
}

// New is the job.
func New(o Options) job.Job {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.MaxSize == 0 {
		o.MaxSize = maxSize
	}
	return job.Job{
		Name:  "reports",
		Title: incident.Text{ZH: "定期报告", EN: "Scheduled reports"},
		About: "sends the reports that are due by e-mail, as the file of schedules says",
		Every: job.Hourly,
		At:    20 * time.Minute,
		Period: func(now time.Time, _ *time.Location) (from, to time.Time) {
			to = now.UTC().Truncate(time.Hour)
			return to.Add(-time.Hour), to
		},
		Run: func(ctx context.Context, r *job.Run) error { return run(ctx, &o, r) },
	}
}

func run(ctx context.Context, o *Options, r *job.Run) error {
	r.Cover(1)
	var errs []error
	for n := range o.Schedules {
		if err := ctx.Err(); err != nil {
			return errors.Join(append(errs, err)...)
		}
		s := &o.Schedules[n]
		r.Progress(int64(n), int64(len(o.Schedules)), s.Name)
		if err := o.look(ctx, r, s); err != nil {
			errs = append(errs, fmt.Errorf("schedule %s: %w", s.Name, err))
		}
	}
	r.Progress(int64(len(o.Schedules)), int64(len(o.Schedules)), "")
	return errors.Join(errs...)
}

// look sends the report of a schedule if it is due.
func (o *Options) look(ctx context.Context, r *job.Run, s *Schedule) error {
	now := r.Now.In(o.Zone)
	due := time.Date(now.Year(), now.Month(), s.Day, 0, 0, int(s.At/time.Second), 0, o.Zone)
	if now.Before(due) {
		return nil
	}
	month := compose.LastMonth(now, o.Zone)
	pin := "report:" + s.Name + "/" + month
	sent := pin + "/sent"
	if noted, err := o.Pins.Pinned(ctx, sent); err != nil || len(noted) > 0 {
		return err
	}
	made, err := o.Composer.Compose(ctx, authz.Everything(), compose.Request{Name: s.Report, Place: s.Place, Month: month})
	if missing := new(compose.MissingError); errors.As(err, &missing) && now.Before(due.Add(patience)) {
		return nil // the analyses may be under way
	}
	if err != nil {
		return err
	}
	if now.Before(due.Add(patience)) && unfinished(s.Report, made) {
		return nil // likewise: half a report would be sent, and never the whole one
	}
	to, err := o.addresses(s)
	if err != nil {
		return err
	}
	// First the runs are kept: what people have in their mailboxes can be made again.
	for _, one := range made.Runs {
		if err := o.Pins.Pin(ctx, one.ID, pin); err != nil {
			return fmt.Errorf("keep run %s: %w", one.ID, err)
		}
	}
	mail, left, err := o.mail(ctx, s, made, month)
	if err != nil {
		return err
	}
	mail.To = to
	if err := o.Mailer.Send(ctx, mail); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	// It is sent, also when the run is being stopped.
	ctx = context.WithoutCancel(ctx)
	note := Sent{Schedule: s.Name, Month: month, To: len(to), At: r.Now, Left: left}
	for _, a := range mail.Attachments {
		note.Files = append(note.Files, a.Name)
	}
	for _, one := range made.Runs {
		note.Runs = append(note.Runs, one.ID)
	}
	if err := o.Pins.Pin(ctx, made.Runs[0].ID, sent); err != nil {
		return fmt.Errorf("note that it was sent: %w", err)
	}
	return r.Note(ctx, "sent", s.Place.Region, s.Place.Project, s.Name+"/"+month, note)
}

// unfinished reports whether an analysis has no results yet that reach to the end of
// the period.
func unfinished(name string, made *report.Report) bool {
	kind, _ := compose.KindOf(name)
	return slices.ContainsFunc(kind.Jobs, func(job string) bool {
		return !slices.ContainsFunc(made.Runs, func(r report.Run) bool { return r.Job == job && !r.To.Before(made.To) })
	})
}

// addresses are those of a schedule, each once.
func (o *Options) addresses(s *Schedule) ([]string, error) {
	to := s.To
	if len(to) == 0 {
		to = []string{s.Channel}
	}
	var all []string
	for _, one := range to {
		if !strings.HasPrefix(one, contact) && strings.Contains(one, "@") {
			all = append(all, one)
			continue
		}
		var more []string
		if o.Addresses != nil {
			more = o.Addresses(one)
		}
		if len(more) == 0 {
			return nil, fmt.Errorf("to: %q has no address of mail", one)
		}
		all = append(all, more...)
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) > maxTo {
		return nil, fmt.Errorf("to: these are %d addresses; %d are the most", len(all), maxTo)
	}
	return all, nil
}

// mail is the message with the report in the formats of the schedule, as far as they
// are not too large.
func (o *Options) mail(ctx context.Context, s *Schedule, made *report.Report, month string) (m Mail, left []string, err error) {
	size := 0
	var said []report.Text
	for _, format := range s.Formats {
		var file bytes.Buffer
		name := render.FileName(made, format, s.Lang, "")
		err := render.Write(ctx, &file, made, format, s.Lang, "", render.Options{})
		switch {
		case errors.Is(err, render.ErrNoChromium): // a page to print comes in its place, or is there
			said = append(said, text("未附 "+name+"：本机没有 Chromium。", name+" is missing: there is no Chromium on this machine."))
			left = append(left, name)
			continue
		case err != nil:
			return m, nil, err
		}
		if size+file.Len() > o.MaxSize {
			said = append(said, o.fetch(s, name, format, month))
			left = append(left, name)
			continue
		}
		size += file.Len()
		m.Attachments = append(m.Attachments, Attachment{name, render.ContentType(format, ""), file.Bytes()})
	}
	m.Channel, m.Key = s.Channel, "report:"+s.Name+"/"+month
	m.Subject = made.Title.In(s.Lang) + " · " + made.Of.In(s.Lang)
	var b strings.Builder
	b.WriteString(m.Subject + "\n\n")
	for _, section := range made.Sections {
		if len(section.Text) == 0 {
			continue
		}
		b.WriteString(section.Title.In(s.Lang) + "\n")
		for _, t := range section.Text {
			b.WriteString("  " + t.In(s.Lang) + "\n")
		}
		b.WriteString("\n")
	}
	for _, t := range said {
		b.WriteString(t.In(s.Lang) + "\n")
	}
	m.Text = b.String()
	return m, left, nil
}

func text(zh, en string) report.Text { return report.Text{ZH: zh, EN: en} }

// fetch says where a file is to be had that is too large for a mail.
func (o *Options) fetch(s *Schedule, name, format, month string) report.Text {
	scope := ""
	if s.Place.Region != "" {
		scope = " --scope " + s.Place.String()
	}
	where := fmt.Sprintf("steward report %s --month %s%s --lang %s --format %s --out %s", s.Report, month, scope, s.Lang, format, name)
	if o.PublicURL != "" {
		query := "?month=" + month + "&lang=" + s.Lang + "&format=" + format
		if s.Place.Region != "" {
			query += "&region=" + s.Place.Region
		}
		if s.Place.Project != "" {
			query += "&project=" + s.Place.Project
		}
		where = strings.TrimRight(o.PublicURL, "/") + "/api/v1/reports/" + s.Report + query
	}
	return text(name+" 太大，未随信附上，可由此取得："+where, name+" is too large for a mail; get it with: "+where)
}
