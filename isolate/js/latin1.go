package js

import (
	"encoding/binary"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// Latin1 becomes a string whose code units are these bytes, U+0000 to U+00FF. Nobody may write
// to them any more.
type Latin1 []byte

// Latin1Of returns the string that v converts to as one byte for each code unit, if all are
// U+00FF at most; otherwise ok is false. The bytes must not be written to: the string may
// have them too.
func (vm *VM) Latin1Of(v Value) (bytes []byte, ok bool) {
	text, wide := codeUnits(vm.text(v))
	if wide == nil {
		return unsafe.Slice(unsafe.StringData(text), len(text)), true
	}
	wide = wide[1:]
	vm.allocate(int64(len(wide)), stringTooLong)
	bytes = make([]byte, len(wide))
	for rest := bytes; len(wide) > 0; {
		n := min(len(wide), chunkText)
		if !narrow(rest[:n], wide[:n]) {
			return nil, false
		}
		rest, wide = rest[n:], wide[n:]
		vm.checkpoint()
	}
	return bytes, true
}

// latin1 makes a string of b's bytes.
func (vm *VM) latin1(b []byte) goja.String {
	text := unsafe.String(unsafe.SliceData(b), len(b))
	if isASCII(text) {
		return stringOfName(unistring.String(text))
	}
	vm.allocate(2*int64(len(b)), stringTooLong)
	units := make([]uint16, 1+len(b))
	units[0] = unistring.BOM
	for rest := units[1:]; len(b) > 0; {
		n := min(len(b), chunkText)
		widen(rest[:n], b[:n])
		rest, b = rest[n:], b[n:]
		vm.checkpoint()
	}
	return stringOfName(unistring.FromUtf16(units))
}

// isASCII takes a few milliseconds for all that an event may hold.
func isASCII(s string) bool {
	const high = 0x8080808080808080
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	for ; len(b) >= 32; b = b[32:] {
		if (binary.NativeEndian.Uint64(b)|binary.NativeEndian.Uint64(b[8:])|
			binary.NativeEndian.Uint64(b[16:])|binary.NativeEndian.Uint64(b[24:]))&high != 0 {
			return false
		}
	}
	for ; len(b) >= 8; b = b[8:] {
		if binary.NativeEndian.Uint64(b)&high != 0 {
			return false
		}
	}
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// widen makes code units of bytes, of which there are as many. Eight at a time take half as
// long as one.
func widen(to []uint16, from []byte) {
	for len(from) >= 8 && len(to) >= 8 {
		u, b := (*[8]uint16)(to), (*[8]byte)(from)
		u[0], u[1], u[2], u[3] = uint16(b[0]), uint16(b[1]), uint16(b[2]), uint16(b[3])
		u[4], u[5], u[6], u[7] = uint16(b[4]), uint16(b[5]), uint16(b[6]), uint16(b[7])
		to, from = to[8:], from[8:]
	}
	for i, c := range from {
		to[i] = uint16(c)
	}
}

// narrow makes bytes of code units, of which there are as many, and says whether all were
// bytes.
func narrow(to []byte, from []uint16) bool {
	all := uint16(0)
	for len(from) >= 8 && len(to) >= 8 {
		b, u := (*[8]byte)(to), (*[8]uint16)(from)
		b[0], b[1], b[2], b[3] = byte(u[0]), byte(u[1]), byte(u[2]), byte(u[3])
		b[4], b[5], b[6], b[7] = byte(u[4]), byte(u[5]), byte(u[6]), byte(u[7])
		all |= u[0] | u[1] | u[2] | u[3] | u[4] | u[5] | u[6] | u[7]
		to, from = to[8:], from[8:]
	}
	for i, u := range from {
		to[i] = byte(u)
		all |= u
	}
	return all <= 0xff
}
