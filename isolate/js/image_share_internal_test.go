package js

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/dop251/goja/unistring"
)

// sharable are the types of memory that two VMs, and an image, may have together, by name, and
// why that is safe.
var sharable = map[string]string{
	"js.Platform":         "made once for all VMs, and never written afterwards",
	"js.seam":             "the same, for the process",
	"js.class":            "part of a platform",
	"js.Program":          "compiled code is never written",
	"goja.Program":        "compiled code is never written",
	"goja.objectTemplate": "tables of a platform",
	"js.objectTemplate":   "tables of a platform",
	"goja.Symbol":         "a symbol is its address; its description was scanned",
	"goja.regexpWrapper":  "Go's compiled regular expressions are safe for concurrent use",
	"regexp2.Regexp":      "safe for concurrent use; what runs is in a cache of its own",
	"goja.privateEnv":     "the names of a class's private elements, which are known when it is made",
	"goja.privateEnvType": "the number of a class's private elements, and the key to them",
	"goja.valueBigInt":    "primitive values don't change",
	"goja.importedString": "primitive values don't change, once looked at",
	"goja.unicodeString":  "primitive values don't change",
}

// memory is what can be reached from somewhere: the type of what is at each address.
type reached map[unsafe.Pointer]reflect.Type

// reachable walks over all that root's memory leads to. Code in Go, and what functions have
// captured, it can't see.
func reachable(s *seam, root any) reached {
	w := &reachWalk{seam: s, found: make(reached), seen: make(map[reachKey]bool)}
	w.value(reflect.ValueOf(root))
	for len(w.queue) > 0 {
		v := w.queue[len(w.queue)-1]
		w.queue = w.queue[:len(w.queue)-1]
		w.inside(v)
	}
	return w.found
}

type reachKey struct {
	at  unsafe.Pointer
	typ reflect.Type
}

type reachWalk struct {
	seam  *seam
	found reached
	seen  map[reachKey]bool
	queue []reflect.Value // addressable
}

// opaque are types that no walk goes into.
func opaque(t reflect.Type) bool {
	name := t.String()
	if _, ok := sharable[name]; ok {
		return true
	}
	return name == "js.Image" || name == "js.Turns" || strings.HasPrefix(t.PkgPath(), "sync") || t.PkgPath() == "reflect" || t.PkgPath() == "internal/abi" || t.PkgPath() == "context"
}

func (w *reachWalk) note(at unsafe.Pointer, t reflect.Type) bool {
	if at == nil || t.Size() == 0 || w.seen[reachKey{at, t}] {
		return false
	}
	w.seen[reachKey{at, t}] = true
	w.found[at] = t
	return true
}

// inside walks over an addressable value's parts.
func (w *reachWalk) inside(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Field(i)
			w.value(reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem())
		}
	case reflect.Array:
		for i := range v.Len() {
			w.value(v.Index(i))
		}
	default:
		w.value(v)
	}
}

// value walks over a value that may be read.
func (w *reachWalk) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && w.note(v.UnsafePointer(), v.Type().Elem()) && !opaque(v.Type().Elem()) {
			w.queue = append(w.queue, v.Elem())
		}
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		if v.CanAddr() && v.NumMethod() > 0 {
			if word := (*iface)(v.Addr().UnsafePointer()); word.tab == unsafe.Pointer(w.seam.latent) { // its type is a lie
				w.value(reflect.ValueOf((*latent)(word.data)))
				return
			}
		}
		e := v.Elem()
		if e.Kind() == reflect.Pointer {
			w.value(e)
			return
		}
		c := reflect.New(e.Type()).Elem()
		c.Set(e)
		w.inside(c)
	case reflect.Slice:
		if names, ok := v.Interface().([]unistring.String); ok && cap(names) > len(names) && names[:cap(names)][cap(names)-1] == " " {
			return // the engine copies a list with this end before it changes it
		}
		if v.Cap() == 0 || !w.note(v.UnsafePointer(), v.Type()) {
			return
		}
		for i := range v.Len() {
			w.inside(v.Index(i))
		}
	case reflect.Map:
		if v.IsNil() || !w.note(v.UnsafePointer(), v.Type()) {
			return
		}
		for it := v.MapRange(); it.Next(); {
			for _, part := range []reflect.Value{it.Key(), it.Value()} {
				c := reflect.New(part.Type()).Elem()
				c.Set(part)
				w.inside(c)
			}
		}
	case reflect.Struct, reflect.Array:
		if v.CanAddr() {
			w.inside(v)
			return
		}
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		w.inside(c)
	}
}

// everyKind makes something of all that images hold.
const everyKind = `
	const shared = {n: 0, list: [1, {deep: true}], text: "é", big: 10n ** 30n, when: new Date(5), box: Object(4), pattern: /a(.)/g, ahead: /(?<=x)a(?=b)/y};
	shared.self = shared;
	class A { #secret = {hidden: 1}; static s = {x: 1}; get secret() { return this.#secret } #m() { return this.#secret } m() { return this.#m() } }
	class B extends A { constructor() { super(); this.arrow = () => super.m() } }
	const b = new B(), keys = new Map([[shared, {value: 1}], ["a", [1]]]), set = new Set([shared, b]), symbol = Symbol("own");
	shared[symbol] = {bySymbol: 1};
	Object.defineProperty(shared, "accessor", {get() { return shared }, set(v) { shared.n = v }, enumerable: true});
	function f(a, b) { return a + b } f.extra = {on: "f"};
	const bound = f.bind(shared, {bound: 1}), none = Object.create(null), frozen = Object.freeze({inner: {}}), sealed = Object.seal({y: {}});
	function* g() { yield shared } async function h() { return shared }
	const empty = {}, alsoEmpty = {}, emptyList = [];
	let counter = {n: 0};
	return function touch() {
		counter.n++; shared.n++; shared.list.push({}); keys.set("b", {}); set.add({}); b.m().hidden++; f.extra.on += "!"; none.x = {}; sealed.y.z = 1; frozen.inner.z = 1;
		empty.a = 1; alsoEmpty.b = {}; emptyList.push({}); shared.when.setTime(7); shared.pattern.exec("ab"); shared.ahead.exec("xab"); "xab".replace(shared.ahead, "-"); shared.accessor = 8; A.s.x++; b.arrow(); bound(1); h(); [...g()];
		for (const k in shared); JSON.stringify([empty, none, frozen]); Object.keys(shared); structuredLike(shared.list);
		return [symbol.description, h.name, bound.length, shared.box + 1, shared.big + 1n, "a" in shared].join();
		function structuredLike(v) { return v.map((x) => ({...x})) }
	}`

// TestCopiesShareNothingThatChanges compares the memory of two VMs that were made from an
// image, before and after their scripts have run, with each other and with the image.
func TestCopiesShareNothingThatChanges(t *testing.T) {
	t.Parallel()
	p, err := NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	program, err := CompileFunction("script.js", everyKind, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	origin := p.NewVM(Config{Watched: true})
	var root *Object
	if err := origin.Enter(t.Context(), func() {
		v, err := origin.Evaluate(program)
		if err != nil {
			t.Error(err)
			return
		}
		root = v.(*Object)
	}); err != nil || root == nil {
		t.Fatal(err)
	}
	image, err := NewImage(origin, Taken{Roots: []*Object{root}, Fresh: p.NewVM(Config{})})
	if err != nil {
		t.Fatal(err)
	}
	taken := reachable(p.seam, origin.rt)
	before := imageOf(image)
	vms := [2]*VM{p.NewVM(Config{}), p.NewVM(Config{})}
	var roots [2]*Object
	var said [2]string
	for i, vm := range vms {
		if err := vm.Enter(t.Context(), func() { roots[i] = vm.Copy(image, nil)[0] }); err != nil {
			t.Fatal(err)
		}
	}
	for _, calls := range []int{0, 1, 2} {
		for i, vm := range vms {
			for range min(calls, 1) {
				if err := vm.Enter(t.Context(), func() {
					v, err := vm.Call(roots[i], Undefined)
					if err != nil {
						t.Error(vm.Report(err))
						return
					}
					said[i] = vm.String(v)
				}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if said[0] != said[1] {
			t.Errorf("the copies answer %s and %s", said[0], said[1])
		}
		a, b := reachable(p.seam, []any{vms[0].rt, roots[0]}), reachable(p.seam, []any{vms[1].rt, roots[1]})
		if len(a) < 100 {
			t.Errorf("only %d pieces of memory were found", len(a))
		}
		for _, with := range []struct {
			name  string
			other reached
		}{{"each other", b}, {"what the image was taken of", taken}} {
			found := make(map[string]bool)
			for at, typ := range a {
				if _, ok := with.other[at]; ok && !opaque(typ) {
					found[typ.String()] = true
				}
			}
			for _, name := range slices.Sorted(maps.Keys(found)) {
				t.Errorf("after %d calls a copy shares with %s: a %s", calls, with.name, name)
			}
		}
	}
	if after := imageOf(image); after != before {
		t.Errorf("the image has changed: %s, %s before", after, before)
	}
}

// imageOf describes what an image holds, deep enough to see a change.
func imageOf(image *Image) string {
	var text strings.Builder
	for i := range image.nodes {
		n := &image.nodes[i]
		base := n.self.data
		if base != nil && n.outside == none && n.route.from == noRoute {
			b := (*gojaBase)(base)
			fmt.Fprintln(&text, n.kind, len(b.values), b.names, b.ordered, b.integers, b.extensible)
		}
	}
	return text.String()
}
