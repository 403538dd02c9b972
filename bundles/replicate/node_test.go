package replicate_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/catalog"
	"github.com/skerry-edge/skerry/bundles/replicate"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/bundles/store/storetest"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is what the nodes of a test share.
type world struct {
	kv      *memory.Store
	catalog *catalog.Catalog // as an operator elsewhere sees it: it never fails
	shared  *store.Shared
}

func newWorld(t testing.TB) *world {
	t.Helper()
	s := memory.New(memory.Config{})
	shared, err := store.NewShared(s)
	if err != nil {
		t.Fatal(err)
	}
	return &world{kv: s, catalog: newCatalog(t, s), shared: shared}
}

func newCatalog(t testing.TB, s kv.Store) *catalog.Catalog {
	t.Helper()
	c, err := catalog.New(s, catalog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func bundle(content string) (bundles.Digest, []byte) {
	return bundles.DigestOf([]byte(content)), []byte(content)
}

// push puts a bundle and makes it live, as somebody on another node does.
func (w *world) push(t testing.TB, function, content string, routes ...string) catalog.Change {
	t.Helper()
	d, data := bundle(content)
	if err := w.shared.Put(t.Context(), d, data); err != nil {
		t.Fatal(err)
	}
	return w.announce(t, function, content, routes...)
}

// announce makes a bundle live that nobody has put.
func (w *world) announce(t testing.TB, function, content string, routes ...string) catalog.Change {
	t.Helper()
	d, _ := bundle(content)
	change, err := w.catalog.Push(t.Context(), bundles.Manifest{Name: function, Routes: routes}, d, "")
	if err != nil {
		t.Fatal(err)
	}
	return change
}

func (w *world) remove(t testing.TB, function string) {
	t.Helper()
	if _, err := w.catalog.Remove(t.Context(), function); err != nil {
		t.Fatal(err)
	}
}

// node is one node of a test: a Replica, and what its hooks were told. A node that is
// stopped can be started again.
type node struct {
	kv    *storetest.Faulty // its connection to the world
	dir   string
	local *store.Local
	cfg   replicate.Config // may be changed before a start

	*replicate.Replica // of the last start

	mu struct {
		sync.Mutex
		serving  *replicate.Serving
		switches int
		warmed   []string // "shop 1", each time
		statuses []replicate.Status
		warm     func(ctx context.Context, v bundles.Version) error // nil: succeeds
		switchTo func(s *replicate.Serving) error                   // nil: succeeds
	}
}

func newNode(t testing.TB, w *world) *node {
	t.Helper()
	n := &node{kv: storetest.NewFaulty(w.kv), dir: t.TempDir()}
	local, err := store.OpenLocal(n.dir + "/bundles")
	if err != nil {
		t.Fatal(err)
	}
	shared, err := store.NewShared(n.kv)
	if err != nil {
		t.Fatal(err)
	}
	n.local = local
	n.cfg = replicate.Config{
		Catalog: newCatalog(t, n.kv),
		Bundles: store.NewTier(local, shared),
		Dir:     n.dir,
		Warm:    n.warm,
		Switch:  n.switchTo,
		Changed: n.changed,
	}
	return n
}

// start starts the node, and stops it when the test ends.
func (n *node) start(t testing.TB) *node {
	t.Helper()
	if err := n.tryStart(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}

func (n *node) tryStart(ctx context.Context) error {
	r, err := replicate.Start(ctx, n.cfg)
	n.Replica = r
	return err
}

func (n *node) warm(ctx context.Context, v bundles.Version) error {
	n.mu.Lock()
	hook := n.mu.warm
	n.mu.warmed = append(n.mu.warmed, fmt.Sprint(v.Function, " ", v.Number))
	n.mu.Unlock()
	if _, err := n.local.Get(ctx, v.Digest); err != nil {
		return fmt.Errorf("warmed before the bundle was there: %w", err)
	}
	if hook != nil {
		return hook(ctx, v)
	}
	return nil
}

func (n *node) switchTo(_ context.Context, s *replicate.Serving) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mu.switches++
	if n.mu.switchTo != nil {
		if err := n.mu.switchTo(s); err != nil {
			return err
		}
	}
	n.mu.serving = s
	return nil
}

func (n *node) changed(s replicate.Status) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mu.statuses = append(n.mu.statuses, s)
}

// onWarm makes hook what Warm does; nil: it succeeds.
func (n *node) onWarm(hook func(ctx context.Context, v bundles.Version) error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mu.warm = hook
}

// onSwitch makes hook what Switch does first; nil: nothing.
func (n *node) onSwitch(hook func(*replicate.Serving) error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mu.switchTo = hook
}

func (n *node) switches() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.mu.switches
}

// serves says what the node serves: "blog 1, shop 3".
func (n *node) serves() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.mu.serving == nil {
		return "nothing yet"
	}
	var list []string
	for _, v := range n.mu.serving.Versions() {
		list = append(list, strings.TrimSuffix(fmt.Sprintf("%s %d %s", v.Function, v.Number, strings.Join(v.Manifest.Routes, " ")), " "))
	}
	return strings.Join(list, ", ")
}

// want checks what the node serves.
func (n *node) want(t testing.TB, when, want string) {
	t.Helper()
	if got := n.serves(); got != want {
		t.Errorf("%s: serves %q, want %q", when, got, want)
	}
}

// sync is a Sync that must succeed.
func (n *node) sync(t testing.TB, functions ...string) {
	t.Helper()
	if err := n.Sync(t.Context(), functions...); err != nil {
		t.Fatal(err)
	}
}

var errWarm = errors.New("top level threw")

// refuse is a Warm that refuses the given versions, as "shop 2".
func refuse(versions ...string) func(context.Context, bundles.Version) error {
	return func(_ context.Context, v bundles.Version) error {
		for _, refused := range versions {
			if refused == fmt.Sprint(v.Function, " ", v.Number) {
				return errWarm
			}
		}
		return nil
	}
}

// takes returns how long f took.
func takes(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}
