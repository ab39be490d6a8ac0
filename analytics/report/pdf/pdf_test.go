package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"steward/analytics/report/page"
	"steward/analytics/report/reporttest"
)

// chromium fails where it has to be there, and skips on other people's machines.
func chromium(t *testing.T) {
	t.Helper()
	_, err := Printer{}.Find()
	if err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	t.Skip(err)
}

var pagesOf = regexp.MustCompile(`/Type\s*/Page\b[^s]`)

func TestPrint(t *testing.T) {
	t.Parallel()
	chromium(t)
	r := reporttest.Sample()
	var html, out bytes.Buffer
	if err := page.HTML(&html, r, "zh"); err != nil {
		t.Fatal(err)
	}
	if err := PDF(t.Context(), &out, html.Bytes()); err != nil {
		t.Fatal(err)
	}
	n := len(pagesOf.FindAll(out.Bytes(), -1))
	if !bytes.HasPrefix(out.Bytes(), []byte("%PDF-")) || n < 5 || n > 12 {
		t.Errorf("%d bytes with %d pages, wanted a PDF of 5 to 12", out.Len(), n)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "steward-print-*")); len(left) > 2 { // those of tests beside this one
		t.Errorf("left behind: %v", left)
	}
}

// A page that wants something from elsewhere gets nothing.
func TestPrintAsksForNothing(t *testing.T) {
	t.Parallel()
	chromium(t)
	asked := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.Path }))
	defer server.Close()
	name := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	html := fmt.Sprintf(`<!DOCTYPE html><img src="%s/img"><img src="%s/img"><script>fetch("%s/script")</script><p>x`, name, server.URL, server.URL)
	var out bytes.Buffer
	if err := PDF(t.Context(), &out, []byte(html)); err != nil {
		t.Fatal(err)
	}
	if len(asked) > 0 {
		t.Errorf("asked for %s", <-asked)
	}
}

func TestNoChromium(t *testing.T) {
	var out bytes.Buffer
	err := Printer{Path: "/no/such/chromium"}.PDF(t.Context(), &out, nil)
	if !errors.Is(err, ErrNoChromium) || !strings.Contains(err.Error(), "apt-get install chromium") || out.Len() > 0 {
		t.Errorf("got %v", err)
	}
	t.Setenv("CHROMIUM", "")
	t.Setenv("PATH", t.TempDir())
	if err := PDF(t.Context(), &out, nil); !errors.Is(err, ErrNoChromium) && os.Getenv("CI") != "" {
		t.Errorf("got %v", err)
	}
}

// What is no Chromium: it fails with its words, writes nothing, or hangs with a
// child of its own.
func TestPrintFails(t *testing.T) {
	f := func(script, want string, after time.Duration) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "chromium")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), after)
		defer cancel()
		var out bytes.Buffer
		began := time.Now()
		err := Printer{Path: path}.PDF(ctx, &out, []byte("<p>x"))
		if err == nil || !strings.Contains(err.Error(), want) || out.Len() > 0 {
			t.Errorf("%s: got %v, wanted %q", script, err, want)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: took %s", script, took)
		}
	}
	f("echo out of memory; exit 3", "exit status 3: out of memory", time.Minute)
	f("exit 0", "wrote nothing", time.Minute)
	f(`for a in "$@"; do case $a in --print-to-pdf=*) echo hello > "${a#*=}";; esac; done`, "is no PDF", time.Minute)
	f("yes | head -c 3000000; exit 1", "exit status 1", time.Minute)
	f("sleep 300 & sleep 300", "deadline exceeded", 300*time.Millisecond)
}
