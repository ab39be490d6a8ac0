package clickhouse

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// The marks of a late error are found however the body is cut into reads, and
// what only looks like one is passed on.
func TestCopyResult(t *testing.T) {
	const tag = "abcdefghijklmnop"
	late := "\r\n__exception__\r\n" + tag + "\r\nCode: 241. DB::Exception: no memory: while\nsorting. (MEMORY_LIMIT_EXCEEDED) (version 26.7.2.1)\n93 " + tag + "\r\n__exception__\r\n"
	long := strings.Repeat("0123456789\n", 20_000)
	for _, c := range []struct {
		name, body, want string
		class            error
	}{
		{"empty", "", "", nil},
		{"plain", "1\n2\n", "1\n2\n", nil},
		{"long", long, long, nil},
		{"late error", "1\n2\n" + late, "1\n2\n", ErrBusy},
		{"late error after much", long + late, long, ErrBusy},
		{"error at once", late, "", ErrBusy},
		{"another tag", "\r\n__exception__\r\nponmlkjihgfedcba\r\nCode: 1", "\r\n__exception__\r\nponmlkjihgfedcba\r\nCode: 1", nil},
		{"the word alone", "__exception__\r\n", "__exception__\r\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{
				"at once": strings.NewReader(c.body), "byte by byte": iotest.OneByteReader(strings.NewReader(c.body)), "halves": iotest.HalfReader(strings.NewReader(c.body)),
				"end with data": iotest.DataErrReader(strings.NewReader(c.body)),
			} {
				var out bytes.Buffer
				err := copyResult(&out, r, tag)
				if out.String() != c.want {
					t.Errorf("%s: %d bytes, want %d", how, out.Len(), len(c.want))
				}
				if (err == nil) != (c.class == nil) || c.class != nil && (!errors.Is(err, c.class) || err.Error() != ErrBusy.Error()+": no memory: while sorting. (MEMORY_LIMIT_EXCEEDED)") {
					t.Errorf("%s: got %v", how, err)
				}
			}
		})
	}
}

func TestAResultThatBreaksOff(t *testing.T) {
	var out bytes.Buffer
	err := copyResult(&out, io.MultiReader(strings.NewReader("1\n2\n"), iotest.ErrReader(io.ErrUnexpectedEOF)), "tag")
	if !errors.Is(err, ErrUnreachable) || out.String() != "1\n2\n"[:max(0, out.Len())] {
		t.Errorf("got %v after %q", err, out.String())
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []Options{
		{}, {Addrs: []string{"nowhere"}}, {Addrs: []string{"a:1"}, Database: "x; DROP"}, {Addrs: []string{"a:1"}, Database: "1x"},
		{Addrs: []string{"a:1"}, HTTPURL: "a:8123"}, {Addrs: []string{"a:1"}, HTTPURL: "http://user:secret@a:8123"},
	} {
		if _, err := Open(o); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: got %v", o, err)
		}
	}
}
