package wasm

import (
	"math"

	"github.com/skerry-edge/skerry/isolate/js"
)

// toWasm converts a JavaScript value to what a module sees, or throws.
//
// Spec: https://webassembly.github.io/spec/js-api/#towebassemblyvalue
func (s *store) toWasm(v js.Value, t valueType) (uint64, error) {
	switch t {
	case typeI32:
		return uint64(uint32(toInt32(s.number(v)))), nil
	case typeI64:
		return uint64(s.vm.Int64(v)), nil
	case typeF32:
		return uint64(math.Float32bits(float32(s.number(v)))), nil
	case typeF64:
		return math.Float64bits(s.number(v)), nil
	case typeExternref:
		return s.values.put(v), nil
	case typeFuncref:
		if v == js.Null {
			return 0, nil
		}
		if f := s.functionOf(v); f != nil {
			return f.reference()
		}
		return 0, js.TypeError("only a function that a module exports, or null, can be a reference to a function")
	default:
		return 0, js.TypeError("a vector (v128) can't pass between WebAssembly and JavaScript")
	}
}

// number is ToNumber, with a short way for numbers.
func (s *store) number(v js.Value) float64 {
	if js.IsNumber(v) {
		return v.ToFloat()
	}
	return s.vm.Float(v)
}

// toInt32 is ToInt32.
//
// Spec: https://tc39.es/ecma262/#sec-toint32
func toInt32(f float64) int32 {
	if n := int64(f); float64(n) == f && n != math.MinInt64 {
		return int32(n)
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return int32(uint32(int64(math.Mod(math.Trunc(f), 1<<32))))
}

// toJS is the inverse of toWasm. What it returns becomes a Value as a function's result does.
//
// Spec: https://webassembly.github.io/spec/js-api/#tojsvalue
func (s *store) toJS(bits uint64, t valueType) (any, error) {
	switch t {
	case typeI32:
		return int64(int32(bits)), nil
	case typeI64:
		return s.vm.BigInt(int64(bits)), nil
	case typeF32:
		return float64(math.Float32frombits(uint32(bits))), nil
	case typeF64:
		return math.Float64frombits(bits), nil
	case typeExternref:
		return s.values.get(bits), nil
	case typeFuncref:
		if bits == 0 {
			return nil, nil
		}
		f, err := s.functionAt(bits)
		if err != nil {
			return nil, err
		}
		return f.object, nil
	default:
		return nil, js.TypeError("a vector (v128) can't pass between WebAssembly and JavaScript")
	}
}

// defaultBits is the value that a type has when none is given; ok is false for vectors.
func (s *store) defaultBits(t valueType) uint64 {
	if t == typeExternref {
		return s.values.put(js.Undefined)
	}
	return 0
}
