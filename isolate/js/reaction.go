package js

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/dop251/goja"
)

// This file is what Go code that follows a specification's algorithms needs of promises:
// steps that run as the language's promise jobs do, in the order that the specification
// gives, whatever a script has made of Promise.prototype.

// promiseReaction is goja's struct of that name: what is to happen when a promise settles.
type promiseReaction struct {
	_       unsafe.Pointer // the promise that then returns
	kind    int            // 0: fulfilled, 1: rejected
	handler *jobCallback
	_       unsafe.Pointer // the function that awaits
	_       any            // the context of the script, kept by the engine
}

// jobCallback is goja's struct of that name.
type jobCallback struct{ call native }

// checkReaction says how goja's struct differs from promiseReaction.
func checkReaction() error {
	list, _ := reflect.TypeFor[goja.Promise]().FieldByName("fulfillReactions")
	if list.Type == nil || list.Type.Kind() != reflect.Slice || list.Type.Elem().Kind() != reflect.Pointer {
		return fmt.Errorf("goja's promises keep their reactions in a %v", list.Type)
	}
	theirs, ours := list.Type.Elem().Elem(), reflect.TypeFor[promiseReaction]()
	if theirs.NumField() != ours.NumField() || theirs.Size() != ours.Size() {
		return fmt.Errorf("%s is not what this package knows of it", theirs)
	}
	for i, name := range []string{"capability", "typ", "handler", "asyncRunner", "asyncCtx"} {
		if f := theirs.Field(i); f.Name != name || f.Offset != ours.Field(i).Offset {
			return fmt.Errorf("%s has %s where %s is wanted", theirs, f.Name, name)
		}
	}
	handler := theirs.Field(2).Type
	if handler.Kind() != reflect.Pointer || handler.Elem().NumField() != 1 || handler.Elem().Field(0).Type != reflect.TypeFor[native]() {
		return fmt.Errorf("%s.handler is a %s", theirs, handler)
	}
	return nil
}

// reactions is what React needs to keep, in one piece.
type reactions struct {
	fulfilled, rejected promiseReaction
	onValue, onReason   jobCallback
}

// React runs one of two functions as a promise job when v, a promise of the language, has
// settled, or soon if it has: with its value or with its reason. A rejection counts as
// handled. nil stands for a function that does nothing. What they throw is lost.
//
// Spec: https://tc39.es/ecma262/#sec-performpromisethen
func (vm *VM) React(v Value, fulfilled, rejected func(Value)) {
	p := promiseOf(v)
	if p == nil {
		panic("js: React wants a promise")
	}
	r := new(reactions)
	r.fulfilled.handler, r.rejected.kind, r.rejected.handler = &r.onValue, 1, &r.onReason
	r.onValue.call, r.onReason.call = vm.reaction(fulfilled), vm.reaction(rejected)
	addReactions(p, &r.fulfilled, &r.rejected)
}

func (vm *VM) reaction(f func(Value)) native {
	return func(c goja.FunctionCall) goja.Value {
		vm.checkpoint()
		if f != nil {
			f(c.Argument(0))
		}
		return Undefined
	}
}

// Soon runs job as a promise job, after those that are queued already: what a reaction to a
// promise that has settled is. What it throws is lost.
func (vm *VM) Soon(job func()) {
	enqueuePromiseJob(vm.rt, func() {
		vm.checkpoint()
		vm.rt.Try(job)
	})
}

// adopt settles p as v, an object with a method then, does: in a job of its own.
//
// Spec: https://tc39.es/ecma262/#sec-newpromiseresolvethenablejob
func (vm *VM) adopt(p *goja.Promise, v goja.Value, then native) {
	enqueuePromiseJob(vm.rt, func() {
		resolve, reject := createResolvingFunctions(p)
		if thrown := vm.rt.Try(func() { then(goja.FunctionCall{This: v, Arguments: []goja.Value{resolve, reject}}) }); thrown != nil {
			toCallable(vm.rt, reject)(goja.FunctionCall{This: Undefined, Arguments: []goja.Value{thrown.Value()}})
		}
	})
}

// Handled says that a rejection of the promise is no fault even if nobody listens.
func (d *Deferred) Handled() {
	handled := (*bool)(unsafe.Add(unsafe.Pointer(d.promise), d.vm.platform.seam.promiseHandled))
	if !*handled && d.promise.State() == goja.PromiseStateRejected {
		d.vm.track(d.promise, goja.PromiseRejectionHandle)
	}
	*handled = true
}
