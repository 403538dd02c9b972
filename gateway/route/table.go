package route

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/skerry-edge/skerry/bundles"
)

// Route is one row of a Table, as it is shown to users.
type Route struct {
	Pattern  string `json:"pattern"`
	Function string `json:"function"`
	Version  int    `json:"version"`
	Default  bool   `json:"default,omitempty"` // the function names no route: NAME.<domain>
}

// Table maps host and path to a version of a function. It is immutable and safe for
// concurrent use. Its zero value matches nothing.
type Table struct {
	rows   []row // the most specific first
	own    []bundles.Version
	exact  map[string]*site // by host
	wild   map[string]*site // by ".example.com"
	every  *site            // nil: no route is for every host
	labels int              // dots in the longest key of wild; bounds the search
}

// row is a route with what it leads to.
type row struct {
	Route
	pattern pattern
	version *bundles.Version
}

// site holds the paths of one host.
type site struct {
	exact    map[string]*row
	prefixes []prefix // sorted by text
}

type prefix struct {
	text   string
	parent int // index of the longest prefix of this prefix; -1: none
	row    *row
}

// New builds a table from the versions that are live. A function without routes of its own
// answers at NAME.domain; domain is a host name, empty: such functions can't be reached.
//
// Every pattern that is wrong or taken twice by different functions is an error, all of them
// joined. The table keeps its own copy of versions; the pointers that Match returns live as
// long as their holder.
func New(versions []bundles.Version, domain string) (*Table, error) {
	own := slices.Clone(versions)
	slices.SortFunc(own, func(a, b bundles.Version) int { return strings.Compare(a.Function, b.Function) })
	t := &Table{own: own}
	taken := make(map[string]*bundles.Version)
	var errs []error
	for i := range own {
		v := &own[i]
		for _, text := range patternsOf(v.Function, &v.Manifest, domain) {
			p, err := parsePattern(text)
			if err != nil {
				errs = append(errs, fmt.Errorf("function %q: %w", v.Function, err))
				continue
			}
			key := p.String()
			holder := taken[key]
			switch {
			case holder == nil:
				taken[key] = v
				t.rows = append(t.rows, row{
					Route:   Route{key, v.Function, v.Number, len(v.Manifest.Routes) == 0},
					pattern: p, version: v,
				})
			case holder.Function != v.Function:
				errs = append(errs, &ConflictError{key, holder.Function, v.Function})
			}
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	slices.SortFunc(t.rows, bySpecificity)
	t.index()
	return t, nil
}

// ConflictError says that two functions claim the same route.
type ConflictError struct {
	Pattern string
	Holder  string // the function whose route it is
	Claimer string // the function that wants it too
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("function %q: route %q is taken by function %q: choose another, or remove it there",
		e.Claimer, e.Pattern, e.Holder)
}

func bySpecificity(a, b row) int {
	p, q := a.pattern, b.pattern
	exact := func(p pattern) int {
		if p.prefix {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(p.host, q.host),
		-cmp.Compare(len(p.name), len(q.name)),
		strings.Compare(p.name, q.name),
		-cmp.Compare(len(p.path), len(q.path)),
		cmp.Compare(exact(p), exact(q)),
		strings.Compare(p.path, q.path),
	)
}

// index builds the maps that Match reads from rows.
func (t *Table) index() {
	t.exact, t.wild = make(map[string]*site), make(map[string]*site)
	for i := range t.rows {
		r := &t.rows[i]
		s := t.site(r.pattern)
		if r.pattern.prefix {
			s.prefixes = append(s.prefixes, prefix{text: r.pattern.path, row: r})
		} else {
			s.exact[r.pattern.path] = r
		}
		if r.pattern.host == wildcardHost {
			t.labels = max(t.labels, strings.Count(r.pattern.name, "."))
		}
	}
	for _, s := range t.exact {
		s.link()
	}
	for _, s := range t.wild {
		s.link()
	}
	if t.every != nil {
		t.every.link()
	}
}

// site returns the site that p belongs to, made if it is not there.
func (t *Table) site(p pattern) *site {
	fresh := func() *site { return &site{exact: make(map[string]*row)} }
	if p.host == anyHost {
		if t.every == nil {
			t.every = fresh()
		}
		return t.every
	}
	hosts := t.exact
	if p.host == wildcardHost {
		hosts = t.wild
	}
	if hosts[p.name] == nil {
		hosts[p.name] = fresh()
	}
	return hosts[p.name]
}

// link sorts the prefixes and finds each one's parent.
func (s *site) link() {
	slices.SortFunc(s.prefixes, func(a, b prefix) int { return strings.Compare(a.text, b.text) })
	for i := range s.prefixes {
		p := &s.prefixes[i]
		for p.parent = i - 1; p.parent >= 0; p.parent = s.prefixes[p.parent].parent {
			if strings.HasPrefix(p.text, s.prefixes[p.parent].text) {
				break
			}
		}
	}
}

// Match returns the version that answers for host and path, nil if there is none.
//
// The host may carry a port and a trailing dot, and its case is ignored. The path is one
// that [Path] has returned; a path of another form may miss its route. Match takes no lock,
// and for a host in lower case it doesn't allocate.
func (t *Table) Match(host, path string) *bundles.Version {
	if r := t.find(host, path); r != nil {
		return r.version
	}
	return nil
}

func (t *Table) find(host, path string) *row {
	host = hostKey(host)
	if r := t.exact[host].find(path); r != nil {
		return r
	}
	// From the longest suffix that any wildcard has, down to the shortest.
	for dots := strings.Count(host, "."); dots > 0 && t.labels > 0; dots-- {
		dot := strings.IndexByte(host, '.')
		if dots <= t.labels {
			if r := t.wild[host[dot:]].find(path); r != nil {
				return r
			}
		}
		host = host[dot+1:]
	}
	return t.every.find(path)
}

// find returns the most specific row for path. s may be nil.
//
// Every prefix of path sorts at or before path, and the longest of them last; what else
// stands between them and path begins with that longest one. So the search goes from the
// last text that is not after path up its parents.
func (s *site) find(path string) *row {
	if s == nil {
		return nil
	}
	if r := s.exact[path]; r != nil {
		return r
	}
	low, high := 0, len(s.prefixes)
	for low < high {
		if mid := (low + high) / 2; s.prefixes[mid].text <= path {
			low = mid + 1
		} else {
			high = mid
		}
	}
	for i := low - 1; i >= 0; i = s.prefixes[i].parent {
		if strings.HasPrefix(path, s.prefixes[i].text) {
			return s.prefixes[i].row
		}
	}
	return nil
}

// hostKey returns host without port and trailing dot and in lower case, as the maps have it.
func hostKey(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && i > strings.LastIndexByte(host, ']') {
		host = host[:i]
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// Versions returns the versions that Match may return, those pointers themselves, sorted by
// function. They must not be changed.
func (t *Table) Versions() []*bundles.Version {
	versions := make([]*bundles.Version, len(t.own))
	for i := range t.own {
		versions[i] = &t.own[i]
	}
	return versions
}

// Routes returns the rows of the table, the most specific first. The caller may keep it.
func (t *Table) Routes() []Route {
	routes := make([]Route, len(t.rows))
	for i := range t.rows {
		routes[i] = t.rows[i].Route
	}
	return routes
}
