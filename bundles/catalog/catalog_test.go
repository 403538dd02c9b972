package catalog_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/catalog"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
)

func open(t testing.TB, s kv.Store) *catalog.Catalog {
	t.Helper()
	// Routes are compared without regard to case; a function without routes has one.
	c, err := catalog.New(s, catalog.Config{Claims: claims})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func claims(m bundles.Manifest) ([]string, error) {
	if len(m.Routes) == 0 {
		return []string{m.Name + ".localhost/*"}, nil
	}
	var claims []string
	for _, route := range m.Routes {
		if strings.Contains(route, "bad") {
			return nil, fmt.Errorf("route %q is bad", route)
		}
		claims = append(claims, strings.ToLower(route))
	}
	return claims, nil
}

func manifest(name string, routes ...string) bundles.Manifest {
	return bundles.Manifest{Name: name, Routes: routes}
}

func digest(text string) bundles.Digest { return bundles.DigestOf([]byte(text)) }

func push(t testing.TB, c *catalog.Catalog, m bundles.Manifest, content string) catalog.Change {
	t.Helper()
	change, err := c.Push(t.Context(), m, digest(content), "push "+content)
	if err != nil {
		t.Fatal(err)
	}
	return change
}

func rollback(t testing.TB, c *catalog.Catalog, function string, number int) catalog.Change {
	t.Helper()
	change, err := c.Rollback(t.Context(), function, number)
	if err != nil {
		t.Fatal(err)
	}
	return change
}

func snapshot(t testing.TB, c *catalog.Catalog) *catalog.Snapshot {
	t.Helper()
	s, err := c.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// live says what is live, one line for each function: "shop 3 [shop.localhost/*]".
func live(t testing.TB, c *catalog.Catalog) string {
	t.Helper()
	var lines []string
	for _, f := range snapshot(t, c).Functions {
		lines = append(lines, fmt.Sprintf("%s %d %v", f.Name, f.Live[0].Version, f.Routes))
	}
	return strings.Join(lines, "\n")
}

// numbers says which versions of function are kept.
func numbers(t testing.TB, c *catalog.Catalog, function string) []int {
	t.Helper()
	entries, err := c.Versions(t.Context(), function)
	if err != nil {
		t.Fatal(err)
	}
	var numbers []int
	for _, e := range entries {
		numbers = append(numbers, e.Version)
	}
	return numbers
}

// keys lists the keys of the catalog's namespace that begin with prefix.
func keys(t testing.TB, s kv.Store, prefix string) []string {
	t.Helper()
	var names []string
	for q := (kv.Query{Prefix: prefix}); ; {
		page, err := s.List(t.Context(), catalog.Namespace, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range page.Keys {
			names = append(names, key.Name)
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			return names
		}
	}
}

func TestNewNeedsSwap(t *testing.T) {
	t.Parallel()
	if _, err := catalog.New(struct{ kv.Store }{memory.New(memory.Config{})}, catalog.Config{}); err == nil {
		t.Error("a store that cannot swap was accepted")
	}
}

func TestEmptyCatalog(t *testing.T) {
	t.Parallel()
	c := open(t, memory.New(memory.Config{}))
	if s := snapshot(t, c); s.Revision != 0 || s.Catalog != "" || len(s.Functions) != 0 || s.Mark != "" {
		t.Errorf("snapshot %+v, want an empty one", s)
	}
	if mark, err := c.Mark(t.Context()); mark != "" || err != nil {
		t.Errorf("mark %q, %v, want none", mark, err)
	}
	_, versionsErr := c.Versions(t.Context(), "shop")
	_, versionErr := c.Version(t.Context(), "shop", 1)
	_, rollbackErr := c.Rollback(t.Context(), "shop", 0)
	_, removeErr := c.Remove(t.Context(), "shop")
	for name, err := range map[string]error{"versions": versionsErr, "version": versionErr, "rollback": rollbackErr, "remove": removeErr} {
		if !errors.Is(err, catalog.ErrNoFunction) || !strings.Contains(err.Error(), `"shop"`) {
			t.Errorf("%s: %v, want ErrNoFunction that names shop", name, err)
		}
	}
	if mark, err := c.Mark(t.Context()); mark != "" || err != nil {
		t.Errorf("mark %q, %v after failed changes, want none", mark, err)
	}
}

func TestPush(t *testing.T) {
	t.Parallel()
	c := open(t, memory.New(memory.Config{}))
	for n := 1; n <= 3; n++ {
		m := manifest("shop", "Shop.example.com/*")
		m.Vars = map[string]string{"N": fmt.Sprint(n)}
		change := push(t, c, m, fmt.Sprint(n))
		v := change.Version
		if v.Number != n || v.Function != "shop" || v.Digest != digest(fmt.Sprint(n)) || v.Message != fmt.Sprint("push ", n) || v.Created.IsZero() {
			t.Errorf("push %d made %+v", n, v)
		}
		s := snapshot(t, c)
		if s.Revision != int64(n) || change.Revision != s.Revision || change.Unchanged {
			t.Errorf("push %d: revision %d, change %+v", n, s.Revision, change)
		}
		f, ok := s.Function("shop")
		if !ok {
			t.Fatal("shop is not in the snapshot")
		}
		got, err := c.Live(t.Context(), "shop", f.Live[0])
		if err != nil || got.Number != n || got.Manifest.Vars["N"] != fmt.Sprint(n) || !got.Created.Equal(v.Created) {
			t.Errorf("live version after push %d: %+v, %v", n, got, err)
		}
		if got, want := live(t, c), fmt.Sprintf("shop %d [shop.example.com/*]", n); got != want {
			t.Errorf("live: %s, want %s", got, want)
		}
	}
	push(t, c, manifest("blog"), "b")
	if got, want := live(t, c), "blog 1 [blog.localhost/*]\nshop 3 [shop.example.com/*]"; got != want {
		t.Errorf("live:\n%s\nwant\n%s", got, want)
	}
	entries, err := c.Versions(t.Context(), "shop")
	if err != nil || len(entries) != 3 {
		t.Fatalf("versions: %+v, %v", entries, err)
	}
	for i, e := range entries {
		percent := 0
		if i == 2 {
			percent = 100
		}
		if e.Version != i+1 || e.Digest != digest(fmt.Sprint(i+1)) || e.Message != fmt.Sprint("push ", i+1) || e.Percent != percent {
			t.Errorf("entry %d: %+v", i, e)
		}
	}
	if v, err := c.Version(t.Context(), "shop", 2); err != nil || v.Number != 2 || v.Manifest.Vars["N"] != "2" {
		t.Errorf("version 2: %+v, %v", v, err)
	}
	for _, n := range []int{-1, 0, 4} {
		if _, err := c.Version(t.Context(), "shop", n); !errors.Is(err, catalog.ErrNoVersion) {
			t.Errorf("version %d: %v, want ErrNoVersion", n, err)
		}
	}
}

func TestPushOfWhatIsLiveChangesNothing(t *testing.T) {
	t.Parallel()
	c := open(t, memory.New(memory.Config{}))
	push(t, c, manifest("shop"), "a")
	before := snapshot(t, c)
	change := push(t, c, manifest("shop"), "a")
	if !change.Unchanged || change.Version.Number != 1 || change.Version.Message != "push a" || change.Revision != before.Revision {
		t.Errorf("second push of the same: %+v", change)
	}
	if after := snapshot(t, c); after.Mark != before.Mark {
		t.Errorf("the second push of the same wrote a head: %q, %q", before.Mark, after.Mark)
	}
	other := manifest("shop")
	other.Vars = map[string]string{"A": "b"}
	if change := push(t, c, other, "a"); change.Unchanged || change.Version.Number != 2 {
		t.Errorf("push of the same bundle with another manifest: %+v", change)
	}
	push(t, c, manifest("shop"), "b")
	if change := push(t, c, other, "a"); change.Unchanged || change.Version.Number != 4 {
		t.Errorf("push of what was live once: %+v", change)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		manifest bundles.Manifest
		digest   bundles.Digest
		message  string
		says     string // in the error's text
	}{
		{"a manifest without a name", manifest(""), digest("a"), "", "name"},
		{"a digest that is none", manifest("shop"), "abc", "", "digest"},
		{"a message too long", manifest("shop"), digest("a"), strings.Repeat("x", 1025), "message is too large: 1025 bytes"},
		{"a message that is not text", manifest("shop"), digest("a"), "\xff", "UTF-8"},
		{"a route that Claims refuses", manifest("shop", "bad.example.com/*"), digest("a"), "", "is bad"},
	} {
		t.Run(tc.name+" is refused and changes nothing", func(t *testing.T) {
			t.Parallel()
			s := memory.New(memory.Config{})
			_, err := open(t, s).Push(t.Context(), tc.manifest, tc.digest, tc.message)
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("push: %v, want an error that says %q", err, tc.says)
			}
			if got := keys(t, s, ""); len(got) > 0 {
				t.Errorf("a refused push wrote %q", got)
			}
		})
	}
}

func TestRoutesAreTakenOnce(t *testing.T) {
	t.Parallel()
	s := memory.New(memory.Config{})
	c := open(t, s)
	push(t, c, manifest("shop", "example.com/*", "shop.example.com/*"), "a")
	push(t, c, manifest("blog"), "a")
	before, keysBefore := live(t, c), keys(t, s, "")

	wantConflict := func(err error, want catalog.ConflictError) {
		t.Helper()
		var conflict *catalog.ConflictError
		if !errors.As(err, &conflict) || *conflict != want {
			t.Fatalf("error %v, want %+v", err, want)
		}
		if !strings.Contains(err.Error(), want.Owner) || !strings.Contains(err.Error(), want.Route) {
			t.Errorf("error %q names neither owner nor route", err)
		}
	}
	_, err := c.Push(t.Context(), manifest("pirate", "pirate.example.com/*", "SHOP.example.com/*"), digest("p"), "")
	wantConflict(err, catalog.ConflictError{Function: "pirate", Route: "shop.example.com/*", Owner: "shop"})
	_, err = c.Push(t.Context(), manifest("pirate", "blog.localhost/*"), digest("p"), "")
	wantConflict(err, catalog.ConflictError{Function: "pirate", Route: "blog.localhost/*", Owner: "blog"})
	if got := live(t, c); got != before {
		t.Errorf("after refused pushes:\n%s\nbefore\n%s", got, before)
	}
	if got := keys(t, s, ""); !slices.Equal(got, keysBefore) {
		t.Errorf("refused pushes left keys: %q, before %q", got, keysBefore)
	}

	// A route that is given up can be taken, and is then missing for a rollback.
	push(t, c, manifest("shop", "example.com/*"), "b")
	push(t, c, manifest("pirate", "shop.example.com/*"), "p")
	_, err = c.Rollback(t.Context(), "shop", 1)
	wantConflict(err, catalog.ConflictError{Function: "shop", Route: "shop.example.com/*", Owner: "pirate"})
	if _, err := c.Remove(t.Context(), "pirate"); err != nil {
		t.Fatal(err)
	}
	rollback(t, c, "shop", 1)
	if got, want := live(t, c), "blog 1 [blog.localhost/*]\nshop 1 [example.com/* shop.example.com/*]"; got != want {
		t.Errorf("live:\n%s\nwant\n%s", got, want)
	}
}

func TestRollback(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		steps string // "p": push; "r": rollback; "rN": rollback to N; each followed by what is live then
		want  string // "x": ErrNoVersion
	}{
		{"goes to the version before", "p p r", "1 2 1"},
		{"goes further back each time", "p p p r r", "1 2 3 2 1"},
		{"ends at the first version", "p p r r", "1 2 1 x"},
		{"of a single version has nowhere to go", "p r", "1 x"},
		{"skips what was rolled back", "p p r p r", "1 2 1 3 1"},
		{"goes to a version by its number", "p p p r1", "1 2 3 1"},
		{"goes forward by number too", "p p r r2 r", "1 2 1 2 1"},
		{"by number cuts what came after", "p p p r1 r", "1 2 3 1 x"},
		{"to the live version changes nothing", "p p r2 r", "1 2 2 1"},
		{"to a version that never was", "p r7 r-1", "1 x x"},
		{"never gives a number twice", "p p r p p", "1 2 1 3 4"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := open(t, memory.New(memory.Config{}))
			var got []string
			for i, step := range strings.Fields(tc.steps) {
				var change catalog.Change
				var err error
				if step == "p" {
					change = push(t, c, manifest("shop"), fmt.Sprint(i))
				} else {
					number := 0
					_, _ = fmt.Sscanf(step, "r%d", &number)
					change, err = c.Rollback(t.Context(), "shop", number)
				}
				if errors.Is(err, catalog.ErrNoVersion) {
					got = append(got, "x")
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				s := snapshot(t, c)
				f, _ := s.Function("shop")
				if f.Live[0].Version != change.Version.Number || s.Revision != change.Revision {
					t.Errorf("step %d returned %+v, but live is %+v at revision %d", i, change, f.Live, s.Revision)
				}
				got = append(got, fmt.Sprint(f.Live[0].Version))
			}
			if got := strings.Join(got, " "); got != tc.want {
				t.Errorf("%s: live was %s, want %s", tc.steps, got, tc.want)
			}
		})
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	s := memory.New(memory.Config{})
	c := open(t, s)
	push(t, c, manifest("blog"), "a")
	kept := keys(t, s, "")
	for round := range 3 {
		for n := 1; n <= 2; n++ {
			if got := push(t, c, manifest("shop"), fmt.Sprint(n)).Version.Number; got != 2*round+n {
				t.Errorf("round %d: push %d made version %d, want numbers to go on", round, n, got)
			}
		}
		if got, want := numbers(t, c, "shop"), []int{2*round + 1, 2*round + 2}; !slices.Equal(got, want) {
			t.Errorf("round %d: versions %v, want %v", round, got, want)
		}
		revision, err := c.Remove(t.Context(), "shop")
		if err != nil {
			t.Fatal(err)
		}
		if s := snapshot(t, c); s.Revision != revision || len(s.Functions) != 1 {
			t.Errorf("after remove at %d: %+v", revision, s)
		}
		if _, err := c.Versions(t.Context(), "shop"); !errors.Is(err, catalog.ErrNoFunction) {
			t.Errorf("versions of what was removed: %v", err)
		}
		if got, want := keys(t, s, ""), append(slices.Clone(kept), "removed/shop"); !slices.Equal(sorted(got), sorted(want)) {
			t.Errorf("remove left keys %q, want %q", got, want)
		}
	}
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}

func TestOldVersionsGo(t *testing.T) {
	t.Parallel()
	s := memory.New(memory.Config{})
	c := open(t, s)
	const pushes = catalog.VersionsMax + 20
	for n := range pushes {
		push(t, c, manifest("shop"), fmt.Sprint(n))
	}
	got := numbers(t, c, "shop")
	if len(got) != catalog.VersionsMax || got[0] != 21 || got[len(got)-1] != pushes {
		t.Errorf("kept %v", got)
	}
	if got := keys(t, s, "version/"); len(got) != catalog.VersionsMax {
		t.Errorf("%d versions are written", len(got))
	}
	if got := keys(t, s, "history/"); len(got) != 1 {
		t.Errorf("%d histories are written", len(got))
	}
	if _, err := c.Rollback(t.Context(), "shop", 20); !errors.Is(err, catalog.ErrNoVersion) {
		t.Errorf("rollback to what is not kept: %v", err)
	}

	// The oldest that is kept is live and stays what a rollback goes to.
	rollback(t, c, "shop", 21)
	push(t, c, manifest("shop"), "x")
	push(t, c, manifest("shop"), "y")
	if got := numbers(t, c, "shop"); len(got) != catalog.VersionsMax || got[0] != 23 {
		t.Errorf("kept %d from %d", len(got), got[0])
	}
	rollback(t, c, "shop", 23)
	push(t, c, manifest("shop"), "z")
	if got := numbers(t, c, "shop"); len(got) != catalog.VersionsMax+1 || got[0] != 23 || got[1] != 24 {
		t.Errorf("kept %d from %d, %d, want the version before the live one too", len(got), got[0], got[1])
	}
	if got := rollback(t, c, "shop", 0).Version.Number; got != 23 {
		t.Errorf("rollback went to %d, want 23", got)
	}
}

func TestMarkChangesExactlyWithTheSnapshot(t *testing.T) {
	t.Parallel()
	s := memory.New(memory.Config{})
	c, other := open(t, s), open(t, s)
	seen := make(map[kv.Version]bool)
	for _, step := range []func(){
		func() { push(t, other, manifest("shop"), "a") },
		func() { push(t, other, manifest("shop"), "b") },
		func() { rollback(t, other, "shop", 0) },
		func() { rollback(t, other, "shop", 2) },
	} {
		step()
		mark, err := c.Mark(t.Context())
		if err != nil || seen[mark] || mark == "" {
			t.Errorf("mark %q after a change, %v: want a new one", mark, err)
		}
		seen[mark] = true
		if again, err := c.Mark(t.Context()); err != nil || again != mark || snapshot(t, c).Mark != mark {
			t.Errorf("mark %q without a change, %v: want %q", again, err, mark)
		}
	}
}

func TestCatalogKeepsItsName(t *testing.T) {
	t.Parallel()
	s := memory.New(memory.Config{})
	c := open(t, s)
	push(t, c, manifest("shop"), "a")
	name := snapshot(t, c).Catalog
	push(t, c, manifest("shop"), "b")
	if _, err := c.Remove(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	if got := snapshot(t, c).Catalog; got != name || name == "" {
		t.Errorf("the catalog is called %q, then %q", name, got)
	}
	other := open(t, memory.New(memory.Config{}))
	push(t, other, manifest("shop"), "a")
	if got := snapshot(t, other).Catalog; got == name {
		t.Error("two catalogs have one name")
	}
}
