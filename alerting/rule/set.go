package rule

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"steward/internal/yamlfile"
)

// MaxRules bounds a set: the engine holds state for each rule and device.
const MaxRules = 5000

// Load reads the files *.yaml and *.yml of a folder, in order of their names;
// others and folders in it are passed over. name is the folder's, for errors,
// which are those of all files, joined.
func Load(name string, folder fs.FS) ([]*Rule, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, yamlfile.Errorf(name, 0, "rules: %v", err)
	}
	var all []*Rule
	var errs []error
	for _, entry := range entries {
		if ext := path.Ext(entry.Name()); entry.IsDir() || ext != ".yaml" && ext != ".yml" {
			continue
		}
		at := path.Join(name, entry.Name())
		text, err := fs.ReadFile(folder, entry.Name())
		if err != nil {
			errs = append(errs, yamlfile.Errorf(at, 0, "%v", err))
			continue
		}
		rules, err := Parse(at, text)
		if err != nil {
			errs = append(errs, err)
		}
		all = append(all, rules...)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return all, nil
}

// NewSet puts layers of rules together. A rule takes the place of one of the same
// name in a layer before; within a layer names are unique. A rule that is only
// turned off keeps what it was, disabled. Errors are all that were found, joined.
func NewSet(layers ...[]*Rule) (*Set, error) {
	s := &Set{ByName: map[string]*Rule{}}
	var errs []error
	for _, layer := range layers {
		here := map[string]*Rule{}
		for _, r := range layer {
			if first := here[r.Name]; first != nil {
				errs = append(errs, r.errorf("name", "stands at %s:%d already; every rule needs a name of its own", first.Path, first.Line))
				continue
			}
			here[r.Name] = r
			if r.Kind == "" {
				below := s.ByName[r.Name]
				if below == nil {
					errs = append(errs, r.errorf("mode", "there is no rule %s to be disabled", r.Name))
					continue
				}
				off := *below
				off.Mode, off.Path, off.Line = Disabled, r.Path, r.Line
				off.Hash = off.hash()
				r = &off
			}
			s.ByName[r.Name] = r
		}
	}
	for _, r := range s.ByName {
		if r.Mode != Disabled {
			s.Rules = append(s.Rules, r)
		}
	}
	slices.SortFunc(s.Rules, func(a, b *Rule) int { return strings.Compare(a.Name, b.Name) })
	for _, r := range s.Rules {
		if r.Kind == Combination {
			if err := s.counts(r); err != nil {
				errs = append(errs, err)
			}
		}
	}
	if len(s.ByName) > MaxRules {
		errs = append(errs, yamlfile.Errorf("rules", 0, "%d are more than the %d that an installation may have", len(s.ByName), MaxRules))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return s, nil
}

// counts checks that a combination has something to count.
func (s *Set) counts(r *Rule) error {
	of := s.ByName[r.Combine.Of]
	switch {
	case of == nil:
		return r.errorf("combine.of", "there is no rule %q", r.Combine.Of)
	case of.Mode == Disabled:
		return r.errorf("combine.of", "rule %s is disabled (%s:%d); disable this one too, or count another", of.Name, of.Path, of.Line)
	case of.Kind == Combination || of.Kind == SQL:
		return r.errorf("combine.of", "rule %s is %s rule, which is not about single devices; count one that is", of.Name, article(of.Kind))
	case !of.Place.Contains(r.Place) && !r.Place.Contains(of.Place):
		return r.errorf("combine.of", "rule %s watches %s, and nothing at %s", of.Name, of.Place, r.Place)
	}
	return nil
}

func (r *Rule) errorf(field, format string, args ...any) error {
	return yamlfile.Errorf(r.Path, r.Line, "rule %s: %s: %s", r.Name, field, fmt.Sprintf(format, args...))
}
