package js

import (
	"reflect"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// What Go code of other packages needs so that the caps of an event hold within it too: the
// engine looks for an interrupt between the instructions of scripts, and knows of no
// allocation but its own.

// Checkpoint ends the turn if it was cut, by a panic that scripts can't catch. Go code that a
// script can keep busy calls it every few hundred microseconds; it costs one load. It must be
// called in a turn.
func (vm *VM) Checkpoint() { vm.checkpoint() }

// Allocate is called before n bytes are allocated in one go. If that is more than the event
// may hold, it throws a RangeError that says what is too large.
func (vm *VM) Allocate(n int64, what string) {
	if n >= meteredBytes {
		vm.allocate(n, what+" is too large")
	}
}

// Claim is Allocate for what a script does not ask for in so many words: if the event can't
// hold so much, it ends with [ErrMemory].
func (vm *VM) Claim(n int64) {
	if n >= meteredBytes {
		vm.meter.grow(n)
	}
}

// Exhaust ends the event with [ErrMemory], because Go code in a turn needs more than the event
// may hold, and no script has asked for it in so many words. It does not return.
func (vm *VM) Exhaust() {
	vm.cut(ErrMemory)
	vm.checkpoint()
}

// Fits says whether an event may hold something of n bytes, or would be told by a RangeError
// that it may not: see [VM.Allocate].
func (vm *VM) Fits(n int64) bool { return n <= vm.largest() }

// Adopt is called in a turn for n bytes that were allocated on another goroutine and that the
// script is about to get: they are the event's from now on. If that is more than the event may
// hold, it throws a RangeError that says what is too large.
func (vm *VM) Adopt(n int64, what string) {
	vm.bound(n, what+" is too large")
	vm.meter.adopt(n)
}

// Steps counts the steps of a loop and makes a checkpoint after some thousand.
type Steps struct{ work }

// Steps returns a counter at zero.
func (vm *VM) Steps() Steps { return Steps{work{vm: vm}} }

// Done counts n steps, each about as long as a few bytes take to compare.
func (s *Steps) Done(n int) { s.done(n) }

// Slots returns how many elements an array has, holes among them, if it has no property
// beside them and its length; false if o is no such array.
func (vm *VM) Slots(o *Object) (n int, ok bool) {
	s := vm.platform.seam
	n, ok = s.arraySlots(o)
	return n, ok && s.plainArray(vm.rt, o)
}

// CodeUnits returns the first and the last UTF-16 code unit of a primitive string; false if it
// is empty, or no string.
func (vm *VM) CodeUnits(v Value) (first, last uint16, ok bool) {
	s, ok := v.(goja.String)
	if !ok || s.Length() == 0 {
		return 0, 0, false
	}
	return s.CharAt(0), s.CharAt(s.Length() - 1), true
}

// wideString is the type of strings that goja keeps as UTF-16.
var wideString = reflect.TypeOf(goja.StringFromUTF16([]uint16{0x100}))

// wideText converts a string that goja keeps as UTF-16 to one of Unicode scalar values: of
// surrogates that are alone it makes U+FFFD.
func (vm *VM) wideText(s goja.String) string {
	_, wide := codeUnits(s)
	wide = wide[1:]
	size := 0
	for piece := range vm.piecesOfUnits(wide) {
		size += sizeInUTF8(piece)
	}
	vm.allocate(int64(size), stringTooLong)
	out := make([]byte, 0, size)
	for piece := range vm.piecesOfUnits(wide) {
		out = appendUTF8(out, piece)
	}
	return unsafe.String(unsafe.SliceData(out), len(out))
}

// sizeInUTF8 returns how many bytes appendUTF8 appends.
func sizeInUTF8(units []uint16) int {
	size, surrogates := len(units), 0
	for _, u := range units {
		if u >= 0x80 {
			size++
		}
		if u >= 0x800 {
			size++
		}
		if u&0xf800 == 0xd800 {
			surrogates++
		}
	}
	if surrogates == 0 {
		return size
	}
	for i := 0; i < len(units); i++ {
		if _, n := firstRune(units[i:]); n == 2 {
			size -= 2 // four bytes, not twice three
			i++
		}
	}
	return size
}

// appendUTF8 appends units, in UTF-8.
func appendUTF8(out []byte, units []uint16) []byte {
	for i := 0; i < len(units); i++ {
		switch u := units[i]; {
		case u < 0x80:
			out = append(out, byte(u))
		case u < 0x800:
			out = append(out, 0xc0|byte(u>>6), 0x80|byte(u&0x3f))
		case u&0xf800 != 0xd800:
			out = append(out, 0xe0|byte(u>>12), 0x80|byte(u>>6&0x3f), 0x80|byte(u&0x3f))
		default:
			r, n := firstRune(units[i:])
			out = utf8.AppendRune(out, r)
			i += n - 1
		}
	}
	return out
}

// firstRune decodes the first character of units, which is U+FFFD for a surrogate alone, and
// says how many units it takes.
func firstRune(units []uint16) (r rune, n int) {
	if r = rune(units[0]); !utf16.IsSurrogate(r) {
		return r, 1
	}
	if len(units) > 1 {
		if pair := utf16.DecodeRune(r, rune(units[1])); pair != utf8.RuneError {
			return pair, 2
		}
	}
	return utf8.RuneError, 1
}

// piecesOfUnits yields units in pieces that part no pair of surrogates, with a checkpoint
// before each.
func (vm *VM) piecesOfUnits(units []uint16) func(yield func([]uint16) bool) {
	return func(yield func([]uint16) bool) {
		for len(units) > 0 {
			vm.checkpoint()
			n := min(len(units), chunkText)
			if n < len(units) && units[n] >= 0xdc00 && units[n] < 0xe000 {
				n--
			}
			if !yield(units[:n]) {
				return
			}
			units = units[n:]
		}
	}
}

// lazyText is the length of a text that goja may look at when a script first does, all at
// once: what is only passed on need not be looked at.
const lazyText = 1 << 20

// longText makes a string of s, as Text does.
func (vm *VM) longText(s string) goja.String {
	ascii, length := true, 0
	for piece := range vm.piecesOfText(s) {
		for _, r := range piece {
			ascii = ascii && r < utf8.RuneSelf
			length += utf16.RuneLen(r)
		}
	}
	if ascii {
		return stringOfName(unistring.String(s))
	}
	vm.allocate(2*int64(length), stringTooLong)
	units := make([]uint16, 1, 1+length)
	units[0] = unistring.BOM
	for piece := range vm.piecesOfText(s) {
		for _, r := range piece {
			units = utf16.AppendRune(units, r)
		}
	}
	return stringOfName(unistring.FromUtf16(units))
}

// piecesOfText yields s in pieces that part no character, with a checkpoint before each.
func (vm *VM) piecesOfText(s string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for len(s) > 0 {
			vm.checkpoint()
			n := len(s)
			if n > chunkText {
				n = chunkText
				for i := 1; i < utf8.UTFMax && !utf8.RuneStart(s[n]); i++ {
					n--
				}
			}
			if !yield(s[:n]) {
				return
			}
			s = s[n:]
		}
	}
}
