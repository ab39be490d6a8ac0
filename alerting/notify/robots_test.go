package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"steward/internal/incident"
)

// robot opens the one channel of a configuration whose url_file is url.
func robot(t *testing.T, conf, url string) Channel {
	t.Helper()
	cfg, err := Parse("c", []byte("public_url: https://steward.example.com\nchannels: [{name: x, "+conf+"}]"), func(path string) (string, error) {
		if path == "url" {
			return url + "\n", nil
		}
		return "SECs3cr3t", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	channels, err := Open(cfg, publishNothing)
	if err != nil {
		t.Fatal(err)
	}
	return channels.byName["x"].Channel
}

func hmacBase64(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// fresh reports whether a time of a signature is about now.
func fresh(t *testing.T, at string, unit time.Duration) {
	t.Helper()
	n, err := strconv.ParseInt(at, 10, 64)
	if err != nil || time.Since(time.Unix(0, n*int64(unit))).Abs() > time.Minute {
		t.Errorf("timestamp %q, %v", at, err)
	}
}

func decode(t *testing.T, body []byte) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return v
}

// at follows keys into a decoded document.
func at(v any, path ...string) any {
	for _, key := range path {
		if i, err := strconv.Atoi(key); err == nil {
			v = v.([]any)[i]
			continue
		}
		v = v.(map[string]any)[key]
	}
	return v
}

func TestDingTalk(t *testing.T) {
	s, got := receiver(t, answering(200, `{"errcode":0,"errmsg":"ok"}`))
	ch := robot(t, "dingtalk: {url_file: url, secret_file: secret, mention: ['13800000000', all]}", s.URL+"/robot/send?access_token=tok123456")
	m := message(t, entrapment(), whatOpened, "zh")
	if err := ch.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	r := <-got
	q := r.URL.Query()
	if r.Method != http.MethodPost || r.URL.Path != "/robot/send" || q.Get("access_token") != "tok123456" || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	fresh(t, q.Get("timestamp"), time.Millisecond)
	if want := hmacBase64("SECs3cr3t", q.Get("timestamp")+"\nSECs3cr3t"); q.Get("sign") != want {
		t.Errorf("sign %s, want %s", q.Get("sign"), want)
	}
	body := decode(t, r.body)
	text, _ := at(body, "markdown", "text").(string)
	if at(body, "msgtype") != "markdown" || at(body, "markdown", "title") != m.Subject || !strings.HasPrefix(text, "### ") ||
		!strings.Contains(text, "\n\n**级别**: 人身安全\n\n") || !strings.HasSuffix(text, "\n\n@13800000000") {
		t.Errorf("body %s", r.body)
	}
	if want := map[string]any{"atMobiles": []any{"13800000000"}, "isAtAll": true}; !reflect.DeepEqual(body["at"], want) {
		t.Errorf("at %v, want %v", body["at"], want)
	}

	// Nobody is called for what can wait, nor at the end.
	for _, inc := range []struct {
		inc  incident.Incident
		what string
	}{{lowPressure("20260305-a"), whatOpened}, {entrapment(), whatResolved}} {
		if err := ch.Send(t.Context(), message(t, inc.inc, inc.what, "zh")); err != nil {
			t.Fatal(err)
		}
		if body := decode(t, (<-got).body); at(body, "at", "isAtAll") != false || strings.Contains(at(body, "markdown", "text").(string), "@138") {
			t.Errorf("somebody is called by %v", body)
		}
	}
}

func TestWeCom(t *testing.T) {
	s, got := receiver(t, answering(200, `{"errcode":0,"errmsg":"ok"}`))
	url := s.URL + "/cgi-bin/webhook/send?key=k3y-0123"
	ch := robot(t, "wecom: {url_file: url, mention: ['13800000000', all]}", url)
	m := message(t, entrapment(), whatOpened, "zh")
	if err := ch.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	r := <-got
	if r.URL.Query().Get("key") != "k3y-0123" {
		t.Errorf("asked %s", r.URL)
	}
	want := map[string]any{"msgtype": "text", "text": map[string]any{
		"content": m.Subject + "\n" + m.Text, "mentioned_mobile_list": []any{"13800000000", "@all"},
	}}
	if body := decode(t, r.body); !reflect.DeepEqual(body, want) {
		t.Errorf("got %v, want %v", body, want)
	}

	long := lowPressure("20260305-a")
	long.Summary.ZH = strings.Repeat("水压低", 500)
	long.Runbook.ZH = strings.Repeat("检查水泵\n", 500)
	m = message(t, long, whatOpened, "zh")
	if err := ch.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	body := decode(t, (<-got).body)
	content, _ := at(body, "markdown", "content").(string)
	if at(body, "msgtype") != "markdown" || len(content) > maxWeComMarkdown || len(content) < maxWeComMarkdown-8 || !strings.HasSuffix(content, "…") {
		t.Errorf("%d bytes: %s", len(content), content)
	}
}

func TestFeishu(t *testing.T) {
	s, got := receiver(t, answering(200, `{"code":0,"msg":"success","data":{}}`))
	ch := robot(t, "feishu: {url_file: url, secret_file: secret, mention: [ou_ab12, all]}", s.URL+"/open-apis/bot/v2/hook/abc-def")
	m := message(t, entrapment(), whatOpened, "zh")
	if err := ch.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	body := decode(t, (<-got).body)
	when, _ := body["timestamp"].(string)
	fresh(t, when, time.Second)
	if want := hmacBase64(when+"\nSECs3cr3t", ""); body["sign"] != want {
		t.Errorf("sign %v, want %s", body["sign"], want)
	}
	want := map[string]any{
		"config": map[string]any{"wide_screen_mode": true},
		"header": map[string]any{"title": map[string]any{"tag": "plain_text", "content": m.Subject}, "template": "red"},
		"elements": []any{
			map[string]any{"tag": "markdown", "content": m.Markdown},
			map[string]any{"tag": "markdown", "content": "<at id=ou_ab12></at> <at id=all></at>"},
		},
	}
	if body["msg_type"] != "interactive" || !reflect.DeepEqual(body["card"], want) {
		t.Errorf("got %v, want %v", body["card"], want)
	}
}

// What robots answer with status 200 is sorted: sent, later, never, perhaps.
func TestRobotAnswers(t *testing.T) {
	const dingtalk = "dingtalk: {url_file: url, secret_file: secret}"
	const wecom = "wecom: {url_file: url}"
	const feishu = "feishu: {url_file: url, secret_file: secret}"
	f := func(conf string, status int, body, want string) {
		t.Helper()
		s, _ := receiver(t, answering(status, body))
		err := robot(t, conf, s.URL+"/send/tok-s3cr3t-path?access_token=tok-s3cr3t").Send(t.Context(), message(t, entrapment(), whatOpened, "zh"))
		var later *LaterError
		outcome := "perhaps"
		switch {
		case err == nil:
			outcome = "sent"
		case errors.Is(err, ErrPermanent):
			outcome = "never"
		case errors.As(err, &later):
			outcome = "after " + later.After.String()
		}
		if outcome != want {
			t.Errorf("%s answers %d %s: %s (%v), want %s", conf, status, body, outcome, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("the error shows a secret: %v", err)
		}
	}
	f(dingtalk, 200, `{"errcode":0,"errmsg":"ok"}`, "sent")
	f(dingtalk, 200, `{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}`, "after 1m0s")
	f(dingtalk, 200, `{"errcode":310000,"errmsg":"sign not match: tok-s3cr3t SECs3cr3t"}`, "never")
	f(dingtalk, 200, `{"errcode":-1,"errmsg":"system busy"}`, "perhaps")
	f(wecom, 200, `{"errcode":45009,"errmsg":"api freq out of limit"}`, "after 1m0s")
	f(wecom, 200, `{"errcode":93000,"errmsg":"invalid webhook url, hint: /send/tok-s3cr3t-path"}`, "never")
	f(feishu, 200, `{"code":11232,"msg":"frequency limited"}`, "after 1m0s")
	f(feishu, 400, `{"code":9499,"msg":"Bad Request"}`, "never")
	f(feishu, 400, `{"code":9499,"msg":"too many request","data":{}}`, "after 1m0s")
	f(feishu, 200, `{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time"}`, "never")
	for _, conf := range []string{dingtalk, wecom, feishu} {
		f(conf, 500, "oops tok-s3cr3t", "perhaps")
		f(conf, 404, "not here", "never")
		f(conf, 400, "no JSON", "never")
		f(conf, 400, `{"code":0,"errcode":0}`, "never")
		f(conf, 302, "", "never")
		f(conf, 200, "<html>a proxy's page</html>", "perhaps")
		f(conf, 200, `{"errcode":0,"code":0,"x":"`+strings.Repeat("x", maxAnswer)+`"}`, "perhaps")
	}
}

func hmacHex(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}
