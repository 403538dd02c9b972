package js

// What a built-in that would grow beyond its bound throws, in the words that scripts know
// from V8.
const (
	stringTooLong = "Invalid string length"
	arrayTooLong  = "Invalid array length"
	bufferTooLong = "Array buffer allocation failed"
	tooManyKeys   = "Too many properties to enumerate"
	tooManyArgs   = "Maximum call stack size exceeded"
)

// allocationMax bounds one allocation of an event whose memory nothing bounds.
const allocationMax = 128 << 20

// valueBytes is the memory of a value in an array: what it refers to is not counted.
const valueBytes = 16

// allocate is called before a built-in allocates n bytes in one go. It throws a RangeError
// with message if an event may not hold that much, and tells the meter.
func (vm *VM) allocate(n int64, message string) {
	vm.bound(n, message)
	if n >= meteredBytes {
		vm.meter.grow(n)
	}
}

// bound throws a RangeError with message if something would become n bytes large, and that is
// more than an event may hold. It is for what grows bit by bit, which the meter sees.
func (vm *VM) bound(n int64, message string) {
	if n > vm.largest() {
		panic(vm.newError("RangeError", message))
	}
}

// largest is the size of the largest thing that an event may hold.
func (vm *VM) largest() int64 {
	if most := vm.meter.account.MemoryBytes; most > 0 {
		return most
	}
	return allocationMax
}

// meteredBytes is the size of an allocation that the meter wants to know of.
const meteredBytes = 64 << 10
