package js

import (
	"context"
	"math"
	"reflect"
	"slices"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// Call is one call of a Go function by a script: its arguments, converted as Web IDL
// says. It is good until the function returns. Methods that convert throw in the script
// when they can't, and then don't return.
type Call struct {
	VM   *VM
	this goja.Value
	args []goja.Value
}

// need throws unless n arguments were given.
func (c *Call) need(name string, n int) error {
	if len(c.args) >= n {
		return nil
	}
	return TypeError("%s: %d argument(s) required, but only %d present", name, n, len(c.args))
}

// Len is the number of arguments given.
func (c *Call) Len() int { return len(c.args) }

// Arg returns argument i, undefined if it was not given.
func (c *Call) Arg(i int) Value {
	if i < len(c.args) {
		return c.args[i]
	}
	return Undefined
}

// Args returns the arguments from i on. The slice is the caller's.
func (c *Call) Args(i int) []Value { return slices.Clone(c.args[min(i, len(c.args)):]) }

// Given says whether argument i is there and not undefined.
func (c *Call) Given(i int) bool { return !IsUndefined(c.Arg(i)) }

// String converts argument i to a string of Unicode scalar values (USVString; lone
// surrogates become U+FFFD).
func (c *Call) String(i int) string { return c.VM.String(c.Arg(i)) }

// Bool converts argument i to a boolean.
func (c *Call) Bool(i int) bool { return c.Arg(i).ToBoolean() }

// Float converts argument i to a number.
func (c *Call) Float(i int) float64 { return c.VM.Float(c.Arg(i)) }

// Int converts argument i to an integer as Web IDL's long does, clamped to int64; NaN is
// 0. An argument that is not there is fallback.
func (c *Call) Int(i int, fallback int64) int64 {
	if !c.Given(i) {
		return fallback
	}
	return c.VM.Int(c.Arg(i))
}

// This is the receiver, for functions that are no methods of a class.
func (c *Call) This() Value { return c.this }

// Pairs gives add each name and value of argument i, which may be absent, an iterable of
// pairs, or a record: the union that Headers, URLSearchParams and others take.
func (c *Call) Pairs(i int, add func(name, value string) error) error {
	if !c.Given(i) {
		return nil
	}
	return c.VM.Pairs(c.Arg(i), add)
}

// Async runs work on a goroutine of its own and returns a promise of its result. work
// must not touch a JavaScript value; its ctx ends with the event. What it returns becomes
// a value as a function's result does, its error a rejection.
func (c *Call) Async(work func(context.Context) (any, error)) (any, error) {
	return c.VM.Async(work), nil
}

// String converts v to a string of Unicode scalar values, or throws.
func (vm *VM) String(v Value) string {
	switch v := v.(type) {
	case nil:
		return "undefined"
	case goja.String:
		if reflect.TypeOf(v) == wideString {
			return vm.wideText(v)
		}
		return v.String()
	case *goja.Symbol:
		panic(vm.exception(TypeError("Cannot convert a Symbol value to a string")))
	case *goja.Object:
		return vm.String(v.ToString())
	default:
		return v.String()
	}
}

// Float converts v to a number, or throws.
func (vm *VM) Float(v Value) float64 {
	switch v := v.(type) {
	case *goja.Symbol:
		panic(vm.exception(TypeError("Cannot convert a Symbol value to a number")))
	default:
		return v.ToNumber().ToFloat()
	}
}

// Int converts v to an integer, rounding towards zero and clamped to int64; NaN is 0.
func (vm *VM) Int(v Value) int64 {
	f := vm.Float(v)
	switch {
	case math.IsNaN(f):
		return 0
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

// Get reads property name of v; undefined if v is no object.
func (vm *VM) Get(v Value, name string) Value {
	if o, ok := v.(*goja.Object); ok {
		if p := o.Get(name); p != nil {
			return p
		}
	}
	return Undefined
}

// Index reads element i of an array or of what is like one.
func (vm *VM) Index(v Value, i int) Value {
	return vm.Get(v, vm.rt.ToValue(i).String())
}

// Set writes property name of o as an assignment does, or throws.
func (vm *VM) Set(o *Object, name string, value any) {
	if err := o.Set(name, vm.ToValue(value)); err != nil {
		panic(err)
	}
}

// Define makes an own property of o, as an object literal does, whatever setters o
// inherits; or throws if o refuses it. Whether the property is enumerable is the caller's
// choice.
func (vm *VM) Define(o *Object, name string, value any, enumerable bool) {
	if err := o.DefineDataProperty(name, vm.ToValue(value), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.ToFlag(enumerable)); err != nil {
		panic(err)
	}
}

// Keys returns the names of o's own enumerable string properties, in order. It throws if
// those are elements, and too many to be listed.
func (vm *VM) Keys(o *Object) []string {
	if vm.elementCount(o) > keysMax {
		panic(vm.newError("RangeError", arrayTooLong))
	}
	vm.order(o)
	s := vm.platform.seam
	self := s.behind(o)
	if self.tab != s.plain {
		return o.Keys()
	}
	vm.order(o)
	var few [16]unistring.String
	names := appendNames(few[:0], self.data, s)
	keys := make([]string, len(names))
	for i, name := range names {
		if len(name) > quickText {
			keys[i] = vm.String(stringOfName(name))
		} else {
			keys[i] = name.String()
		}
	}
	return keys
}

// Invoke calls f with the receiver this, or throws what f throws. The caller is in a call
// itself, or in a promise job: no promise job runs before it returns. From outside, use
// [VM.Call].
func (vm *VM) Invoke(f, this Value, args ...any) Value {
	call, ok := callableOf(orUndefined(f))
	if !ok {
		panic(vm.exception(TypeError("%s is not a function", vm.describe(f))))
	}
	return orUndefined(call(goja.FunctionCall{This: orUndefined(this), Arguments: vm.values(args)}))
}

// Construct is `new f(...args)`, or throws what it throws.
func (vm *VM) Construct(f Value, args ...any) *Object {
	o, err := vm.rt.New(f, vm.values(args)...)
	if err != nil {
		panic(err)
	}
	return o
}

func (vm *VM) values(args []any) []goja.Value {
	out := make([]goja.Value, len(args))
	steps := work{vm: vm}
	for i, a := range args {
		steps.done(16)
		out[i] = vm.ToValue(a)
	}
	return out
}

// describe names v for an error message without running any of its code.
func (vm *VM) describe(v Value) string {
	switch v := v.(type) {
	case *goja.Object:
		return "an object"
	case goja.String:
		return "a string"
	case nil:
		return "undefined"
	default:
		return clip(v.String())
	}
}

// ForOf calls step with each element of an iterable until step returns false, closing the
// iterator as the language does; it throws if v is not iterable.
func (vm *VM) ForOf(v Value, step func(Value) bool) {
	if vm.walksPlainly(v) {
		vm.walk(v.(*goja.Object), step)
		return
	}
	vm.rt.ForOf(v, func(e Value) bool {
		vm.checkpoint()
		return step(e)
	})
}

// Iterable says whether v is an object with a method Symbol.iterator.
func (vm *VM) Iterable(v Value) bool {
	o, ok := v.(*goja.Object)
	return ok && !IsNullish(o.GetSymbol(goja.SymIterator))
}

// Pairs gives add each name and value of v: a sequence of pairs or a record. See
// [Call.Pairs].
//
// Spec: https://webidl.spec.whatwg.org/#js-union
func (vm *VM) Pairs(v Value, add func(name, value string) error) error {
	o, ok := v.(*goja.Object)
	if !ok {
		return TypeError("a sequence of pairs or a record is needed, not %s", vm.describe(v))
	}
	if !vm.Iterable(v) {
		return vm.record(o, add)
	}
	var err error
	vm.ForOf(v, func(e Value) bool {
		if !IsObject(e) {
			err = TypeError("each element must be a pair of a name and a value")
			return false
		}
		var pair [2]string
		n := 0
		vm.ForOf(e, func(x Value) bool {
			if n < len(pair) {
				pair[n] = vm.String(x)
			}
			n++
			return n <= len(pair)
		})
		if n != len(pair) {
			err = TypeError("each element must be a pair of a name and a value")
			return false
		}
		err = add(pair[0], pair[1])
		return err == nil
	})
	return err
}
