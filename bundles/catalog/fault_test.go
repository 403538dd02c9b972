package catalog_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/bundles/catalog"
	"github.com/skerry-edge/skerry/bundles/store/storetest"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
)

// changes are the changes that TestChangeIsAllOrNothing breaks at each step.
var changes = []struct {
	name   string
	before string // operations that lead there, as in the steps of TestRollback
	do     operation
}{
	{"first push of all", "", operation{kind: "push", function: "shop", content: "new"}},
	{"first push of a function", "blog", operation{kind: "push", function: "shop", content: "new"}},
	{"push of a new version", "blog shop shop", operation{kind: "push", function: "shop", content: "new"}},
	{"push after removal", "blog shop -shop", operation{kind: "push", function: "shop", content: "new"}},
	{"rollback", "blog shop shop", operation{kind: "rollback", function: "shop"}},
	{"rollback by number", "shop shop shop", operation{kind: "rollback", function: "shop", number: 1}},
	{"removal", "blog shop shop", operation{kind: "remove", function: "shop"}},
}

func prepare(t *testing.T, c *catalog.Catalog, m *model, before string) {
	t.Helper()
	for i, step := range strings.Fields(before) {
		o := operation{kind: "push", function: step, content: fmt.Sprint(i)}
		if name, ok := strings.CutPrefix(step, "-"); ok {
			o = operation{kind: "remove", function: name}
		}
		if got, _ := perform(t, c, o); got != m.apply(o) {
			t.Fatalf("%+v: %+v", o, got)
		}
	}
}

// TestChangeIsAllOrNothing lets each call that a change makes of its store fail in turn:
// alone, or with all that follow, as if the process had died there. What is live is then
// the old or the new, as a whole; a change that was reported as made is made; and what
// follows works.
func TestChangeIsAllOrNothing(t *testing.T) {
	t.Parallel()
	for _, tc := range changes {
		for _, fault := range storetest.Faults {
			for _, dies := range []bool{false, true} {
				name := tc.name + ", " + fault.Name
				if dies {
					name += " and then the process"
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) { // for the pauses between attempts
						calls := 1
						for breakAt(t, tc.before, tc.do, fault, dies, calls) {
							calls++
						}
						if calls < 4 {
							t.Errorf("only %d calls could fail", calls-1)
						}
					})
				})
			}
		}
	}
}

// breakAt lets the nth call of a change fail, and returns false if the change makes fewer.
func breakAt(t *testing.T, before string, do operation, fault storetest.Fault, dies bool, n int) bool {
	t.Helper()
	memory := memory.New(memory.Config{})
	faulty := storetest.NewFaulty(memory)
	c, observer := open(t, faulty), open(t, memory)
	m := newModel()
	prepare(t, c, m, before)
	old := m.String()

	if dies {
		faulty.FailFrom(n, fault)
	} else {
		faulty.FailAt(n, fault)
	}
	err := attempt(t, c, do)
	broke := faulty.Failed()
	faulty.Heal()

	m.apply(do)
	got := describe(t, observer)
	if got != old && got != m.String() {
		t.Fatalf("call %d failed: the catalog holds\n%s\nwhich is neither\n%s\nnor\n%s", n, got, old, m.String())
	}
	if err == nil && got != m.String() {
		t.Fatalf("call %d failed: the change is not made, but no error says so", n)
	}
	if err != nil && !errors.Is(err, kv.ErrUnavailable) && !errors.Is(err, catalog.ErrBusy) {
		t.Fatalf("call %d failed: error %v", n, err)
	}
	if got == old {
		if err := attempt(t, c, do); err != nil {
			t.Fatalf("call %d failed: the same change again: %v", n, err)
		}
		if got := describe(t, observer); got != m.String() {
			t.Fatalf("call %d failed: after the same change again:\n%s\nwant\n%s", n, got, m.String())
		}
	}
	if got := snapshot(t, observer).Revision; got != m.revision {
		t.Fatalf("call %d failed: revision %d, want %d: the change was made twice", n, got, m.revision)
	}
	checkSweep(t, memory, observer)
	if got := describe(t, observer); got != m.String() {
		t.Fatalf("call %d failed: after a sweep:\n%s\nwant\n%s", n, got, m.String())
	}
	next := operation{kind: "push", function: "shop", content: "next"}
	if got, _ := perform(t, c, next); got != m.apply(next) {
		t.Fatalf("call %d failed: the next push: %+v", n, got)
	}
	return broke
}

// attempt asks for o and returns the error.
func attempt(t *testing.T, c *catalog.Catalog, o operation) (err error) {
	t.Helper()
	switch o.kind {
	case "push":
		_, err = c.Push(t.Context(), manifest(o.function), digest(o.content), "")
	case "rollback":
		_, err = c.Rollback(t.Context(), o.function, o.number)
	case "remove":
		_, err = c.Remove(t.Context(), o.function)
	}
	return err
}

// checkSweep sweeps without grace, and checks that only what is in use is left.
func checkSweep(t *testing.T, s kv.Store, c *catalog.Catalog) {
	t.Helper()
	if _, err := c.Sweep(t.Context(), -time.Hour); err != nil {
		t.Fatal(err)
	}
	versions := 0
	functions := snapshot(t, c).Functions
	for _, f := range functions {
		versions += len(numbers(t, c, f.Name))
	}
	if got := keys(t, s, "version/"); len(got) != versions {
		t.Fatalf("after a sweep there are %q for %d versions", got, versions)
	}
	if got := keys(t, s, "history/"); len(got) != len(functions) {
		t.Fatalf("after a sweep there are %q for %d functions", got, len(functions))
	}
}

func TestSweepSparesWhatIsYoung(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		memory := memory.New(memory.Config{})
		faulty := storetest.NewFaulty(memory)
		c := open(t, faulty)
		// head, removed, version, history: the fifth call is the swap.
		faulty.FailFrom(5, storetest.Fault{Err: kv.ErrUnavailable})
		if _, err := c.Push(t.Context(), manifest("shop"), digest("a"), ""); !errors.Is(err, kv.ErrUnavailable) {
			t.Fatal(err)
		}
		faulty.Heal()
		left := keys(t, memory, "")
		if len(left) != 2 {
			t.Fatalf("a broken push left %q, want a version and a history", left)
		}
		time.Sleep(59 * time.Minute)
		if removed, err := c.Sweep(t.Context(), time.Hour); removed != 0 || err != nil {
			t.Errorf("a sweep before the grace is over removed %d, %v", removed, err)
		}
		time.Sleep(2 * time.Minute)
		if removed, err := c.Sweep(t.Context(), time.Hour); removed != 2 || err != nil {
			t.Errorf("a sweep after the grace removed %d, %v", removed, err)
		}
		if left := keys(t, memory, ""); len(left) != 0 {
			t.Errorf("left after the sweep: %q", left)
		}
	})
}

func TestBundlesAreThoseOfAllVersionsKept(t *testing.T) {
	t.Parallel()
	c := open(t, memory.New(memory.Config{}))
	for _, content := range []string{"1", "2", "3"} {
		push(t, c, manifest("shop"), content)
	}
	push(t, c, manifest("blog"), "4")
	push(t, c, manifest("gone"), "5")
	if _, err := c.Remove(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	got, err := c.Bundles(t.Context())
	if err != nil || len(got) != 4 {
		t.Fatalf("%d bundles, %v, want 4", len(got), err)
	}
	for _, content := range []string{"1", "2", "3", "4"} {
		if !got[digest(content)] {
			t.Errorf("bundle of %s is missing", content)
		}
	}
}

func TestStoreThatIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := storetest.NewFaulty(memory.New(memory.Config{}))
		c := open(t, s)
		push(t, c, manifest("shop"), "a")
		s.FailFrom(1, storetest.Fault{Err: kv.ErrUnavailable})
		_, markErr := c.Mark(t.Context())
		_, snapshotErr := c.Snapshot(t.Context())
		_, versionsErr := c.Versions(t.Context(), "shop")
		_, bundlesErr := c.Bundles(t.Context())
		_, sweepErr := c.Sweep(t.Context(), time.Hour)
		for name, err := range map[string]error{
			"mark": markErr, "snapshot": snapshotErr, "versions": versionsErr, "bundles": bundlesErr, "sweep": sweepErr,
			"push":     attempt(t, c, operation{kind: "push", function: "shop", content: "b"}),
			"rollback": attempt(t, c, operation{kind: "rollback", function: "shop"}),
			"remove":   attempt(t, c, operation{kind: "remove", function: "shop"}),
		} {
			if !errors.Is(err, kv.ErrUnavailable) {
				t.Errorf("%s: %v, want ErrUnavailable", name, err)
			}
		}
	})
}
