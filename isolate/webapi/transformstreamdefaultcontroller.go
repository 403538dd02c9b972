package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// TransformStreamDefaultController is what a transformer puts chunks into.
//
// Spec: https://streams.spec.whatwg.org/#ts-default-controller-class
var TransformStreamDefaultController = js.Class[transformController]{
	Name: "TransformStreamDefaultController",
	Members: []js.Member[transformController]{
		js.Getter("desiredSize", func(k *transformController, _ *js.Call) (any, error) { return k.stream.out.desired(), nil }),
		js.Do("enqueue", 0, func(k *transformController, c *js.Call) error { return k.enqueue(c.Arg(0)) }),
		js.Do("error", 0, func(k *transformController, c *js.Call) error { k.stream.fail(c.Arg(0)); return nil }),
		js.Do("terminate", 0, func(k *transformController, c *js.Call) error {
			_ = k.stream.out.end() // only byte streams can't be closed at times
			k.stream.failWritable(c.VM.ErrorValue(js.TypeError("the transform was terminated")))
			return nil
		}),
	},
}

// transformController is a TransformStreamDefaultController.
//
// Spec: https://streams.spec.whatwg.org/#ts-default-controller-internal-slots
type transformController struct {
	js.Instance
	stream    *transformStream
	transform func(js.Value) *eventual // nil: chunks pass as they are
	flush     func() *eventual         // nil: does nothing
	cancel    func(js.Value) *eventual // nil: does nothing
	finish    *eventual                // of the close, abort or cancel that has begun; nil: none
	forgotten bool
}

// transformerOf makes a controller of a Transformer as a script gave it.
//
// Spec: https://streams.spec.whatwg.org/#dictdef-transformer
func transformerOf(vm *js.VM, transformer js.Value) (k *transformController, start js.Value, err error) {
	var cancel, flush, change js.Value
	if cancel, err = callback(vm, transformer, "cancel"); err != nil {
		return nil, nil, err
	}
	if flush, err = callback(vm, transformer, "flush"); err != nil {
		return nil, nil, err
	}
	readable := vm.Get(transformer, "readableType")
	if start, err = callback(vm, transformer, "start"); err != nil {
		return nil, nil, err
	}
	if change, err = callback(vm, transformer, "transform"); err != nil {
		return nil, nil, err
	}
	writable := vm.Get(transformer, "writableType")
	if !js.IsUndefined(readable) || !js.IsUndefined(writable) {
		return nil, nil, js.RangeError("new TransformStream: the transformer has a readableType or a writableType; there are none")
	}
	k = new(transformController)
	if change != nil {
		k.transform = func(chunk js.Value) *eventual { return invoked(vm, change, transformer, chunk, k) }
	}
	if flush != nil {
		k.flush = func() *eventual { return invoked(vm, flush, transformer, k) }
	}
	if cancel != nil {
		k.cancel = func(reason js.Value) *eventual { return invoked(vm, cancel, transformer, reason) }
	}
	return k, start, nil
}

// enqueue gives the readable side a chunk.
//
// Spec: https://streams.spec.whatwg.org/#transform-stream-default-controller-enqueue
func (k *transformController) enqueue(chunk js.Value) error {
	t := k.stream
	if !t.out.open() {
		return js.TypeError("enqueue: the readable side is closed, or errored")
	}
	if err := t.out.put(chunk); err != nil {
		t.failWritable(t.vm.ErrorValue(err))
		return js.Throw(t.out.of().stored)
	}
	if pressed := !t.out.wanted(); pressed != t.pressed {
		t.press(true)
	}
	return nil
}

// perform transforms a chunk.
//
// Spec: https://streams.spec.whatwg.org/#transform-stream-default-controller-perform-transform
func (k *transformController) perform(chunk js.Value) *eventual {
	var result *eventual
	switch {
	case k.transform != nil:
		result = k.transform(chunk)
	case k.forgotten:
		result = fulfilled(k.stream.vm, js.Undefined)
	default:
		if err := k.enqueue(chunk); err != nil {
			result = failed(k.stream.vm, err)
		} else {
			result = fulfilled(k.stream.vm, js.Undefined)
		}
	}
	return result.then(nil, func(reason js.Value) (js.Value, error) {
		k.stream.fail(reason)
		return nil, js.Throw(reason)
	})
}

// canceled is what the transformer does when either side is given up.
func (k *transformController) canceled(reason js.Value) *eventual {
	if k.cancel == nil {
		return fulfilled(k.stream.vm, js.Undefined)
	}
	return k.cancel(reason)
}

// forget lets go of what will not be called any more.
//
// Spec: https://streams.spec.whatwg.org/#transform-stream-default-controller-clear-algorithms
func (k *transformController) forget() {
	k.transform, k.flush, k.cancel, k.forgotten = nil, nil, nil, true
}
