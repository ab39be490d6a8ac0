package dashboard

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// hosts are the names under which the server may be asked. A page of another
// site whose name is made to lead here (DNS rebinding) is of our own origin for
// the browser: only the name in the request tells it apart.
type hosts struct {
	any   bool
	names map[string]bool
}

// newHosts allows the names of the configuration. Without any it allows the
// address that is listened on, and every name when that is all addresses.
func newHosts(listen string, configured []string) (hosts, error) {
	h := hosts{names: map[string]bool{"localhost": true}}
	for _, name := range configured {
		clean, ok := hostOf(name)
		switch {
		case name == "*":
			h.any = true
		case !ok || clean != strings.ToLower(name) && "["+clean+"]" != strings.ToLower(name):
			return hosts{}, fmt.Errorf("allowed host %q: want a name or address without scheme and port, like steward.example.com", name)
		}
		h.names[clean] = true
	}
	if len(configured) > 0 || listen == "" {
		return h, nil
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return hosts{}, fmt.Errorf("listen address %q: %w", listen, err)
	}
	if addr, err := netip.ParseAddr(host); host == "" || err == nil && addr.IsUnspecified() {
		h.any = true
	}
	h.names[strings.ToLower(host)] = true
	return h, nil
}

// allow reports whether r names this server. The address on which the request
// came in is always right: what has no name cannot be rebound.
func (h hosts) allow(r *http.Request) bool {
	if h.any || r.Host == "" { // HTTP/1.0; no browser
		return true
	}
	name, ok := hostOf(r.Host)
	if !ok {
		return false
	}
	if h.names[name] {
		return true
	}
	addr, err := netip.ParseAddr(name)
	if err != nil {
		return false
	}
	if addr.IsLoopback() {
		return true
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	own, ok := parseAddr(local.String())
	return ok && own == addr.Unmap()
}

// hostOf is the name in a Host header, without port, brackets and final dot.
func hostOf(s string) (string, bool) {
	host := s
	if h, port, err := net.SplitHostPort(s); err == nil {
		if strings.Trim(port, "0123456789") != "" {
			return "", false
		}
		host = h
	} else if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		host = s[1 : len(s)-1]
	} else if strings.Contains(s, ":") {
		if _, err := netip.ParseAddr(s); err != nil {
			return "", false
		}
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "" || strings.ContainsAny(host, "/\\@?#% ") {
		return "", false
	}
	return host, true
}

// only answers requests that name this server.
func (h hosts) only(m *metrics, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !h.allow(r) {
			m.refuse(refusedHost)
			fail(w, http.StatusMisdirectedRequest, "unknown_host",
				"this server has another name; add the name to http.hosts in the configuration, or use one of those in it")
			return
		}
		next.ServeHTTP(w, r)
	})
}
