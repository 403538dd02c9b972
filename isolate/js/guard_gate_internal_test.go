package js

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/dop251/goja"
)

// ungated are functions that come into being at any time and call nothing back twice, by
// name, and those that only throw.
var ungated = []string{"revoke", "resolve", "reject", "AsyncFunction", "GeneratorFunction", ""}

// TestEveryBuiltInHasTheGate walks everything that a script can reach in a new VM, by
// properties, prototypes and accessors, and by what syntax makes.
func TestEveryBuiltInHasTheGate(t *testing.T) {
	t.Parallel()
	p, err := NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	for _, src := range []string{
		`return {}`,
		// Each of these makes something that no global was touched for.
		`try { null.x } catch (e) { return e }`,
		`try { y } catch (e) { return e }`,
		`return (async () => { })()`,
		`return async () => { }`,
		`return (function* () { yield 1 })()`,
		`return function* () { yield 1 }`,
		`return (function () { return arguments[Symbol.iterator]() })(1)`,
		`return [][Symbol.iterator]()`,
		`return ""[Symbol.iterator]()`,
		`return new Map().entries()`,
		`return new Set().entries()`,
		`return "a".matchAll(/a/g)`,
		`return /a/`,
		`return new Proxy({}, {})`,
		`return [Symbol.iterator, 1n, 1, true, "", [], new Date, () => { }]`,
		`return (function () { }).bind()`,
		`return Promise.any([]).catch((e) => e)`,
		`try { decodeURI("%") } catch (e) { return e }`,
		`return Proxy.revocable({}, {})`,
		`return Promise.withResolvers()`,
	} {
		vm := p.NewVM(Config{})
		program, err := CompileFunction("test.js", src, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = vm.Enter(t.Context(), func() {
			v, err := vm.Evaluate(program)
			if err != nil {
				t.Errorf("%s: %v", src, err)
				return
			}
			w := gateWalk{t: t, vm: vm, seen: make(map[*goja.Object]bool)}
			if o, ok := v.(*goja.Object); ok {
				w.visit(src, o)
			}
			w.visit("globalThis", vm.rt.GlobalObject())
			if len(w.seen) < 400 {
				t.Errorf("%s: only %d objects were found", src, len(w.seen))
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

type gateWalk struct {
	t    *testing.T
	vm   *VM
	seen map[*goja.Object]bool
}

func (w *gateWalk) visit(path string, o *goja.Object) {
	if o == nil || w.seen[o] {
		return
	}
	w.seen[o] = true
	s := w.vm.platform.seam
	self := s.behind(o)
	for _, shape := range []functionShape{s.nativeFunction, s.templatedFunction} {
		if self.tab != shape.tab || o == functionPrototype(w.vm.rt) || slices.Contains(ungated, w.vm.String(o.Get("name"))) {
			continue
		}
		call := (*native)(unsafe.Add(self.data, shape.call))
		if *call != nil && codeOf(unsafe.Pointer(call)) != s.gateCode {
			w.t.Errorf("%s has no gate", path)
		}
	}
	if s.isProxy(o) {
		return
	}
	w.visit(path+".__proto__", o.Prototype())
	keys := make([]goja.Value, 0)
	for _, name := range o.GetOwnPropertyNames() {
		keys = append(keys, w.vm.rt.ToValue(name))
	}
	for _, symbol := range o.Symbols() {
		keys = append(keys, symbol)
	}
	for _, key := range keys {
		name := path + "." + key.String()
		property := ownKey(o, key)
		if property == nil {
			continue
		}
		if get, set, ok := s.accessorsOf(property); ok {
			w.visit(name+" (get)", get)
			w.visit(name+" (set)", set)
		} else if child, ok := s.valueOf(property).(*goja.Object); ok {
			w.visit(name, child)
		}
	}
}

// TestGuardNames: a row that names no built-in guards nothing.
func TestGuardNames(t *testing.T) {
	t.Parallel()
	p, err := NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, g := range allGuards() {
		if slices.Contains(names, g.name) {
			t.Errorf("%s has two guards", g.name)
		}
		names = append(names, g.name)
		src := fmt.Sprintf("const g = {TypedArray: Object.getPrototypeOf(Uint8Array), ArrayIterator: {prototype: Object.getPrototypeOf([].values())}}; const global = globalThis; "+
			"const [holder, key] = %s; if (!(key in Object(holder))) throw 'there is no such thing'", lookup(g.name))
		vm := p.NewVM(Config{Eval: true})
		program, err := CompileFunction("test.js", src, nil, nil)
		if err != nil {
			t.Fatal(g.name, err)
		}
		vm.Enter(t.Context(), func() {
			if _, err := vm.Evaluate(program); err != nil {
				t.Errorf("%s: %v", g.name, err)
			}
		})
	}
}

// lookup is an expression for the holder and the key of a guard.
func lookup(name string) string {
	if len(name) > 4 && name[:4] == "set " {
		name = name[4:]
	}
	holder, key := splitPath(name)
	switch {
	case key == "TypedArray":
		return `[g, "TypedArray"]`
	case holder == "":
		holder = "global"
	case strings.HasPrefix(holder, "TypedArray"), strings.HasPrefix(holder, "ArrayIterator"):
		holder = "g." + holder
	}
	if key[0] == '[' {
		return fmt.Sprintf("[%s, %s]", holder, key[1:len(key)-1])
	}
	return fmt.Sprintf("[%s, %q]", holder, key)
}
