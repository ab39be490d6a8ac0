package dashboard

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// dist is what the browser application was built to; empty but for a
// placeholder in a fresh checkout.
//
//go:embed all:web/dist
var dist embed.FS

func webDist() fs.FS {
	sub, err := fs.Sub(dist, "web/dist")
	if err != nil {
		panic(err) // the embedded folder exists, or this does not compile
	}
	return sub
}

// contentTypes is our own list: the operating system's differs from machine to
// machine.
var contentTypes = map[string]string{
	".html":        "text/html; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".svg":         "image/svg+xml",
	".png":         "image/png",
	".ico":         "image/x-icon",
	".woff2":       "font/woff2",
	".json":        "application/json",
	".webmanifest": "application/manifest+json",
	".map":         "application/json",
	".txt":         "text/plain; charset=utf-8",
}

// asset is a file of the application, ready to be sent.
type asset struct {
	body        []byte
	zipped      func() []byte // nil when it would not be smaller; made when first asked for, as few of them ever are
	etag        string
	contentType string
	immutable   bool   // its name has a hash of its content
	policy      string // content security policy; empty means the one of all answers
}

// pathDocs is the reference of the API.
const pathDocs = "/api/docs"

// views are the first parts of the application's own addresses (see
// web/src/areas.ts and router.ts): all of them are answered with its page, which
// knows the rest. Any other address that is no file is not found.
var views = map[string]bool{
	"live": true, "incidents": true, "devices": true, "energy": true, "reliability": true,
	"response": true, "headquarters": true, "settings": true, "denied": true,
}

// isView reports whether a path is an address of the application.
func isView(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return views[first]
}

// static serves the application from memory.
type static struct {
	assets map[string]*asset // by URL path
}

func newStatic(files fs.FS) (*static, error) {
	s := &static{assets: map[string]*asset{}}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		s.assets["/"+name] = newAsset(name, body)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if index, ok := s.assets["/index.html"]; ok {
		s.assets["/"] = index
	}
	// The reference belongs to the API, and so does its address.
	if docs, ok := s.assets["/docs.html"]; ok {
		delete(s.assets, "/docs.html")
		docs.policy = docsPolicy
		s.assets[pathDocs] = docs
	}
	return s, nil
}

func newAsset(name string, body []byte) *asset {
	contentType, ok := contentTypes[path.Ext(name)]
	if !ok {
		contentType = "application/octet-stream"
	}
	sum := sha256.Sum256(body)
	return &asset{
		body:        body,
		zipped:      sync.OnceValue(func() []byte { return zipped(body) }),
		etag:        hex.EncodeToString(sum[:12]),
		contentType: contentType,
		immutable:   strings.HasPrefix(name, "assets/"),
	}
}

// zipped is the compressed body, or nil when it would not be smaller, or cannot be made:
// then the body is sent as it is.
func zipped(body []byte) []byte {
	var buf bytes.Buffer
	zip, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err == nil {
		_, err = zip.Write(body)
	}
	if err == nil {
		err = zip.Close()
	}
	if err != nil || buf.Len() >= len(body)*9/10 {
		return nil
	}
	return buf.Bytes()
}

// ServeHTTP sends a file of the application.
func (s *static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		fail(w, http.StatusMethodNotAllowed, "method_not_allowed", "only GET and HEAD are answered here")
		return
	}
	path := r.URL.Path
	if isView(path) {
		path = "/"
	}
	a, ok := s.assets[path]
	switch {
	case !ok && path == "/":
		notBuilt(w)
		return
	case !ok:
		notFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	if a.policy != "" {
		h.Set("Content-Security-Policy", a.policy)
	}
	if a.immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache") // kept, but asked for each time
	}
	body, etag := a.body, a.etag
	if zip := a.zipped(); zip != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r) {
			body, etag = zip, a.etag+"-gzip"
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("ETag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// acceptsGzip reads Accept-Encoding as far as clients use it.
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, q, _ := strings.Cut(part, ";")
		if strings.TrimSpace(coding) == "gzip" {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && q != "q=0.0"
		}
	}
	return false
}

// notBuilt is the page of a binary that was built without its application.
func notBuilt(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Steward</title><h1>The application is not in this binary</h1>
<p>It was built without its web files. Run <code>make build</code> and start it again.</p>
<p>Everything else works: <a href="/healthz">health</a>, <a href="/readyz">readiness</a>, <a href="/metrics">metrics</a>.</p></html>
`))
}
