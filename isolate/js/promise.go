package js

import (
	"context"

	"github.com/dop251/goja"
)

// Async runs work on a goroutine of its own and returns a promise of its result. See
// [Call.Async].
func (vm *VM) Async(work func(context.Context) (any, error)) Value {
	p := newPromise(vm.rt, vm.promisePrototype())
	vm.Background(work, func(v any, err error) { vm.settle(p, v, err) })
	return vm.rt.ToValue(p)
}

// resolve settles p as the language does: a thenable v is followed, from a job of its own.
//
// Spec: https://tc39.es/ecma262/#sec-promise-resolve-functions
func (vm *VM) resolve(p *goja.Promise, v any) {
	var value goja.Value
	var then native
	if thrown := vm.Try(func() {
		value = vm.ToValue(v)
		if o, ok := value.(*goja.Object); ok {
			then, _ = callableOf(orUndefined(o.Get("then"))) // may be a getter, and throw
		}
	}); thrown != nil {
		reject(p, vm.ErrorValue(thrown))
		return
	}
	if then != nil {
		vm.adopt(p, value, then)
		return
	}
	fulfill(p, value)
}

// Resolved returns a promise that is fulfilled with v, or rejected if err is not nil.
func (vm *VM) Resolved(v any, err error) Value {
	p := newPromise(vm.rt, vm.promisePrototype())
	if err != nil {
		reject(p, vm.ErrorValue(err))
	} else {
		vm.resolve(p, v)
	}
	return vm.rt.ToValue(p)
}

// promised runs f and returns a promise of its result, a promise being its own. What f
// throws rejects.
func (vm *VM) promised(f func() (any, error)) goja.Value {
	var v any
	var err error
	if thrown := vm.Try(func() { v, err = f() }); thrown != nil {
		return vm.Resolved(nil, thrown)
	}
	if err == nil {
		if value, ok := v.(goja.Value); ok && IsPromise(value) {
			return value
		}
	}
	return vm.Resolved(v, err)
}

// Deferred is a promise that Go code settles later, in a turn.
type Deferred struct {
	vm       *VM
	promise  *goja.Promise
	resolved bool // its fate is known, if only as that of another promise
}

// NewDeferred makes a pending promise.
func (vm *VM) NewDeferred() *Deferred {
	return &Deferred{vm: vm, promise: newPromise(vm.rt, vm.promisePrototype())}
}

// Promise is the promise itself.
func (d *Deferred) Promise() Value { return d.vm.rt.ToValue(d.promise) }

// Resolve fulfils the promise with v, or makes it follow v if that is a promise itself; it
// does nothing if the promise was resolved or rejected before.
func (d *Deferred) Resolve(v any) {
	if !d.resolved {
		d.resolved = true
		d.vm.resolve(d.promise, v)
	}
}

// Reject rejects the promise with err; it does nothing if the promise was resolved or
// rejected before.
func (d *Deferred) Reject(err error) {
	if !d.resolved {
		d.resolved = true
		reject(d.promise, d.vm.ErrorValue(err))
	}
}

// Then calls settled, in a turn, once v has: at a later time even if it has already. A v
// that is no promise counts as fulfilled with itself.
func (vm *VM) Then(v Value, settled func(value Value, err error)) {
	p := vm.Resolved(v, nil)
	if IsPromise(v) {
		p = v
	}
	then, _ := goja.AssertFunction(intrinsicPromise(vm.rt).Get("prototype").(*goja.Object).Get("then"))
	_, err := then(p,
		vm.rt.ToValue(func(fc goja.FunctionCall) goja.Value { settled(fc.Argument(0), nil); return Undefined }),
		vm.rt.ToValue(func(fc goja.FunctionCall) goja.Value {
			settled(nil, Throw(fc.Argument(0)))
			return Undefined
		}))
	if err != nil {
		panic(err)
	}
}

// promisePrototype is Promise.prototype, whose built-ins have the gate.
func (vm *VM) promisePrototype() *goja.Object {
	vm.prepare(namelessPromise)
	return promisePrototype(vm.rt)
}
