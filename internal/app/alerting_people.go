package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"steward/alerting/desk"
	"steward/alerting/route"
	"steward/alerting/rule"
	"steward/internal/authz"
	"steward/internal/controldb"
	"steward/internal/incident"
	"steward/internal/registry"
	"steward/internal/yamlfile"
)

// alertingPeople is what people have configured: the files, and what they keep in
// the registry.
type alertingPeople struct {
	files    *AlertingFiles
	registry *registry.Store
	logger   *slog.Logger

	mu       sync.Mutex // guards what follows
	seen     int64      // revision of the registry at which kept was read
	kept     kept
	revision string
}

// kept is what people keep in the registry.
type kept struct {
	Rules      []registry.AlertRule
	Silences   []incident.Silence
	Overrides  []registry.Override
	Responders []registry.Responder
}

// Revision reads what people keep when anything in the registry has changed, and
// is of that alone: a new meter makes no new rules.
func (p *alertingPeople) Revision(ctx context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last, err := p.registry.Revision(ctx)
	if err != nil || last == p.seen && p.revision != "" {
		return p.revision, err
	}
	var k kept
	now := time.Now()
	if k.Rules, err = p.registry.AlertRules(ctx); err != nil {
		return "", err
	}
	if k.Silences, err = p.registry.ActiveSilences(ctx, now); err != nil {
		return "", err
	}
	if k.Overrides, err = p.registry.Overrides(ctx, now); err != nil {
		return "", err
	}
	if k.Responders, err = p.registry.Responders(ctx); err != nil {
		return "", err
	}
	text, err := json.Marshal(k)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	p.seen, p.kept, p.revision = last, k, hex.EncodeToString(sum[:])
	return p.revision, nil
}

func (p *alertingPeople) last() kept {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.kept
}

// Setup is what the desk goes by.
func (p *alertingPeople) Setup(context.Context) (*desk.Setup, error) {
	k := p.last()
	s := &desk.Setup{Standards: p.files.Standards, Calendars: p.files.Calendars, Plan: p.files.Plan, Silences: k.Silences}
	s.Overrides = overridesOf(k.Overrides)
	for i := range k.Responders {
		r := &k.Responders[i]
		s.Responders = append(s.Responders, desk.Responder{ID: r.ID, Name: r.Name, Place: r.Place(), Card: r.Card})
	}
	return s, nil
}

func overridesOf(list []registry.Override) []route.Override {
	out := make([]route.Override, len(list))
	for i, o := range list {
		out[i] = route.Override{Place: o.Place(), Schedule: o.Schedule, Contact: o.Contact, From: o.From, Until: o.Until}
	}
	return out
}

// Rules are those of the files and those that were made here. One that is not to be
// understood any more, after an update, is left out and told of: the others hold.
func (p *alertingPeople) Rules(context.Context) (*rule.Set, error) {
	files, err := rule.NewSet(p.files.Rules...)
	if err != nil {
		return nil, err
	}
	var made []*rule.Rule
	leftOut := func(name string, err error) {
		p.logger.Error("alerting rule is left out", "rule", name, "error", err)
	}
	for _, kept := range p.last().Rules {
		r, err := readAlertRule(&kept)
		if err == nil && files.ByName[r.Name] != nil && r.Place != authz.HQ {
			err = errSameName
		}
		if err != nil {
			leftOut(kept.Name, err)
			continue
		}
		made = append(made, r)
	}
	if set, err := p.with(made); err == nil {
		return set, nil
	}
	// They do not go together: those that do, in the order of their names.
	var good []*rule.Rule
	for _, r := range made {
		if _, err := p.with(append(good[:len(good):len(good)], r)); err != nil {
			leftOut(r.Name, err)
			continue
		}
		good = append(good, r)
	}
	return p.with(good)
}

// with are the rules of the files and some that were made here.
func (p *alertingPeople) with(made []*rule.Rule) (*rule.Set, error) {
	return rule.NewSet(append(p.files.Rules[:len(p.files.Rules):len(p.files.Rules)], made)...)
}

var errSameName = errors.New("a rule of the files has the same name, and holds everywhere: give it another one")

// ruleSource stands for the file in the errors of a rule that was made here.
const ruleSource = "api"

// readAlertRule reads a rule of the registry, which says its mode and, above all,
// its place: nobody's rule watches more than its owner may.
func readAlertRule(kept *registry.AlertRule) (*rule.Rule, error) {
	r, err := rule.ParseOne(ruleSource, []byte(kept.Text))
	if err != nil {
		return nil, err
	}
	if r.Name != kept.Name || r.Place != kept.Place() {
		return nil, yamlfile.Errorf(ruleSource, r.Line, "its text says %s at %s, and it was made as %s at %s", r.Name, r.Place, kept.Name, kept.Place())
	}
	if kept.Mode != "" {
		r.Mode = rule.Mode(kept.Mode)
	}
	r.Path = ""
	return r, nil
}

// checkAlertRule is the registry's question about the text of a rule.
func checkAlertRule(cfg Config) func(registry.AlertRule) (wide bool, err error) {
	files := sync.OnceValues(func() (*AlertingFiles, error) { return LoadAlerting(cfg) })
	return func(kept registry.AlertRule) (bool, error) {
		f, err := files()
		if err != nil {
			return false, err
		}
		return checkAgainst(f, &kept)
	}
}

func checkAgainst(f *AlertingFiles, kept *registry.AlertRule) (wide bool, err error) {
	r, err := readAlertRule(kept)
	if err != nil {
		return false, controldb.Invalid("text", "", "%v", err)
	}
	set, err := rule.NewSet(f.Rules...)
	if err != nil {
		return false, err
	}
	if _, err := rule.NewSet(append(f.Rules[:len(f.Rules):len(f.Rules)], []*rule.Rule{r})...); err != nil {
		return false, controldb.Invalid("text", "", "it does not go together with the rules of the files: %v", err)
	}
	shipped := set.ByName[r.Name] != nil
	if shipped && r.Place != authz.HQ {
		return false, controldb.Invalid("name", r.Name, "is a rule that holds everywhere: give yours a name of its own")
	}
	if of := r.Combine.Of; r.Kind == rule.Combination && set.ByName[of] == nil {
		return false, controldb.Invalid("combine", of, "there is no rule of this name among the files; one that was made here cannot be counted")
	}
	return shipped || r.Kind == rule.SQL, nil
}

// problemsOf are the errors of a rule, one by one.
func problemsOf(err error) []*yamlfile.Error {
	var one *yamlfile.Error
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*yamlfile.Error
		for _, e := range joined.Unwrap() {
			all = append(all, problemsOf(e)...)
		}
		return all
	}
	if errors.As(err, &one) {
		return []*yamlfile.Error{one}
	}
	return []*yamlfile.Error{{Problem: err.Error()}}
}
