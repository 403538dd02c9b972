package route_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	tab := table(t,
		"plain",
		"root=example.com/*",
		"api=example.com/api/*",
		"page=example.com/page",
		"below=*.shop.test/*",
		"all=*.example.com/*",
	)
	for _, tc := range []struct{ name, url, route, why, near string }{
		{"a default host", "plain.localhost:8787/x", "plain.localhost/*", "function plain has no routes, so it answers at plain.localhost", ""},
		{"a prefix", "http://example.com/api/x?q", "example.com/api/*", "the host is exactly example.com, the path begins with /api/",
			"root: it matches too, but example.com/api/* is more specific"},
		{"an exact path", "example.com/page", "example.com/page", "the path is exactly /page", "root: it matches too"},
		{"a wildcard", "https://a.b.example.com", "*.example.com/*", "the host ends in .example.com", ""},
		{"a missing slash", "example.com/api", "example.com/*", "the path begins with /", `api: the path lacks the "/" at its end`},
		{"another case", "example.com/Page", "example.com/*", "", "page: the path differs in case"},
		{"a wildcard's own host", "shop.test", "", "no route has this host and path", "below: a wildcard stands for the hosts below shop.test"},
		{"a host beside ours", "www.plain.localhost", "", "no route has this host and path", "plain: the host isn't exactly plain.localhost"},
		{"a host that is nobody's", "else.invalid", "", "no route has this host and path", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			e, err := tab.Explain(tc.url)
			if err != nil {
				t.Fatal(err)
			}
			pattern := ""
			if e.Route != nil {
				pattern = e.Route.Pattern
			}
			var near []string
			for _, m := range e.Near {
				near = append(near, fmt.Sprintf("%s: %s", m.Function, m.Why))
			}
			if pattern != tc.route || !strings.Contains(e.Why, tc.why) || !strings.Contains(strings.Join(near, "; "), tc.near) {
				got, _ := json.Marshal(e)
				t.Errorf("got %s\nwant route %q, why %q, near %q", got, tc.route, tc.why, tc.near)
			}
		})
	}
}

func TestExplainShowsTheCanonicalURL(t *testing.T) {
	t.Parallel()
	e, err := table(t).Explain("HTTP://A.b.:80/x/../y?q=é#frag")
	if err != nil {
		t.Fatal(err)
	}
	if want := "http://a.b/y?q=%C3%A9"; e.URL != want || e.Why != "there are no routes" {
		t.Errorf("got %s, %s, want %s", e.URL, e.Why, want)
	}
}

func TestExplainRefuses(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "ftp://a/", "http:///x", `a/\b`, "u@a/", "a/?x y"} {
		if e, err := table(t).Explain(url); err == nil || !strings.Contains(err.Error(), "explain") {
			t.Errorf("Explain(%q) = %+v, %v, want an error", url, e, err)
		}
	}
}
