package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// TransformStream is a writable stream whose chunks come out of a readable one, changed.
//
// Spec: https://streams.spec.whatwg.org/#ts-class
var TransformStream = js.Class[transformStream]{
	Name:        "TransformStream",
	Constructor: newTransformStream,
	As:          asTransform,
	Members: []js.Member[transformStream]{
		js.Getter("readable", func(t *transformStream, _ *js.Call) (any, error) { return t.readable, nil }),
		js.Getter("writable", func(t *transformStream, _ *js.Call) (any, error) { return t.writable, nil }),
	},
}

// transformStream is a TransformStream.
//
// Spec: https://streams.spec.whatwg.org/#ts-internal-slots
type transformStream struct {
	js.Instance
	vm         *js.VM
	readable   *stream
	writable   *writable
	out        transformOutput // of readable
	controller *transformController
	pressed    bool      // writes must wait for reads
	change     *eventual // settles when pressed changes
}

// transformOutput is the controller of the readable side.
type transformOutput interface {
	begin()
	desired() any
	open() bool
	wanted() bool
	put(chunk js.Value) error
	end() error
	fail(reason js.Value)
	of() *readable
}

// newTransformStream is `new TransformStream(transformer, writableStrategy, readableStrategy)`.
//
// Spec: https://streams.spec.whatwg.org/#ts-constructor
func newTransformStream(c *js.Call) (*transformStream, error) {
	vm := c.VM
	if c.Given(0) && !js.IsObject(c.Arg(0)) {
		return nil, js.TypeError("new TransformStream: the transformer is not an object")
	}
	in, err := strategyOf(vm, c.Arg(1))
	if err != nil {
		return nil, err
	}
	out, err := strategyOf(vm, c.Arg(2))
	if err != nil {
		return nil, err
	}
	k, start, err := transformerOf(vm, c.Arg(0))
	if err != nil {
		return nil, err
	}
	outMark, err := out.mark(0)
	if err != nil {
		return nil, err
	}
	inMark, err := in.mark(1)
	if err != nil {
		return nil, err
	}
	begun := newEventual(vm)
	t := newTransform(vm, k, begun, strategyMarks{inMark, outMark, in.size, out.size})
	return t, startWith(vm, start, c.Arg(0), k, begun.done, begun.reject)
}

// strategyMarks are the strategies of both sides.
type strategyMarks struct {
	in, out         float64
	inSize, outSize js.Value // nil: each chunk counts one
}

// newTransform makes a transform that begins when begun is fulfilled.
//
// Spec: https://streams.spec.whatwg.org/#initialize-transform-stream
func newTransform(vm *js.VM, k *transformController, begun *eventual, marks strategyMarks) *transformStream {
	t := new(transformStream)
	t.set(vm, k, begun, marks)
	return t
}

// init makes t a transform of the platform's.
//
// Spec: https://streams.spec.whatwg.org/#transformstream-set-up
func (t *transformStream) init(vm *js.VM, k *transformController) {
	t.set(vm, k, fulfilled(vm, js.Undefined), strategyMarks{in: 1})
}

func (t *transformStream) set(vm *js.VM, k *transformController, begun *eventual, marks strategyMarks) {
	t.vm, t.writable, t.readable = vm, &writable{vm: vm}, openedStream(vm)
	out := &defaultController{mark: marks.out, size: marks.outSize, pull: t.pull, cancel: t.cancel}
	out.attach(t.readable)
	t.connect(k, out, begun, marks)
}

// connect gives t its transformer, and its writable side what writes to that.
func (t *transformStream) connect(k *transformController, out transformOutput, begun *eventual, marks strategyMarks) {
	t.controller, t.out, k.stream = k, out, t
	sink := &writableController{mark: marks.in, size: marks.inSize, write: t.write, close: t.close, abort: t.abort}
	sink.attach(t.writable)
	t.press(true)
	begun.follower().react(func(js.Value) { sink.begin() }, sink.failStart)
	begun.follower().react(func(js.Value) { out.begin() }, out.fail)
}

// fail makes both sides errored.
//
// Spec: https://streams.spec.whatwg.org/#transform-stream-error
func (t *transformStream) fail(reason js.Value) {
	t.out.fail(reason)
	t.failWritable(reason)
}

// failWritable makes the writable side errored; a write that waits goes on, and fails.
//
// Spec: https://streams.spec.whatwg.org/#transform-stream-error-writable-and-unblock-write
func (t *transformStream) failWritable(reason js.Value) {
	t.controller.forget()
	t.writable.controller.failIfOpen(reason)
	t.unblock()
}

// unblock lets a write that waits go on.
//
// Spec: https://streams.spec.whatwg.org/#transform-stream-unblock-write
func (t *transformStream) unblock() {
	if t.pressed {
		t.press(false)
	}
}

// press says whether writes must wait.
//
// Spec: https://streams.spec.whatwg.org/#transform-stream-set-backpressure
func (t *transformStream) press(pressed bool) {
	if t.change != nil {
		t.change.done()
	}
	t.change, t.pressed = newEventual(t.vm), pressed
}

// write is the sink's write algorithm.
//
// Spec: https://streams.spec.whatwg.org/#transform-stream-default-sink-write-algorithm
func (t *transformStream) write(chunk js.Value) *eventual {
	if !t.pressed {
		return t.controller.perform(chunk)
	}
	result := newEventual(t.vm)
	t.change.react(func(js.Value) {
		if t.writable.state == writableErroring {
			result.reject(t.writable.stored)
			return
		}
		result.follow(t.controller.perform(chunk))
	}, nil)
	return result
}

// abort is the sink's abort algorithm.
//
// Spec: https://streams.spec.whatwg.org/#transform-stream-default-sink-abort-algorithm
func (t *transformStream) abort(reason js.Value) *eventual {
	k := t.controller
	if k.finish != nil {
		return k.finish
	}
	finish := newEventual(t.vm)
	k.finish = finish
	result := k.canceled(reason)
	k.forget()
	result.react(func(js.Value) {
		if full := t.out.of(); full.state == readableErrored {
			finish.reject(full.stored)
			return
		}
		t.out.fail(reason)
		finish.done()
	}, func(r js.Value) {
		t.out.fail(r)
		finish.reject(r)
	})
	return finish
}

// close is the sink's close algorithm.
//
// Spec: https://streams.spec.whatwg.org/#transform-stream-default-sink-close-algorithm
func (t *transformStream) close() *eventual {
	k := t.controller
	if k.finish != nil {
		return k.finish
	}
	finish := newEventual(t.vm)
	k.finish = finish
	result := fulfilled(t.vm, js.Undefined)
	if k.flush != nil {
		result = k.flush()
	}
	k.forget()
	result.react(func(js.Value) {
		if full := t.out.of(); full.state == readableErrored {
			finish.reject(full.stored)
			return
		}
		if err := t.out.end(); err != nil {
			finish.reject(t.vm.ErrorValue(err))
			return
		}
		finish.done()
	}, func(reason js.Value) {
		t.out.fail(reason)
		finish.reject(reason)
	})
	return finish
}

// cancel is the source's cancel algorithm.
//
// Spec: https://streams.spec.whatwg.org/#transform-stream-default-source-cancel
func (t *transformStream) cancel(reason js.Value) *eventual {
	k := t.controller
	if k.finish != nil {
		return k.finish
	}
	finish := newEventual(t.vm)
	k.finish = finish
	result := k.canceled(reason)
	k.forget()
	result.react(func(js.Value) {
		if t.writable.state == writableErrored {
			finish.reject(t.writable.stored)
			return
		}
		t.writable.controller.failIfOpen(reason)
		t.unblock()
		finish.done()
	}, func(r js.Value) {
		t.writable.controller.failIfOpen(r)
		t.unblock()
		finish.reject(r)
	})
	return finish
}

// pull is the source's pull algorithm.
//
// Spec: https://streams.spec.whatwg.org/#transform-stream-default-source-pull-algorithm
func (t *transformStream) pull() *eventual {
	t.press(false)
	return t.change
}

// sided is a state that has a transform in it.
type sided[T any] interface {
	*T
	sides() *transformStream
}

func (t *transformStream) sides() *transformStream { return t }

// sideMembers returns the members that classes share which are transforms and no
// TransformStreams.
//
// Spec: https://streams.spec.whatwg.org/#generictransformstream
func sideMembers[T any, P sided[T]]() []js.Member[T] {
	return []js.Member[T]{
		js.Getter("readable", func(t *T, _ *js.Call) (any, error) { return P(t).sides().readable, nil }),
		js.Getter("writable", func(t *T, _ *js.Call) (any, error) { return P(t).sides().writable, nil }),
	}
}
