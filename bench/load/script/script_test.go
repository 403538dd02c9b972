package script_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/skerry-edge/skerry/bench/load"
	"github.com/skerry-edge/skerry/bench/load/script"
	"github.com/skerry-edge/skerry/bundles"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bundle is what a build makes of a module with this default export.
func bundle(export string) *bundles.Bundle {
	return &bundles.Bundle{Script: []byte("__register({ default: " + export + " });")}
}

func TestRequestsOfAScriptAreSent(t *testing.T) {
	t.Parallel()
	var seen struct {
		sync.Mutex
		lines []string
	}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen.Lock()
		defer seen.Unlock()
		seen.lines = append(seen.lines, strings.Join([]string{r.Method, r.URL.String(), r.Header.Get("X-A"), r.Header.Get("Content-Type"), string(body)}, "|"))
	}))
	t.Cleanup(server.Close)
	s, err := script.Open(t.Context(), script.Config{Base: server.URL + "/base/", Header: [][2]string{{"x-a", "all"}}, Bundle: bundle(`(n) => [
		"/plain?n=" + n,
		{ url: "sub", headers: { "X-A": "own" } },
		{ method: "PUT", body: { n } },
		{ url: "/bytes", method: "POST", headers: [["content-type", "x/y"]], body: new Uint8Array([65, 66]) },
	][n % 4]`)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, err = load.Run(t.Context(), load.Config{Source: s, Concurrency: 1, Duration: 100 * time.Millisecond})
	if seen.Lock(); len(seen.lines) < 4 {
		t.Fatalf("only %q were sent: %v", seen.lines, err)
	}
	defer seen.Unlock()
	want := []string{"GET|/plain?n=0|all||", "GET|/base/sub|own||", `PUT|/base/|all|application/json|{"n":2}`, "POST|/bytes|all|x/y|AB"}
	if got := seen.lines[:4]; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestScriptsThatFail(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, export, want string }{
		{"no function", `1`, "no function"},
		{"throws", `() => { throw new RangeError("no more") }`, "no more"},
		{"throws later", `(n) => { if (n === 3) null.x; return "/" }`, "request 3"},
		{"no URL of ours", `() => "ftp://a/"`, "http"},
		{"a header that can't be", `() => ({ headers: { "a b": "c" } })`, "a b"},
		{"a body that is no data", `() => ({ body: () => 1 })`, "JSON"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, err := script.Open(t.Context(), script.Config{Base: "http://127.0.0.1:1/", Bundle: bundle(tc.export)})
			if err == nil {
				defer s.Close()
				for range 4 {
					if _, err = s.Next(t.Context()); err != nil {
						break
					}
				}
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}
