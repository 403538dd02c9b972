package route

import (
	"fmt"
	"strings"
)

// Explanation says which route a URL takes, and why.
type Explanation struct {
	URL   string     `json:"url"`             // in canonical form, the one a function sees
	Route *Route     `json:"route,omitempty"` // nil: none
	Why   string     `json:"why"`
	Near  []NearMiss `json:"near,omitempty"` // routes that come close, the most specific first
}

// NearMiss is a route that a URL doesn't take, though one might think so.
type NearMiss struct {
	Route
	Why string `json:"why"`
}

// nearMax bounds Explanation.Near.
const nearMax = 10

// Explain says which route url takes and why. A URL without a scheme is taken for an http
// one. A URL that no request could have is an error.
func (t *Table) Explain(url string) (*Explanation, error) {
	scheme, host, path, query, err := split(url)
	if err != nil {
		return nil, fmt.Errorf("explain %q: %w", url, err)
	}
	e := &Explanation{URL: scheme + "://" + host + path + query}
	winner := t.find(host, path)
	switch {
	case winner != nil:
		e.Route = &winner.Route
		e.Why = winner.why()
	case len(t.rows) == 0:
		e.Why = "there are no routes"
	default:
		e.Why = "no route has this host and path"
	}
	name := hostKey(host)
	for i := range t.rows {
		r := &t.rows[i]
		if r == winner || len(e.Near) == nearMax {
			continue
		}
		if why := r.miss(name, path, winner); why != "" {
			e.Near = append(e.Near, NearMiss{r.Route, why})
		}
	}
	return e, nil
}

// split takes url apart into its canonical parts; query keeps its "?".
func split(url string) (scheme, host, path, query string, err error) {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		scheme, rest = "http", url
	}
	if scheme = strings.ToLower(scheme); scheme != "http" && scheme != "https" {
		return "", "", "", "", fmt.Errorf("the scheme is %q, not http or https", scheme)
	}
	rest, _, _ = strings.Cut(rest, "#") // a client keeps the fragment to itself
	rest, query, ok = strings.Cut(rest, "?")
	host, path = rest, "/"
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	if host, err = Host(scheme, host); err != nil {
		return "", "", "", "", err
	}
	if path, err = Path(path); err != nil {
		return "", "", "", "", err
	}
	if query, err = Query(query); err != nil {
		return "", "", "", "", err
	}
	if ok {
		query = "?" + query
	}
	return scheme, host, path, query, nil
}

// why says what made r win.
func (r *row) why() string {
	host := "the host is exactly " + r.pattern.name
	switch {
	case r.Default:
		return fmt.Sprintf("function %s has no routes, so it answers at %s", r.Function, r.pattern.name)
	case r.pattern.host == wildcardHost:
		host = "the host ends in " + r.pattern.name
	case r.pattern.host == anyHost:
		host = "the route is for every host"
	}
	if r.pattern.prefix {
		return host + ", the path begins with " + r.pattern.path
	}
	return host + ", the path is exactly " + r.pattern.path
}

// miss says why r didn't win, and nothing if it isn't near.
func (r *row) miss(host, path string, winner *row) string {
	p := r.pattern
	hostMatches := p.host == anyHost || p.host == exactHost && p.name == host ||
		p.host == wildcardHost && strings.HasSuffix(host, p.name)
	pathMatches := path == p.path || p.prefix && strings.HasPrefix(path, p.path)
	switch {
	case hostMatches && pathMatches:
		return "it matches too, but " + winner.Pattern + " is more specific"
	case hostMatches && p.prefix && path+"/" == p.path:
		return fmt.Sprintf("the path lacks the %q at its end", "/")
	case hostMatches && strings.EqualFold(path, p.path):
		return "the path differs in case"
	case hostMatches && p.prefix:
		return "the path doesn't begin with " + p.path
	case hostMatches:
		return "the path isn't exactly " + p.path
	case winner == nil && pathMatches && p.host == wildcardHost && "."+host == p.name:
		return "a wildcard stands for the hosts below " + host + ", not for itself"
	case winner == nil && pathMatches && p.host == exactHost && related(host, p.name):
		return "the host isn't exactly " + p.name
	}
	return ""
}

// related reports whether one of two hosts is below the other, or both below one that is
// not a top-level domain.
func related(a, b string) bool {
	under := func(a, b string) bool { return strings.HasSuffix(a, "."+b) }
	_, parent, _ := strings.Cut(a, ".")
	return under(a, b) || under(b, a) || strings.Contains(parent, ".") && under(b, parent)
}
