// Package pdf prints a page to PDF with the Chromium of the machine. Without one
// there is no PDF, and everything else of a report is there all the same.
package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrNoChromium says that nothing on the machine can print.
var ErrNoChromium = errors.New("no Chromium to print a PDF with: install one (Debian: apt-get install chromium fonts-noto-cjk), or set CHROMIUM to its path")

// Bounds of a print.
const (
	timeout    = time.Minute
	mostPDF    = 256 << 20 // bytes
	mostWords  = 1 << 10   // bytes of what Chromium says, for the error
	afterCrash = 5 * time.Second
)

// Printer prints pages. Its zero value looks for a Chromium.
type Printer struct {
	Path string // of a Chromium; empty for $CHROMIUM or one of the usual names
}

// PDF prints a page of HTML with the Chromium that is found.
func PDF(ctx context.Context, w io.Writer, html []byte) error { return Printer{}.PDF(ctx, w, html) }

// Find is the path of the Chromium, or an error that is ErrNoChromium.
func (p Printer) Find() (string, error) {
	for _, named := range []string{p.Path, os.Getenv("CHROMIUM")} {
		if named == "" {
			continue
		}
		path, err := exec.LookPath(named)
		if err != nil { // whoever names one does not want another
			return "", fmt.Errorf("%w: %w", ErrNoChromium, err)
		}
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoChromium
}

// PDF prints a page of HTML. Chromium gets a home of its own, removed afterwards,
// and no network; it is ended with all that it started when ctx ends or
// after a minute. Nothing is written to w before the print is whole.
func (p Printer) PDF(ctx context.Context, w io.Writer, html []byte) error {
	chromium, err := p.Find()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	home, err := os.MkdirTemp("", "steward-print-")
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	defer func() { _ = os.RemoveAll(home) }() // what is left is in the system's temporary folder
	in, out := filepath.Join(home, "page.html"), filepath.Join(home, "page.pdf")
	if err := os.WriteFile(in, html, 0o600); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	said, err := run(ctx, chromium, home, in, out)
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("print with %s: %w", chromium, cause)
	}
	if err != nil {
		return fmt.Errorf("print with %s: %w: %s", chromium, err, said)
	}
	return copyOut(w, out, said)
}

func run(ctx context.Context, chromium, home, in, out string) (said string, err error) {
	words := &tail{most: mostWords}
	cmd := exec.CommandContext(ctx, chromium, arguments(home, in, out)...)
	cmd.Dir, cmd.Env = home, environment(home)
	cmd.Stdout, cmd.Stderr = words, words
	cmd.SysProcAttr = ownGroup()
	cmd.Cancel = func() error { return killGroup(cmd.Process.Pid) }
	cmd.WaitDelay = afterCrash
	if err := cmd.Start(); err != nil {
		return "", err
	}
	err = cmd.Wait()
	_ = killGroup(cmd.Process.Pid) // helpers that outlived it; mostly there are none
	return words.String(), err
}

func arguments(home, in, out string) []string {
	list := []string{
		"--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-extensions", "--disable-sync",
		"--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-breakpad",
		"--disable-dev-shm-usage",                                       // containers have little of it
		"--host-resolver-rules=MAP * ~NOTFOUND",                         // the page asks for nothing, and neither does the browser:
		"--proxy-server=127.0.0.1:9", "--proxy-bypass-list=<-loopback>", // nobody listens there
		"--user-data-dir=" + filepath.Join(home, "u"),
		"--no-pdf-header-footer", "--print-to-pdf=" + out,
	}
	if os.Geteuid() == 0 { // Chromium's sandbox refuses root, as in most containers
		list = append(list, "--no-sandbox")
	}
	return append(list, (&url.URL{Scheme: "file", Path: in}).String())
}

// environment is what Chromium needs of ours: none of the program's own settings,
// which may hold secrets.
func environment(home string) []string {
	env := []string{"HOME=" + home, "TMPDIR=" + home, "XDG_CONFIG_HOME=" + home, "XDG_CACHE_HOME=" + home, "XDG_RUNTIME_DIR=" + home}
	for _, name := range []string{"PATH", "LANG", "LC_ALL", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "LD_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// copyOut copies the print, if that is what is there.
func copyOut(w io.Writer, path, said string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("print: Chromium wrote nothing: %w: %s", err, said)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	if info.Size() > mostPDF {
		return fmt.Errorf("print: the PDF has %d bytes, at most %d are allowed: print a smaller scope, or take the workbook", info.Size(), mostPDF)
	}
	head := make([]byte, 5)
	if _, err := io.ReadFull(f, head); err != nil || string(head) != "%PDF-" {
		return fmt.Errorf("print: what Chromium wrote is no PDF: %s", said)
	}
	if _, err := io.Copy(w, io.MultiReader(bytes.NewReader(head), f)); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// tail keeps the end of what is written to it.
type tail struct {
	most int
	b    []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if len(t.b) > t.most {
		t.b = append(t.b[:0], t.b[len(t.b)-t.most:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.TrimSpace(strings.ToValidUTF8(string(t.b), "")) }
