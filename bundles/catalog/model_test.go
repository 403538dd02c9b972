package catalog_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/catalog"
	"github.com/skerry-edge/skerry/kv/memory"
	"pgregory.net/rapid"
)

// model is what a catalog is, without a store, races or limits.
type model struct {
	functions map[string]*modelFunction
	last      map[string]int // the highest number used, by function, removed ones too
	revision  int64
}

type modelFunction struct {
	versions map[int]operation // by number: the push that made it
	trail    []int
}

// operation is a change that may be asked for.
type operation struct {
	kind     string // "push", "rollback", "remove"
	function string
	content  string // of a push
	route    string // of a push; empty: none
	number   int    // of a rollback; 0: the previous one
}

// result is how an operation ended.
type result struct {
	err       string // "", "function", "version", "conflict"
	number    int
	unchanged bool
}

func newModel() *model {
	return &model{functions: make(map[string]*modelFunction), last: make(map[string]int)}
}

func (f *modelFunction) live() int { return f.trail[len(f.trail)-1] }

func (o operation) claim() string {
	if o.route == "" {
		return o.function + ".localhost/*"
	}
	return o.route
}

func (m *model) taken(by string, route string) bool {
	for name, f := range m.functions {
		if name != by && f.versions[f.live()].claim() == route {
			return true
		}
	}
	return false
}

func (m *model) apply(o operation) result {
	f := m.functions[o.function]
	if f == nil && o.kind != "push" {
		return result{err: "function"}
	}
	switch o.kind {
	case "push":
		if f != nil && f.versions[f.live()].content == o.content && f.versions[f.live()].route == o.route {
			return result{number: f.live(), unchanged: true}
		}
		if m.taken(o.function, o.claim()) {
			return result{err: "conflict"}
		}
		if f == nil {
			f = &modelFunction{versions: make(map[int]operation)}
			m.functions[o.function] = f
		}
		m.last[o.function]++
		number := m.last[o.function]
		f.versions[number] = o
		f.trail = append(f.trail, number)
	case "rollback":
		number := o.number
		if number == 0 {
			if len(f.trail) < 2 {
				return result{err: "version"}
			}
			number = f.trail[len(f.trail)-2]
		}
		version, ok := f.versions[number]
		if !ok {
			return result{err: "version"}
		}
		if number == f.live() {
			return result{number: number, unchanged: true}
		}
		if m.taken(o.function, version.claim()) {
			return result{err: "conflict"}
		}
		if i := slices.Index(f.trail, number); i >= 0 {
			f.trail = f.trail[:i+1]
		} else {
			f.trail = append(f.trail, number)
		}
	case "remove":
		delete(m.functions, o.function)
		m.revision++
		return result{}
	}
	m.revision++
	return result{number: f.live()}
}

// String says what is live and what is kept, as describe does of a catalog.
func (m *model) String() string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(m.functions)) {
		f := m.functions[name]
		version := f.versions[f.live()]
		lines = append(lines, fmt.Sprintf("%s: %d %s [%s] of %v", name, f.live(), digest(version.content), version.claim(), slices.Sorted(maps.Keys(f.versions))))
	}
	return strings.Join(lines, "\n")
}

func describe(t testing.TB, c *catalog.Catalog) string {
	t.Helper()
	var lines []string
	for _, f := range snapshot(t, c).Functions {
		v, err := c.Live(t.Context(), f.Name, f.Live[0])
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s: %d %s %v of %v", f.Name, v.Number, v.Digest, f.Routes, numbers(t, c, f.Name)))
	}
	return strings.Join(lines, "\n")
}

// perform asks a catalog for o, and returns the revision that o made too.
func perform(t testing.TB, c *catalog.Catalog, o operation) (result, int64) {
	t.Helper()
	var change catalog.Change
	var err error
	switch o.kind {
	case "push":
		m := bundles.Manifest{Name: o.function}
		if o.route != "" {
			m.Routes = []string{o.route}
		}
		change, err = c.Push(t.Context(), m, digest(o.content), "")
	case "rollback":
		change, err = c.Rollback(t.Context(), o.function, o.number)
	case "remove":
		change.Revision, err = c.Remove(t.Context(), o.function)
	}
	var conflict *catalog.ConflictError
	switch {
	case err == nil:
		return result{number: change.Version.Number, unchanged: change.Unchanged}, change.Revision
	case errors.Is(err, catalog.ErrNoFunction):
		return result{err: "function"}, 0
	case errors.Is(err, catalog.ErrNoVersion):
		return result{err: "version"}, 0
	case errors.As(err, &conflict):
		return result{err: "conflict"}, 0
	}
	t.Errorf("%+v: %v", o, err)
	return result{err: "other"}, 0
}

var (
	modelFunctions = []string{"a", "b", "c"}
	modelRoutes    = []string{"", "", "x.example.com/*", "y.example.com/*", "a.localhost/*"}
	modelContents  = []string{"1", "2", "3"}
	modelKinds     = []string{"push", "push", "push", "rollback", "rollback", "remove"}
)

func TestCatalogBehavesAsTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := memory.New(memory.Config{})
		catalogs := []*catalog.Catalog{open(t, s), open(t, s)}
		m := newModel()
		for step := range rapid.IntRange(1, 40).Draw(rt, "steps") {
			o := operation{
				kind:     rapid.SampledFrom(modelKinds).Draw(rt, "kind"),
				function: rapid.SampledFrom(modelFunctions).Draw(rt, "function"),
				content:  rapid.SampledFrom(modelContents).Draw(rt, "content"),
				route:    rapid.SampledFrom(modelRoutes).Draw(rt, "route"),
				number:   rapid.IntRange(0, 6).Draw(rt, "number"),
			}
			c := rapid.SampledFrom(catalogs).Draw(rt, "catalog")
			got, revision := perform(t, c, o)
			if want := m.apply(o); got != want {
				rt.Fatalf("step %d, %+v: %+v, want %+v", step, o, got, want)
			}
			if got.err == "" && revision != m.revision {
				rt.Fatalf("step %d, %+v: revision %d, want %d", step, o, revision, m.revision)
			}
			if got, want := describe(t, catalogs[step%2]), m.String(); got != want {
				rt.Fatalf("step %d, %+v: the catalog holds\n%s\nwant\n%s", step, o, got, want)
			}
		}
		if _, err := catalogs[0].Sweep(t.Context(), -1); err != nil {
			rt.Fatal(err)
		}
		if got, want := describe(t, catalogs[1]), m.String(); got != want {
			rt.Fatalf("after a sweep the catalog holds\n%s\nwant\n%s", got, want)
		}
	})
}

// removals counts the removals in o.
func removals(o operation) int {
	if o.kind == "remove" {
		return 1
	}
	return 0
}

// TestRacingCatalogsMakeOneHistory lets two catalogs work on one store at once. Each change
// that was made has a revision of its own; the model, given the changes in the order of
// these, must come to the same results and to the same end.
func TestRacingCatalogsMakeOneHistory(t *testing.T) {
	t.Parallel()
	type done struct {
		operation
		result
		revision int64
	}
	s := memory.New(memory.Config{})
	var mu sync.Mutex
	var changes []done
	var workers sync.WaitGroup
	for range 2 {
		c := open(t, s)
		for range 3 {
			workers.Go(func() {
				for range 60 {
					o := operation{
						kind:     modelKinds[rand.N(len(modelKinds))],
						function: modelFunctions[rand.N(len(modelFunctions))],
						content:  modelContents[rand.N(len(modelContents))],
						route:    modelRoutes[rand.N(len(modelRoutes))],
						number:   rand.N(7),
					}
					r, revision := perform(t, c, o)
					if r.err == "" && !r.unchanged {
						mu.Lock()
						changes = append(changes, done{o, r, revision})
						mu.Unlock()
					}
				}
			})
		}
	}
	workers.Wait()
	// Of two that remove a function at once, both are told that it is gone, the second
	// with whatever revision it saw that in: it comes after the change that made that.
	slices.SortFunc(changes, func(a, b done) int {
		return cmp.Or(cmp.Compare(a.revision, b.revision), removals(a.operation)-removals(b.operation))
	})
	m := newModel()
	for _, change := range changes {
		if change.revision == m.revision && change.kind == "remove" {
			continue
		}
		if got := m.apply(change.operation); got != change.result || m.revision != change.revision {
			t.Fatalf("%+v at revision %d: the model says %+v at %d", change.operation, change.revision, got, m.revision)
		}
	}
	c := open(t, s)
	if got := snapshot(t, c).Revision; got != m.revision {
		t.Errorf("revision %d, want %d: a change was lost", got, m.revision)
	}
	if got, want := describe(t, c), m.String(); got != want {
		t.Errorf("catalog holds\n%s\nwant\n%s", got, want)
	}
	if len(changes) < 50 {
		t.Errorf("only %d changes were made: the test shows little", len(changes))
	}
}
