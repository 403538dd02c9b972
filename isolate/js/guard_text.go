package js

import (
	"bytes"
	"strings"
	"unsafe"

	"github.com/dop251/goja"
)

// quickText is the length of a string with which the originals may do as they like.
const quickText = 1 << 16

// chunkText is how much of a long string is worked on between two checkpoints.
const chunkText = 1 << 16

// textWriter writes a string of which nobody knows how long it will be, within what an
// event may hold, and looks at the cut on the way.
type textWriter struct {
	vm     *VM
	out    goja.StringBuilder
	length int64
	steps  int
}

func (w *textWriter) write(s goja.String) {
	w.grow(int64(s.Length()))
	w.out.WriteString(s)
}

func (w *textWriter) writeComma() {
	w.grow(1)
	w.out.WriteRune(',')
}

func (w *textWriter) grow(n int64) {
	w.length += n
	w.steps += 1 + int(min(n>>3, stepsPerCheckpoint))
	if w.steps < stepsPerCheckpoint {
		return
	}
	w.steps = 0
	w.vm.checkpoint()
	if w.length > quickText {
		w.vm.bound(w.length, stringTooLong)
	}
}

// finish returns what was written.
func (w *textWriter) finish() goja.String { return w.out.String() }

// repeatText returns s n times.
func (vm *VM) repeatText(s goja.String, n int64) goja.String {
	if s.Length() == 0 || n == 0 {
		return stringValue("")
	}
	if n > maxSafeInteger/int64(s.Length()) {
		panic(vm.newError("RangeError", stringTooLong))
	}
	_, wide := codeUnits(s)
	size := int64(s.Length()) * n
	if wide != nil {
		size *= 2
	}
	vm.allocate(size, stringTooLong)
	result := stringValue("")
	for {
		if n&1 != 0 {
			result = result.Concat(s)
		}
		if n >>= 1; n == 0 {
			return result
		}
		vm.checkpoint()
		s = s.Concat(s)
	}
}

// inChunks applies f to the pieces of s, which end where split says: at i or before, and
// not at the start.
func (vm *VM) inChunks(s goja.String, split func(i int) int, f func(goja.String) goja.String) goja.Value {
	w, start, n := textWriter{vm: vm}, 0, s.Length()
	for start < n {
		vm.checkpoint()
		end := n
		if n-start > chunkText {
			if end = split(start + chunkText); end <= start {
				end = min(start+chunkText, n)
			}
		}
		w.write(f(s.Substring(start, end)))
		start = end
	}
	return w.finish()
}

// wholeCharacters is where to split s so that no surrogate pair is parted.
func wholeCharacters(s goja.String) func(i int) int {
	return func(i int) int {
		if c := s.CharAt(i); c >= 0xdc00 && c < 0xe000 {
			return i - 1
		}
		return i
	}
}

// indexText returns where search is in s, at from or after; -1: nowhere.
func (vm *VM) indexText(s, search goja.String, from int) int {
	text, wide := codeUnits(s)
	pattern, widePattern := codeUnits(search)
	if wide == nil {
		if widePattern != nil {
			return -1
		}
		if i := strings.Index(text[from:], pattern); i >= 0 {
			return from + i
		}
		return -1
	}
	wide = wide[1:]
	if widePattern == nil {
		widePattern = make([]uint16, len(pattern))
		for i := range widePattern {
			widePattern[i] = uint16(pattern[i])
		}
	} else {
		widePattern = widePattern[1:]
	}
	return vm.indexWide(wide, widePattern, from)
}

// indexWide is indexText of UTF-16. It never looks at a code unit twice for long, as a
// search for the bytes would that finds them at odd offsets.
func (vm *VM) indexWide(s, pattern []uint16, from int) int {
	switch {
	case len(pattern) == 0:
		return from
	case len(s)-from < len(pattern):
		return -1
	case len(s)-from <= quickString || len(pattern) == 1:
		for i := from; i+len(pattern) <= len(s); i++ {
			if s[i] == pattern[0] && bytes.Equal(unitBytes(s[i:i+len(pattern)]), unitBytes(pattern)) {
				return i
			}
		}
		return -1
	}
	steps := work{vm: vm}
	// Knuth, Morris and Pratt: next[i] is how much of the pattern still matches when i of
	// it have and the next does not.
	next := make([]int32, len(pattern))
	for i, k := 1, int32(0); i < len(pattern); i++ {
		steps.done(1)
		for k > 0 && pattern[i] != pattern[k] {
			k = next[k-1]
		}
		if pattern[i] == pattern[k] {
			k++
		}
		next[i] = k
	}
	k := 0
	for i := from; i < len(s); i++ {
		steps.done(1)
		for k > 0 && s[i] != pattern[k] {
			k = int(next[k-1])
		}
		if s[i] == pattern[k] {
			k++
		}
		if k == len(pattern) {
			return i - k + 1
		}
	}
	return -1
}

func unitBytes(s []uint16) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), 2*len(s))
}

// isSpace says whether c is WhiteSpace or a LineTerminator of the language.
func isSpace(c uint16) bool {
	switch c {
	case '\t', '\n', '\v', '\f', '\r', ' ', 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff:
		return true
	}
	return c >= 0x2000 && c <= 0x200a
}
