package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// streamIteratorClass is what `for await` walks a stream with.
//
// Spec: https://streams.spec.whatwg.org/#rs-asynciterator
var streamIteratorClass = js.Class[streamIterator]{
	Name:   "ReadableStreamAsyncIterator",
	Hidden: true,
	Members: []js.Member[streamIterator]{
		js.PromiseMethod("next", 0, func(i *streamIterator, c *js.Call) (any, error) {
			return i.queue(func() *eventual { return i.next(c.VM) }).promise(), nil
		}),
		js.PromiseMethod("return", 0, func(i *streamIterator, c *js.Call) (any, error) {
			value := c.Arg(0)
			ended := i.queue(func() *eventual { return i.end(c.VM, value) })
			return ended.then(func(js.Value) (js.Value, error) { return c.VM.ToValue(iteration(value, true)), nil }, nil).promise(), nil
		}),
		js.SymbolMethod(js.SymbolAsyncIterator, 0, func(i *streamIterator, _ *js.Call) (any, error) { return i, nil }),
	},
}

// streamIterator is a default asynchronous iterator object.
//
// Spec: https://webidl.spec.whatwg.org/#js-asynchronous-iterator-prototype-object
type streamIterator struct {
	js.Instance
	reader        *reader
	preventCancel bool
	finished      bool
	ongoing       *eventual // the last call; nil: it is over
}

// queue runs steps when the calls before have settled.
func (i *streamIterator) queue(steps func() *eventual) *eventual {
	if i.ongoing == nil {
		i.ongoing = steps()
		return i.ongoing
	}
	after := newEventual(i.ongoing.vm)
	next := func(js.Value) { after.follow(steps()) }
	i.ongoing.react(next, next)
	i.ongoing = after
	return after
}

func (i *streamIterator) next(vm *js.VM) *eventual {
	if i.finished {
		return fulfilled(vm, vm.ToValue(iteration(js.Undefined, true)))
	}
	read := &iteratorRead{iterator: i, result: newEventual(vm)}
	i.reader.read(read)
	return read.result.then(func(v js.Value) (js.Value, error) {
		i.ongoing = nil
		if v == nil {
			i.finished = true
			return vm.ToValue(iteration(js.Undefined, true)), nil
		}
		return vm.ToValue(iteration(v, false)), nil
	}, func(reason js.Value) (js.Value, error) {
		i.ongoing, i.finished = nil, true
		return nil, js.Throw(reason)
	})
}

// end is what leaving the loop does.
func (i *streamIterator) end(vm *js.VM, reason js.Value) *eventual {
	if i.finished {
		return fulfilled(vm, js.Undefined)
	}
	i.finished = true
	if i.preventCancel {
		i.reader.release()
		return fulfilled(vm, js.Undefined)
	}
	result := i.reader.stream.cancel(vm, reason)
	i.reader.release()
	return result
}

// iteratorRead is the read of one step; its result is nil at the end.
type iteratorRead struct {
	iterator *streamIterator
	result   *eventual
}

func (r *iteratorRead) chunk(v js.Value) { r.result.fulfill(v) }

func (r *iteratorRead) close() {
	r.iterator.reader.release()
	r.result.fulfill(nil)
}

func (r *iteratorRead) fail(reason js.Value) {
	r.iterator.reader.release()
	r.result.reject(reason)
}
