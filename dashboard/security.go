package dashboard

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// contentPolicy lets the page load its own files and talk to its own server,
// and nothing else: a hostile string that got into the page as markup could
// still load or send nothing.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// docsPolicy is for the API's reference alone, whose viewer sets styles of its
// own. Its scripts are held as strictly.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// encryptedFor is how long a browser that came by TLS comes by nothing else.
const encryptedFor = "max-age=31536000"

// secured sets the headers that every answer has.
func secured(p proxies, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if p.encrypted(r) {
			h.Set("Strict-Transport-Security", encryptedFor)
		}
		next.ServeHTTP(w, r)
	})
}

// origins are the web origins besides the server's own that are let in.
type origins map[string]bool

// parseOrigins checks what was configured, so that a typing error is seen at
// start and not as a page that does not connect.
func parseOrigins(list []string) (origins, error) {
	out := origins{}
	for _, s := range list {
		u, err := url.Parse(s)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil ||
			strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf("allowed origin %q: want a form like https://wall.example.com", s)
		}
		out[strings.ToLower(u.Scheme+"://"+u.Host)] = true
	}
	return out, nil
}

// allow reports whether the page that sent r may talk to us. Browsers do not
// guard websockets by themselves: any page may open one, with the user's
// network and cookies. What is not a browser sends no Origin.
func (o origins) allow(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	return strings.EqualFold(u.Host, r.Host) || o[strings.ToLower(u.Scheme+"://"+u.Host)]
}
