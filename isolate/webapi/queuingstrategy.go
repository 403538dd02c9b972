package webapi

import (
	"math"

	"github.com/skerry-edge/skerry/isolate/js"
)

// CountQueuingStrategy counts chunks.
//
// Spec: https://streams.spec.whatwg.org/#cqs-class
var CountQueuingStrategy = js.Class[countStrategy]{
	Name:   "CountQueuingStrategy",
	Length: 1,
	Constructor: func(c *js.Call) (*countStrategy, error) {
		mark, err := strategyInit(c)
		return &countStrategy{highWaterMark: mark}, err
	},
	Members: []js.Member[countStrategy]{
		js.Getter("highWaterMark", func(s *countStrategy, _ *js.Call) (any, error) { return s.highWaterMark, nil }),
		js.Getter("size", func(_ *countStrategy, c *js.Call) (any, error) {
			sizes := js.Local[sizeFunctions](c.VM)
			if sizes.count == nil {
				sizes.count = c.VM.NewFunction("size", 0, func(*js.Call) (any, error) { return 1, nil })
			}
			return sizes.count, nil
		}),
	},
}

type countStrategy struct {
	js.Instance
	highWaterMark float64
}

// ByteLengthQueuingStrategy counts the bytes of chunks.
//
// Spec: https://streams.spec.whatwg.org/#blqs-class
var ByteLengthQueuingStrategy = js.Class[byteLengthStrategy]{
	Name:   "ByteLengthQueuingStrategy",
	Length: 1,
	Constructor: func(c *js.Call) (*byteLengthStrategy, error) {
		mark, err := strategyInit(c)
		return &byteLengthStrategy{highWaterMark: mark}, err
	},
	Members: []js.Member[byteLengthStrategy]{
		js.Getter("highWaterMark", func(s *byteLengthStrategy, _ *js.Call) (any, error) { return s.highWaterMark, nil }),
		js.Getter("size", func(_ *byteLengthStrategy, c *js.Call) (any, error) {
			sizes := js.Local[sizeFunctions](c.VM)
			if sizes.bytes == nil {
				sizes.bytes = c.VM.NewFunction("size", 1, func(c *js.Call) (any, error) {
					if js.IsNullish(c.Arg(0)) {
						return nil, js.TypeError("size: the chunk is undefined or null and has no byteLength")
					}
					return c.VM.Get(c.Arg(0), "byteLength"), nil
				})
			}
			return sizes.bytes, nil
		}),
	},
}

type byteLengthStrategy struct {
	js.Instance
	highWaterMark float64
}

// sizeFunctions are the functions that all strategies of a VM have.
//
// Spec: https://streams.spec.whatwg.org/#count-queuing-strategy-size-function
type sizeFunctions struct{ count, bytes js.Value }

// strategyInit reads a QueuingStrategyInit.
func strategyInit(c *js.Call) (float64, error) {
	if err := dictionary("the init of a queuing strategy", c.Arg(0)); err != nil {
		return 0, err
	}
	mark := c.VM.Get(c.Arg(0), "highWaterMark")
	if js.IsUndefined(mark) {
		return 0, js.TypeError("the init of a queuing strategy has no highWaterMark")
	}
	return c.VM.Float(mark), nil
}

// strategy is a QueuingStrategy as a script gave it.
type strategy struct {
	highWaterMark js.Value // undefined: not given
	size          js.Value // nil: each chunk counts one
}

// strategyOf reads a QueuingStrategy.
//
// Spec: https://streams.spec.whatwg.org/#dictdef-queuingstrategy
func strategyOf(vm *js.VM, v js.Value) (s strategy, err error) {
	if err := dictionary("the queuing strategy", v); err != nil {
		return s, err
	}
	s.highWaterMark = vm.Get(v, "highWaterMark")
	if !js.IsUndefined(s.highWaterMark) {
		s.highWaterMark = vm.ToValue(vm.Float(s.highWaterMark))
	}
	s.size, err = callback(vm, v, "size")
	return s, err
}

// mark returns the high-water mark.
//
// Spec: https://streams.spec.whatwg.org/#validate-and-normalize-high-water-mark
func (s *strategy) mark(fallback float64) (float64, error) {
	if js.IsUndefined(s.highWaterMark) {
		return fallback, nil
	}
	mark := s.highWaterMark.ToFloat()
	if math.IsNaN(mark) || mark < 0 {
		return 0, js.RangeError("highWaterMark: %v is not a number from 0", mark)
	}
	return mark, nil
}

// callback reads a member of a dictionary that is a function; nil: it is not given.
func callback(vm *js.VM, v js.Value, name string) (js.Value, error) {
	f := vm.Get(v, name)
	if js.IsUndefined(f) {
		return nil, nil
	}
	if !js.IsFunction(f) {
		return nil, js.TypeError("%s is not a function", name)
	}
	return f, nil
}

// sizedQueue is a queue of chunks with their sizes.
//
// Spec: https://streams.spec.whatwg.org/#queue-with-sizes
type sizedQueue struct {
	chunks fifo[sizedChunk]
	total  float64
}

type sizedChunk struct {
	value js.Value // nil: the sentinel that closes a writable stream
	size  float64
}

// push is EnqueueValueWithSize.
//
// Spec: https://streams.spec.whatwg.org/#enqueue-value-with-size
func (q *sizedQueue) push(vm *js.VM, value js.Value, size float64) error {
	if math.IsNaN(size) || size < 0 || math.IsInf(size, 1) { // steps 2 and 3
		return js.RangeError("the size of a chunk is %v, which is not a finite number from 0", size)
	}
	q.chunks.push(vm, sizedChunk{value, size})
	q.total += size
	return nil
}

// pop is DequeueValue.
func (q *sizedQueue) pop() js.Value {
	c := q.chunks.pop()
	q.total = max(q.total-c.size, 0) // rounding may leave less than nothing
	return c.value
}

func (q *sizedQueue) reset() { *q = sizedQueue{} }

// sizeOf is a strategy's size of a chunk.
func sizeOf(vm *js.VM, size, chunk js.Value) (n float64, err error) {
	if size == nil {
		return 1, nil
	}
	err = vm.Try(func() { n = vm.Float(vm.Invoke(size, js.Undefined, chunk)) })
	return n, err
}
