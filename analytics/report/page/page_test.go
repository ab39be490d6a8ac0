package page

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"steward/analytics/report"
	"steward/analytics/report/reporttest"
)

var update = flag.Bool("update", false, "write the golden pages anew")

func render(t *testing.T, r *report.Report, lang string) string {
	t.Helper()
	var out bytes.Buffer
	if err := HTML(&out, r, lang); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

var styles = regexp.MustCompile(`(?s)<style>.*?</style>`)

// Each language against the page that it should make, but for its style.
func TestGoldenPages(t *testing.T) {
	for _, lang := range []string{"zh", "en"} {
		got := styles.ReplaceAllString(render(t, reporttest.Small(), lang), "<style></style>")
		got = strings.ReplaceAll(got, attribute(policy), "POLICY")
		path := filepath.Join("testdata", "small."+lang+".html")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is not what is made now; go test -update writes it anew, then look at the difference", path)
		}
	}
}

// attribute is a text as the template writes it into an attribute.
func attribute(s string) string {
	return strings.NewReplacer("'", "&#39;", "+", "&#43;").Replace(s)
}

func TestSays(t *testing.T) {
	f := func(lang string, parts ...string) {
		t.Helper()
		page := strings.ReplaceAll(html.UnescapeString(render(t, reporttest.Sample(), lang)), report.NoBreak, " ")
		for _, p := range parts {
			if !strings.Contains(page, p) {
				t.Errorf("%s: the page has no %q", lang, p)
			}
		}
	}
	f("en", "Evergreen Property Services", "2026-10-01 – 2026-10-31", "2026-11-02 14:30", "92.3 %", "(90.7–93.7) · n 1,284", "▲ +4.1 pp</span> (1.8–6.5)", ">better</span> · previous 88.2 % (86.3–89.9)",
		"within the uncertainty", "unchanged</span> · previous ¥38,450", "insufficient data: 2 in this month, at least 5 are needed", "8 min 20 s", "160 more rows are not shown here", "01JBNR2M7T8H5Q4W9Z3X6C1V0B", "98.3 %", "unknown", "limit 90.0 %", "no value")
	f("zh", "恒安物业服务集团", "2026-10-01 至 2026-10-31", "92.3%", "数据不足：本月仅 2 起，至少需 5 起", "8 分 20 秒", "另有 160 行", "限值 90.0%", "上期 88.2%", "改善", "合计", "未知")
}

var drawings = regexp.MustCompile(`(?s)<svg .*?</svg>`)

// active are attributes that run, load or style something, once those that are only
// named in a quoted one are out of the way.
var active = regexp.MustCompile(`<[^>]*\s(on[a-z]+|src|srcset|style|xlink:href)=`)

var quoted = regexp.MustCompile(`="[^"]*"`)

// Whatever a report says stays a text, every drawing is well-formed, and nothing is
// asked for.
func TestHostile(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh", "en"} {
		for _, r := range []*report.Report{reporttest.Hostile(), reporttest.Sample()} {
			page := styles.ReplaceAllString(render(t, r, lang), "")
			for _, bad := range []string{"<script", "<img", "<b>", "<link", "<iframe", "javascript:", "@import", "NaN", "Inf<", "Inf ", "\x00", "\u202e"} {
				if i := strings.Index(page, bad); i >= 0 {
					t.Errorf("%s: the page has %q: …%.200q", lang, bad, page[max(0, i-60):])
				}
			}
			if found := active.FindString(quoted.ReplaceAllString(page, `=""`)); found != "" {
				t.Errorf("%s: something is run: %.200q", lang, found)
			}
			if found := regexp.MustCompile(`="url\([^#]`).FindString(page); found != "" {
				t.Errorf("%s: something is loaded: %.200q", lang, found)
			}
			list := drawings.FindAllString(page, -1)
			if len(list) < 5 {
				t.Errorf("%s: %d drawings", lang, len(list))
			}
			for _, svg := range list {
				wellFormed(t, svg)
			}
		}
	}
}

func wellFormed(t *testing.T, svg string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%v in %.500s", err, svg)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range start.Attr {
			if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") || strings.HasPrefix(a.Value, "-") && (a.Name.Local == "width" || a.Name.Local == "height") {
				t.Errorf("<%s %s=%q>", start.Name.Local, a.Name.Local, a.Value)
			}
		}
	}
}

func TestEmpty(t *testing.T) {
	for _, r := range []*report.Report{{}, {Sections: []report.Section{{}}}, {Sections: []report.Section{{Tables: []report.Table{{}}, Charts: []report.Chart{{}, {Kind: "heat"}, {Kind: "lines"}}, Facts: []report.Fact{{}}}}}} {
		for _, lang := range []string{"zh", "en"} {
			page := render(t, r, lang)
			if !strings.Contains(page, report.Say(lang, "This report is made from no run of an analysis.")) {
				t.Error("nothing says where it comes from")
			}
		}
	}
	if err := HTML(io.Discard, &report.Report{}, "fr"); err == nil {
		t.Error("a language that nobody speaks here is written")
	}
}

func TestLarge(t *testing.T) {
	t.Parallel()
	r := reporttest.Large(10_000)
	page := render(t, r, "en")
	if n := strings.Count(page, "<tr>"); n < 10_000 {
		t.Errorf("%d rows", n)
	}
	r.Sections[0].Tables[0].Most = 50
	page = render(t, r, "en")
	if n := strings.Count(page, "<tr>"); n > 60 || !strings.Contains(page, "9,950 more rows") {
		t.Errorf("%d rows", n)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestBrokenWriter(t *testing.T) {
	if err := HTML(broken{}, reporttest.Small(), "zh"); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("got %v", err)
	}
}

// The page says what it may do by the hash of its style; changing one changes both.
func TestPolicy(t *testing.T) {
	page := render(t, reporttest.Small(), "zh")
	if !strings.Contains(page, attribute(policy)) || !strings.Contains(page, "<style>"+pageCSS+"</style>") || !strings.HasPrefix(Policy(), policy) {
		t.Error("the policy is not that of the style")
	}
}
