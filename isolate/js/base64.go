package js

import (
	"encoding/binary"
	"unsafe"

	"github.com/dop251/goja"
)

// Base64 with the alphabet of RFC 4648, section 4. The standard library's codec takes two to three times
// as long.

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// base64Pairs are the two characters, the first in the lower byte, of each 12 bits.
var base64Pairs = func() (pairs [1 << 12]uint16) {
	for i := range pairs {
		pairs[i] = uint16(base64Alphabet[i>>6]) | uint16(base64Alphabet[i&63])<<8
	}
	return pairs
}()

// base64Bits are, for each of four characters in a row, the 24 bits that it stands for; noBase64 marks
// what is no character of the alphabet.
var base64Bits = func() (bits [4][256]uint32) {
	for i := range bits {
		for c := range bits[i] {
			bits[i][c] = noBase64
		}
		for v, c := range base64Alphabet {
			bits[i][c] = uint32(v) << (6 * (3 - i))
		}
	}
	return bits
}()

const noBase64 = 1 << 31

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
		encodeBase64(to, data[:min(len(data), base64Chunk)])
		if len(data) <= base64Chunk {
			return out
		}
		data = data[base64Chunk:]
		vm.checkpoint()
	}
}

// encodeBase64 fills the beginning of out.
func encodeBase64(out, data []byte) {
	for len(data) >= 26 && len(out) >= 32 { // 24 bytes at once, of which the last are read as part of eight
		from, to := (*[26]byte)(data), (*[32]byte)(out)
		binary.LittleEndian.PutUint64(to[0:8], eightBase64(binary.BigEndian.Uint64(from[0:8])))
		binary.LittleEndian.PutUint64(to[8:16], eightBase64(binary.BigEndian.Uint64(from[6:14])))
		binary.LittleEndian.PutUint64(to[16:24], eightBase64(binary.BigEndian.Uint64(from[12:20])))
		binary.LittleEndian.PutUint64(to[24:32], eightBase64(binary.BigEndian.Uint64(from[18:26])))
		data, out = data[24:], out[32:]
	}
	for ; len(data) >= 3; data, out = data[3:], out[4:] {
		putBase64(out, data[0], data[1], data[2])
	}
	switch len(data) {
	case 1:
		putBase64(out, data[0], 0, 0)
		out[2], out[3] = '=', '='
	case 2:
		putBase64(out, data[0], data[1], 0)
		out[3] = '='
	}
}

// eightBase64 returns the characters of the upper 48 bits of v, the first in the lowest byte.
func eightBase64(v uint64) uint64 {
	p := &base64Pairs
	return uint64(p[v>>52]) | uint64(p[v>>40&0xfff])<<16 | uint64(p[v>>28&0xfff])<<32 | uint64(p[v>>16&0xfff])<<48
}

func putBase64(out []byte, a, b, c byte) {
	v := uint32(a)<<16 | uint32(b)<<8 | uint32(c)
	binary.LittleEndian.PutUint32(out, uint32(base64Pairs[v>>12])|uint32(base64Pairs[v&0xfff])<<16)
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

// decodeBase64 fills the beginning of out.
func decodeBase64(out []byte, text string) bool {
	b, bad := &base64Bits, uint32(0)
	for len(text) >= 16 && len(out) >= 14 { // 12 bytes at once, of which the last are written as part of eight
		from, to := (*[16]byte)(unsafe.Slice(unsafe.StringData(text), 16)), (*[14]byte)(out)
		v := b[0][from[0]] | b[1][from[1]] | b[2][from[2]] | b[3][from[3]]
		w := b[0][from[4]] | b[1][from[5]] | b[2][from[6]] | b[3][from[7]]
		bad |= v | w
		binary.BigEndian.PutUint64(to[0:8], uint64(v)<<40|uint64(w)<<16)
		v = b[0][from[8]] | b[1][from[9]] | b[2][from[10]] | b[3][from[11]]
		w = b[0][from[12]] | b[1][from[13]] | b[2][from[14]] | b[3][from[15]]
		bad |= v | w
		binary.BigEndian.PutUint64(to[6:14], uint64(v)<<40|uint64(w)<<16)
		text, out = text[16:], out[12:]
	}
	if bad&noBase64 != 0 {
		return false
	}
	for ; len(text) >= 4; text, out = text[4:], out[3:] {
		v := b[0][text[0]] | b[1][text[1]] | b[2][text[2]] | b[3][text[3]]
		if v&noBase64 != 0 {
			return false
		}
		out[0], out[1], out[2] = byte(v>>16), byte(v>>8), byte(v)
	}
	if len(text) < 2 {
		return true
	}
	v := b[0][text[0]] | b[1][text[1]]
	if len(text) == 3 {
		v |= b[2][text[2]]
	}
	if v&noBase64 != 0 {
		return false
	}
	out[0] = byte(v >> 16)
	if len(text) == 3 {
		out[1] = byte(v >> 8)
	}
	return true
}

// base64Guards are the guards of base64 in the language.
func base64Guards() []guard {
	return []guard{{name: "Uint8Array.prototype.toBase64", call: toBase64}}
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
