package wasm

import (
	"fmt"
	"unicode/utf8"
)

// reader reads a module's bytes. The first fault stays: what is read after it is zero, so
// that callers look at err where it matters.
type reader struct {
	data   []byte
	offset int // of data[0] in the module
	at     int
	err    error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%s, at byte %d", fmt.Sprintf(format, args...), r.offset+r.at)
		r.at = len(r.data)
	}
}

// more says whether there is more to read.
func (r *reader) more() bool { return r.err == nil && r.at < len(r.data) }

func (r *reader) byte() byte {
	if r.at >= len(r.data) {
		r.fail("unexpected end")
		return 0
	}
	b := r.data[r.at]
	r.at++
	return b
}

// bytes returns the next n bytes, in place.
func (r *reader) bytes(n uint32) []byte {
	if uint64(n) > uint64(len(r.data)-r.at) {
		r.fail("unexpected end")
		return nil
	}
	b := r.data[r.at : r.at+int(n) : r.at+int(n)]
	r.at += int(n)
	return b
}

// u32 reads an unsigned LEB128 number.
func (r *reader) u32() uint32 {
	if r.at < len(r.data) && r.data[r.at] < 0x80 {
		r.at++
		return uint32(r.data[r.at-1])
	}
	var n uint32
	for shift := uint(0); ; shift += 7 {
		b := r.byte()
		if shift == 28 && b > 0x0f {
			r.fail("a number is longer than 32 bits")
			return 0
		}
		n |= uint32(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
}

// signed reads a signed LEB128 number of so many bits.
func (r *reader) signed(bits uint) int64 {
	var n int64
	for shift := uint(0); ; shift += 7 {
		b := r.byte()
		if r.err != nil {
			return 0
		}
		if shift >= bits {
			r.fail("a number is longer than %d bits", bits)
			return 0
		}
		n |= int64(b&0x7f) << shift
		if b < 0x80 {
			if b&0x40 != 0 && shift+7 < 64 {
				n |= -1 << (shift + 7)
			}
			return n
		}
	}
}

// count reads the length of a list, of whose elements each takes a byte at least.
func (r *reader) count() int {
	n := r.u32()
	if uint64(n) > uint64(len(r.data)-r.at) {
		r.fail("a list is longer than its section")
		return 0
	}
	return int(n)
}

func (r *reader) name() string {
	s := string(r.bytes(r.u32()))
	if !utf8.ValidString(s) {
		r.fail("a name is not UTF-8")
	}
	return s
}

// part returns a reader of the next n bytes.
func (r *reader) part(n uint32) reader {
	offset := r.offset + r.at
	return reader{data: r.bytes(n), offset: offset, err: r.err}
}

// end fails if there is more.
func (r *reader) end(what string) {
	if r.more() {
		r.fail("%s is longer than what is in it", what)
	}
}
