package js

import (
	"slices"

	"github.com/dop251/goja"
)

// Rejection is a promise that was rejected while nobody listened.
type Rejection struct {
	Promise Value
	Reason  Value
}

// rejections are the promises of one VM that were rejected while nobody listened.
type rejections struct {
	new   []rejection // not told of yet, and not handled
	told  []rejection // told of, and not handled; the latest toldMax
	later []rejection // handled after they were told of
}

type rejection struct {
	promise *goja.Promise
	reason  goja.Value
}

// toldMax is how many promises are remembered that nobody listened to: a promise is kept
// alive by that.
const toldMax = 100

// track is told by the engine when a promise is rejected while nobody listens, and when
// somebody listens to such a promise.
func (vm *VM) track(p *goja.Promise, op goja.PromiseRejectionOperation) {
	r := &vm.rarely().rejections
	if op == goja.PromiseRejectionReject {
		r.new = append(r.new, rejection{p, p.Result()})
		return
	}
	is := func(r rejection) bool { return r.promise == p }
	if i := slices.IndexFunc(r.new, is); i >= 0 {
		r.new = slices.Delete(r.new, i, i+1)
	} else if i := slices.IndexFunc(r.told, is); i >= 0 {
		r.later = append(r.later, r.told[i])
		r.told = slices.Delete(r.told, i, i+1)
	}
}

// Listen makes Go code one that listens to a promise.
func (vm *VM) Listen(promise Value) {
	if p := promiseOf(promise); p != nil {
		vm.track(p, goja.PromiseRejectionHandle)
	}
}

// HasRejections says whether Rejections or HandledLate have something to tell.
func (vm *VM) HasRejections() bool {
	return vm.rare != nil && len(vm.rare.rejections.new)+len(vm.rare.rejections.later) > 0
}

// Rejections returns the promises that were rejected and that nobody has handled up to now,
// each of them once. It must be called in a turn.
func (vm *VM) Rejections() []Rejection {
	if vm.rare == nil {
		return nil
	}
	r := &vm.rare.rejections
	out := vm.rejected(r.new)
	r.told = append(r.told, r.new...)
	r.told = slices.Delete(r.told, 0, max(0, len(r.told)-toldMax))
	r.new = nil
	return out
}

// HandledLate returns those of the promises that Rejections returned that have been handled
// since, each of them once. It must be called in a turn.
func (vm *VM) HandledLate() []Rejection {
	if vm.rare == nil {
		return nil
	}
	out := vm.rejected(vm.rare.rejections.later)
	vm.rare.rejections.later = nil
	return out
}

func (vm *VM) rejected(list []rejection) (out []Rejection) {
	for _, r := range list {
		out = append(out, Rejection{vm.rt.ToValue(r.promise), r.reason})
	}
	return out
}

// Unhandled returns the reasons of Rejections.
func (vm *VM) Unhandled() []Value {
	var reasons []Value
	for _, r := range vm.Rejections() {
		reasons = append(reasons, r.Reason)
	}
	return reasons
}
