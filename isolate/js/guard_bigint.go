package js

import (
	"math"
	"math/big"
	"strings"
	"unicode"
	"unsafe"

	"github.com/dop251/goja"
)

// bigIntBits bounds a BigInt. At this size the slowest operation, writing it out in
// decimal, takes a few tens of milliseconds, and a product ten.
const bigIntBits = 1 << 20

// bigIntGuards are the guards of BigInt. A script that does not mention BigInts has none:
// its operators are not lowered (lower.go), and what makes BigInts refuses it.
func bigIntGuards() []guard {
	return []guard{
		{name: "BigInt", call: bigIntOf},
		{name: "BigInt.asIntN", call: bigIntAsN(true)},
		{name: "BigInt.asUintN", call: bigIntAsN(false)},
		{name: "DataView.prototype.getBigInt64", call: readBigInt},
		{name: "DataView.prototype.getBigUint64", call: readBigInt},
	}
}

// needBigInts throws in a VM whose script does not mention BigInts.
func (vm *VM) needBigInts() {
	if !vm.script.bigints {
		panic(vm.exception(TypeError("BigInts are for scripts that mention BigInt by its name")))
	}
}

func readBigInt(vm *VM, original native, c goja.FunctionCall) goja.Value {
	vm.needBigInts()
	return original(c)
}

// withBigInts is a constructor of arrays of BigInts.
func withBigInts(construct func(*VM, constructor, []goja.Value, *goja.Object) *goja.Object) func(*VM, constructor, []goja.Value, *goja.Object) *goja.Object {
	return func(vm *VM, original constructor, args []goja.Value, newTarget *goja.Object) *goja.Object {
		vm.needBigInts()
		return construct(vm, original, args, newTarget)
	}
}

// bigIntOf is BigInt(value).
//
// Spec: https://tc39.es/ecma262/#sec-bigint-constructor-number-value
func bigIntOf(vm *VM, original native, c goja.FunctionCall) goja.Value {
	vm.needBigInts()
	v := c.Argument(0)
	if o, ok := v.(*goja.Object); ok {
		v = toPrimitiveNumber(o)
	}
	if s, ok := v.(goja.String); ok {
		if n := vm.longBigInt(s); n != nil {
			return n
		}
	}
	return original(goja.FunctionCall{This: c.This, Arguments: []goja.Value{v}})
}

// bigIntAsN is BigInt.asIntN(bits, value), and asUintN.
//
// Spec: https://tc39.es/ecma262/#sec-bigint.asintn
func bigIntAsN(signed bool) func(*VM, native, goja.FunctionCall) goja.Value {
	return func(vm *VM, original native, c goja.FunctionCall) goja.Value {
		vm.needBigInts()
		bits := vm.index(c.Argument(0))
		v := c.Argument(1)
		if o, ok := v.(*goja.Object); ok {
			v = toPrimitiveNumber(o)
		}
		if s, ok := v.(goja.String); ok {
			if n := vm.longBigInt(s); n != nil {
				v = n
			}
		}
		if bits <= bigIntBits {
			return original(goja.FunctionCall{This: c.This, Arguments: []goja.Value{vm.rt.ToValue(bits), v}})
		}
		// The value fits, unless it is negative and the result is not.
		if _, ok := bigOf(v); !ok {
			v = original(goja.FunctionCall{This: c.This, Arguments: []goja.Value{vm.rt.ToValue(bigIntBits), v}})
		}
		if n, ok := bigOf(v); ok && !signed && n.Sign() < 0 {
			panic(vm.bigIntTooLarge())
		}
		return v
	}
}

// index converts v as ToIndex does.
//
// Spec: https://tc39.es/ecma262/#sec-toindex
func (vm *VM) index(v goja.Value) int64 {
	f := vm.Float(v)
	if math.IsNaN(f) {
		return 0
	}
	f = math.Trunc(f)
	if f < 0 || f > 1<<53-1 {
		panic(vm.exception(RangeError("an index must be between 0 and 2^53 - 1")))
	}
	return int64(f)
}

func (vm *VM) bigIntTooLarge() any {
	return vm.exception(RangeError("Maximum BigInt size exceeded"))
}

// parsedAtOnce is the length up to which the engine's own conversion, which takes
// quadratic time, is as fast.
const parsedAtOnce = 512

// longBigInt converts a string that is long and an integer literal, nil if it is neither.
//
// Spec: https://tc39.es/ecma262/#sec-stringtobigint
func (vm *VM) longBigInt(s goja.String) goja.Value {
	if s.Length() <= parsedAtOnce {
		return nil
	}
	text := strings.TrimFunc(s.String(), isWhiteSpace)
	if len(text) <= parsedAtOnce {
		return nil
	}
	base, bitsPerDigit := 10, math.Log2(10)
	digits := strings.TrimPrefix(strings.TrimPrefix(text, "-"), "+")
	if len(text) == len(digits) && digits[0] == '0' {
		switch digits[1] {
		case 'x', 'X':
			base, bitsPerDigit = 16, 4
		case 'o', 'O':
			base, bitsPerDigit = 8, 3
		case 'b', 'B':
			base, bitsPerDigit = 2, 1
		}
		if base != 10 {
			digits = digits[2:]
		}
	}
	digits = strings.TrimLeft(digits, "0")
	if float64(len(digits)-1)*bitsPerDigit > bigIntBits {
		panic(vm.bigIntTooLarge())
	}
	n := parseDigits(vm, digits, base)
	if n == nil {
		panic(vm.exception(SyntaxError("Cannot convert a string of %d characters to a BigInt", len(text))))
	}
	if text[0] == '-' {
		n.Neg(n)
	}
	if n.BitLen() > bigIntBits {
		panic(vm.bigIntTooLarge())
	}
	return vm.rt.ToValue(n)
}

// isWhiteSpace says whether scripts trim r.
//
// Spec: https://tc39.es/ecma262/#prod-StringWhiteSpaceChar
func isWhiteSpace(r rune) bool {
	return r == '\ufeff' || r != '\u0085' && unicode.IsSpace(r)
}

// parseDigits halves digits until math/big, whose time is quadratic, is fast. It returns
// nil if one is none.
func parseDigits(vm *VM, digits string, base int) *big.Int {
	if len(digits) <= parsedAtOnce {
		if digits == "" {
			return new(big.Int)
		}
		if digits[0] == '+' || digits[0] == '-' || strings.Contains(digits, "_") {
			return nil
		}
		n, ok := new(big.Int).SetString(digits, base)
		if !ok {
			return nil
		}
		return n
	}
	vm.checkpoint()
	half := len(digits) / 2
	high, low := parseDigits(vm, digits[:len(digits)-half], base), parseDigits(vm, digits[len(digits)-half:], base)
	if high == nil || low == nil {
		return nil
	}
	scale := new(big.Int).Exp(big.NewInt(int64(base)), big.NewInt(int64(half)), nil)
	return high.Add(high.Mul(high, scale), low)
}

// bigOf returns the integer that a primitive BigInt is. It is the engine's: nobody may
// change it.
func bigOf(v goja.Value) (*big.Int, bool) {
	if !isBigInt(v) {
		return nil, false
	}
	return (*big.Int)((*iface)(unsafe.Pointer(&v)).data), true
}

// isBigInt is [IsBigInt] at the cost of a comparison.
func isBigInt(v goja.Value) bool {
	if _, ok := v.(*goja.Object); ok || v == nil {
		return false
	}
	return v.ExportType() == bigIntType
}

// helpers returns what scripts with lowered operators are given: see helperNames.
func (vm *VM) helpers() []any {
	state := &vm.script
	state.bigints = true
	if state.helpers == nil {
		for _, f := range []native{vm.bounded, vm.power, vm.count, vm.small} {
			p := vm.platform // no gate: they call no script
			state.helpers = append(state.helpers, p.seam.object(newTemplatedFunction(vm.rt, p.signatures.of(p, "", 0), nil, f, nil)))
		}
	}
	return state.helpers
}

// bounded returns the value of an operation, unless it is too large a BigInt.
func (vm *VM) bounded(c goja.FunctionCall) goja.Value {
	v := c.Argument(0)
	if n, ok := bigOf(v); ok && n.BitLen() > bigIntBits {
		panic(vm.bigIntTooLarge())
	}
	return v
}

// power is the operator **.
//
// Spec: https://tc39.es/ecma262/#sec-numeric-types-bigint-exponentiate
func (vm *VM) power(c goja.FunctionCall) goja.Value {
	x, y := toNumeric(c.Argument(0)), toNumeric(c.Argument(1))
	base, xBig := bigOf(x)
	exponent, yBig := bigOf(y)
	switch {
	case xBig != yBig:
		panic(vm.exception(TypeError("Cannot mix BigInt and other types, use explicit conversions")))
	case !xBig:
		return numberPower(x, y)
	case exponent.Sign() < 0:
		panic(vm.exception(RangeError("Exponent must be non-negative")))
	case base.BitLen() > 1 && (!exponent.IsInt64() || float64(base.BitLen()-1)*float64(exponent.Int64()) > bigIntBits):
		panic(vm.bigIntTooLarge())
	case base.BitLen() <= 1:
		exponent = big.NewInt(int64(exponent.Bit(0)) + 2*int64(min(exponent.BitLen(), 1))) // 0, 1 and -1 ask for no more
	}
	n := new(big.Int).Exp(base, exponent, nil)
	if n.BitLen() > bigIntBits {
		panic(vm.bigIntTooLarge())
	}
	return vm.rt.ToValue(n)
}

// count returns the right side of a shift, unless it is too large a BigInt.
func (vm *VM) count(c goja.FunctionCall) goja.Value {
	v := toNumeric(c.Argument(0))
	if n, ok := bigOf(v); ok && (!n.IsInt64() || n.Int64() > bigIntBits || n.Int64() < -bigIntBits) {
		panic(vm.bigIntTooLarge())
	}
	return v
}

// small returns the right side of an assignment whose left side can't be evaluated twice,
// unless it is a BigInt by which that could grow much at a time.
func (vm *VM) small(c goja.FunctionCall) goja.Value {
	v := toNumeric(c.Argument(0))
	if n, ok := bigOf(v); ok {
		power := c.Argument(1).ToBoolean()
		if power && (!n.IsInt64() || n.Int64() > 2) || n.BitLen() > bigIntBits/16 {
			panic(vm.bigIntTooLarge())
		}
	}
	return v
}

// scriptState is what a VM knows of its scripts.
type scriptState struct {
	bigints bool  // one mentions BigInts, and is lowered
	helpers []any // see [VM.helpers]
	closed  bool  // the engine's parser is out of reach: see closeParser

	subject *subjectRunes // of the last match that needed runes
}
