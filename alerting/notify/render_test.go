package notify

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"steward/internal/incident"
	"steward/internal/telemetry"
)

var update = flag.Bool("update", false, "write the golden messages anew")

// Every template in both languages, against what it should make.
func TestGoldenMessages(t *testing.T) {
	r := &renderer{"https://steward.example.com", theEstate(t)}
	for _, lang := range []string{"zh", "en"} {
		for _, what := range []string{whatOpened, whatWarned, whatBreached, whatEscalated, whatCleared, whatResolved, whatDigest} {
			items := goldenItems(t, what)
			m, err := r.render(items, lang, theTime.Add(11*time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			golden(t, what+"."+lang, m)
		}
	}
	m := trial("duty-mail")
	golden(t, whatTest, m)
}

func goldenItems(t *testing.T, what string) []Item {
	inc := entrapment()
	if what == whatDigest {
		var items []Item
		for i := range maxListed + 3 {
			low := lowPressure(fmt.Sprintf("20260305-low%02d", i))
			items = append(items, Item{noticeOf(&low, []string{whatOpened, whatResolved, whatEscalated}[i%3], "王工"), low})
		}
		items[4].Notice.Severity, items[4].Incident.Severity = telemetry.Critical, telemetry.Critical
		return items
	}
	n := noticeOf(&inc, what, "王工")
	switch what {
	case whatWarned:
		inc.Clocks[0].Deadline = new(theTime.Add(13*time.Minute + 20*time.Second))
		n.Data = data(t, &inc.Clocks[0], 0)
	case whatBreached:
		inc.Clocks[0].State = incident.Breached
		n.Data = data(t, &inc.Clocks[0], 0)
	case whatEscalated:
		n.Data = data(t, nil, 2)
	case whatCleared:
		inc.ClearedAt = new(theTime.Add(5 * time.Minute))
	case whatResolved:
		inc.State, inc.ResolvedAt = incident.Resolved, new(theTime.Add(9*time.Minute))
		inc.Clocks[0].State, inc.Clocks[0].Elapsed = incident.Met, new(540.0)
	}
	return []Item{{n, inc}}
}

func data(t *testing.T, clock *incident.Clock, step int) json.RawMessage {
	text, err := json.Marshal(detail{clock, step})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

var trialNumber = regexp.MustCompile(`test-duty-mail-\d+`)

func golden(t *testing.T, name string, m Message) {
	t.Helper()
	got := fmt.Sprintf("key: %s\nsubject: %s\nlink: %s\n--- text\n%s\n--- markdown\n%s\n--- html\n%s\n", m.Key, m.Subject, m.Link, m.Text, m.Markdown, m.HTML)
	got = trialNumber.ReplaceAllString(got, "test-duty-mail-N")
	path := filepath.Join("testdata", "messages", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is\n%s\nwant\n%s\n(go test ./alerting/notify -run Golden -update)", path, got, want)
	}
}

// What devices and people enter stays text: it becomes no link, no mention, no
// tag and no second line of a header.
func TestHostileText(t *testing.T) {
	inc := entrapment()
	hostile := "x](https://evil.example) <at id=all></at> @all <script>alert(1)</script>\r\nBcc: evil@example.com\u2028# big"
	inc.Title, inc.Summary = incident.Text{ZH: hostile, EN: hostile}, incident.Text{ZH: hostile, EN: hostile}
	inc.Device, inc.Building, inc.Unit = hostile, hostile, hostile
	for _, lang := range []string{"zh", "en"} {
		m := message(t, inc, whatOpened, lang)
		if strings.ContainsAny(m.Subject, "\r\n\u2028") {
			t.Errorf("the subject has several lines: %q", m.Subject)
		}
		for _, bad := range []string{"](https://evil", "<at", "@all", "<script", "\n#"} {
			if strings.Contains(m.Markdown, bad) {
				t.Errorf("%s stands in the markdown:\n%s", bad, m.Markdown)
			}
			if strings.HasPrefix(bad, "<") && strings.Contains(m.HTML, bad) {
				t.Errorf("%s stands in the HTML:\n%s", bad, m.HTML)
			}
		}
	}
}

func TestSpan(t *testing.T) {
	f := func(d time.Duration, zh, en string) {
		t.Helper()
		if got := span("zh", d); got != zh {
			t.Errorf("%v is %q, want %q", d, got, zh)
		}
		if got := span("en", d); got != en {
			t.Errorf("%v is %q, want %q", d, got, en)
		}
	}
	f(0, "0 秒", "0 s")
	f(59*time.Second, "59 秒", "59 s")
	f(-61*time.Second, "1 分 1 秒", "1 min 1 s")
	f(10*time.Minute, "10 分", "10 min")
	f(2*time.Hour+30*time.Second, "2 小时", "2 h")
	f(26*time.Hour, "1 天 2 小时", "1 d 2 h")
}

func TestCut(t *testing.T) {
	f := func(text string, most int, want string) {
		t.Helper()
		if got := cut(text, most); got != want || len(got) > max(most, len(text)) {
			t.Errorf("cut(%q, %d) is %q, want %q", text, most, got, want)
		}
	}
	f("abc", 3, "abc")
	f("abcd", 3, "…")
	f("电梯困人", 12, "电梯困人")
	f("电梯困人", 11, "电梯…")
	f("电梯困人", 9, "电梯…")
}

func TestUnknownLanguageAndKind(t *testing.T) {
	inc := entrapment()
	r := &renderer{}
	m, err := r.render([]Item{{noticeOf(&inc, "something", "x"), inc}}, "fr", theTime)
	if err != nil || m.Lang != "zh" || !strings.Contains(m.Subject, "电梯困人") || m.Link != "" {
		t.Errorf("%+v, %v", m, err)
	}
	if !strings.Contains(m.Text, "01:02:03 (UTC+00:00)") {
		t.Errorf("without an estate times are UTC:\n%s", m.Text)
	}
}
