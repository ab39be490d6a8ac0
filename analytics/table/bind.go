package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// binding says where in a file the columns are that are wanted.
type binding struct {
	columns []Column
	names   []string // of the file's columns
	at      []int    // by column: its place in names, -1 when the file has none
	series  int      // the column that tells series apart, -1 without one
}

// called is a column as the file calls it.
func (b *binding) called(col int) string {
	if b.at[col] < 0 {
		return b.columns[col].Name
	}
	return b.names[b.at[col]]
}

// plain is a name without what does not count.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || unicode.IsSpace(r) || r == '\ufeff' {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// CheckMap refuses an Options.Map with names that are none of the columns'.
func CheckMap(columns []Column, m map[string]string) error {
	for _, ours := range sortedKeys(m) {
		n := indexColumn(columns, ours)
		if n < 0 {
			return fmt.Errorf("--map %s=%s: there is no column %s; the columns are %s", ours, m[ours], shorten(ours), columnNames(columns))
		}
		for _, other := range sortedKeys(m) {
			if other < ours && indexColumn(columns, other) == n {
				return fmt.Errorf("--map %s=%s: %s is mapped to %s already", ours, m[ours], columns[n].Name, m[other])
			}
		}
	}
	return nil
}

func indexColumn(columns []Column, name string) int {
	return slices.IndexFunc(columns, func(c Column) bool { return plain(c.Name) == plain(name) })
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// bind finds the columns among the names of a file.
func bind(file string, columns []Column, names []string, m map[string]string) (*binding, error) {
	b := &binding{columns: columns, names: names, at: make([]int, len(columns)), series: -1}
	taken := make([]int, len(names)) // by which column, plus 1
	take := func(col, name int) { b.at[col], taken[name] = name, col+1 }
	for col := range columns {
		b.at[col] = -1
		if columns[col].Series {
			b.series = col
		}
	}
	// What is mapped goes first: it is nobody's alias any more.
	for _, ours := range sortedKeys(m) {
		col := indexColumn(columns, ours)
		name, err := b.mapped(file, columns[col].Name, m[ours])
		if err != nil {
			return nil, err
		}
		if by := taken[name]; by > 0 {
			return nil, fmt.Errorf("--map %s=%s: %s is mapped to the same column", ours, m[ours], columns[by-1].Name)
		}
		take(col, name)
	}
	var missing []string
	for col := range columns {
		if b.at[col] >= 0 {
			continue
		}
		name, err := b.find(file, col, taken)
		switch {
		case err != nil:
			return nil, err
		case name >= 0:
			take(col, name)
		case !columns[col].Optional:
			missing = append(missing, columns[col].Name)
		}
	}
	if len(missing) == 0 && !slices.ContainsFunc(b.at, func(at int) bool { return at >= 0 }) {
		for col := range columns {
			missing = append(missing, columns[col].Name)
		}
	}
	if len(missing) > 0 {
		return nil, b.lacks(file, missing)
	}
	return b, nil
}

// mapped finds the column that somebody named, letter by letter if there is one.
func (b *binding) mapped(file, ours, theirs string) (int, error) {
	for _, same := range []func(string) bool{
		func(s string) bool { return s == theirs },
		func(s string) bool { return plain(s) == plain(theirs) },
	} {
		at := slices.IndexFunc(b.names, same)
		if at < 0 {
			continue
		}
		if again := slices.IndexFunc(b.names[at+1:], same); again >= 0 {
			return 0, b.twice(file, ours, at, at+1+again)
		}
		return at, nil
	}
	return 0, fmt.Errorf("--map %s=%s: %s has no column %s; it has %s", ours, theirs, file, shorten(theirs), listed(b.names))
}

// find looks for a column under its names.
func (b *binding) find(file string, col int, taken []int) (int, error) {
	c := &b.columns[col]
	for _, called := range append([]string{c.Name}, c.Aliases...) {
		at := -1
		for n, name := range b.names {
			if taken[n] > 0 || plain(name) != plain(called) {
				continue
			}
			if at >= 0 {
				return 0, b.twice(file, c.Name, at, n)
			}
			at = n
		}
		if at >= 0 {
			return at, nil
		}
	}
	return -1, nil
}

// twice says that two columns of the file could be meant.
func (b *binding) twice(file, ours string, one, two int) error {
	if b.names[one] == b.names[two] {
		return fmt.Errorf("%s: columns %d and %d are both called %s: rename one of them", file, one+1, two+1, shorten(b.names[one]))
	}
	return fmt.Errorf("%s: columns %s and %s could both be %s: say which with --map %s=NAME", file, shorten(b.names[one]), shorten(b.names[two]), ours, ours)
}

// lacks says what the file has, what is wanted and what to do.
func (b *binding) lacks(file string, missing []string) error {
	remedy := fmt.Sprintf("say which is which with --map %s=NAME", missing[0])
	if !slices.ContainsFunc(b.names, func(s string) bool { _, err := strconv.ParseFloat(s, 64); return err != nil }) {
		remedy = "its first line seems to be data: put a line with the names before it"
	}
	return fmt.Errorf("%s: no column %s; it has %s; wanted are %s: %s", file, strings.Join(missing, ", "), listed(b.names), columnNames(b.columns), remedy)
}

// listed is as much of the names as fits into a line.
func listed(names []string) string {
	const most = 12
	var list []string
	for _, name := range names[:min(len(names), most)] {
		list = append(list, shorten(name))
	}
	if len(names) > most {
		list = append(list, fmt.Sprintf("and %d more", len(names)-most))
	}
	return strings.Join(list, ", ")
}

// columnNames are our columns, those in brackets that need not be there.
func columnNames(columns []Column) string {
	var names []string
	for i := range columns {
		name := columns[i].Name
		if columns[i].Optional {
			name = "[" + name + "]"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}
