package js

import "github.com/dop251/goja"

// Reply is a promise of what is under way outside of the VM and tells when it is over, so
// that no goroutine waits for it. See [VM.Async] for work that needs one.
type Reply struct {
	vm      *VM
	promise *goja.Promise
	round   uint64
	value   any
	err     error
}

// NewReply makes a promise that is pending, which the loop waits for. It is called in a turn.
func (vm *VM) NewReply() *Reply {
	vm.loop.working++
	return &Reply{vm: vm, promise: newPromise(vm.rt, vm.promisePrototype()), round: vm.loop.round}
}

// Promise is the promise itself.
func (p *Reply) Promise() Value { return p.vm.rt.ToValue(p.promise) }

// Settle settles the promise, in a turn: v becomes a value there as a function's result does,
// an err that is not nil a rejection. It is called once, on any goroutine, and doesn't wait.
// Nothing happens if the work of the event was abandoned.
func (p *Reply) Settle(v any, err error) {
	p.value, p.err = v, err
	p.vm.loop.posted.put(task{p.round, p.run})
}

func (p *Reply) run() {
	p.vm.loop.working--
	p.vm.settle(p.promise, p.value, p.err)
}
