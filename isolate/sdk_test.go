package isolate_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

// legacy is what exists for old code and is not offered to authors: members of a class
// that the types leave out on purpose. A * stands for constants in capitals.
var legacy = map[string][]string{
	"CustomEvent":  {"initCustomEvent()"},
	"DOMException": {"*"},
	"Event":        {"initEvent()", "cancelBubble", "returnValue", "readonly srcElement"},
	"MessageEvent": {"initMessageEvent()"},
}

// declaration is a class, interface, function or constant of the types in sdk-js.
type declaration struct {
	kind    string   // "class", "interface", "function", "const" (a var is one that can be written to)
	typ     string   // of a const; empty: not a plain name
	parent  string   // of a class; empty: none
	members []string // of a class or interface: "name()", "name", "readonly name", each perhaps "static …"
}

var (
	topLevel = regexp.MustCompile(`^(?:declare )?(class|interface|function|const|var) (\w+)(?:: (\w+);|.*? extends (\w+) \{)?`)
	member   = regexp.MustCompile(`^  (static )?(readonly )?(\[Symbol\.\w+\]|\w+)\??([<(:])`)
)

// readTypes reads the declarations of sdk-js/types by their names. The files are written
// for it: one declaration begins a line, and one member is a line.
func readTypes(t *testing.T) map[string]*declaration {
	t.Helper()
	all := make(map[string]*declaration)
	for _, file := range []string{"web.d.ts", "streams.d.ts", "crypto.d.ts", "html.d.ts", "wasm.d.ts", "kv.d.ts", "handler.d.ts"} {
		text, err := os.ReadFile("../sdk-js/types/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var open *declaration
		for line := range strings.Lines(string(text)) {
			if m := topLevel.FindStringSubmatch(line); m != nil {
				open = &declaration{kind: strings.Replace(m[1], "var", "const", 1), typ: m[3], parent: m[4]}
				all[m[2]] = open
			} else if m := member.FindStringSubmatch(line); m != nil && m[3] != "constructor" {
				open.members = append(open.members, m[1]+m[2]+m[3]+map[string]string{"(": "()", "<": "()"}[m[4]])
			}
		}
	}
	for _, d := range all {
		slices.Sort(d.members)
		d.members = slices.Compact(d.members) // overloads
	}
	return all
}

// inventory is a function that answers with what it finds.
const inventory = `
const describe = (object, skip) => Reflect.ownKeys(object)
  .filter((key) => !skip.includes(key) && key !== Symbol.toStringTag)
  .map((key) => {
    const name = typeof key === "symbol" ? "[" + key.description + "]" : key;
    const { value, get, set, writable } = Object.getOwnPropertyDescriptor(object, key);
    if (typeof value === "function" && !value.prototype) return name + "()"; // a class is a value
    return (get ? set : writable) ? name : "readonly " + name;
  });
const chain = (object) => object === Object.prototype || object === null ? []
  : [...describe(object, ["constructor"]), ...chain(Object.getPrototypeOf(object))];
__register({default: {fetch(request, env, ctx) {
  const found = {env: chain(env.KV), ctx: chain(ctx), globals: {}};
  const inherited = Object.keys(Object.getPrototypeOf(globalThis));
  for (const name of [...Object.getOwnPropertyNames(globalThis), ...inherited]) {
    const value = globalThis[name];
    const g = found.globals[name] = {kind: "const", parent: "", members: []};
    if (value === null) {
      g.type = "EventHandler"; // of an attribute that takes a listener
    } else if (typeof value === "object") {
      g.type = value.constructor?.name ?? "";
      g.members = chain(value);
    } else if (typeof value === "function" && value.prototype === undefined) {
      g.kind = "function";
    } else if (typeof value === "function") {
      g.kind = "class";
      const parent = Object.getPrototypeOf(value.prototype);
      if (parent !== Object.prototype) g.parent = parent?.constructor.name ?? "";
      g.members = describe(value.prototype, ["constructor"]);
      for (const name of describe(value, ["length", "name", "prototype"])) g.members.push("static " + name);
    }
  }
  return Response.json(found);
}}})`

// runtime is what a function finds.
type runtime struct {
	Env, Ctx []string
	Globals  map[string]struct {
		Kind    string
		Type    string // of a const: the name of its class
		Parent  string // of a class; empty: none
		Members []string
	}
}

func takeInventory(t *testing.T) runtime {
	t.Helper()
	n := newNode(t, isolate.Config{})
	text, err := n.get(n.function("inventory", inventory, func(m *bundles.Manifest) {
		m.Limits.CPUMillis = 10_000
		m.KV = []bundles.KVBinding{{Binding: "KV", Namespace: "n"}}
	}))
	if err != nil {
		t.Fatal(err)
	}
	var r runtime
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	for _, name := range languageGlobals(t) {
		delete(r.Globals, name)
	}
	return r
}

// languageGlobals lists what is there without any Web API; TypeScript knows these itself.
func languageGlobals(t *testing.T) []string {
	t.Helper()
	bare, err := js.NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	names := jstest.Eval(t, bare, nil, `return Object.getOwnPropertyNames(globalThis).join()`)
	return strings.Split(names, ",")
}

// TestTypesAreWhatFunctionsFind holds the npm package's types against the runtime: what is
// declared exists, and what exists is declared.
func TestTypesAreWhatFunctionsFind(t *testing.T) {
	t.Parallel()
	types := readTypes(t)
	found := takeInventory(t)

	wantMembers(t, "KVNamespace", found.Env, types["KVNamespace"].members)
	wantMembers(t, "ExecutionContext", found.Ctx, types["ExecutionContext"].members)
	for name, g := range found.Globals {
		if d := types[name]; d == nil || d.kind == "interface" {
			t.Errorf("the global %s, a %s, is not declared", name, g.Kind)
		}
	}
	for name, d := range types {
		if d.kind == "interface" {
			continue
		}
		g, ok := found.Globals[name]
		switch {
		case !ok:
			t.Errorf("the types declare a %s %s, which does not exist", d.kind, name)
		case g.Kind != d.kind:
			t.Errorf("the types declare a %s %s, which is a %s", d.kind, name, g.Kind)
		case d.kind == "class" && g.Parent != d.parent:
			t.Errorf("the types declare class %s with the parent %q, which is %q", name, d.parent, g.Parent)
		case d.kind == "class":
			wantMembers(t, name, g.Members, d.members)
		case d.typ != "" && types[d.typ].kind == "interface":
			wantMembers(t, name, g.Members, types[d.typ].members)
		case d.typ != "" && g.Type != d.typ:
			t.Errorf("the types declare %s as a %s, which is a %s", name, d.typ, g.Type)
		}
	}
}

// wantMembers compares the members of what a function finds with those declared.
func wantMembers(t *testing.T, name string, found, declared []string) {
	t.Helper()
	kept := legacy[name]
	for _, m := range declared {
		if !slices.Contains(found, m) {
			t.Errorf("the types declare %s: %s, which does not exist or is of another kind", name, m)
		}
		if slices.Contains(kept, m) {
			t.Errorf("%s: %s is declared, and in the table of what is not", name, m)
		}
	}
	for _, m := range found {
		constant := strings.ToUpper(m[strings.LastIndexByte(m, ' ')+1:]) == m[strings.LastIndexByte(m, ' ')+1:]
		if !slices.Contains(declared, m) && !slices.Contains(kept, m) && !(constant && slices.Contains(kept, "*")) {
			t.Errorf("%s has %s, which is not declared", name, m)
		}
	}
	for _, m := range kept {
		if m != "*" && !slices.Contains(found, m) {
			t.Errorf("%s: %s is in the table of what is not declared, and does not exist", name, m)
		}
	}
}
