package admin_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/gateway/admin"
)

// methods are those that every path is tried with.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"}

// pathOf is a path that an endpoint's pattern matches.
func pathOf(pattern string) string {
	return strings.NewReplacer("{function}", "shop").Replace(pattern) + "?namespace=n&key=k"
}

func TestEveryEndpointSaysWhoMayCallIt(t *testing.T) {
	t.Parallel()
	var open []string
	for _, e := range admin.Endpoints() {
		switch {
		case e.Open == e.Private:
			t.Errorf("%s %s has no access policy", e.Method, e.Path)
		case e.Open:
			open = append(open, e.Method+" "+e.Path)
		}
	}
	if want := []string{"GET /healthz", "GET /readyz", "GET /v1/openapi.json"}; !slices.Equal(open, want) {
		t.Errorf("open to all are %q\nwant %q", open, want)
	}
}

func TestWithoutTheTokenNothingIsAnswered(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	open := make(map[string]bool)
	paths := []string{"/v1/", "/v1/nothing", "/v1/functions/shop/nothing"}
	for _, e := range admin.Endpoints() {
		paths = append(paths, pathOf(e.Path))
		open[pathOf(e.Path)] = e.Open
	}
	for name, header := range map[string]string{
		"none":            "",
		"a wrong one":     "Bearer the-tokem",
		"its beginning":   "Bearer the-toke",
		"more than it":    "Bearer the-tokens",
		"another scheme":  "Basic the-token",
		"no scheme":       token,
		"an empty one":    "Bearer ",
		"twice the space": "Bearer  the-token",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, path := range paths {
				for _, method := range methods {
					a := n.send(method, path, "", func(r *http.Request) {
						r.Header.Del("Authorization")
						if header != "" {
							r.Header["Authorization"] = []string{header}
						}
					})
					if refused := a.status == http.StatusUnauthorized; refused == open[path] {
						t.Errorf("%s %s: %d %s", method, path, a.status, a.body)
					} else if refused && (a.header.Get("WWW-Authenticate") != "Bearer" || method != "HEAD" && a.problem.Code != "unauthorized") {
						t.Errorf("%s %s: a refusal without form: %v %s", method, path, a.header, a.body)
					}
				}
			}
		})
	}
}

func TestWithTheToken(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	allowed := make(map[string][]string)
	for _, e := range admin.Endpoints() {
		allowed[e.Path] = append(allowed[e.Path], e.Method)
		if e.Method == "GET" {
			allowed[e.Path] = append(allowed[e.Path], "HEAD")
		}
	}
	for path, known := range allowed {
		if path == "/v1/tail" { // has no end: see TestTail
			known = append(known, "GET")
		}
		for _, method := range methods {
			if path == "/v1/tail" && method == "GET" {
				continue
			}
			a := n.send(method, pathOf(path), "")
			switch wrong := a.status == http.StatusMethodNotAllowed; {
			case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
				t.Errorf("%s %s: %d %s", method, path, a.status, a.body)
			case wrong == slices.Contains(known, method):
				t.Errorf("%s %s: %d %s", method, path, a.status, a.body)
			case wrong && method != "HEAD" && a.problem.Code != "method_not_allowed":
				t.Errorf("%s %s: %s", method, path, a.body)
			case wrong:
				for _, m := range known {
					if !slices.Contains(strings.Split(a.header.Get("Allow"), ", "), m) {
						t.Errorf("%s %s: Allow is %q, want %s in it", method, path, a.header.Get("Allow"), m)
					}
				}
			}
		}
	}
	wantProblem(t, n.send("GET", "/v1/nothing", ""), 404, "not_found", "there is no /v1/nothing here; see /v1/openapi.json")
	wantProblem(t, n.send("GET", "/", ""), 404, "not_found", "see /v1/openapi.json")
	if a := n.send("GET", "/v1/status", "", func(r *http.Request) { r.Header.Set("Authorization", "bearer "+token) }); a.status != 200 {
		t.Errorf("the scheme's case matters: %d %s", a.status, a.body)
	}
}

func TestPagesOfOtherOriginsAreRefused(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	for _, tc := range []struct {
		name, header, value string
		refused             bool
	}{
		{"another origin", "Origin", "https://evil.example", true},
		{"an origin of another port", "Origin", "http://127.0.0.1:1", true},
		{"an opaque origin", "Origin", "null", true},
		{"what a browser calls cross-site", "Sec-Fetch-Site", "cross-site", true},
		{"what a browser calls same-site", "Sec-Fetch-Site", "same-site", true},
		{"what a browser calls same-origin", "Sec-Fetch-Site", "same-origin", false},
		{"what a person typed", "Sec-Fetch-Site", "none", false},
		{"the own origin", "Origin", n.url, false},
		{"a program", "X-Nothing", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, e := range admin.Endpoints() {
				if e.Method == "GET" {
					continue // changes nothing, and no page can read the answer
				}
				a := n.send(e.Method, pathOf(e.Path), "", func(r *http.Request) { r.Header.Set(tc.header, tc.value) })
				if tc.refused {
					wantProblem(t, a, 403, "forbidden", "no web page of another origin")
				} else if a.status == 403 {
					t.Errorf("%s %s: %s", e.Method, e.Path, a.body)
				}
			}
		})
	}
}

func TestNamesThatWereMadeToLeadHereAreRefused(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	for _, tc := range []struct {
		host    string
		refused bool
	}{
		{"evil.example", true},
		{"evil.example:8788", true},
		{"localhost.evil.example", true},
		{"127.0.0.1.evil.example", true},
		{"notlocalhost", true},
		{"localhost", false},
		{"LocalHost:8788", false},
		{"node.localhost:8788", false},
		{"127.0.0.1", false},
		{"127.0.0.1:8788", false},
		{"[::1]:8788", false},
		{"[::1]", false},
	} {
		t.Run(tc.host, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/healthz", "/v1/status", "/v1/nothing"} {
				a := n.send("GET", path, "", func(r *http.Request) { r.Host = tc.host })
				if tc.refused {
					wantProblem(t, a, 421, "forbidden", "the host "+tc.host+" is none of this address's names")
				} else if a.status == 421 {
					t.Errorf("%s: %s", path, a.body)
				}
			}
		})
	}
}

// TestNamesOfOtherMachinesAreNotJudged: whoever opens the control API to a network knows it
// by a name that this machine doesn't.
func TestNamesOfOtherMachinesAreNotJudged(t *testing.T) {
	t.Parallel()
	api, err := admin.New(admin.Config{Token: token, Status: func() admin.Status { return admin.Status{Ready: true} }})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]int{"192.0.2.1:8788": 200, "127.0.0.1:8788": 421, "[::1]:8788": 421} {
		local, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, local), "GET", "http://node.example/readyz", nil)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("on %s: %d, want %d", address, w.Code, want)
		}
	}
}

func TestAFaultIsAnsweredAndTold(t *testing.T) {
	t.Parallel()
	n := newNode(t, func(c *admin.Config) { c.Status = func() admin.Status { panic("secret") } })
	a := n.send("GET", "/v1/status", "")
	wantProblem(t, a, 500, "internal", "a fault of Skerry's own")
	if strings.Contains(a.body, "secret") {
		t.Errorf("the answer tells what the fault was: %s", a.body)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if !slices.Equal(n.mu.panics, []any{"secret"}) {
		t.Errorf("told of %v", n.mu.panics)
	}
	if a := n.send("GET", "/healthz", ""); a.status != 200 {
		t.Errorf("afterwards: %d %s", a.status, a.body)
	}
}

func TestACutConnectionIsNoFault(t *testing.T) {
	t.Parallel()
	n := newNode(t, func(c *admin.Config) { c.Status = func() admin.Status { panic(http.ErrAbortHandler) } })
	if _, err := n.Status(t.Context()); !errors.Is(err, admin.ErrUnreachable) {
		t.Errorf("got %v", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.mu.panics) > 0 {
		t.Errorf("told of %v", n.mu.panics)
	}
}

func TestAnEmptyTokenIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := admin.New(admin.Config{}); err == nil {
		t.Error("New took an empty token, which anybody has")
	}
}

func TestHealthAndStatus(t *testing.T) {
	t.Parallel()
	var status admin.Status
	n := newNode(t, func(c *admin.Config) { c.Status = func() admin.Status { return status } })
	if a := n.send("GET", "/readyz", ""); a.status != 503 || a.body != `{"degraded":false,"status":"not ready"}`+"\n" {
		t.Errorf("a node that is not ready: %d %s", a.status, a.body)
	}
	status = admin.Status{Version: "v1", Node: "n1", Ready: true, Degraded: []string{"the disk is full"}}
	if a := n.send("GET", "/readyz", ""); a.status != 200 || a.body != `{"degraded":true,"status":"ready"}`+"\n" {
		t.Errorf("a node that is ready: %d %s", a.status, a.body)
	}
	got, err := n.Status(t.Context())
	if err != nil || got.Node != "n1" || !slices.Equal(got.Degraded, status.Degraded) {
		t.Errorf("status %+v, %v", got, err)
	}
	if a := n.send("GET", "/metrics", ""); a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
		t.Errorf("metrics: %d %v", a.status, a.header)
	}
}
