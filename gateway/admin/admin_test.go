package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/catalog"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/gateway/admin"
	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/gateway/route"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "the-token"

// node is the control API over a real catalog, real stores and a real engine.
type node struct {
	*admin.Client
	t        testing.TB
	url      string
	store    kv.Store // the functions'
	system   kv.Store
	observer *observe.Observer

	mu struct {
		sync.Mutex
		rollouts []string // "function revision"
		panics   []any
	}
}

// newNode starts a node; edit may change what its API is made of.
func newNode(t testing.TB, edit ...func(*admin.Config)) *node {
	t.Helper()
	n := &node{t: t, store: memory.New(memory.Config{}), system: memory.New(memory.Config{}), observer: observe.New(observe.Config{})}
	blobs, err := store.OpenLocal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	engine, err := isolate.New(isolate.Config{
		Host: isolate.Host{KV: n.store, Console: n.observer.Log},
		Load: func(ctx context.Context, d bundles.Digest) (*bundles.Bundle, error) {
			data, err := blobs.Get(ctx, d)
			if err != nil {
				return nil, err
			}
			return bundles.Decode(data)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Close)
	cat, err := catalog.New(n.system, catalog.Config{Claims: func(m bundles.Manifest) ([]string, error) { return route.Claims(&m, "localhost") }})
	if err != nil {
		t.Fatal(err)
	}
	cfg := admin.Config{
		Token: token, Catalog: cat, Bundles: blobs, Engine: engine, KV: n.store, Tail: n.observer, Metrics: n.observer.Handler(),
		Rollout: n.rollout,
		URLs:    func(m *bundles.Manifest) []string { return []string{"http://" + m.Name + ".localhost:8787/"} },
		Status:  func() admin.Status { return admin.Status{Version: "test", Node: "n1", Ready: true} },
		Panicked: func(v any, _ []byte) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.mu.panics = append(n.mu.panics, v)
		},
	}
	for _, f := range edit {
		f(&cfg)
	}
	api, err := admin.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	n.url = server.URL
	n.Client = &admin.Client{Node: server.URL, Token: token, HTTP: server.Client()}
	return n
}

func (n *node) rollout(_ context.Context, revision int64, function string) ([]admin.Node, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mu.rollouts = append(n.mu.rollouts, fmt.Sprint(function, " ", revision))
	return []admin.Node{{ID: "n1", Switched: true}}, nil
}

// bundle returns an encoded bundle of a function with this handler.
func bundle(name, body string, edit ...func(*bundles.Manifest)) []byte {
	m := bundles.Manifest{Name: name, KV: []bundles.KVBinding{{Binding: "KV", Namespace: "n"}}}
	for _, f := range edit {
		f(&m)
	}
	return bundles.Encode(&bundles.Bundle{Manifest: m, Script: []byte("__register({default: {async fetch(request, env, ctx) {" + body + "}}})")})
}

// push pushes a function that must be taken.
func (n *node) push(name, body string, edit ...func(*bundles.Manifest)) admin.Change {
	n.t.Helper()
	c, err := n.Push(n.t.Context(), name, bytes.NewReader(bundle(name, body, edit...)), "")
	if err != nil {
		n.t.Fatal(err)
	}
	return c
}

// answer is what came of a raw request.
type answer struct {
	status  int
	header  http.Header
	body    string
	problem admin.Problem // if body is one
}

// send sends a request with the token; edit may change it.
func (n *node) send(method, path, body string, edit ...func(*http.Request)) answer {
	n.t.Helper()
	r, err := http.NewRequestWithContext(n.t.Context(), method, n.url+path, strings.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	for _, f := range edit {
		f(r)
	}
	response, err := n.HTTP.Do(r)
	if err != nil {
		n.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	a := answer{status: response.StatusCode, header: response.Header, body: string(text)}
	if response.Header.Get("Content-Type") == "application/problem+json" && method != http.MethodHead {
		if err := json.Unmarshal(text, &a.problem); err != nil {
			n.t.Fatalf("%s %s: a problem that is no JSON: %v: %s", method, path, err, text)
		}
		if a.problem.Status != a.status || a.problem.Code == "" || a.problem.Title == "" || a.problem.Type != "about:blank" {
			n.t.Errorf("%s %s: an incomplete problem: %s", method, path, text)
		}
	}
	return a
}

// wantProblem fails unless a is the problem of this status and code, with detail in it.
func wantProblem(t testing.TB, a answer, status int, code, detail string) {
	t.Helper()
	if a.status != status || a.problem.Code != code || !strings.Contains(a.problem.Detail, detail) {
		t.Errorf("got %d %s\nwant %d %s with %q", a.status, a.body, status, code, detail)
	}
}

// wantCode fails unless err is a problem of this code, with detail in it.
func wantCode(t testing.TB, err error, code, detail string) {
	t.Helper()
	p, ok := err.(*admin.Problem)
	if !ok || p.Code != code || !strings.Contains(p.Detail, detail) {
		t.Errorf("got %v\nwant %s with %q", err, code, detail)
	}
}
