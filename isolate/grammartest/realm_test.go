package grammartest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate"
)

// builtin is a function that scripts can reach without writing one.
type builtin struct {
	Path   string // an expression for it
	Length int    // its parameters
	New    bool   // it may be a constructor
}

// owner is what a method hangs from: "Array" for Array.prototype.at; empty: unknown.
func (b builtin) owner() string {
	head, _, ok := strings.Cut(b.Path, ".prototype")
	if !ok || strings.ContainsAny(head, "(.[") {
		return ""
	}
	return head
}

// realm is what there is for programs to use.
type realm struct {
	functions  []builtin
	prototypes []string // expressions for objects that others inherit from
}

// walk lists all functions that a handler can reach, breadth first, each by the shortest
// expression. It starts at the global object, the handler's arguments, and values whose
// prototypes have no name.
const walk = `
const found = [], prototypes = [], seen = new Set(), queue = [];
const visit = (path, v) => {
  if (v === null || (typeof v !== "object" && typeof v !== "function") || seen.has(v)) return;
  seen.add(v);
  queue.push([path, v]);
};
visit("globalThis", globalThis);
for (const [path, v] of [["request", request], ["env", env], ["ctx", ctx], ["env.KV", env.KV],
  ["(function*(){})", function*(){}], ["(function*(){})()", (function*(){})()], ["(async()=>{})", async()=>{}],
  ["[][Symbol.iterator]()", [][Symbol.iterator]()], ["new Map().entries()", new Map().entries()],
  ["new Set().values()", new Set().values()], ["\"\"[Symbol.iterator]()", ""[Symbol.iterator]()],
  ["\"\".matchAll(/x/g)", "".matchAll(/x/g)], ["new Int8Array(1)", new Int8Array(1)],
  ["new Headers().entries()", new Headers().entries()],
  ["new URLSearchParams().entries()", new URLSearchParams().entries()],
  ["new FormData().entries()", new FormData().entries()]]) visit(path, v);
for (let at = 0; at < queue.length; at++) {
  const [path, v] = queue[at];
  if (typeof v === "function") {
    found.push({Path: path, Length: Number(v.length) || 0, New: Object.hasOwn(v, "prototype")});
  }
  const names = [...Object.getOwnPropertyNames(v), ...Object.getOwnPropertySymbols(v)];
  if (Object.hasOwn(v, "constructor")) prototypes.push(path);
  for (const key of names) {
    const text = typeof key === "symbol" ? "[" + key.description + "]" : /^[A-Za-z_$][\w$]*$/.test(key) ? "." + key : "[" + JSON.stringify(key) + "]";
    const next = path === "globalThis" && text[0] === "." ? key : path + text;
    const d = Object.getOwnPropertyDescriptor(v, key);
    if ("value" in d) {
      visit(next, d.value);
      continue;
    }
    const accessor = "Object.getOwnPropertyDescriptor(" + path + "," + (typeof key === "symbol" ? key.description : JSON.stringify(key)) + ")";
    visit(accessor + ".get", d.get);
    visit(accessor + ".set", d.set);
    if (v === globalThis) visit(next, v[key]);
  }
  visit("Object.getPrototypeOf(" + path + ")", Object.getPrototypeOf(v));
}
return new Response(JSON.stringify({found, prototypes}));`

// walkRealm asks the engine what there is.
func walkRealm(t testing.TB, r *runner) realm {
	t.Helper()
	v, f := r.run(job{Script: walk, CPUMillis: 10_000})
	if f != nil || v.Outcome != isolate.OutcomeOK {
		t.Fatalf("walking the realm: %s %s %v", v.Outcome, v.Message, f)
	}
	var got struct {
		Found      []builtin `json:"found"`
		Prototypes []string  `json:"prototypes"`
	}
	if err := json.Unmarshal([]byte(v.Body), &got); err != nil {
		t.Fatal(err)
	}
	return realm{functions: got.Found, prototypes: got.Prototypes}
}

// TestRealm holds the walk against what must be found.
func TestRealm(t *testing.T) {
	t.Parallel()
	found := make(map[string]bool)
	all := walkRealm(t, newRunner(t))
	for _, b := range all.functions {
		found[b.Path] = true
	}
	t.Logf("%d functions, %d prototypes", len(all.functions), len(all.prototypes))
	for _, want := range []string{
		"Array", "Array.prototype.fill", "String.raw", "RegExp.prototype[Symbol.replace]", "JSON.parse", "Reflect.apply",
		"structuredClone", "Headers.prototype.append", "queueMicrotask", "BigInt.asUintN",
		`Object.getOwnPropertyDescriptor(RegExp.prototype,"flags").get`,
	} {
		if !found[want] {
			t.Errorf("the walk did not find %s", want)
		}
	}
	for _, b := range all.functions {
		if b.Path == "Array.prototype.fill" && b.owner() != "Array" {
			t.Errorf("the owner of %s is %q", b.Path, b.owner())
		}
	}
}
