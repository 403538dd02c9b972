package webapi

import (
	"github.com/skerry-edge/skerry/isolate/js"
)

// ReadableStream is a stream of chunks that a script makes, or of bytes that the host has.
//
// Spec: https://streams.spec.whatwg.org/#rs-class
var ReadableStream = js.Class[stream]{
	Name:        "ReadableStream",
	Constructor: newReadableStream,
	Members: []js.Member[stream]{
		js.Getter("locked", func(s *stream, _ *js.Call) (any, error) { return s.locked(), nil }),
		js.PromiseMethod("cancel", 0, (*stream).cancelByScript),
		js.Method("getReader", 0, (*stream).getReader),
		js.Method("pipeThrough", 1, (*stream).pipeThrough),
		js.PromiseMethod("pipeTo", 1, (*stream).pipeTo),
		js.Method("tee", 0, (*stream).teeByScript),
		js.Method("values", 0, (*stream).values),
		js.SymbolAlias[stream](js.SymbolAsyncIterator, "values"),
	},
	Statics: []js.Static{js.StaticMethod("from", 1, streamFrom)},
}

// stream is a ReadableStream. One that a host owns is bytes, or a source of them, and costs
// no more until a script reads it by hand: then it is opened.
type stream struct {
	js.Instance
	data      []byte    // of the host, never written to; empty, without a source: there is no more
	source    Source    // of the host: where the rest comes from; nil: data is all
	full      *readable // what a script needs to take part; nil: not opened
	shared    bool      // somebody else has the memory of data too: scripts get a copy
	disturbed bool      // something was read, or it was canceled
	gone      bool      // what was in it was given away: it stays locked
}

// readable is the state of a stream that a script takes part in.
//
// Spec: https://streams.spec.whatwg.org/#rs-internal-slots
type readable struct {
	vm         *js.VM
	state      readableState
	stored     js.Value     // why it is errored
	reader     streamReader // has it locked; nil: none
	controller readableController
	depth      int // how many tees it came through
}

type readableState int

const (
	readableOpen readableState = iota
	readableClosed
	readableErrored
)

// readableController is what a stream's chunks come through.
//
// Spec: https://streams.spec.whatwg.org/#rs-abstract-ops-used-by-controllers
type readableController interface {
	cancelSteps(reason js.Value) *eventual
	pullSteps(r readRequest)
	releaseSteps()
}

// newReadableStream is `new ReadableStream(underlyingSource, strategy)`.
//
// Spec: https://streams.spec.whatwg.org/#rs-constructor
func newReadableStream(c *js.Call) (*stream, error) {
	if c.Given(0) && !js.IsObject(c.Arg(0)) {
		return nil, js.TypeError("new ReadableStream: the underlying source is not an object")
	}
	strategy, err := strategyOf(c.VM, c.Arg(1))
	if err != nil {
		return nil, err
	}
	source, err := underlyingSourceOf(c.VM, c.Arg(0))
	if err != nil {
		return nil, err
	}
	s := openedStream(c.VM)
	if source.bytes {
		if strategy.size != nil {
			return nil, js.RangeError("new ReadableStream: the strategy of a byte stream can't have a function size")
		}
		mark, err := strategy.mark(0)
		if err != nil {
			return nil, err
		}
		return s, setUpByteController(s, source, mark)
	}
	mark, err := strategy.mark(1)
	if err != nil {
		return nil, err
	}
	return s, setUpDefaultController(s, source, mark, strategy.size)
}

// openedStream is a stream without a controller.
func openedStream(vm *js.VM) *stream { return &stream{full: &readable{vm: vm}} }

// underlyingSource is an UnderlyingSource as a script gave it.
//
// Spec: https://streams.spec.whatwg.org/#dictdef-underlyingsource
type underlyingSource struct {
	object              js.Value
	start, pull, cancel js.Value // nil: not given
	bytes               bool
	autoAllocate        int // 0: not given
}

func underlyingSourceOf(vm *js.VM, v js.Value) (u underlyingSource, err error) {
	u.object = v
	if size := vm.Get(v, "autoAllocateChunkSize"); !js.IsUndefined(size) {
		if u.autoAllocate, err = enforceRange(vm, "autoAllocateChunkSize", size); err != nil {
			return u, err
		}
		defer func() {
			if err == nil && u.bytes && u.autoAllocate == 0 {
				err = js.TypeError("autoAllocateChunkSize must not be 0")
			}
		}()
	}
	if u.cancel, err = callback(vm, v, "cancel"); err != nil {
		return u, err
	}
	if u.pull, err = callback(vm, v, "pull"); err != nil {
		return u, err
	}
	if u.start, err = callback(vm, v, "start"); err != nil {
		return u, err
	}
	if typ := vm.Get(v, "type"); !js.IsUndefined(typ) {
		if t := vm.String(typ); t != "bytes" {
			return u, js.TypeError("type: %q is not \"bytes\", which is the only one there is", clip(t, 40))
		}
		u.bytes = true
	}
	return u, nil
}

// enforceRange converts v to an integer from 0 to 2⁵³-1.
//
// Spec: https://webidl.spec.whatwg.org/#EnforceRange
func enforceRange(vm *js.VM, what string, v js.Value) (int, error) {
	const safeMax = 1<<53 - 1
	f := vm.Float(v)
	if f != f || f <= -1 || f > safeMax {
		return 0, js.TypeError("%s: %v is not an integer from 0 to %d", what, f, safeMax)
	}
	return int(f), nil
}

func (s *stream) locked() bool { return s.gone || s.full != nil && s.full.reader != nil }

func (s *stream) unlocked() error {
	if s.locked() {
		return js.TypeError("the stream is locked to a reader")
	}
	return nil
}

func (s *stream) cancelByScript(c *js.Call) (any, error) {
	if err := s.unlocked(); err != nil {
		return nil, err
	}
	return s.cancel(c.VM, c.Arg(0)).promise(), nil
}

// getReader locks s.
//
// Spec: https://streams.spec.whatwg.org/#rs-get-reader
func (s *stream) getReader(c *js.Call) (any, error) {
	if err := dictionary("the options of getReader", c.Arg(0)); err != nil {
		return nil, err
	}
	mode := c.VM.Get(c.Arg(0), "mode")
	if js.IsUndefined(mode) {
		return s.lock(c.VM)
	}
	if m := c.VM.String(mode); m != "byob" {
		return nil, js.TypeError("getReader: %q is not a mode; there is \"byob\", or none", clip(m, 40))
	}
	return s.lockBYOB(c.VM)
}

// values makes what `for await` walks s with.
//
// Spec: https://streams.spec.whatwg.org/#rs-asynciterator
func (s *stream) values(c *js.Call) (any, error) {
	if err := dictionary("the options of values", c.Arg(0)); err != nil {
		return nil, err
	}
	preventCancel := c.VM.Get(c.Arg(0), "preventCancel").ToBoolean()
	r, err := s.lock(c.VM)
	if err != nil {
		return nil, err
	}
	return &streamIterator{reader: r, preventCancel: preventCancel}, nil
}

func (s *stream) teeByScript(c *js.Call) (any, error) {
	if err := s.unlocked(); err != nil {
		return nil, err
	}
	a, b, err := s.tee(c.VM, false)
	if err != nil {
		return nil, err
	}
	return []any{a, b}, nil
}
