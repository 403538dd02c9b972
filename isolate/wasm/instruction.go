package wasm

// The instructions that somebody here looks at or writes.
const (
	opUnreachable  = 0x00
	opBlock        = 0x02
	opLoop         = 0x03
	opIf           = 0x04
	opElse         = 0x05
	opEnd          = 0x0b
	opBrTable      = 0x0e
	opReturn       = 0x0f
	opCall         = 0x10
	opCallIndirect = 0x11
	opSelectTyped  = 0x1c
	opLocalGet     = 0x20
	opLocalTee     = 0x22
	opGlobalGet    = 0x23
	opGlobalSet    = 0x24
	opTableGet     = 0x25
	opTableSet     = 0x26
	opI32Const     = 0x41
	opI64Const     = 0x42
	opF32Const     = 0x43
	opF64Const     = 0x44
	opI32Eq        = 0x46
	opI32LtS       = 0x48
	opI32Sub       = 0x6b
	opI32ShrU      = 0x76
	opRefNull      = 0xd0
	opRefFunc      = 0xd2
	opMisc         = 0xfc // a number follows
	opVector       = 0xfd // likewise

	blockVoid = 0x40 // the type of a block that takes and leaves nothing

	opMemoryInit = 8
	opDataDrop   = 9
	opMemoryCopy = 10
	opMemoryFill = 11
	opTableInit  = 12
	opElemDrop   = 13
	opTableCopy  = 14
	opTableGrow  = 15
	opTableSize  = 16
	opTableFill  = 17

	opV128Const = 12
)

// operands is what follows an instruction.
type operands byte

const (
	withUnknown operands = iota
	withNothing
	withBlockType
	withLabel
	withLabels
	withFunction
	withIndirect
	withLocal
	withGlobal
	withTable
	withTypes
	withAccess // alignment and offset
	withByte
	withI32
	withI64
	withF32
	withF64
	withRefType
	withMisc
	withVector
)

// operandsOf says what follows each instruction of the core specification, version 2.
//
// Spec: https://webassembly.github.io/spec/core/binary/instructions.html
var operandsOf = func() (t [256]operands) {
	set := func(from, to int, o operands) {
		for op := from; op <= to; op++ {
			t[op] = o
		}
	}
	set(0x00, 0x01, withNothing) // unreachable, nop
	set(opBlock, opIf, withBlockType)
	set(opElse, opElse, withNothing)
	set(opEnd, opEnd, withNothing)
	set(0x0c, 0x0d, withLabel) // br, br_if
	set(opBrTable, opBrTable, withLabels)
	set(opReturn, opReturn, withNothing)
	set(opCall, opCall, withFunction)
	set(opCallIndirect, opCallIndirect, withIndirect)
	set(0x1a, 0x1b, withNothing) // drop, select
	set(opSelectTyped, opSelectTyped, withTypes)
	set(opLocalGet, opLocalTee, withLocal)
	set(opGlobalGet, opGlobalSet, withGlobal)
	set(opTableGet, opTableSet, withTable)
	set(0x28, 0x3e, withAccess) // loads and stores
	set(0x3f, 0x40, withByte)   // memory.size, memory.grow
	set(opI32Const, opI32Const, withI32)
	set(opI64Const, opI64Const, withI64)
	set(opF32Const, opF32Const, withF32)
	set(opF64Const, opF64Const, withF64)
	set(0x45, 0xc4, withNothing) // numbers
	set(opRefNull, opRefNull, withRefType)
	set(0xd1, 0xd1, withNothing) // ref.is_null
	set(opRefFunc, opRefFunc, withFunction)
	set(opMisc, opMisc, withMisc)
	set(opVector, opVector, withVector)
	return t
}()

// skipVector reads what follows a vector instruction.
//
// Spec: https://webassembly.github.io/spec/core/binary/instructions.html#vector-instructions
func skipVector(r *reader) {
	switch op := r.u32(); {
	case op <= 11, op == 92, op == 93: // loads and stores
		r.u32()
		r.u32()
	case op == opV128Const, op == 13: // a shuffle
		r.bytes(16)
	case op >= 21 && op <= 34: // lanes
		r.byte()
	case op >= 84 && op <= 91: // loads and stores of lanes
		r.u32()
		r.u32()
		r.byte()
	case op > 255:
		r.fail("vector instruction %d is not supported", op)
	}
}
