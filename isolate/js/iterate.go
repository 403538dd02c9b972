package js

import (
	"github.com/dop251/goja"
)

// Symbol is a JavaScript symbol.
type Symbol = goja.Symbol

// Well-known symbols. Those that the engine lacks are the same in every VM, as the
// language asks.
var (
	SymbolIterator      = goja.SymIterator
	SymbolToStringTag   = goja.SymToStringTag
	SymbolAsyncIterator = goja.NewSymbol("Symbol.asyncIterator")
	SymbolDispose       = goja.NewSymbol("Symbol.dispose")
	SymbolAsyncDispose  = goja.NewSymbol("Symbol.asyncDispose")
)

// PairIterable returns the members that make a class iterable over pairs: entries, keys,
// values, forEach and Symbol.iterator. at returns pair i as it stands now, and false past
// the last one: the list may change while it is iterated. It is called in a turn.
//
// Spec: https://webidl.spec.whatwg.org/#js-iterable
func PairIterable[T any](at func(t *T, vm *VM, i int) (key, value any, ok bool)) []Member[T] {
	method := func(name string, pick func(key, value any) any) Member[T] {
		return Method(name, 0, func(t *T, c *Call) (any, error) {
			i := 0
			return c.VM.iterator(any(t).(holder), func() (any, bool) {
				key, value, ok := at(t, c.VM, i)
				i++
				if !ok {
					return nil, false
				}
				return pick(key, value), true
			}), nil
		})
	}
	entry := func(key, value any) any { return []any{key, value} }
	entries := method("entries", entry)
	return []Member[T]{
		entries,
		method("keys", func(key, _ any) any { return key }),
		method("values", func(_, value any) any { return value }),
		Do("forEach", 1, func(t *T, c *Call) error {
			if !IsFunction(c.Arg(0)) {
				return TypeError("forEach: the callback is not a function")
			}
			for i := 0; ; i++ {
				key, value, ok := at(t, c.VM, i)
				if !ok {
					return nil
				}
				c.VM.Invoke(c.Arg(0), c.Arg(1), value, key, c.This())
			}
		}),
		SymbolAlias[T](SymbolIterator, "entries"),
	}
}

// iteration is the state of an iterator over a Go list.
type iteration struct {
	Instance
	next func() (any, bool)
}

// Iterator makes an iterator, as the class of of has them, over what next returns until it
// returns false. of is the state of an instance; next is called in a turn, and its errors are
// thrown.
func (vm *VM) Iterator(of any, next func() (v any, more bool, err error)) Value {
	return vm.iterator(of.(holder), func() (any, bool) {
		v, more, err := next()
		if err != nil {
			panic(vm.exception(err))
		}
		return v, more
	})
}

// iterator makes an iterator for the class that of belongs to.
func (vm *VM) iterator(of holder, next func() (any, bool)) goja.Value {
	c := vm.platform.byType[typeOf(of)]
	return vm.platform.seam.newInstance(vm.rt, vm.iterators(c), c.iterator, &iteration{next: next})
}

// iterators returns the prototype of c's iterators in vm.
func (vm *VM) iterators(c *class) *goja.Object {
	r := vm.realm(c)
	if r.iterator == nil {
		r.iterator = vm.iteratorPrototype(c)
	}
	return r.iterator
}

// iteratorPrototype makes the prototype of c's iterators in vm.
func (vm *VM) iteratorPrototype(c *class) *goja.Object {
	o := vm.rt.CreateObject(iteratorPrototype(vm.rt))
	next := vm.native("next", 0, func(fc goja.FunctionCall) goja.Value {
		this, ok := fc.This.(*goja.Object)
		if !ok || !sameString(this.ClassName(), c.iterator) {
			panic(vm.exception(TypeError("next: this is not a %s", c.iterator)))
		}
		v, more := vm.platform.seam.stateOf(this).(*iteration).next()
		if !more {
			v = Undefined
		}
		return vm.stepResult(fc.Arguments, vm.ToValue(v), !more)
	})
	vm.define(o, "next", next)
	if err := o.DefineDataPropertySymbol(goja.SymToStringTag, vm.rt.ToValue(c.iterator), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
		panic(err)
	}
	return o
}
