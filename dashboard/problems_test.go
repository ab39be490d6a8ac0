package dashboard

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// refusers are the functions of those packages that say what is wrong with a field,
// a row or a line: the first of their texts that is a sentence is the form of it.
var refusers = map[string]bool{
	"Invalid": true, "invalid": true, "reject": true, "add": true, "wrong": true, "wrongFile": true,
	"in.problem": true, "fail": true, "errorf": true, "Errorf": true,
}

// told are the packages and files whose refusals people meet in the application.
var told = []string{
	"../internal/registry", "../internal/identity", "../internal/operations", "../internal/notices", "../internal/findings", "../internal/incident",
	"../internal/runs", "../internal/yamlfile", "../internal/app/alerting_people.go", "../internal/app/reports.go", "../analytics/start.go", "../alerting/rule", "../alerting/desk/action.go", "../alerting/desk/pause.go",
	"api/corrections.go", "api/notices.go", "api/incident_actions.go", "api/regions.go", "api/operations_put.go", "api/letters.go",
}

// failing are those whose errors are told as they are, or within another's.
var failing = []string{"../internal/telemetry", "../internal/authz/place.go", "../internal/yamlfile/yamlfile.go", "../ingest/codec", "../ingest/processor.go"}

// related are texts within those, and of those who ask what the application does not.
var related = []string{"../ingest/replay.go", "../ingest/try.go", "api"}

// The application says what is wrong in the language of the page. What the server
// says in English is found in a catalog by its form, which must have all of them, and
// nothing that nobody says any more.
func TestProblemsHaveChineseWords(t *testing.T) {
	raw, err := os.ReadFile("web/src/messages/zh/problems.json")
	if err != nil {
		t.Fatal(err)
	}
	var catalog map[string]string
	if err := json.Unmarshal(raw, &catalog); err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{}
	found := 0
	walk := func(root string, refusing func(string) bool) {
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BasicLit:
					texts[textOf(n)] = true
				case *ast.CallExpr:
					form := formOf(n, refusing)
					if !saysSomething(form) {
						return true
					}
					found++
					if catalog[form] == "" {
						t.Errorf("%s: problems.json has no words for %q", files.Position(n.Pos()), form)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, root := range told {
		walk(root, func(name string) bool { return refusers[name] })
	}
	for _, root := range failing {
		walk(root, func(name string) bool {
			return name == "fmt.Errorf" || name == "errors.New" || name == "telemetry.Reject" || name == "Reject"
		})
	}
	for _, root := range related {
		walk(root, func(string) bool { return false })
	}
	if found < 300 {
		t.Errorf("only %d refusals were found: are their functions called otherwise now?", found)
	}
	places := regexp.MustCompile(`\$\d`)
	for form, chinese := range catalog {
		if !texts[form] {
			t.Errorf("problems.json has words for %q, which nobody says", form)
		}
		for _, at := range places.FindAllString(chinese, -1) {
			if n, _ := strconv.Atoi(at[1:]); n < 1 || n > len(verb.FindAllString(form, -1)) {
				t.Errorf("problems.json: %q is said with %s, which it has not", form, at)
			}
		}
	}
}

// formOf is the form that a call fills in, if it is of a function that refuses.
func formOf(call *ast.CallExpr, refusing func(name string) bool) string {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
		if x, ok := f.X.(*ast.Ident); ok && (name == "problem" || slices.Contains([]string{"fmt", "errors", "telemetry"}, x.Name)) {
			name = x.Name + "." + name
		}
	}
	if !refusing(name) {
		return ""
	}
	for _, arg := range call.Args {
		if lit, ok := arg.(*ast.BasicLit); ok && strings.Contains(textOf(lit), " ") {
			return textOf(lit)
		}
	}
	return ""
}

func textOf(lit *ast.BasicLit) string {
	text, err := strconv.Unquote(lit.Value)
	if lit.Kind != token.STRING || err != nil {
		return ""
	}
	return text
}

var (
	verb    = regexp.MustCompile(`%(\.\d+)?(\[\d+\])?[a-z]`)
	letters = regexp.MustCompile(`[a-z]{2}`)
)

// saysSomething is false for forms that only put others together, such as "%s: %v".
func saysSomething(form string) bool {
	return letters.MatchString(verb.ReplaceAllString(form, ""))
}
