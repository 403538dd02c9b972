package wasm

import (
	"math"

	"github.com/skerry-edge/skerry/isolate/js"
)

// limitsOf reads initial and maximum of a descriptor.
//
// Spec: https://webassembly.github.io/spec/js-api/#dictdef-memorydescriptor
func limitsOf(vm *js.VM, v js.Value, most uint32) (l limits, err error) {
	if !js.IsObject(v) {
		return l, js.TypeError("the descriptor must be an object, such as {initial: 1}")
	}
	initial, maximum := vm.Get(v, "initial"), vm.Get(v, "maximum")
	if minimum := vm.Get(v, "minimum"); js.IsUndefined(initial) {
		initial = minimum
	}
	if js.IsUndefined(initial) {
		return l, js.TypeError("the descriptor has no property initial")
	}
	if l.min, err = unsigned(vm, initial, "initial"); err != nil {
		return l, err
	}
	if !js.IsUndefined(maximum) {
		l.bounded = true
		if l.max, err = unsigned(vm, maximum, "maximum"); err != nil {
			return l, err
		}
		if l.max < l.min {
			return l, js.RangeError("maximum is less than initial")
		}
		l.max = min(l.max, most)
	}
	if l.min > most {
		return l, js.RangeError("initial is %d, and %d is the most", l.min, most)
	}
	return l, nil
}

// unsigned converts v to an unsigned long, which it must be within.
//
// Spec: https://webidl.spec.whatwg.org/#EnforceRange
func unsigned(vm *js.VM, v js.Value, what string) (uint32, error) {
	f := math.Trunc(vm.Float(v))
	if !(f >= 0 && f <= math.MaxUint32) {
		return 0, js.TypeError("%s must be a number from 0 to 2^32 - 1", what)
	}
	return uint32(f), nil
}

// clip shortens what stands in a message.
func clip(s string) string {
	if len(s) > 60 {
		return s[:57] + "..."
	}
	return s
}
