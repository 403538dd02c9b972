package binding_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/binding"
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
	"github.com/skerry-edge/skerry/isolate/webapi"
	"github.com/skerry-edge/skerry/kv/memory"
)

// platform is what the tests of this package make their VMs with.
var platform = sync.OnceValues(func() (*js.Platform, error) {
	return js.NewPlatform(slices.Concat(webapi.All(), binding.Classes())...)
})

// eval runs src, the body of an async function that finds env, in a new VM; see
// [jstest.Eval].
func eval(t testing.TB, entries []binding.Entry, h binding.Host, src string) string {
	t.Helper()
	p, err := platform()
	if err != nil {
		t.Fatal(err)
	}
	turns := js.NewTurns(js.TurnsConfig{})
	defer turns.Close()
	vm := p.NewVM(js.Config{Turns: turns})
	defer vm.Abandon()
	vm.Meter().Reset(js.Account{CPU: 10 * time.Second})
	if err := vm.Enter(t.Context(), func() { vm.SetGlobal("env", binding.Env(vm, entries, h)) }); err != nil {
		t.Fatal(err)
	}
	return jstest.EvalIn(t, vm, src)
}

func TestEnv(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, kind, value, src, want string }{
		{"a variable is a string", "var", "héllo\n", `return typeof env.X + env.X`, "stringhéllo\n"},
		{"a variable can be empty", "var", "", `return env.X === ""`, "true"},
		{"a namespace is an object of methods", "kv", "n", `return Object.prototype.toString.call(env.X)`, "[object KVNamespace]"},
		{"a namespace is the same one each time", "kv", "n", `return env.X === env.X`, "true"},
		{"a namespace has no properties of its own", "kv", "n", `return Object.keys(env.X).length`, "0"},
		{"a namespace can't be cloned", "kv", "n", `try { structuredClone(env.X) } catch (e) { return e.name }`, "DataCloneError"},
		{"the class of namespaces has no name", "kv", "n", `return typeof KVNamespace`, "undefined"},
		{"the class of namespaces makes none", "kv", "n", `new env.X.constructor()`, "throws TypeError: Illegal constructor: KVNamespace"},
		{"methods need a namespace", "kv", "n", `let { get } = env.X; await get("k")`, "throws TypeError: Illegal invocation: this is not a KVNamespace"},
		{"entries can be written over", "var", "a", `env.X = "b"; return env.X`, "b"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			entries := []binding.Entry{{Name: "X", Kind: tc.kind, Value: tc.value}}
			if got := eval(t, entries, binding.Host{KV: memory.New(memory.Config{})}, tc.src); got != tc.want {
				t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}

func TestEntriesAreInOrderOfTheirNames(t *testing.T) {
	t.Parallel()
	entries := binding.Entries(map[string]string{"B": "2", "A": "1"}, map[string]string{"C": "n", "AA": "m"})
	want := []binding.Entry{{Name: "A", Kind: "var", Value: "1"}, {Name: "AA", Kind: "kv", Value: "m"}, {Name: "B", Kind: "var", Value: "2"}, {Name: "C", Kind: "kv", Value: "n"}}
	if !slices.Equal(entries, want) {
		t.Errorf("got %v\nwant %v", entries, want)
	}
	if got := eval(t, entries, binding.Host{}, `return Object.keys(env)`); got != "A,AA,B,C" {
		t.Errorf("env has %s", got)
	}
	if got := eval(t, nil, binding.Host{}, `return JSON.stringify(env)`); got != "{}" {
		t.Errorf("an env without entries is %s", got)
	}
}

// TestTheZeroHostReachesNothing has a row for every method of every kind of binding that
// reaches beyond the isolate: one that is missing here fails.
func TestTheZeroHostReachesNothing(t *testing.T) {
	t.Parallel()
	methods := map[string]map[string]string{
		"var": {},
		"kv": {
			"get":             `env.X.get("k")`,
			"getWithMetadata": `env.X.getWithMetadata(["k"])`,
			"put":             `env.X.put("k", "v")`,
			"delete":          `env.X.delete("k")`,
			"list":            `env.X.list()`,
			"incr":            `env.X.incr("k")`,
		},
	}
	const list = `return typeof env.X !== "object" ? "" : Object.getOwnPropertyNames(Object.getPrototypeOf(env.X)).filter(n => n !== "constructor").sort()`
	for _, kind := range binding.Kinds() {
		calls, ok := methods[kind.Name]
		if !ok {
			t.Errorf("kind %s: say here what its methods do without a world", kind.Name)
			continue
		}
		entries := []binding.Entry{{Name: "X", Kind: kind.Name, Value: "n"}}
		var known []string
		for name, call := range calls {
			known = append(known, name)
			if got := eval(t, entries, binding.Host{}, "await "+call); !strings.HasPrefix(got, "throws TypeError: ") || !strings.HasSuffix(got, "this isolate has no store") {
				t.Errorf("%s: got %q, want a refusal", call, got)
			}
		}
		slices.Sort(known)
		if got, want := eval(t, entries, binding.Host{}, list), strings.Join(known, ","); got != want {
			t.Errorf("kind %s has the methods %q, and this test knows %q", kind.Name, got, want)
		}
	}
}

func TestAnUnknownKindIsAFault(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("Env took an entry of no kind")
		}
	}()
	p, err := platform()
	if err != nil {
		t.Fatal(err)
	}
	binding.Env(p.NewVM(js.Config{}), []binding.Entry{{Name: "X", Kind: "queue"}}, binding.Host{})
}
