package notify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestReceive(t *testing.T) {
	body, err := os.ReadFile(filepath.Join("testdata", "alertmanager.json"))
	if err != nil {
		t.Fatal(err)
	}
	alerts, err := Receive(body)
	if err != nil || len(alerts) != 2 {
		t.Fatalf("%+v, %v", alerts, err)
	}
	firing, resolved := alerts[0], alerts[1]
	if firing.Resolved || !firing.EndsAt.IsZero() || firing.Fingerprint != "4a7a2d1c9e8f0b63" || firing.Labels["alertname"] != "DiskFull" ||
		firing.Annotations["summary"] != "磁盘将满" || !firing.StartsAt.Equal(time.Date(2026, 3, 5, 1, 2, 3, 456e6, time.UTC)) {
		t.Errorf("firing %+v", firing)
	}
	if !resolved.Resolved || !resolved.EndsAt.Equal(time.Date(2026, 3, 5, 1, 9, 0, 0, time.UTC)) {
		t.Errorf("resolved %+v", resolved)
	}
}

func TestReceiveErrors(t *testing.T) {
	const good = `{"status":"firing","labels":{"alertname":"a"},"startsAt":"2026-03-05T01:02:03Z","fingerprint":"ab"}`
	wrap := func(alert string) string { return `{"version":"4","alerts":[` + alert + `]}` }
	if _, err := Receive([]byte(wrap(good))); err != nil {
		t.Fatal(err)
	}
	f := func(body, want string) {
		t.Helper()
		if alerts, err := Receive([]byte(body)); err == nil || !strings.Contains(err.Error(), want) || alerts != nil {
			t.Errorf("%s: %v, %v; want %q", cut(body, 200), alerts, err, want)
		}
	}
	change := func(from, to string) string { return wrap(strings.Replace(good, from, to, 1)) }
	f("", "is not what its webhook sends")
	f("[]", "is not what its webhook sends")
	f(`{"version":"5"}`, `version: "5" is unknown`)
	f(change("firing", "gone"), `alerts[0].status: "gone"`)
	f(change("firing", "resolved"), "endsAt: is missing")
	f(change(`"ab"`, `"../x"`), "fingerprint")
	f(change(`"ab"`, `""`), "fingerprint")
	f(change("2026", "0001"), "startsAt: is missing or out of range")
	f(change("2026-03-05", "yesterday"), "is not what its webhook sends")
	f(change(`"alertname"`, `"other"`), "alertname is missing")
	f(change(`"alertname":"a"`, ``), "labels: want 1 to 64")
	f(change(`"alertname"`, `"alert name"`), "is no name")
	f(change(`:"a"`, `:"`+strings.Repeat("a", maxLabelValue+1)+`"`), "longer than 1024 bytes")
	f(wrap(strings.Repeat(good+",", maxExternals)+good), "at most 1000")
	f(strings.Repeat(" ", MaxReceive+1), "longer than 1048576 bytes")
}

func FuzzReceive(f *testing.F) {
	body, err := os.ReadFile(filepath.Join("testdata", "alertmanager.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add([]byte(`{"version":"4","alerts":[{"status":"firing","labels":{"alertname":"a\u0000b"},"startsAt":"2026-03-05T01:02:03Z","fingerprint":"ab"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		alerts, err := Receive(body)
		if err != nil && alerts != nil {
			t.Fatal("alerts beside an error")
		}
		for _, a := range alerts {
			if a.Labels["alertname"] == "" || a.StartsAt.IsZero() || a.Resolved == a.EndsAt.IsZero() || a.Resolved && !a.EndsAt.After(a.StartsAt) {
				t.Fatalf("%+v", a)
			}
			for _, m := range []map[string]string{a.Labels, a.Annotations} {
				for name, value := range m {
					if !labelForm.MatchString(name) || len(value) > maxAnnotation || !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
						t.Fatalf("%q: %q", name, value)
					}
				}
			}
		}
	})
}
