// Package binding makes what a function finds on env, its handler's second argument: one
// file per kind of binding, and one table, [Kinds], of all.
package binding

import (
	"cmp"
	"slices"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/kv"
)

// Host is what bindings reach the world through. The zero Host has no world: the methods
// of its bindings reject.
type Host struct {
	KV kv.Store
}

// Entry is one property of env.
type Entry struct {
	Name  string // the property's name
	Kind  string // of [Kinds]
	Value string // what the manifest says of it: a variable's value, a namespace's name
}

// Kind makes the value of entries of one kind.
type Kind struct {
	Name string
	Make func(e Entry, h Host) any // the result becomes a value as a function's result does
}

// Kinds returns all kinds of bindings.
func Kinds() []Kind {
	return []Kind{
		{"var", func(e Entry, _ Host) any { return e.Value }},
		{"kv", func(e Entry, h Host) any { return &namespace{name: e.Value, store: h.KV} }},
	}
}

// Classes are the JavaScript classes of bindings, for the platform.
func Classes() []js.Global {
	return []js.Global{kvNamespace}
}

// Entries lists the properties of an env with these variables, and KV namespaces by name
// of the property, in order of their names.
func Entries(vars, kvNamespaces map[string]string) []Entry {
	var entries []Entry
	for name, value := range vars {
		entries = append(entries, Entry{name, "var", value})
	}
	for name, ns := range kvNamespaces {
		entries = append(entries, Entry{name, "kv", ns})
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	return entries
}

// Env makes the env object in vm, in a turn. It panics on an entry of an unknown kind.
func Env(vm *js.VM, entries []Entry, h Host) *js.Object {
	kinds := Kinds()
	env := make(js.Record, len(entries))
	for i, e := range entries {
		k := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == e.Kind })
		env[i] = js.Property{Name: e.Name, Value: kinds[k].Make(e, h)}
	}
	return vm.ToValue(env).(*js.Object)
}
