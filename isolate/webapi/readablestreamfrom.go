package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// streamFrom is ReadableStream.from: a stream of what an iterable gives.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-from-iterable
func streamFrom(c *js.Call) (any, error) {
	it, err := iteratorOf(c.VM, c.Arg(0))
	if err != nil {
		return nil, err
	}
	s := openedStream(c.VM)
	d := &defaultController{cancel: it.end}
	d.pull = func() *eventual { return it.pull(d) }
	d.attach(s)
	c.VM.Soon(d.begin)
	return s, nil
}

// scriptIterator is an asynchronous iterator of a script's, or a synchronous one whose
// values may be promises.
//
// Spec: https://tc39.es/ecma262/#sec-getiterator
type scriptIterator struct {
	vm     *js.VM
	object js.Value
	next   js.Value
	async  bool
}

func iteratorOf(vm *js.VM, iterable js.Value) (*scriptIterator, error) {
	if js.IsNullish(iterable) {
		return nil, errNotIterable
	}
	o := vm.Construct(vm.Intrinsic("Object"), iterable)
	method := o.GetSymbol(js.SymbolAsyncIterator)
	it := &scriptIterator{vm: vm, async: !js.IsNullish(method)}
	if !it.async {
		method = o.GetSymbol(js.SymbolIterator)
	}
	if !js.IsFunction(method) {
		return nil, errNotIterable
	}
	it.object = vm.Invoke(method, iterable)
	if !js.IsObject(it.object) {
		return nil, js.TypeError("ReadableStream.from: the iterator is not an object")
	}
	it.next = vm.Get(it.object, "next")
	return it, nil
}

var (
	errNotIterable = js.TypeError("ReadableStream.from: the argument is neither iterable nor asynchronously iterable")
	errNoResult    = js.TypeError("ReadableStream.from: the iterator gave no object")
)

// pull asks for the next value.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-from-iterable, step 4
func (it *scriptIterator) pull(d *defaultController) *eventual {
	return it.call(it.next, nil).then(func(result js.Value) (js.Value, error) {
		if !js.IsObject(result) {
			return nil, errNoResult
		}
		if it.vm.Get(result, "done").ToBoolean() {
			return js.Undefined, d.close()
		}
		return js.Undefined, d.enqueue(it.vm.Get(result, "value"))
	}, nil)
}

// end lets the iterator clean up.
//
// Spec: https://streams.spec.whatwg.org/#readable-stream-from-iterable, step 5
func (it *scriptIterator) end(reason js.Value) *eventual {
	var method js.Value
	if thrown := it.vm.Try(func() { method = it.vm.Get(it.object, "return") }); thrown != nil {
		return failed(it.vm, thrown)
	}
	if js.IsNullish(method) {
		return fulfilled(it.vm, js.Undefined)
	}
	return it.call(method, reason).then(func(result js.Value) (js.Value, error) {
		if !js.IsObject(result) {
			return nil, errNoResult
		}
		return js.Undefined, nil
	}, nil)
}

// call calls a method of the iterator and returns a promise of its result.
//
// Spec: https://tc39.es/ecma262/#sec-asyncfromsynciteratorcontinuation
func (it *scriptIterator) call(method, arg js.Value) *eventual {
	var args []any
	if arg != nil {
		args = append(args, arg)
	}
	if it.async {
		return invoked(it.vm, method, it.object, args...)
	}
	var value js.Value
	var done bool
	if thrown := it.vm.Try(func() {
		result := it.vm.Invoke(method, it.object, args...)
		if !js.IsObject(result) {
			panic(it.vm.ErrorValue(errNoResult))
		}
		done, value = it.vm.Get(result, "done").ToBoolean(), it.vm.Get(result, "value")
	}); thrown != nil {
		return failed(it.vm, thrown)
	}
	return resolvedWith(it.vm, value).then(func(v js.Value) (js.Value, error) {
		return it.vm.ToValue(iteration(v, done)), nil
	}, func(reason js.Value) (js.Value, error) {
		if !done {
			it.close()
		}
		return nil, js.Throw(reason)
	})
}

// close tells a synchronous iterator that it is not asked any more.
func (it *scriptIterator) close() {
	_ = it.vm.Try(func() {
		if method := it.vm.Get(it.object, "return"); !js.IsNullish(method) {
			it.vm.Invoke(method, it.object)
		}
	})
}
