package catalog_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles/catalog"
	"github.com/skerry-edge/skerry/kv/memory"
)

func TestManyFunctionsArePushedInOneChange(t *testing.T) {
	t.Parallel()
	c := open(t, memory.New(memory.Config{}))
	push(t, c, manifest("shop"), "1")
	push(t, c, manifest("blog"), "b")
	changes, err := c.PushAll(t.Context(), []catalog.Pushed{
		{Manifest: manifest("shop"), Digest: digest("2")},
		{Manifest: manifest("blog"), Digest: digest("b")},
		{Manifest: manifest("api"), Digest: digest("a"), Message: "first"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		name      string
		number    int
		unchanged bool
	}{{"shop", 2, false}, {"blog", 1, true}, {"api", 1, false}}
	for i, w := range want {
		got := changes[i]
		if got.Version.Function != w.name || got.Version.Number != w.number || got.Unchanged != w.unchanged || got.Revision != 3 {
			t.Errorf("change %d is %+v, want %+v of revision 3", i, got, w)
		}
	}
	if got, want := live(t, c), "api 1 [api.localhost/*]\nblog 1 [blog.localhost/*]\nshop 2 [shop.localhost/*]"; got != want {
		t.Errorf("live:\n%s\nwant\n%s", got, want)
	}
	if changes, err := c.PushAll(t.Context(), nil); err != nil || len(changes) != 0 {
		t.Errorf("pushing nothing: %v, %v", changes, err)
	}
}

func TestOneBadFunctionStopsAll(t *testing.T) {
	t.Parallel()
	c := open(t, memory.New(memory.Config{}))
	push(t, c, manifest("shop", "shop.test/*"), "1")
	for name, bad := range map[string]catalog.Pushed{
		"takes another's route": {Manifest: manifest("api", "shop.test/*"), Digest: digest("a")},
		"has a bad route":       {Manifest: manifest("api", "bad"), Digest: digest("a")},
		"is named twice":        {Manifest: manifest("blog"), Digest: digest("a")},
	} {
		_, err := c.PushAll(t.Context(), []catalog.Pushed{{Manifest: manifest("blog"), Digest: digest("b")}, bad})
		if err == nil || !strings.Contains(err.Error(), bad.Manifest.Name) {
			t.Errorf("one that %s: got %v", name, err)
		}
		var conflict *catalog.ConflictError
		if name == "takes another's route" && !errors.As(err, &conflict) {
			t.Errorf("got %v, want a *ConflictError", err)
		}
	}
	if got, want := live(t, c), "shop 1 [shop.test/*]"; got != want {
		t.Errorf("live: %s, want %s", got, want)
	}
}
