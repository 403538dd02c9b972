package route_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/gateway/route"
)

// functions makes version 1 of a function for each name, with the routes after the "=":
// "shop=example.com/* a.com", "plain".
func functions(specs ...string) []bundles.Version {
	var out []bundles.Version
	for _, spec := range specs {
		name, routes, _ := strings.Cut(spec, "=")
		out = append(out, bundles.Version{
			Function: name, Number: 1,
			Manifest: bundles.Manifest{Name: name, Routes: strings.Fields(routes)},
		})
	}
	return out
}

func table(tb testing.TB, specs ...string) *route.Table {
	tb.Helper()
	t, err := route.New(functions(specs...), "localhost")
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func match(t *route.Table, host, path string) string {
	if v := t.Match(host, path); v != nil {
		return v.Function
	}
	return "none"
}

func TestMatch(t *testing.T) {
	t.Parallel()
	tab := table(t,
		"plain",
		"root=example.com",
		"api=example.com/api/*",
		"apiexact=example.com/api",
		"apistar=example.com/api/v2*",
		"deep=example.com/api/v2/users/*",
		"below=*.example.com/*",
		"deeper=*.eu.example.com",
		"sub=a.example.com/only/*",
		"v6=[::1]/*",
	)
	for _, tc := range []struct{ name, host, path, want string }{
		{"without a route a function answers at its name", "plain.localhost", "/", "plain"},
		{"and on every path there", "plain.localhost", "/x/y", "plain"},
		{"the domain itself is nobody's", "localhost", "/", "none"},
		{"an unknown name is nobody's", "other.localhost", "/", "none"},
		{"a host alone stands for all paths", "example.com", "/x", "root"},
		{"the port is ignored", "example.com:8787", "/x", "root"},
		{"the case of the host is ignored", "EXAMPLE.Com", "/x", "root"},
		{"a trailing dot is ignored", "example.com.", "/x", "root"},
		{"port and trailing dot together too", "Example.com.:80", "/x", "root"},
		{"the case of the path is not ignored", "example.com", "/API/x", "root"},
		{"a longer prefix wins", "example.com", "/api/x", "api"},
		{"a prefix matches with an empty rest", "example.com", "/api/", "api"},
		{"a prefix with a slash leaves the name before it out", "example.com", "/api", "apiexact"},
		{"an exact path is no prefix", "example.com", "/apix", "root"},
		{"a prefix need not end at a slash", "example.com", "/api/v2x", "apistar"},
		{"a prefix inside another one wins", "example.com", "/api/v2/users/7", "deep"},
		{"beside it the outer one does", "example.com", "/api/v2/userz", "apistar"},
		{"a sibling that sorts between does not hide the outer one", "example.com", "/api/v1", "api"},
		{"a wildcard takes hosts below", "b.example.com", "/", "below"},
		{"several levels below too", "c.b.example.com", "/", "below"},
		{"but not the host itself", "example.com", "/", "root"},
		{"nor one that only ends alike", "myexample.com", "/", "none"},
		{"the longer wildcard wins", "x.eu.example.com", "/", "deeper"},
		{"and leaves its own host to the shorter", "eu.example.com", "/", "below"},
		{"an exact host wins", "a.example.com", "/only/x", "sub"},
		{"and leaves its other paths to the wildcard", "a.example.com", "/other", "below"},
		{"an IPv6 host", "[::1]", "/", "v6"},
		{"an IPv6 host with a port", "[::1]:8787", "/", "v6"},
		{"an empty host is nobody's", "", "/", "none"},
		{"an empty path is nobody's", "example.com", "", "none"},
		{"dots alone are nobody's", "...", "/", "none"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := match(tab, tc.host, tc.path); got != tc.want {
				t.Errorf("%s%s goes to %s, want %s", tc.host, tc.path, got, tc.want)
			}
		})
	}
}

func TestMatchEveryHost(t *testing.T) {
	t.Parallel()
	tab := table(t, "all=*/*", "some=*/api/*", "one=example.com/x")
	for _, tc := range []struct{ name, host, path, want string }{
		{"any host", "127.0.0.1:8787", "/", "all"},
		{"paths still count", "10.0.0.1", "/api/x", "some"},
		{"an exact host comes first", "example.com", "/x", "one"},
		{"and gives way on other paths", "example.com", "/y", "all"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := match(tab, tc.host, tc.path); got != tc.want {
				t.Errorf("%s%s goes to %s, want %s", tc.host, tc.path, got, tc.want)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		specs []string
		want  string
	}{
		{"two functions with one route", []string{"a=x.com/*", "b=x.com"}, `function "b": route "x.com/*" is taken by function "a"`},
		{"equal routes in another case", []string{"a=x.com/y", "b=X.COM/y"}, `is taken by function "a"`},
		{"a route that is another's default host", []string{"a", "b=a.localhost/*"}, `route "a.localhost/*" is taken by function "a"`},
		{"a scheme", []string{"a=https://x.com/*"}, `leave the scheme out: "x.com/*"`},
		{"a port", []string{"a=x.com:80/*"}, "leave the port out"},
		{"a port after IPv6", []string{"a=[::1]:80/*"}, "leave the port out"},
		{"a star inside the host", []string{"a=x.*.com/*"}, `a "*" in the host stands alone or before a dot`},
		{"a star inside the path", []string{"a=x.com/*/y"}, `a "*" in the path stands at its end`},
		{"no host", []string{"a=/api/*"}, "the host is empty"},
		{"a query", []string{"a=x.com/?q"}, `the path has "?"`},
		{"a path that no request has", []string{"a=x.com/a/../b"}, `write "/b"`},
		{"a path that needs encoding", []string{"a=x.com/é"}, `write "/%C3%A9"`},
		{"a host that is no name", []string{"a=x_y!.com"}, `the host has the character '!'`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := route.New(functions(tc.specs...), "localhost")
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func TestNewNamesEveryFault(t *testing.T) {
	t.Parallel()
	_, err := route.New(functions("a=x.com", "b=x.com", "c=:/"), "localhost")
	var conflict *route.ConflictError
	if !errors.As(err, &conflict) || conflict.Holder != "a" || conflict.Claimer != "b" {
		t.Errorf("no conflict between a and b in %v", err)
	}
	if !strings.Contains(err.Error(), `function "c"`) {
		t.Errorf("c is not named in %v", err)
	}
}

func TestSameRouteTwiceInOneFunctionIsOne(t *testing.T) {
	t.Parallel()
	if got := table(t, "a=x.com x.com/*").Routes(); len(got) != 1 || got[0].Pattern != "x.com/*" {
		t.Errorf("got %v", got)
	}
}

func TestTableKeepsItsOwnCopy(t *testing.T) {
	t.Parallel()
	versions := functions("a=x.com")
	tab, err := route.New(versions, "")
	if err != nil {
		t.Fatal(err)
	}
	versions[0].Function = "changed"
	if got := match(tab, "x.com", "/"); got != "a" {
		t.Errorf("got %s", got)
	}
}

func TestZeroTableMatchesNothing(t *testing.T) {
	t.Parallel()
	if got := match(new(route.Table), "x.com", "/"); got != "none" {
		t.Errorf("got %s", got)
	}
	var r route.Router
	if r.Match("x.com", "/") != nil || r.Table() == nil {
		t.Error("a zero router matches, or has no table")
	}
}

func TestRouterSwapsTables(t *testing.T) {
	t.Parallel()
	var r route.Router
	first, second := table(t, "a=x.com"), table(t, "b=x.com")
	if r.Set(first) != nil {
		t.Error("a fresh router had a table")
	}
	if got := r.Match("x.com", "/").Function; got != "a" {
		t.Errorf("got %s", got)
	}
	if r.Set(second) != first {
		t.Error("Set returned another table than the one before")
	}
	if got := r.Match("x.com", "/").Function; got != "b" {
		t.Errorf("got %s", got)
	}
}

func TestRoutesAreSortedBySpecificity(t *testing.T) {
	t.Parallel()
	var got []string
	for _, r := range table(t, "a=*/*", "b=*.x.com", "c=*.y.x.com/p", "d=x.com/long/* x.com/long", "e=x.com", "f").Routes() {
		got = append(got, r.Pattern)
	}
	want := "f.localhost/* x.com/long/* x.com/long x.com/* *.y.x.com/p *.x.com/* */*"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
}

// naive is the specification of Match: of all the patterns that match, the most specific.
func naive(tab *route.Table, host, path string) string {
	for _, r := range tab.Routes() {
		h, p, _ := strings.Cut(r.Pattern, "/")
		p, prefix := strings.CutSuffix("/"+p, "*")
		hostOK := h == "*" || h == host || strings.HasPrefix(h, "*.") && strings.HasSuffix(host, h[1:])
		pathOK := path == p || prefix && strings.HasPrefix(path, p)
		if hostOK && pathOK {
			return r.Function
		}
	}
	return "none"
}

func FuzzMatch(f *testing.F) {
	f.Add(uint64(1), "a.b.c", "/x/y")
	f.Add(uint64(7), "b.c", "/")
	f.Add(uint64(99), "c", "/xyz")
	f.Fuzz(func(t *testing.T, seed uint64, host, path string) {
		host, err := route.Host("http", host)
		if err != nil || strings.Contains(host, ":") {
			t.Skip("SKIPPED: no request has this form")
		}
		if path, err = route.Path(path); err != nil {
			t.Skip("SKIPPED: no request has this form")
		}
		tab := randomTable(t, seed)
		if got, want := match(tab, host, path), naive(tab, host, path); got != want {
			t.Errorf("%s%s goes to %s, want %s; routes %v", host, path, got, want, tab.Routes())
		}
	})
}

// TestMatchAgreesWithNaive is the fuzz target's property over short strings, where patterns
// nest and collide.
func TestMatchAgreesWithNaive(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	hits := 0
	for seed := range uint64(300) {
		tab := randomTable(t, seed)
		for range 100 {
			host, path := randomHost(rnd), randomPath(rnd)
			got, want := match(tab, host, path), naive(tab, host, path)
			if got != want {
				t.Fatalf("%s%s goes to %s, want %s; routes %v", host, path, got, want, tab.Routes())
			}
			if got != "none" {
				hits++
			}
		}
	}
	if hits < 1000 {
		t.Errorf("only %d of the requests matched anything", hits)
	}
}

func randomHost(rnd *rand.Rand) string {
	labels := make([]string, 1+rnd.IntN(4))
	for i := range labels {
		labels[i] = string("abc"[rnd.IntN(3)])
	}
	return strings.Join(labels, ".")
}

func randomPath(rnd *rand.Rand) string {
	path := []byte{'/'}
	for range rnd.IntN(6) {
		path = append(path, "ab/"[rnd.IntN(3)])
	}
	return string(path)
}

func randomTable(tb testing.TB, seed uint64) *route.Table {
	rnd := rand.New(rand.NewPCG(seed, 0))
	taken := make(map[string]bool)
	var specs []string
	for i := range 1 + rnd.IntN(30) {
		host := randomHost(rnd)
		switch rnd.IntN(8) {
		case 0:
			host = "*"
		case 1, 2, 3:
			host = "*." + host
		}
		pattern := host + randomPath(rnd)
		if rnd.IntN(3) > 0 {
			pattern += "*"
		}
		if !taken[pattern] {
			taken[pattern] = true
			specs = append(specs, fmt.Sprintf("f%d=%s", i, pattern))
		}
	}
	return table(tb, specs...)
}

// thousands is a table like that of a busy node.
func thousands(tb testing.TB) *route.Table {
	specs := []string{"wild=*.example.com/*", "all=*/*"}
	for i := range 10_000 {
		switch i % 4 {
		case 0:
			specs = append(specs, fmt.Sprintf("f%d=shop%d.example.com/*", i, i))
		case 1:
			specs = append(specs, fmt.Sprintf("f%d=example.org/api/v%d/*", i, i))
		case 2:
			specs = append(specs, fmt.Sprintf("f%d=example.org/page%d", i, i))
		default:
			specs = append(specs, fmt.Sprintf("f%d", i))
		}
	}
	return table(tb, specs...)
}

var busy = []struct{ name, host, path, want string }{
	{"exact host", "shop4000.example.com", "/cart/1", "f4000"},
	{"one of 2500 prefixes", "example.org", "/api/v5001/users/7", "f5001"},
	{"default host", "f7003.localhost:8787", "/", "f7003"},
	{"wildcard", "a.b.c.d.example.com", "/", "wild"},
	{"no host of ours", "nobody.test", "/", "all"},
}

func TestMatchDoesNotAllocate(t *testing.T) {
	tab := thousands(t)
	for _, tc := range busy {
		if got := match(tab, tc.host, tc.path); got != tc.want {
			t.Errorf("%s goes to %s, want %s", tc.name, got, tc.want)
		}
		if n := testing.AllocsPerRun(100, func() { tab.Match(tc.host, tc.path) }); n != 0 {
			t.Errorf("%s: %v allocations, want 0", tc.name, n)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	var r route.Router
	r.Set(thousands(b))
	for _, tc := range busy {
		b.Run(strings.ReplaceAll(tc.name, " ", "-"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Match(tc.host, tc.path)
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	var versions []bundles.Version
	for i := range 10_000 {
		versions = append(versions, functions(fmt.Sprintf("f%d", i))...)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := route.New(versions, "localhost"); err != nil {
			b.Fatal(err)
		}
	}
}
