package isolate

import (
	"context"

	"github.com/skerry-edge/skerry/isolate/js"
)

// warmup runs what the bundle exports as warmup, in a turn, and returns the promise that it
// gave; nil: it is done, or there is none.
func (i *Isolate) warmup(module js.Value) (js.Value, error) {
	f := i.vm.Get(module, "warmup")
	if !js.IsFunction(f) {
		return nil, nil
	}
	i.warming = true
	v, err := i.vm.Call(f, js.Undefined, i.environment())
	if err != nil || !js.IsPromise(v) {
		return nil, err
	}
	return v, nil
}

// settled runs i until promise has settled, then done, in the same turn. thrown is what
// either has thrown.
func (i *Isolate) settled(ctx context.Context, promise js.Value, done func() error) (thrown, err error) {
	err = i.vm.Run(ctx, func() bool {
		state, reason := js.Peek(promise)
		switch state {
		case js.Pending:
			return false
		case js.Rejected:
			i.vm.Listen(promise)
			thrown = js.Throw(reason)
		default:
			thrown = done()
		}
		return true
	}, i.uncaught)
	return thrown, err
}

// starting names what of the bundle runs before its first event.
func (i *Isolate) starting() string {
	if i.warming {
		return "warmup"
	}
	return "top level"
}
