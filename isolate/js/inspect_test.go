package js_test

import (
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
)

// evaluate runs src as the body of a function and hands its result to f, in a turn.
func evaluate(t *testing.T, src string, f func(vm *js.VM, v js.Value)) {
	t.Helper()
	program, err := js.CompileFunction("test.js", src, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	vm := newVM(t, js.Config{})
	if err := vm.Enter(t.Context(), func() {
		v, err := vm.Evaluate(program)
		if err != nil {
			t.Fatal(err)
		}
		f(vm, v)
	}); err != nil {
		t.Fatal(err)
	}
}

func TestKind(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ src, want string }{
		{`1`, ""},
		{`"s"`, ""},
		{`null`, ""},
		{`Symbol()`, ""},
		{`({})`, "Object"},
		{`Object.create(null)`, "Object"},
		{`Math`, "Object"},
		{`globalThis`, "Object"},
		{`[]`, "Array"},
		{`[, 1]`, "Array"},
		{`Array.prototype`, "Array"},
		{`() => 1`, "Function"},
		{`function () {}`, "Function"},
		{`function* () {}`, "Function"},
		{`async () => 1`, "Function"},
		{`async function () {}`, "Function"},
		{`class {}`, "Function"},
		{`({m() {}}).m`, "Function"},
		{`({async m() {}}).m`, "Function"},
		{`({*m() {}}).m`, "Function"},
		{`(() => 1).bind()`, "Function"},
		{`Map`, "Function"},
		{`Map.prototype.get`, "Function"},
		{`Point`, "Function"},
		{`fail`, "Function"},
		{`new TypeError("x")`, "Error"},
		{`new class extends Error {}`, "Error"},
		{`new Date(NaN)`, "Date"},
		{`/x/`, "RegExp"},
		{`new Map`, "Map"},
		{`new class extends Map {}`, "Map"},
		{`new Set`, "Set"},
		{`new WeakMap`, "WeakMap"},
		{`new WeakSet`, "WeakSet"},
		{`Promise.resolve()`, "Promise"},
		{`new Proxy([], {get() { throw 1 }})`, "Proxy"},
		{`new Proxy(() => 1, {})`, "Proxy"},
		{`(p => { p.revoke(); return p.proxy })(Proxy.revocable({}, {}))`, "Proxy"},
		{`new ArrayBuffer(8)`, "ArrayBuffer"},
		{`new DataView(new ArrayBuffer(8))`, "DataView"},
		{`new Uint8Array(8)`, "Uint8Array"},
		{`new Uint8ClampedArray(8)`, "Uint8ClampedArray"},
		{`new BigUint64Array(8)`, "BigUint64Array"},
		{`new Float32Array(8)`, "Float32Array"},
		{`(function* () {})()`, "Generator"},
		{`[].values()`, "Iterator"},
		{`new Map().keys()`, "Iterator"},
		{`"x"[Symbol.iterator]()`, "Iterator"},
		{`"x".matchAll(/x/g)`, "Iterator"},
		{`(function () { return arguments })()`, "Arguments"},
		{`new Boolean(false)`, "Boolean"},
		{`new Number(1)`, "Number"},
		{`new String("x")`, "String"},
		{`Object(1n)`, "BigInt"},
		{`Object(Symbol())`, "Symbol"},
		{`new Point(1, 2)`, "Point"},
		{`new class extends Point {}(1, 2)`, "Point"},
		{`Object.setPrototypeOf(new Map, Array.prototype)`, "Map"},
		{`Object.defineProperty({}, Symbol.toStringTag, {get() { throw 1 }})`, "Object"},
		{`Object.create(Map.prototype)`, "Object"},
	} {
		t.Run(tc.src, func(t *testing.T) {
			t.Parallel()
			evaluate(t, "return ("+tc.src+")", func(vm *js.VM, v js.Value) {
				if got := vm.Kind(v); got != tc.want {
					t.Errorf("Kind(%s) = %q, want %q", tc.src, got, tc.want)
				}
			})
		})
	}
}

func TestUnboxed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, src, want string }{
		{"a number", `new Number(1.5)`, "1.5"},
		{"a string, whatever its own valueOf says", `Object.assign(new String("a"), {valueOf() { return "b" }})`, "a"},
		{"a boolean", `new Boolean(false)`, "false"},
		{"a bigint", `Object(12345678901234567890n)`, "12345678901234567890"},
		{"a symbol", `Object(Symbol("s"))`, "s"},
		{"a date", `new Date(-1)`, "-1"},
		{"an invalid date", `new Date("x")`, "NaN"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			evaluate(t, "return "+tc.src, func(vm *js.VM, v js.Value) {
				if got := vm.Unboxed(v.(*js.Object)).String(); got != tc.want {
					t.Errorf("got %s, want %s", got, tc.want)
				}
			})
		})
	}
}

func TestIntrinsicsSurviveTheScript(t *testing.T) {
	t.Parallel()
	evaluate(t, `
		let m = new Map([[1, "one"]])
		m[Symbol.iterator] = m.entries = m.forEach = () => { throw 1 }
		globalThis.Map = globalThis.Uint8Array = null
		return m`, func(vm *js.VM, v js.Value) {
		elements := vm.Elements(v.(*js.Object), 10)
		if len(elements) != 2 || elements[0].String() != "1" || elements[1].String() != "one" {
			t.Errorf("got %v", elements)
		}
		if some := vm.Elements(v.(*js.Object), 0); len(some) != 0 {
			t.Errorf("got %v, asked for none", some)
		}
		if n := vm.Size(v.(*js.Object)); n != 1 {
			t.Errorf("its size is %d", n)
		}
		if o := vm.Intrinsic("Map"); o == nil || vm.Kind(o) != "Function" {
			t.Errorf("got %v", o)
		}
		if vm.Intrinsic("Point") != nil {
			t.Error("Point is none of the language's")
		}
		if got := vm.Kind(vm.Uint8Array(nil)); got != "Uint8Array" {
			t.Errorf("got a %s", got)
		}
	})
}

func TestOwnRunsNoGetter(t *testing.T) {
	t.Parallel()
	evaluate(t, `return {get a() { throw 1 }, set b(x) {}, c: 3, get d() { throw 1 }, set d(x) {}}`, func(vm *js.VM, v js.Value) {
		o := v.(*js.Object)
		for name, want := range map[string]js.Descriptor{
			"a": {Get: true, Enumerable: true},
			"b": {Set: true, Enumerable: true},
			"d": {Get: true, Set: true, Enumerable: true},
		} {
			if got, ok := vm.Own(o, name); !ok || got != want {
				t.Errorf("%s: got %v, %v; want %v", name, got, ok, want)
			}
		}
		if got, ok := vm.Own(o, "c"); !ok || got.Value.String() != "3" {
			t.Errorf("c: got %v, %v", got, ok)
		}
		if _, ok := vm.Own(o, "toString"); ok {
			t.Error("toString is not its own")
		}
	})
}

func TestPromisesAreToldWithoutRunningGetters(t *testing.T) {
	t.Parallel()
	evaluate(t, `return {get x() { throw new Error("ran") }}`, func(vm *js.VM, v js.Value) {
		if js.IsPromise(v) {
			t.Error("an object is no promise")
		}
		if _, ok := vm.BytesOf(v); ok {
			t.Error("an object has no bytes")
		}
	})
}

func TestDetach(t *testing.T) {
	t.Parallel()
	evaluate(t, `return new Uint8Array([1, 2]).buffer`, func(vm *js.VM, v js.Value) {
		memory, ok := vm.Detach(v)
		if !ok || len(memory) != 2 || !vm.Detached(v) {
			t.Errorf("got %v, %v", memory, ok)
		}
		if _, ok := vm.Detach(v); ok {
			t.Error("detached twice")
		}
	})
}

func TestNamespace(t *testing.T) {
	t.Parallel()
	type count struct{ n int }
	p, err := js.NewPlatform(js.Namespace{Name: "tools", Members: []js.Static{
		js.StaticMethod("next", 0, func(c *js.Call) (any, error) {
			n := js.Local[count](c.VM)
			n.n++
			return n.n, nil
		}),
		js.StaticConstant("MAX", 9),
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, src, want string }{
		{"functions need no receiver", `let {next} = tools; next(); return next()`, "2"},
		{"state is the VM's own", `return tools.next()`, "1"},
		{"it has the tag of its name", `return Object.prototype.toString.call(tools)`, "[object tools]"},
		{"its functions can be listed", `return Object.keys(tools).join()`, "next,MAX"},
		{"its functions can be replaced", `tools.next = () => 7; return tools.next()`, "7"},
		{"it is the same object each time", `return tools === tools && globalThis.tools === tools`, "true"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := eval(t, p.NewVM(js.Config{}), tc.src); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
