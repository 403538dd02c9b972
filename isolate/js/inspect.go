package js

import (
	"math"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// This file looks into objects without believing what their prototypes and properties
// pretend, and without running a script's code. Copying and printing stand on it.

// Kind says what an object is at heart: "Object", "Array", "Function", "Error", "Date",
// "RegExp", "Map", "Set", "WeakMap", "WeakSet", "Promise", "Proxy", "ArrayBuffer",
// "DataView", "Uint8Array" and the other typed arrays, "Generator", "Iterator",
// "Arguments"; "Boolean", "Number", "String", "BigInt" and "Symbol" where they are boxed; or the
// name of the [Class] that it is an instance of. It is empty for what is no object.
func (vm *VM) Kind(v Value) string {
	o, ok := v.(*goja.Object)
	if !ok {
		return ""
	}
	switch kind := kindOf(o); kind {
	case "Object":
		return o.ClassName() // the class of an instance, "Arguments", or "Object" itself
	case "Boxed":
		return vm.boxedKind(o)
	default:
		return kind
	}
}

func (vm *VM) boxedKind(o *goja.Object) string {
	switch name := o.ClassName(); {
	case name != "Object":
		return name
	case o.ExportType().Kind().String() == "string":
		return "Symbol"
	default:
		return "BigInt"
	}
}

// Intrinsic returns a global of the language as the engine made it, whatever the script
// has put in its place; nil if the language has none of that name.
func (vm *VM) Intrinsic(name string) *Object {
	factory := (*vm.platform.seam.propsOf(getGlobalObjectTemplate()))[unistring.NewFromString(name)]
	if factory == nil {
		return nil
	}
	o, _ := vm.platform.seam.valueOf(factory(vm.rt)).(*goja.Object)
	return o
}

// method calls a method of an intrinsic's prototype on o.
func (vm *VM) intrinsicMethod(class, method string, o Value, args ...any) Value {
	return vm.Invoke(vm.Intrinsic(class).Get("prototype").(*goja.Object).Get(method), o, args...)
}

// Unboxed returns the primitive value that a boxed Boolean, Number, String, BigInt or
// Symbol holds, and the time of a Date as a number of milliseconds.
func (vm *VM) Unboxed(o *Object) Value {
	switch kind := vm.Kind(o); kind {
	case "Date":
		if t, ok := o.Export().(time.Time); ok {
			return vm.rt.ToValue(t.UnixMilli())
		}
		return vm.rt.ToValue(math.NaN())
	default:
		return vm.intrinsicMethod(kind, "valueOf", o)
	}
}

// Elements returns what a Map or a Set holds, in order: of a Map, each key followed by
// its value. If there are more than limit, it returns as many.
func (vm *VM) Elements(o *Object, limit int) []Value {
	var out []Value
	full := TypeError("there are more than %d", limit)
	n, isMap := 0, vm.Kind(o) == "Map"
	visit := vm.NewFunction("", 2, func(c *Call) (any, error) {
		if n++; n > limit {
			return nil, full
		}
		if isMap {
			out = append(out, c.Arg(1))
		}
		out = append(out, c.Arg(0))
		return Undefined, nil
	})
	if err := vm.Try(func() { vm.intrinsicMethod(vm.Kind(o), "forEach", o, visit) }); err != nil && n <= limit {
		panic(err)
	}
	return out
}

// Size is how many elements a Map or a Set has.
func (vm *VM) Size(o *Object) int {
	prototype := vm.Intrinsic(vm.Kind(o)).Get("prototype")
	describe := intrinsicObject(vm.rt).Get("getOwnPropertyDescriptor")
	size := vm.Get(vm.Invoke(describe, Undefined, prototype, "size"), "get")
	return int(vm.Int(vm.Invoke(size, o)))
}

// ProxyTarget returns what a Proxy stands before, nil if it was revoked.
func (vm *VM) ProxyTarget(o *Object) Value {
	p, ok := o.Export().(goja.Proxy)
	if !ok || p.Target() == nil {
		return Null
	}
	return p.Target()
}

// Descriptor is an own property as it stands: a value, or accessors.
type Descriptor struct {
	Value      Value // nil: the property has accessors
	Get, Set   bool  // which accessors there are
	Enumerable bool
}

// Own returns the own property of o that is named name, a string or a symbol, and false
// if there is none. It runs no getter; of a Proxy, it runs the handler.
func (vm *VM) Own(o *Object, name any) (Descriptor, bool) {
	if s := vm.platform.seam; s.inheritsOnly(vm.rt, o) {
		p := ownKey(o, vm.ToValue(name))
		if p == nil {
			return Descriptor{}, false
		}
		if get, set, ok := s.accessorsOf(p); ok {
			return Descriptor{Get: get != nil, Set: set != nil, Enumerable: s.isEnumerable(p)}, true
		}
		return Descriptor{Value: s.valueOf(p), Enumerable: s.isEnumerable(p)}, true
	}
	describe := intrinsicObject(vm.rt).Get("getOwnPropertyDescriptor")
	d, ok := vm.Invoke(describe, Undefined, o, name).(*goja.Object)
	if !ok {
		return Descriptor{}, false
	}
	out := Descriptor{Enumerable: d.Get("enumerable").ToBoolean()}
	if out.Value = d.Get("value"); out.Value == nil {
		out.Get, out.Set = !IsNullish(d.Get("get")), !IsNullish(d.Get("set"))
	}
	return out, true
}

// Detach takes the memory away from an ArrayBuffer and returns it; false if v is none, or
// was detached before.
func (vm *VM) Detach(v Value) ([]byte, bool) {
	o, ok := v.(*goja.Object)
	if !ok || kindOf(o) != "ArrayBuffer" {
		return nil, false
	}
	b := o.Export().(goja.ArrayBuffer)
	memory := b.Bytes()
	return memory, b.Detach()
}

// Detached says whether v is an ArrayBuffer without memory.
func (vm *VM) Detached(v Value) bool {
	o, ok := v.(*goja.Object)
	return ok && kindOf(o) == "ArrayBuffer" && o.Export().(goja.ArrayBuffer).Detached()
}
