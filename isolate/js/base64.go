package js

import (
	"strings"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/segmentio/asm/base64"
)

// base64Chunk is how many bytes are encoded between two checkpoints: what is not at the end
// must not be padded.
const base64Chunk = chunkText / 3 * 3

// EncodeBase64 returns data in base64, padded, as bytes that are the caller's. The turn may
// end on the way.
func (vm *VM) EncodeBase64(data []byte) Latin1 {
	size := (len(data) + 2) / 3 * 4
	vm.allocate(int64(size), stringTooLong)
	out := make([]byte, size)
	for to := out; ; to = to[base64Chunk/3*4:] {
		base64.StdEncoding.Encode(to, data[:min(len(data), base64Chunk)])
		if len(data) <= base64Chunk {
			return out
		}
		data = data[base64Chunk:]
		vm.checkpoint()
	}
}

// DecodeBase64 returns what text, base64 without padding, stands for, as bytes that are the
// caller's, and false if it is none. Bits beyond the last byte are dropped. The turn may end on
// the way.
func (vm *VM) DecodeBase64(text string) ([]byte, bool) {
	if len(text)%4 == 1 {
		return nil, false
	}
	size := len(text) / 4 * 3
	if rest := len(text) % 4; rest > 0 {
		size += rest - 1
	}
	vm.allocate(int64(size), bufferTooLong)
	out := make([]byte, size)
	for to := out; ; to = to[chunkText/4*3:] {
		if !decodeBase64(to, text[:min(len(text), chunkText)]) {
			return nil, false
		}
		if len(text) <= chunkText {
			return out, true
		}
		text = text[chunkText:]
		vm.checkpoint()
	}
}

// decodeBase64 decodes text to the beginning of out. The codec passes over line ends, which are
// none of the alphabet's: then there is less than there should be.
func decodeBase64(out []byte, text string) bool {
	n, err := base64.RawStdEncoding.Decode(out, unsafe.Slice(unsafe.StringData(text), len(text)))
	return err == nil && n == len(text)/4*3+max(0, len(text)%4-1)
}

// base64Guards are the guards of base64 in the language.
func base64Guards() []guard {
	return []guard{
		{name: "Uint8Array.prototype.toBase64", call: toBase64},
		{name: "Uint8Array.fromBase64", call: fromBase64},
	}
}

// fromBase64 is Uint8Array.fromBase64. What has white space, is no base64 or has options is left
// to the engine.
//
// Spec: https://tc39.es/ecma262/#sec-uint8array.frombase64
func fromBase64(vm *VM, original native, c goja.FunctionCall) goja.Value {
	if v := c.Argument(0); IsString(v) && goja.IsUndefined(c.Argument(1)) {
		text := vm.String(v)
		if len(text)%4 == 0 {
			text = strings.TrimSuffix(strings.TrimSuffix(text, "="), "=")
		}
		if data, ok := vm.DecodeBase64(text); ok {
			return vm.ToValue(Bytes(data))
		}
	}
	return original(c)
}

// toBase64 is Uint8Array.prototype.toBase64.
//
// Spec: https://tc39.es/ecma262/#sec-uint8array.prototype.tobase64
func toBase64(vm *VM, original native, c goja.FunctionCall) goja.Value {
	v, _ := vm.ViewOf(c.This)
	if v.Kind != "Uint8Array" || v.Length == 0 || !goja.IsUndefined(c.Argument(0)) {
		return original(c)
	}
	return vm.latin1(vm.EncodeBase64(v.Memory))
}
