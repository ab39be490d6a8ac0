package notify

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	htmltemplate "html/template"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"steward/alerting/estate"
	"steward/internal/incident"
	"steward/internal/telemetry"
)

//go:embed templates
var templateFiles embed.FS

// The sentences, by language, and the three layouts into which they go.
var (
	sentences = map[string]*template.Template{
		"zh": template.Must(template.ParseFS(templateFiles, "templates/zh/*.tmpl")),
		"en": template.Must(template.ParseFS(templateFiles, "templates/en/*.tmpl")),
	}
	layouts = template.Must(template.New("").Funcs(template.FuncMap{"plain": plainMarkdown.Replace}).
		ParseFS(templateFiles, "templates/layout/text.tmpl", "templates/layout/markdown.tmpl"))
	htmlLayout = htmltemplate.Must(htmltemplate.ParseFS(templateFiles, "templates/layout/html.tmpl"))
)

// renderer makes messages of notices.
type renderer struct {
	publicURL string
	estate    *estate.Estate // nil: names are those of topics, times are UTC
}

// Bounds of a message.
const (
	maxSubject = 200  // bytes
	maxFact    = 2000 // bytes of one fact
	maxListed  = 20   // items that a digest shows
	showSkew   = time.Minute
)

// sentence is what the templates of sentences see.
type sentence struct {
	Severity, Title, Summary, Where, Clock, Left, Over string

	Step, Count, More int
	LifeSafety        bool
	Channel           string
}

// page is what the layouts see.
type page struct {
	Subject, Lead string
	Facts         []fact
	List          []string
	More          string
	Link          string
	LinkText      string
	Runbook       []string // lines
	RunbookTitle  string
	Colour        string
	Lang          string
}

// fact is one line of what is known.
type fact struct{ Label, Value string }

// detail is Notice.Data.
type detail struct {
	Clock *incident.Clock `json:"clock"`
	Step  int             `json:"step"`
}

// render makes one message of items for one receiver, as of now. There is at
// least one item.
func (r *renderer) render(items []Item, lang string, now time.Time) (Message, error) {
	if _, ok := sentences[lang]; !ok {
		lang = "zh"
	}
	slices.SortStableFunc(items, func(a, b Item) int {
		return cmp.Or(gravity(a.Notice.Severity)-gravity(b.Notice.Severity), a.Notice.CreatedAt.Compare(b.Notice.CreatedAt))
	})
	m := Message{Key: keyOf(items), Lang: lang, Severity: items[0].Notice.Severity, Items: items}
	if len(items) == 1 {
		m.Link = incidentLink(r.publicURL, items[0].Incident.ID)
		return m, r.one(&m, now)
	}
	m.Link = r.publicURL
	return m, r.several(&m)
}

// keyOf is the key of one notice, or of these together.
func keyOf(items []Item) string {
	if len(items) == 1 {
		return items[0].Notice.Key
	}
	keys := make([]string, len(items))
	for i := range items {
		keys[i] = items[i].Notice.Key
	}
	slices.Sort(keys)
	sum := sha256.Sum256([]byte(strings.Join(keys, "\n")))
	return "digest-" + hex.EncodeToString(sum[:16])
}

// gravity orders severities, gravest first.
func gravity(s telemetry.Severity) int {
	return slices.Index([]telemetry.Severity{telemetry.LifeSafety, telemetry.Critical, telemetry.Warning, telemetry.Info}, s)
}

// one renders a message about a single notice.
func (r *renderer) one(m *Message, now time.Time) error {
	n, inc := &m.Items[0].Notice, &m.Items[0].Incident
	var d detail
	if len(n.Data) > 0 {
		if err := json.Unmarshal(n.Data, &d); err != nil {
			return fmt.Errorf("data of notice %s: %w", n.Key, err)
		}
	}
	s := r.sentence(m.Lang, inc)
	s.Step = d.Step
	if d.Clock != nil {
		s.Clock = d.Clock.Title.In(m.Lang)
		if d.Clock.Deadline != nil {
			if left := d.Clock.Deadline.Sub(now); left > 0 {
				s.Left = span(m.Lang, left)
			} else {
				s.Over = span(m.Lang, left)
			}
		}
	}
	p := page{
		Facts: r.facts(m.Lang, inc, now), Link: m.Link, LinkText: word(m.Lang, "查看详情", "Open in Steward"),
		RunbookTitle: word(m.Lang, "处置步骤", "What to do"), Colour: colour(n), Lang: m.Lang,
	}
	for line := range strings.Lines(cut(inc.Runbook.In(m.Lang), maxFact)) {
		if line = oneLine(line); line != "" {
			p.Runbook = append(p.Runbook, line)
		}
	}
	name := n.What
	if sentences[m.Lang].Lookup(name+".subject") == nil {
		name = whatOpened
	}
	return r.fill(m, name, s, p)
}

// several renders a digest.
func (r *renderer) several(m *Message) error {
	s := sentence{Severity: severityWord(m.Lang, m.Severity), Count: len(m.Items)}
	p := page{Link: m.Link, LinkText: word(m.Lang, "打开管家", "Open Steward"), Colour: severityColour(m.Severity), Lang: m.Lang}
	for i := range m.Items {
		if i == maxListed {
			p.More = fmt.Sprintf(word(m.Lang, "另有 %d 条，请在管家中查看。", "%d more: see Steward."), len(m.Items)-maxListed)
			break
		}
		n, inc := &m.Items[i].Notice, &m.Items[i].Incident
		one := r.sentence(m.Lang, inc)
		line := fmt.Sprintf(word(m.Lang, "【%s】%s：%s（%s），%s", "[%s] %s: %s (%s), %s"), one.Severity, whatWord(m.Lang, n.What), one.Title, one.Where,
			moment(inc.StartedAt, r.zone(inc)))
		p.List = append(p.List, cut(oneLine(line), maxSubject*2))
	}
	return r.fill(m, whatDigest, s, p)
}

func (r *renderer) fill(m *Message, name string, s sentence, p page) error {
	say := func(part string) (string, error) {
		var b bytes.Buffer
		err := sentences[m.Lang].ExecuteTemplate(&b, name+"."+part, s)
		return oneLine(b.String()), err
	}
	var err error
	if p.Subject, err = say("subject"); err != nil {
		return err
	}
	if p.Lead, err = say("lead"); err != nil {
		return err
	}
	p.Subject, p.Lead = cut(p.Subject, maxSubject), cut(p.Lead, maxFact)
	m.Subject = p.Subject
	var text, markdown, html bytes.Buffer
	for _, layout := range []struct {
		to   *bytes.Buffer
		name string
	}{{&text, "text.tmpl"}, {&markdown, "markdown.tmpl"}} {
		if err := layouts.ExecuteTemplate(layout.to, layout.name, p); err != nil {
			return err
		}
	}
	if err := htmlLayout.Execute(&html, p); err != nil {
		return err
	}
	m.Text, m.Markdown, m.HTML = strings.TrimSpace(text.String()), strings.TrimSpace(markdown.String()), html.String()
	return nil
}

func (r *renderer) sentence(lang string, inc *incident.Incident) sentence {
	title := cmp.Or(inc.Title.In(lang), inc.Kind)
	where := []string{r.project(inc)}
	if inc.Building != "" {
		where = append(where, inc.Building)
	}
	if inc.Device != "" {
		where = append(where, r.device(inc))
	}
	return sentence{
		Severity: severityWord(lang, inc.Severity), Title: title, Summary: cmp.Or(inc.Summary.In(lang), title),
		Where: strings.Join(where, " "), LifeSafety: inc.LifeSafety(),
	}
}

// facts are what is known of an incident, line by line.
func (r *renderer) facts(lang string, inc *incident.Incident, now time.Time) []fact {
	var all []fact
	add := func(zh, en, value string) {
		if value = cut(oneLine(value), maxFact); value != "" {
			all = append(all, fact{word(lang, zh, en), value})
		}
	}
	zone := r.zone(inc)
	add("级别", "Severity", severityWord(lang, inc.Severity))
	add("状态", "State", stateWord(lang, inc.State))
	add("项目", "Project", r.project(inc)+" ("+fmt.Sprint(inc.Place)+")")
	add("楼栋", "Building", inc.Building)
	if inc.Device != "" {
		name := r.device(inc)
		if name != inc.Device {
			name += " (" + inc.Device + ")"
		}
		add("设备", "Device", classWord(lang, inc.Class)+" "+name)
	}
	if inc.Value != nil {
		add("数值", "Value", strings.TrimSpace(strconv.FormatFloat(*inc.Value, 'g', 6, 64)+" "+inc.Unit))
	}
	add("开始时间", "Started", moment(inc.StartedAt, zone))
	if skew := inc.Received.Sub(inc.StartedAt); skew.Abs() > showSkew {
		format := word(lang, "%s（晚 %s）", "%s (%s later)")
		if skew < 0 {
			format = word(lang, "%s（设备时钟快 %s）", "%s (the device's clock is %s ahead)")
		}
		add("收到时间", "Received", fmt.Sprintf(format, moment(inc.Received, zone), span(lang, skew)))
	}
	if inc.Count > 1 {
		add("次数", "Count", strconv.Itoa(inc.Count))
	}
	for i := range inc.Clocks {
		c := &inc.Clocks[i]
		if value := clockWords(lang, c, now); value != "" {
			title := c.Title.In(lang)
			add(title, title, value)
		}
	}
	if inc.ResolvedAt != nil {
		add("结束时间", "Resolved", moment(*inc.ResolvedAt, zone))
	}
	add("编号", "Incident", inc.ID)
	return all
}

// clockWords is where a clock stands; empty for one that does not matter now.
func clockWords(lang string, c *incident.Clock, now time.Time) string {
	limit := time.Duration(c.Limit * float64(time.Second))
	switch {
	case c.State == incident.Paused:
		return word(lang, "已暂停", "paused")
	case c.State == incident.Met && c.Elapsed != nil:
		took := time.Duration(*c.Elapsed * float64(time.Second))
		return fmt.Sprintf(word(lang, "达标，用时 %s（限 %s）", "met in %s (limit %s)"), span(lang, took), span(lang, limit))
	case c.State == incident.Breached && c.StoppedAt != nil && c.Elapsed != nil:
		took := time.Duration(*c.Elapsed * float64(time.Second))
		return fmt.Sprintf(word(lang, "未达标，用时 %s（限 %s）", "missed: %s (limit %s)"), span(lang, took), span(lang, limit))
	case c.Deadline == nil || c.State != incident.Running && c.State != incident.Breached:
		return ""
	case c.Deadline.After(now):
		return fmt.Sprintf(word(lang, "剩余 %s（限 %s）", "%s left (limit %s)"), span(lang, c.Deadline.Sub(now)), span(lang, limit))
	}
	return fmt.Sprintf(word(lang, "已超时 %s（限 %s）", "%s over (limit %s)"), span(lang, now.Sub(*c.Deadline)), span(lang, limit))
}

func (r *renderer) zone(inc *incident.Incident) *time.Location {
	if r.estate == nil {
		return time.UTC
	}
	return r.estate.Project(inc.Place).Zone
}

func (r *renderer) project(inc *incident.Incident) string {
	name := ""
	if r.estate != nil {
		name = r.estate.Project(inc.Place).Name
	}
	return cmp.Or(name, fmt.Sprint(inc.Place))
}

func (r *renderer) device(inc *incident.Incident) string {
	name := ""
	if ref, ok := inc.DeviceRef(); ok && r.estate != nil {
		name = r.estate.Device(ref).Name
	}
	return cmp.Or(name, inc.Device)
}

// colour is that of the message's bar in a mail.
func colour(n *incident.Notice) string {
	if n.What == whatResolved || n.What == whatCleared {
		return "#2e7d32"
	}
	return severityColour(n.Severity)
}

func severityColour(s telemetry.Severity) string {
	switch s {
	case telemetry.LifeSafety:
		return "#c62828"
	case telemetry.Critical:
		return "#d84315"
	case telemetry.Warning:
		return "#ef8f00"
	}
	return "#1565c0"
}
