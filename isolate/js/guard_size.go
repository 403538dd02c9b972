package js

// What a built-in that would grow beyond its bound throws, in the words that scripts know
// from V8.
const (
	stringTooLong = "Invalid string length"
	arrayTooLong  = "Invalid array length"
	bufferTooLong = "Array buffer allocation failed"
	tooManyArgs   = "Maximum call stack size exceeded"
)

// allocationMax bounds one allocation of an event whose memory nothing bounds.
const allocationMax = 128 << 20

// valueBytes is the memory of a value in an array: what it refers to is not counted.
const valueBytes = 16

// allocate is asked before a built-in allocates n bytes in one go, and throws a RangeError
// with message if an event may not hold that much. What many small allocations add up to
// is the meter's to see.
func (vm *VM) allocate(n int64, message string) {
	if n > vm.allocationMax() {
		panic(vm.newError("RangeError", message))
	}
}

func (vm *VM) allocationMax() int64 { return allocationMax }
