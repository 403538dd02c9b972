package admin_test

import (
	"net/http"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles/catalog"
	"github.com/skerry-edge/skerry/gateway/admin"
)

// quarantine is one in memory.
type quarantine struct {
	mu   sync.Mutex
	list []admin.Quarantined
}

func (q *quarantine) List() []admin.Quarantined {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.list)
}

func (q *quarantine) Lift(function string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	before := len(q.list)
	q.list = slices.DeleteFunc(q.list, func(e admin.Quarantined) bool { return e.Function == function })
	return len(q.list) < before
}

// quarantinedNode is a node with this quarantine, and other things that edit changes.
func quarantinedNode(t *testing.T, q *quarantine, edit ...func(*admin.Config)) *node {
	t.Helper()
	return newNode(t, append(edit, func(c *admin.Config) { c.Quarantine = q })...)
}

func TestQuarantineIsListedWithVersions(t *testing.T) {
	t.Parallel()
	q := &quarantine{}
	n := quarantinedNode(t, q)
	if list, err := n.Quarantine(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("a quarantine of nothing: %v, %v", list, err)
	}
	if a := n.send("GET", "/v1/quarantine", ""); a.body != "[]\n" {
		t.Errorf("a quarantine of nothing is %q, want an empty array", a.body)
	}
	first := n.push("shop", `return new Response("1")`)
	second := n.push("shop", `return new Response("2")`)
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	q.list = []admin.Quarantined{
		{Function: "gone", Digest: "aaaaaaaaaaaa", Since: at, Latest: at, Cause: "killed", WorkersLost: 1, Place: "jail"},
		{Function: "shop", Digest: second.Digest.Short(), Since: at, Latest: at, Cause: "it ran for ever", WorkersLost: 1, JailsLost: 2,
			Place: "refused", Until: at.Add(time.Minute)},
		{Function: "shop", Digest: first.Digest.Short(), Since: at, Latest: at, Cause: "killed", WorkersLost: 2, Place: "jail"},
		{Function: "shop", Digest: "bbbbbbbbbbbb", Since: at, Latest: at, Cause: "killed", WorkersLost: 1, Place: "jail"},
	}
	want := q.List()
	want[1].Version, want[2].Version = 2, 1
	if list, err := n.Quarantine(t.Context()); err != nil || !reflect.DeepEqual(list, want) {
		t.Errorf("got %+v, %v\nwant %+v", list, err, want)
	}
}

func TestQuarantineIsLifted(t *testing.T) {
	t.Parallel()
	q := &quarantine{list: []admin.Quarantined{{Function: "other", Digest: "a"}, {Function: "shop", Digest: "b"}, {Function: "shop", Digest: "c"}}}
	n := quarantinedNode(t, q)
	if err := n.Lift(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	if list := q.List(); len(list) != 1 || list[0].Function != "other" {
		t.Errorf("left in quarantine are %+v", list)
	}
	wantCode(t, n.Lift(t.Context(), "shop"), "not_quarantined", "no version of the function shop is quarantined")
	wantProblem(t, n.send("DELETE", "/v1/quarantine/shop", ""), http.StatusNotFound, "not_quarantined", "GET /v1/quarantine, lists")
	if a := n.send("DELETE", "/v1/quarantine/other", ""); a.status != http.StatusNoContent || a.body != "" {
		t.Errorf("got %d %q", a.status, a.body)
	}
}

func TestQuarantineOfANodeWithoutOne(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	if list, err := n.Quarantine(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("got %v, %v", list, err)
	}
	wantCode(t, n.Lift(t.Context(), "shop"), "not_quarantined", "")
}

func TestQuarantineIsListedWithoutTheCatalog(t *testing.T) {
	t.Parallel()
	q := &quarantine{list: []admin.Quarantined{{Function: "a", Digest: "a", Place: "jail"}, {Function: "shop", Digest: "b", Place: "jail"}}}
	n := quarantinedNode(t, q, func(c *admin.Config) {
		var err error
		if c.Catalog, err = catalog.New(unreachable{}, catalog.Config{}); err != nil {
			t.Fatal(err)
		}
	})
	if list, err := n.Quarantine(t.Context()); err != nil || !reflect.DeepEqual(list, q.List()) {
		t.Errorf("got %+v, %v", list, err)
	}
}
