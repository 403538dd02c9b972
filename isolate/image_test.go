package isolate_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
)

// imagesEverywhere is the environment variable that has the tests of this package copy every
// isolate that can be copied.
const imagesEverywhere = "SKERRY_TEST_IMAGES"

// notCopied begins the line of a function whose isolates are not copied.
const notCopied = "each isolate evaluates the bundle anew"

// log is what the functions have written.
func (n *node) log() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var text strings.Builder
	for _, l := range n.lines {
		text.WriteString(l.Level + " " + l.Message + "\n")
	}
	return text.String()
}

// TestAllWithImages runs the package's tests with copied isolates: nothing may differ.
func TestAllWithImages(t *testing.T) {
	t.Parallel()
	if os.Getenv(imagesEverywhere) != "" {
		return // these are they
	}
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.count=1")
	c.Env = append(os.Environ(), imagesEverywhere+"=1")
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// warmed is a function with a warmup that fills a table, which events see as it was left.
const warmed = `
	const table = new Map(); let warm = 0, events = 0;
	__register({
		warmup() { for (let n = 0; n < 3000; n++) table.set("k" + n, {n}); warm++; },
		default: { fetch() {
			events++; table.get("k5").n++; table.set("own", {});
			return new Response([warm, events, table.size, table.get("k5").n].join());
		} },
	});`

// TestWarmup: each event finds what warmup has left, and nothing of another event.
func TestWarmup(t *testing.T) {
	t.Parallel()
	n := newNode(t, isolate.Config{})
	f := n.function("warmed", warmed)
	for range 60 {
		if got, err := n.get(f); got != "1,1,3001,6" || err != nil {
			t.Fatalf("got %s, %v", got, err)
		}
	}
	if log := n.log(); log != "" {
		t.Errorf("log: %s", log)
	}
}

// TestWarmupOfReusedIsolates: it runs once for each isolate.
func TestWarmupOfReusedIsolates(t *testing.T) {
	t.Parallel()
	n := newNode(t, isolate.Config{})
	f := n.function("warmed", warmed, func(m *bundles.Manifest) { m.Isolation = bundles.IsolationReuse })
	for range 20 {
		if got, err := n.get(f); !strings.HasPrefix(got, "1,") || err != nil {
			t.Fatalf("got %s, %v", got, err)
		}
	}
}

// TestWarmupsThatFail holds how those fail that do not end well. Tests beside it would allocate
// too, and a process counts for one event at a time.
func TestWarmupsThatFail(t *testing.T) {
	for _, tc := range []struct {
		name, warmup string
		outcome      isolate.Outcome
		message      string
	}{
		{"throws", `warmup() { throw new TypeError("cold") }`, isolate.OutcomeException, "warmup: TypeError: cold"},
		{"rejects", `async warmup() { await 0; throw new TypeError("cold") }`, isolate.OutcomeException, "warmup: TypeError: cold"},
		{"never settles", `warmup() { return new Promise(() => {}) }`, isolate.OutcomeNeverSettled, "the bundle's warmup can never settle"},
		{"never ends", `warmup() { for (;;); }`, isolate.OutcomeExceededStart, "the bundle's warmup used more than"},
		{"allocates too much", `warmup() { const a = []; for (;;) a.push("x".repeat(1e6) + a.length) }`, isolate.OutcomeExceededStart, "the bundle's warmup"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n := newNode(t, isolate.Config{})
			_, err := n.get(n.function("f", `__register({ default: { fetch() { return new Response("x") } }, `+tc.warmup+` })`))
			var f *isolate.Failure
			if !errors.As(err, &f) || f.Outcome != tc.outcome || !strings.Contains(f.Message, tc.message) {
				t.Errorf("got %+v", err)
			}
		})
	}
	n := newNode(t, isolate.Config{})
	if got, err := n.get(n.function("f", `__register({ default: { fetch() { return new Response("x") } }, warmup: 5 })`)); got != "x" || err != nil {
		t.Errorf("with a warmup that is no function: %s, %v", got, err)
	}
}

// TestWarmupThatCantBeCopied says so once, in the function's log, and events are served.
func TestWarmupThatCantBeCopied(t *testing.T) {
	t.Parallel()
	n := newNode(t, isolate.Config{})
	f := n.function("f", `let at;
		__register({ default: { fetch() { return new Response(typeof at) } }, warmup() { at = Math.random(); for (let i = 0; i < 5000; i++) at += i; } })`)
	for range 60 {
		if got, err := n.get(f); got != "number" || err != nil {
			t.Fatalf("got %s, %v", got, err)
		}
	}
	if os.Getenv(imagesEverywhere) != "" {
		return // newNode hides the line
	}
	if log := n.log(); strings.Count(log, notCopied) != 1 || !strings.Contains(log, "a random number") {
		t.Errorf("log: %s", log)
	}
}
