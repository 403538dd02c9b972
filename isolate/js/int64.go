package js

import (
	"math/big"
	"strings"

	"github.com/dop251/goja"
)

// Int64 converts a BigInt, or what becomes one, to its lower 64 bits (ToBigInt64), or throws.
//
// Spec: https://tc39.es/ecma262/#sec-tobigint64
func (vm *VM) Int64(v Value) int64 {
	if o, ok := v.(*goja.Object); ok {
		v = toPrimitiveNumber(o)
	}
	if n, ok := bigOf(v); ok {
		return lower64(n)
	}
	switch t := v.(type) {
	case goja.String:
		if n, ok := new(big.Int).SetString(integerLiteral(vm, t)); ok {
			return lower64(n)
		}
		panic(vm.exception(SyntaxError("Cannot convert %s to a BigInt", clip(t.String()))))
	default:
		if v != nil && v.ExportType() == boolType {
			if v.ToBoolean() {
				return 1
			}
			return 0
		}
		panic(vm.exception(TypeError("Cannot convert %s to a BigInt", vm.describe(v))))
	}
}

// integerLiteral returns the digits of a string, with its sign, and their base. A string that
// is no integer has digits that are none.
func integerLiteral(vm *VM, s goja.String) (digits string, base int) {
	if s.Length() > parsedAtOnce {
		if n := vm.longBigInt(s); n != nil {
			b, _ := bigOf(n)
			return b.Text(16), 16
		}
	}
	text := strings.TrimFunc(s.String(), isWhiteSpace)
	if text == "" {
		return "0", 10
	}
	if len(text) > 2 && text[0] == '0' && text[2] != '-' && text[2] != '+' {
		switch text[1] {
		case 'x', 'X':
			return text[2:], 16
		case 'o', 'O':
			return text[2:], 8
		case 'b', 'B':
			return text[2:], 2
		}
	}
	return text, 10
}

func lower64(n *big.Int) int64 {
	if n.IsInt64() {
		return n.Int64()
	}
	words := n.Bits() // of the absolute value
	var low uint64
	for i := 0; i < len(words) && i*wordBits < 64; i++ {
		low |= uint64(words[i]) << (i * wordBits)
	}
	if n.Sign() < 0 {
		low = -low
	}
	return int64(low)
}

const wordBits = 32 << (^big.Word(0) >> 63)

// BigInt makes a BigInt. It throws in a VM whose scripts don't mention BigInts: see
// [needBigInts].
func (vm *VM) BigInt(n int64) Value {
	vm.needBigInts()
	return vm.rt.ToValue(big.NewInt(n))
}
