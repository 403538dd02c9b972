package egress

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	whatwg "github.com/nlnwa/whatwg-url/url"
)

// rule is one entry of an allow list. Exactly one of its first three fields is set and says
// which hosts it is for, and one of the others, which ports.
type rule struct {
	prefix  netip.Prefix // addresses
	host    string       // "example.com", or ".example.com" for all names below it
	every   bool
	port    uint16
	anyPort bool
}

// CheckAllow says whether every entry of a function's allow list can be understood.
// An entry is host:port, as for Config.AllowPrivate; a host of * is every host.
// Addresses and networks stand for URLs that name an address, not for names that lead
// there.
func CheckAllow(allow []string) error {
	_, err := parseRules(allow)
	return err
}

func parseRules(texts []string) ([]rule, error) {
	var errs []error
	rules := make([]rule, len(texts))
	for i, text := range texts {
		var err error
		if rules[i], err = parseRule(text); err != nil {
			errs = append(errs, fmt.Errorf("%q: %w", text, err))
		}
	}
	return rules, errors.Join(errs...)
}

func parseRule(text string) (rule, error) {
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 || colon < strings.LastIndexByte(text, ']') {
		return rule{}, errors.New(`there is no port; write host:port, as in "api.example.com:443"`)
	}
	host, port := text[:colon], text[colon+1:]
	r := rule{anyPort: port == "*"}
	if !r.anyPort {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return rule{}, errors.New(`the port is not 1 to 65535 or *; write host:port, as in "api.example.com:443", without a scheme or a path`)
		}
		r.port = uint16(n)
	}
	err := r.setHost(host)
	return r, err
}

func (r *rule) setHost(host string) error {
	inner, bracketed := strings.CutPrefix(host, "[")
	if bracketed {
		inner, bracketed = strings.CutSuffix(inner, "]")
	}
	if addr, err := netip.ParseAddr(inner); err == nil {
		if addr.Is6() != bracketed || addr.Zone() != "" {
			return errors.New("an IPv6 address stands in brackets, without a zone, and no other does")
		}
		addr = addr.Unmap()
		r.prefix = netip.PrefixFrom(addr, addr.BitLen())
		return nil
	}
	if strings.ContainsAny(host, "[]:/") {
		prefix, err := netip.ParsePrefix(inner)
		if err != nil || prefix.Addr().Is6() != bracketed || prefix.Addr().Is4In6() || prefix != prefix.Masked() {
			return errors.New(`the host is not a name, an address or a network; write a network as "10.0.0.0/8:443" or "[fd00::/8]:443", with no bits beyond its length`)
		}
		r.prefix = prefix
		return nil
	}
	if host == "*" {
		r.every = true
		return nil
	}
	below, wild := strings.CutPrefix(host, "*.")
	name, err := ruleName(below)
	if wild {
		name = "." + name
	}
	r.host = name
	return err
}

// ruleName returns name as URLs have it.
func ruleName(name string) (string, error) {
	last := name[strings.LastIndexByte(name, '.')+1:]
	if validName(name) && last[0] >= 'a' && !strings.Contains(name, "xn--") {
		return name, nil // the common case: neither an address nor of another alphabet
	}
	dropped := func(r rune) bool { return r <= ' ' || r == '\\' } // by the parser
	u, err := whatwg.Parse("http://" + name)
	if err != nil || strings.ContainsFunc(name, dropped) || u.Href(false) != "http://"+u.Hostname()+"/" {
		return "", errors.New("the host is not a name or an address")
	}
	host := plainHost(u.Hostname())
	if _, err := netip.ParseAddr(host); err == nil {
		return "", fmt.Errorf("write the address as %q", host)
	}
	if !validName(host) {
		return "", errors.New("the host is not a name or an address")
	}
	return host, nil
}

// names reports whether r is for the host as it is written.
func (r rule) names(host string) bool {
	if strings.HasPrefix(r.host, ".") {
		return strings.HasSuffix(host, r.host)
	}
	return r.every || host == r.host && host != ""
}

// contains reports whether r is for the address.
func (r rule) contains(addr netip.Addr) bool {
	return r.prefix.IsValid() && r.prefix.Contains(addr.Unmap().WithZone(""))
}

// opens reports whether r is for the port.
func (r rule) opens(port uint16) bool { return r.anyPort || r.port == port }

// checkAllowed refuses t if a function's allow list has entries and none is for it.
func checkAllowed(allow []rule, t *target) error {
	if len(allow) == 0 {
		return nil
	}
	for _, r := range allow {
		if r.opens(t.port) && (r.names(t.host) || r.contains(t.addr)) {
			return nil
		}
	}
	return fail(ReasonNotAllowed, "this function may not go there; add %q to allow in skerry.toml", t.hostPort())
}
