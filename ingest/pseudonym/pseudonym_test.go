package pseudonym

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

var testKey = bytes.Repeat([]byte{7}, KeySize)

func testPseudonymizer(t testing.TB) *Pseudonymizer {
	t.Helper()
	p, err := New(testKey, "locker-holder")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// scrub checks what must hold for every payload and gives the result.
func scrub(t *testing.T, p *Pseudonymizer, payload string) string {
	t.Helper()
	in := []byte(payload)
	out, n := p.Scrub(in)
	if string(in) != payload {
		t.Fatalf("the payload itself was changed: %q is now %q", payload, in)
	}
	if changed := !bytes.Equal(out, in); changed != (n > 0) {
		t.Errorf("%q: %d replaced, and the result is %q", payload, n, out)
	}
	first := strings.TrimLeft(payload, " \t\r\n") + "x"
	if json.Valid(in) && (first[0] == '{' || first[0] == '[') && !json.Valid(out) {
		t.Errorf("%q: valid JSON became %q", payload, out)
	}
	if !json.Valid(in) && json.Valid(out) {
		t.Errorf("%q: broken JSON became the valid %q", payload, out)
	}
	if again, n := p.Scrub(out); n != 0 || !bytes.Equal(again, out) {
		t.Errorf("%q: scrubbed twice, %q became %q", payload, out, again)
	}
	return string(out)
}

func TestScrub(t *testing.T) {
	p := testPseudonymizer(t)
	f := func(payload, want string) {
		t.Helper()
		want = regexp.MustCompile(`@\w+|@\([^)]*\)`).ReplaceAllStringFunc(want, func(s string) string {
			return p.Of(strings.Trim(s[1:], "()"))
		})
		if got := scrub(t, p, payload); got != want {
			t.Errorf("%s\n got %s\nwant %s", payload, got, want)
		}
	}
	// Nobody in it.
	f(`{"ts":1763800000123,"values":{"passages_total":17,"door_open":1,"battery_v":3.1}}`, `{"ts":1763800000123,"values":{"passages_total":17,"door_open":1,"battery_v":3.1}}`)
	f(`{"event":"denied","id":"e1","attrs":{"reason":"expired","door":"east"}}`, `{"event":"denied","id":"e1","attrs":{"reason":"expired","door":"east"}}`)
	f(`{"contact":1,"vehicle":2,"door_name":"east","face_score":0.93,"user_count":4}`, `{"contact":1,"vehicle":2,"door_name":"east","face_score":0.93,"user_count":4}`)
	f(`online`, `online`)
	f(` "offline" `, ` "offline" `)
	f("", "")
	f(" \n", " \n")
	// A card, as it is written by different makers.
	f(`{"event":"granted","attrs":{"card":"0A1B","direction":"in"}}`, `{"event":"granted","attrs":{"card":"@0a1b","direction":"in"}}`)
	f(`{ "Card-No" : 123 , "x" : 1 }`, `{ "Card-No" : "@123" , "x" : 1 }`)
	f(`{"cardNumber":" 123 ","CARD_NO_2":1.23e2}`, `{"cardNumber":"@123","CARD_NO_2":"@123"}`)
	f(`{"\u0063ard":"1\u00323"}`, `{"\u0063ard":"@123"}`)
	f(`{"locker_holder":"9"}`, `{"locker_holder":"@9"}`)
	f(`{"姓名":"张三","车牌号":"京A12345"}`, `{"姓名":"@(张三)","车牌号":"@(京A12345)"}`)
	// Several, in lists and objects, at any depth; truth values name nobody.
	f(`{"visitors":[1],"visitor":["a",{"x":"b","y":[2,true,null]}],"z":"c"}`, `{"visitors":[1],"visitor":["@a",{"x":"@b","y":["@2",true,null]}],"z":"c"}`)
	f(`[{"user":"a"},{"user":"b"}]`, `[{"user":"@a"},{"user":"@b"}]`)
	f(`[" a b ",12,[false]]`, `["@(a b)","@12",[false]]`)
	f(`{"list":["a",12]}`, `{"list":["a",12]}`)
	f(`{"name":""}`, `{"name":""}`)
	// What went through before, and what was erased since.
	f(`{"name":"`+p.Of("x")+`","user":"erased"}`, `{"name":"@x","user":"erased"}`)
	// A document wrapped in a text.
	f(`{"raw":"{\"name\":\"a\",\"n\":1}"}`, `{"raw":"{\"name\":\"@a\",\"n\":1}"}`)
	f(`{"raw":"[\u007b\u0022name\u0022:\u0022a\u0022}]"}`, `{"raw":"[{\"name\":\"@a\"}]"}`)
	f(`{"say":"he said \"name\""}`, `{"say":"he said \"name\""}`)

	// Broken: text goes, structure and harmless numbers stay.
	f(`{"ts":17,"name":"Zhang S`, `{"ts":17,"name":<@(Zhang S)>`)
	f(`{"ts":17,"door":"east","na`, `{"ts":17,"door":<@east>,<@na>`)
	f(`{"name":"Zhang "San" Li","ts":17}`, `{"name":<@Zhang><@San><@Li>,"ts":17}`)
	f(`{"name":"Zhang":"Li"}x`, `{"name":<@Zhang>:<@Li>}<@x>`)
	f(`{name:'Zhang San',card:12,ts:17}`, `{name:<@(Zhang San)>,card:<@12>,ts:17}`)
	f(`{"person":{"x":5,"y":[6]},"ts":17`, `{"person":{"x":<@5>,"y":[<@6>]},"ts":17`)
	f(`{card 1234 ts 17`, `{card <@1234> <@ts> <@17>`)
	f(`{"a":1}{"user":7}`, `{"a":1}{"user":<@7>}`)
	f(`{"a":1,"b":NaN,"c":true,}`, `{"a":1,"b":NaN,"c":true,}`)
	f(`{"a":"\x41"}`, `{"a":<@(\x41)>}`)
	f("\xef\xbb\xbf"+`{"user":7}`, "\xef\xbb\xbf"+`{"user":<@7>}`)

	// No JSON at all.
	f(`Zhang San,12345,granted`, `<`+p.Of("Zhang San,12345,granted")+`> 23 bytes`)
	f(`"Zhang San"`, `<`+p.Of(`"Zhang San"`)+`> 11 bytes`)
	f("\x01\x02\x03", "<"+p.Of("\x01\x02\x03")+"> 3 bytes")
}

// The same person is the same pseudonym under one key, another under another,
// and a pseudonym is of the form that the store looks for.
func TestPseudonymsOfOnePerson(t *testing.T) {
	p := testPseudonymizer(t)
	if got := p.Of("0012"); !regexp.MustCompile(`^psn_[0-9a-f]{32}$`).MatchString(got) || p.Of(got) != got || got == p.Of("12") || p.Of(Erased) != Erased {
		t.Errorf("got %s", got)
	}
	// A fixed value: were it to change, everybody would become a stranger.
	if got, want := p.Of("123"), "psn_d497ac06b2d13c1a24b76b86cebad1f6"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	q, err := New(bytes.Repeat([]byte{8}, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	if p.Of("123") == q.Of("123") {
		t.Error("two keys give one pseudonym")
	}
}

func TestNewRefusesShortKeysAndOddNames(t *testing.T) {
	if _, err := New([]byte("short")); err == nil || !strings.Contains(err.Error(), "5 bytes, not 32") {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{"", "-_", strings.Repeat("x", maxField+1)} {
		if _, err := New(testKey, name); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
}

func TestConcerns(t *testing.T) {
	for topic, want := range map[string]bool{
		"property/r/p/access/a1/event":     true,
		"property/r/p/access/a1/telemetry": true,
		"property/r/p/access":              true,
		"property/r/p/access/a1/Event":     true,
		"property/r/p/ACCESS/a1/event":     true,
		"property/r/access/a1/event":       true, // a segment forgotten
		"/property/r/p/access/a1/event":    true,
		"property/r/p/meter/m1/telemetry":  false,
		"property/r/p/meter/access/event":  false, // a meter of that name
		"property/access/p/fire/f1/event":  false,
		"property/r/p/accesses/a1/event":   false,
		"":                                 false,
	} {
		if got := Concerns(topic); got != want {
			t.Errorf("%s: %v", topic, got)
		}
	}
}

// personal lists the values of valid JSON that must be pseudonyms, found
// independently of the scan.
func personalValues(p *Pseudonymizer, v any, at place, each func(any)) {
	switch v := v.(type) {
	case map[string]any:
		for name, below := range v {
			if at == personal || p.identifies([]byte(name)) {
				personalValues(p, below, personal, each)
			} else {
				personalValues(p, below, harmless, each)
			}
		}
	case []any:
		for _, below := range v {
			personalValues(p, below, at, each)
		}
	case string:
		if at != harmless && strings.TrimSpace(v) != "" {
			each(v)
		}
	case json.Number:
		if at != harmless {
			each(v)
		}
	}
}

func decode(t *testing.T, b []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%q: %v", b, err)
	}
	return v
}

// FuzzScrub: it never panics; valid JSON stays valid JSON of the same shape in
// which every value of a field of identity is a pseudonym; broken JSON stays
// broken; twice is once.
func FuzzScrub(f *testing.F) {
	for _, s := range []string{
		`{"event":"granted","attrs":{"card":"0a1b","direction":"in"}}`, `{"name":"Zhang "San" Li","ts":17}`, `[1,["x"],{"user":{"a":[1,2]}}]`,
		`{"raw":"{\"name\":\"a\"}"}`, `{card 1234 ts 17`, `{'name':'x'`, `online`, `<psn_00000000000000000000000000000000> 12 bytes`, `{"card":1e2,"x":[`,
		`{"a":<psn_00000000000000000000000000000000>x`, strings.Repeat("[", 80) + "1" + strings.Repeat("]", 80), strings.Repeat(`{"a":`, 70) + "1",
	} {
		f.Add(s)
	}
	p := testPseudonymizer(f)
	f.Fuzz(func(t *testing.T, payload string) {
		out := scrub(t, p, payload)
		if !json.Valid([]byte(payload)) || !json.Valid([]byte(out)) {
			return
		}
		before, after := decode(t, []byte(payload)), decode(t, []byte(out))
		personalValues(p, after, keyless, func(v any) {
			if s, ok := v.(string); !ok || !Is([]byte(s)) && s != Erased {
				t.Fatalf("%q: %v survives in %q", payload, v, out)
			}
		})
		if a, b := shape(before), shape(after); !reflect.DeepEqual(a, b) {
			t.Fatalf("%q became %q", payload, out)
		}
	})
}

// shape is a document with its texts and numbers left out.
func shape(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, below := range v {
			out[name] = shape(below)
		}
		return out
	case []any:
		out := []any{}
		for _, below := range v {
			out = append(out, shape(below))
		}
		return out
	case string, json.Number:
		return "scalar"
	}
	return v
}

func TestScrubAllocatesNothingForNobody(t *testing.T) {
	p := testPseudonymizer(t)
	payload := []byte(`{"ts":1795334400123,"values":{"passages_total":17,"denied_total":2,"door_open":0,"battery_v":3.1}}`)
	if n := testing.AllocsPerRun(100, func() { p.Scrub(payload) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkScrub(b *testing.B) {
	p := testPseudonymizer(b)
	for name, payload := range map[string]string{
		"nobody": `{"ts":1795334400123,"values":{"passages_total":17,"denied_total":2,"door_open":0,"battery_v":3.1}}`,
		"card":   `{"ts":1795334400123,"event":"granted","id":"8a1f","attrs":{"card":"0a1b2c3d4e5f","direction":"in"}}`,
	} {
		b.Run(name, func(b *testing.B) {
			in := []byte(payload)
			b.ReportAllocs()
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				p.Scrub(in)
			}
		})
	}
	b.Run("other_class", func(b *testing.B) {
		topic := fmt.Sprintf("property/east/p%d/meter/m%d/telemetry", 3, 4711)
		b.ReportAllocs()
		for b.Loop() {
			Concerns(topic)
		}
	})
}
