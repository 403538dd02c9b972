package admin_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/catalog"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/gateway/admin"
	"github.com/skerry-edge/skerry/kv"
)

func TestLifeOfAFunction(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	ctx := t.Context()
	if list, err := n.Functions(ctx); err != nil || len(list) != 0 {
		t.Errorf("at first there are %v, %v", list, err)
	}
	if a := n.send("GET", "/v1/functions", ""); a.body != "[]\n" {
		t.Errorf("none as JSON: %s", a.body)
	}
	first, err := n.Push(ctx, "shop", bytes.NewReader(bundle("shop", `return new Response("1")`)), "the first\nof \"all\" é")
	if err != nil {
		t.Fatal(err)
	}
	if first.Version != 1 || first.Revision != 1 || first.Unchanged || !first.Complete() || !slices.Equal(first.URLs, []string{"http://shop.localhost:8787/"}) {
		t.Errorf("the first push: %+v", first)
	}
	again := n.push("shop", `return new Response("1")`)
	if !again.Unchanged || again.Version != 1 || again.Digest != first.Digest {
		t.Errorf("the same push again: %+v", again)
	}
	second := n.push("shop", `return new Response("2")`)
	if second.Version != 2 || second.Digest == first.Digest {
		t.Errorf("the second push: %+v", second)
	}
	versions, err := n.Versions(ctx, "shop")
	if err != nil || len(versions) != 2 || versions[0].Message != "the first\nof \"all\" é" || versions[0].Percent != 0 || versions[1].Percent != 100 || versions[1].Created.IsZero() {
		t.Errorf("versions %+v, %v", versions, err)
	}
	back, err := n.Rollback(ctx, "shop", 0)
	if err != nil || back.Version != 1 || back.Digest != first.Digest {
		t.Errorf("the rollback: %+v, %v", back, err)
	}
	forth, err := n.Rollback(ctx, "shop", 2)
	if err != nil || forth.Version != 2 {
		t.Errorf("the rollback to 2: %+v, %v", forth, err)
	}
	list, err := n.Functions(ctx)
	if err != nil || len(list) != 1 || list[0].Name != "shop" || list[0].Version != 2 || list[0].Isolation != "event" || list[0].Digest != second.Digest {
		t.Errorf("functions %+v, %v", list, err)
	}
	gone, err := n.Remove(ctx, "shop")
	if err != nil || gone.Function != "shop" || gone.Version != 0 || gone.Revision <= forth.Revision {
		t.Errorf("the removal: %+v, %v", gone, err)
	}
	_, err = n.Versions(ctx, "shop")
	wantCode(t, err, "not_found", `function "shop"`)
	n.mu.Lock()
	defer n.mu.Unlock()
	if got := strings.Join(n.mu.rollouts, ", "); got != "shop 1, shop 1, shop 2, shop 3, shop 4, shop 5" {
		t.Errorf("waited for %s", got)
	}
}

// TestRefusedPushes has one catalog: none of them may change it.
func TestRefusedPushes(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.push("taken", `return new Response()`, func(m *bundles.Manifest) { m.Routes = []string{"taken.example/*"} })
	good := bundle("shop", `return new Response()`)
	routed := func(routes ...string) []byte {
		return bundle("shop", ``, func(m *bundles.Manifest) { m.Routes = routes })
	}
	const versions = "/v1/functions/shop/versions"
	for _, tc := range []struct {
		name, path   string
		body         []byte
		status       int
		code, detail string
	}{
		{"nothing", versions, nil, 422, "invalid", "the body is no bundle"},
		{"garbage", versions, []byte("export default {}"), 422, "invalid", "the body is no bundle"},
		{"a bundle cut short", versions, good[:len(good)-1], 422, "invalid", "the body is no bundle"},
		{"a bundle and more", versions, append(bytes.Clone(good), 0), 422, "invalid", "the body is no bundle"},
		{"a changed byte in its lengths", versions, slices.Replace(bytes.Clone(good), 8, 9, 0xff), 422, "invalid", "the body is no bundle"},
		{"more than 50 MB", versions, make([]byte, bundles.EncodedBytesMax+1), 413, "body_too_large", "a bundle may have 52428800 bytes at most"},
		{"another function's", "/v1/functions/other/versions", good, 422, "invalid", `the bundle is of function "shop", not "other"`},
		{"a name that can't be one", "/v1/functions/SHOP/versions", bundle("SHOP", ``), 422, "invalid", "lower-case letters"},
		{"a manifest out of bounds", versions, bundle("shop", ``, func(m *bundles.Manifest) { m.Limits.CPUMillis = 1e6 }), 422, "invalid", "limits.cpu_ms is 1000000"},
		{"a route that is none", versions, routed("shop.example:8080/*"), 422, "invalid", "a route holds for every port"},
		{"a route that no request can take", versions, routed("shop.example/a/../b*"), 422, "invalid", "no request has the path"},
		{"a route that is another's", versions, routed("TAKEN.example/*"), 409, "conflict", `is taken by function "taken"`},
		{"a long message", versions + "?message=" + strings.Repeat("x", 1001), good, 422, "invalid", "the message is 1001 bytes long, more than the 1000 allowed"},
		{"a message that is no text", versions + "?message=%ff", good, 422, "invalid", "the message is not UTF-8 text"},
		{"a syntax error", versions, bundles.Encode(&bundles.Bundle{Manifest: bundles.Manifest{Name: "shop"}, Script: []byte("let = ;")}), 422, "exception", "SyntaxError"},
		{"no default export", versions, bundles.Encode(&bundles.Bundle{Manifest: bundles.Manifest{Name: "shop"}, Script: []byte("__register({})")}), 422, "exception", "no default export"},
		{"a top level that throws", versions, bundles.Encode(&bundles.Bundle{Manifest: bundles.Manifest{Name: "shop"}, Script: []byte(`throw new Error("early")`)}), 422, "exception", "Error: early"},
		{"a top level that waits for nothing", versions, bundles.Encode(&bundles.Bundle{Manifest: bundles.Manifest{Name: "shop"}, Script: []byte("await new Promise(() => {})")}), 422, "never_settled", "top-level await"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			wantProblem(t, n.send("POST", tc.path, string(tc.body)), tc.status, tc.code, tc.detail)
			list, err := n.Functions(t.Context())
			if err != nil || len(list) != 1 || list[0].Name != "taken" {
				t.Errorf("there are %+v, %v", list, err)
			}
		})
	}
}

func TestFunctionsThatAreNotThere(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.push("shop", `return new Response()`)
	for _, tc := range []struct {
		name, method, path, body string
		status                   int
		code, detail             string
	}{
		{"versions", "GET", "/v1/functions/absent/versions", "", 404, "not_found", `function "absent": no such function`},
		{"rollback", "POST", "/v1/functions/absent/rollback", "{}", 404, "not_found", `function "absent"`},
		{"removal", "DELETE", "/v1/functions/absent", "", 404, "not_found", `function "absent"`},
		{"invocation", "POST", "/v1/functions/absent/invoke", "{}", 404, "not_found", "no such function"},
		{"a version", "POST", "/v1/functions/shop/rollback", `{"version":7}`, 404, "not_found", "no such version"},
		{"an earlier version", "POST", "/v1/functions/shop/rollback", "", 404, "not_found", "no such version"},
		{"a negative version", "POST", "/v1/functions/shop/rollback", `{"version":-1}`, 422, "invalid", "versions count from 1"},
		{"a version that is no number", "POST", "/v1/functions/shop/rollback", `{"version":"1"}`, 422, "invalid", "the body is no JSON document of the right form"},
		{"an unknown key", "POST", "/v1/functions/shop/rollback", `{"verison":1}`, 422, "invalid", `unknown field "verison"`},
		{"two documents", "POST", "/v1/functions/shop/rollback", `{}{}`, 422, "invalid", "more than one JSON document"},
		{"a document and more", "POST", "/v1/functions/shop/rollback", `{}}`, 422, "invalid", "more than one JSON document"},
		{"a large document", "POST", "/v1/functions/shop/rollback", `{"version":1` + strings.Repeat(" ", 1<<10) + `}`, 413, "body_too_large", "the JSON document may have 1024 bytes at most"},
		{"a name with a slash", "DELETE", "/v1/functions/a%2Fb", "", 404, "not_found", `function "a/b"`},
		{"a name with dots", "DELETE", "/v1/functions/%2E%2E", "", 404, "not_found", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			wantProblem(t, n.send(tc.method, tc.path, tc.body), tc.status, tc.code, tc.detail)
		})
	}
}

func TestAnUploadThatBreaksOff(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	broken := io.MultiReader(bytes.NewReader(bundle("shop", ``)[:20]), failing{})
	if _, err := n.Push(t.Context(), "shop", broken, ""); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
	if list, err := n.Functions(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("there are %v, %v", list, err)
	}
}

var errBroken = errors.New("the disk is gone")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBroken }

func TestAChangeThatThisNodeCantServe(t *testing.T) {
	t.Parallel()
	n := newNode(t, func(c *admin.Config) {
		c.Rollout = func(context.Context, int64, string) ([]admin.Node, error) { return nil, store.ErrNotFound }
	})
	_, err := n.Push(t.Context(), "shop", bytes.NewReader(bundle("shop", ``)), "")
	wantCode(t, err, "not_switched", "the catalog has the change, but this node can't serve it yet and goes on trying: bundle not found")
	_, err = n.Rollback(t.Context(), "shop", 1)
	wantCode(t, err, "not_switched", "the catalog has the change")
	_, err = n.Remove(t.Context(), "shop")
	wantCode(t, err, "not_switched", "the catalog has the change")
}

func TestNodesThatLagBehindAreNamed(t *testing.T) {
	t.Parallel()
	n := newNode(t, func(c *admin.Config) {
		c.Rollout = func(context.Context, int64, string) ([]admin.Node, error) {
			return []admin.Node{{ID: "n1", Switched: true}, {ID: "n2", Error: "the disk is full"}}, nil
		}
	})
	c := n.push("shop", ``)
	if c.Complete() || c.Nodes[1].ID != "n2" || c.Nodes[1].Error != "the disk is full" {
		t.Errorf("got %+v", c)
	}
}

func TestABrokenCatalog(t *testing.T) {
	t.Parallel()
	n := newNode(t, func(c *admin.Config) {
		cat, err := catalog.New(unreachable{}, catalog.Config{})
		if err != nil {
			t.Fatal(err)
		}
		c.Catalog = cat
	})
	for _, path := range []string{"GET /v1/functions", "GET /v1/functions/shop/versions", "POST /v1/functions/shop/rollback", "DELETE /v1/functions/shop", "POST /v1/functions/shop/invoke"} {
		method, path, _ := strings.Cut(path, " ")
		wantProblem(t, n.send(method, path, ""), http.StatusServiceUnavailable, "store_unavailable", "the store is out of reach")
	}
	wantProblem(t, n.send("POST", "/v1/functions/shop/versions", string(bundle("shop", ``))), 503, "store_unavailable", "the store is out of reach")
}

// unreachable is a store that is out of reach.
type unreachable struct{ brokenKV }

func (unreachable) Get(context.Context, string, string) (kv.Entry, error) {
	return kv.Entry{}, kv.ErrUnavailable
}

func (unreachable) Swap(context.Context, string, string, kv.Version, kv.Entry) (kv.Version, error) {
	return "", kv.ErrUnavailable
}
