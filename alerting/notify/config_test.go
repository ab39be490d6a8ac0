package notify

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"steward/internal/yamlfile"
)

const examplePath = "../../configs/channels.yaml"

// example is the shipped file with its examples taken out of the comments: what
// follows # but for one space alone.
func example(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		code, ok := strings.CutPrefix(line, "#")
		prose := strings.HasPrefix(code, " ") && !strings.HasPrefix(code, "  ")
		if ok && !prose {
			b.WriteString(code)
		} else {
			b.WriteString("\n")
		}
	}
	return b.String()
}

// readTestSecret gives each file a content that fits its name.
func readTestSecret(t testing.TB) func(string) (string, error) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	ca := caOf(server)
	server.Close()
	return func(path string) (string, error) {
		switch {
		case strings.Contains(path, "missing"):
			return "", os.ErrNotExist
		case strings.HasSuffix(path, "empty"):
			return "", nil
		case strings.HasSuffix(path, "ca.pem"):
			return ca, nil
		case strings.HasSuffix(path, "-url"):
			return "https://robot.example.com/send?access_token=s3cr3t-token", nil
		}
		return "s3cr3t-" + path, nil
	}
}

func TestShippedFile(t *testing.T) {
	text, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := Parse(examplePath, text, readTestSecret(t))
	if err != nil || len(cfg.Channels) != 0 || cfg.PublicURL != "" {
		t.Fatalf("the shipped file says %+v, %v; want nothing", cfg, err)
	}
	code := example(t)
	cfg, err = Parse(examplePath, []byte(code), readTestSecret(t))
	if err != nil {
		t.Fatalf("its examples: %v\n%s", err, code)
	}
	if _, err := Open(cfg, publishNothing); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, ch := range cfg.Channels {
		kinds = append(kinds, ch.Kind)
	}
	if slices.Sort(kinds); len(kinds) != len(channelKinds)-1 {
		t.Errorf("the examples show %v", kinds)
	}
	for _, key := range keysOf(reflect.TypeFor[ChannelConfig]()) {
		if !strings.Contains(code, key+":") {
			t.Errorf("the examples do not show %s", key)
		}
	}
}

// keysOf are all keys of a type and of those below it.
func keysOf(t reflect.Type) (keys []string) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if tag := f.Tag.Get("yaml"); tag != "" && tag != "-" {
			keys = append(append(keys, tag), keysOf(f.Type)...)
		}
	}
	return keys
}

// mailText is a good mail channel of the given further lines.
func mailText(more string) string {
	return "channels:\n  - name: m\n    mail:\n      server: localhost:25\n      tls: none\n      from: a@example.com\n      to: [b@example.com]\n" + more
}

func TestParseErrors(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		cfg, err := Parse("c.yaml", []byte(text), readTestSecret(t))
		if err == nil {
			t.Errorf("%s\nwas accepted: %+v", text, cfg)
			return
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nsays  %v\nwithout %q", text, err, want)
		}
		if strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("the error shows a secret: %v", err)
		}
		var at *yamlfile.Error
		if !errors.As(err, &at) {
			t.Errorf("%v is no yamlfile.Error", err)
		}
	}
	channel := func(lines ...string) string {
		return "channels:\n  - name: x\n    " + strings.Join(lines, "\n    ") + "\n"
	}
	f("chanels: []", `did you mean "channels"?`)
	f("public_url: steward", "public_url: want an address")
	f("public_url: https://me:pw@steward", "take the user and the password out")
	f(channel("per_minute: 5"), `c.yaml:2: channel "x": give exactly one of`)
	f(channel("mqtt: {}", "mail: {}"), "there are 2")
	f("channels:\n  -\n", "name: want small letters")
	f("channels:\n  - name: Big\n    mqtt: {}", "name: want small letters")
	f("channels:\n  - name: x\n    mqtt: {}\n  - name: x\n    mqtt: {}", "c.yaml:4: channel \"x\": the name stands at line 2 too")
	f(channel("mqtt: {}", "timeout: 5m"), "timeout: 5m0s is not between 1s and 1m0s")
	f(channel("mqtt: {}", "per_minute: 0"), "per_minute: 0 is not between")
	f(channel("mqtt: {}", "life_safety_share: 1"), "life_safety_share: 1 is not between 0 and 0.9")
	f(channel("mqtt: {}", "life_safety_share: .nan"), "life_safety_share: NaN")
	f(channel("mqtt: {}", "digest_after: 0"), "digest_after: 0 is not between")
	f(channel("mqtt:"), "give exactly one of")
	f(mailText("      tsl: none\n"), `did you mean "tls"?`)
	f(strings.Replace(mailText(""), "localhost", "smtp.example.com", 1), "tls: none is for a server on this machine alone")
	f(strings.Replace(mailText(""), "localhost:25", "localhost", 1), `server: "localhost" is not host:port`)
	f(strings.Replace(mailText(""), "none", "ssl", 1), `tls: "ssl" is none of starttls, tls, none`)
	f(strings.Replace(mailText(""), "a@example.com", "nobody", 1), "from: \"nobody\" is not an address")
	f(strings.Replace(mailText(""), "[b@example.com]", "[]", 1), "to: want 1 to 20 addresses, there are 0")
	f(mailText("      user: u\n"), "user and password_file belong together")
	f(mailText("      user: u\n      password_file: missing\n"), "password_file: file does not exist")
	f(mailText("      user: u\n      password_file: empty\n"), "password_file: empty is empty")
	f(mailText("      auth: magic\n"), `auth: "magic" is none of`)
	f(mailText("      ca_file: other\n"), "ca_file: other: there is no certificate")
	f(channel("dingtalk: {}"), "url_file: give a file")
	f(channel("dingtalk: {url: 'https://a/', url_file: b-url}"), "give one of them")
	f(channel("dingtalk: {url: 'http://robot.example.com/s3cr3t'}"), "want https: the address itself is a secret")
	f(channel("dingtalk: {url_file: x-url, mention: [Wang]}"), `mention: "Wang" is neither a phone number nor all`)
	f(channel("feishu: {url_file: x-url, mention: ['13800000000']}"), "this robot knows no phone numbers")
	f(channel("wecom: {url: 'ftp://example.com'}"), "want an address such as https://host/path")
	f(channel("webhook: {url: 'http://gw/', method: GET}"), `method: "GET" is none of`)
	f(channel("webhook: {url: 'http://gw/', headers: {'a b': c}}"), "is no name of a header")
	f(channel("webhook: {url: 'http://gw/', headers: {a: \"b\\nc\"}}"), "has several lines")
	f(channel("webhook: {url: 'http://gw/', body: '{{.Nothing}}'}"), "body: body:1:2")
	f(channel("webhook: {url: 'http://gw/', body: '{\"a\": \"{{json .Text}}\"}'}"), "makes no JSON")
	f(channel("webhook: {url: 'http://gw/', body: '{{range 1000000000}}{{end}}'}"), "range goes over .To alone")
	f(channel("webhook: {url: 'http://gw/', body: '{{printf \"%1000000000d\" 1}}'}"), "range goes over .To alone")
	f(channel("webhook: {url: 'http://gw/', success: {pointer: code, equals: '0'}}"), "does not begin with /")
	f(channel("webhook: {url: 'http://gw/', success: {pointer: /code}}"), "belong together")
	f(channel("webhook: {url: 'http://gw/', success: {status: [302]}}"), "status: 302 is not between")
	f(channel("alertmanager: {url: 'http://am/', place: 'A b'}"), `place "A b" is not`)
	f(channel("cloudevents: {url: 'http://am/', source: \"a\\nb\"}"), "source: want a URI")
	f("channels:\n"+strings.Repeat("  - {name: x, mqtt: {}}\n", maxChannels+1), "at most 200 are possible")
}

func TestSecretsDoNotPrint(t *testing.T) {
	cfg, err := Parse("c", []byte(example(t)), readTestSecret(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range cfg.Channels {
		for _, k := range ch.kinds() {
			if text := fmt.Sprintf("%v %+v %#v", k, k, k); strings.Contains(text, "s3cr3t") {
				t.Errorf("%s prints its secrets: %s", ch.Name, text)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(mailText("")))
	f.Add([]byte("channels: [{name: a, webhook: {url: 'http://a/', body: '{{json .Text}}'}, per_minute: 3}]"))
	f.Add([]byte("public_url: https://x\nchannels: [{name: b, feishu: {url_file: a-url}}]"))
	read := readTestSecret(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		cfg, err := Parse("f.yaml", text, read)
		if err != nil {
			if strings.Contains(err.Error(), "s3cr3t") {
				t.Fatalf("secret in %v", err)
			}
			return
		}
		if _, err := Open(cfg, publishNothing); err != nil {
			t.Fatalf("parsed and does not open: %v", err)
		}
		for _, ch := range cfg.Channels {
			if ch.budget().take(theTime, false) != 0 {
				t.Fatal("a channel has no room for one message")
			}
		}
	})
}
