package dashboard

import (
	"net/http"
	"net/netip"
	"strings"
)

// maxHops bounds how many proxies are followed back to the client.
const maxHops = 16

// proxies are the addresses whose X-Forwarded headers are believed. Anybody else
// may write there what he likes.
type proxies []netip.Prefix

func (p proxies) trust(a netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

// client is the address from which a request came: that of the connection, or
// what the trusted proxies in a row say of the one before them.
func (p proxies) client(r *http.Request) string {
	addr, ok := parseAddr(r.RemoteAddr)
	if !ok {
		return "" // not a network connection
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && len(hops)-i <= maxHops && p.trust(addr); i-- {
		before, ok := parseAddr(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		addr = before
	}
	return addr.String()
}

// encrypted reports whether the client's connection is, up to us or up to the
// trusted proxy in front of us.
func (p proxies) encrypted(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	addr, ok := parseAddr(r.RemoteAddr)
	if !ok || !p.trust(addr) {
		return false
	}
	said := r.Header.Values("X-Forwarded-Proto")
	return len(said) == 1 && strings.EqualFold(strings.TrimSpace(said[0]), "https")
}

// parseAddr reads an address with or without its port.
func parseAddr(s string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone(""), true
}
