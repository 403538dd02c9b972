package webapi

import (
	"iter"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/skerry-edge/skerry/isolate/js"
)

// A script can give any function of this package as much text, bytes and elements as an
// event may hold, or hand it the same long string a thousand times. What follows keeps such
// work within the caps of the event: it is done in chunks, between which the turn can end,
// and memory is asked for before it is taken.

// chunkBytes is how much is worked on at once.
const chunkBytes = 64 << 10

// chunks yields the pieces of s, of which all but the last have chunkBytes. A piece may end
// within a character.
func chunks(vm *js.VM, s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for len(s) > chunkBytes {
			if !yield(s[:chunkBytes]) {
				return
			}
			s = s[chunkBytes:]
			vm.Checkpoint()
		}
		yield(s)
	}
}

// wholeChunks is chunks, except that no piece ends within a character of valid UTF-8.
func wholeChunks(vm *js.VM, s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for len(s) > chunkBytes {
			n := chunkBytes
			for i := 1; i < utf8.UTFMax && !utf8.RuneStart(s[n]); i++ {
				n--
			}
			if !yield(s[:n]) {
				return
			}
			s = s[n:]
			vm.Checkpoint()
		}
		yield(s)
	}
}

// buffer is bytes that grow within what an event may hold.
type buffer struct {
	vm   *js.VM
	data []byte
	body bool // how much comes is not the script's to say: too much ends the event, and is no RangeError
}

// bufferBytesMin is what a buffer that grows begins with.
const bufferBytesMin = 64

// newBuffer makes room for n bytes.
func newBuffer(vm *js.VM, n int) *buffer {
	vm.Allocate(int64(n), "what is to be made")
	return &buffer{vm: vm, data: make([]byte, 0, n)}
}

// grow makes room for n more bytes.
func (b *buffer) grow(n int) {
	if cap(b.data)-len(b.data) >= n {
		return
	}
	size := max(len(b.data)+n, bufferBytesMin, cap(b.data)+min(cap(b.data), max(cap(b.data)/4, 1<<20)))
	if b.body && !b.vm.Fits(int64(size)) {
		b.vm.Exhaust()
	}
	b.vm.Allocate(int64(size), "what is to be made")
	grown := make([]byte, 0, size)
	for piece := range chunks(b.vm, viewString(b.data)) {
		grown = append(grown, piece...)
	}
	b.data = grown
}

func (b *buffer) write(s string) {
	b.grow(len(s))
	for piece := range chunks(b.vm, s) {
		b.data = append(b.data, piece...)
	}
}

// take is write for data that the caller gives away.
func (b *buffer) take(data []byte) {
	if b.data == nil {
		b.vm.Adopt(int64(cap(data)), "what is to be made")
		b.data = data
		return
	}
	b.write(viewString(data))
}

// text returns what was written, which nobody may write to any more.
func (b *buffer) text() string { return viewString(b.data) }

// cloneBytes copies data; nil stays nil.
func cloneBytes(vm *js.VM, data []byte) []byte {
	if len(data) <= chunkBytes {
		return slices.Clone(data)
	}
	b := newBuffer(vm, len(data))
	b.write(viewString(data))
	return b.data
}

// appendTo appends to a list that a script can make long.
func appendTo[T any](vm *js.VM, list []T, element T) []T {
	if len(list) == cap(list) {
		vm.Allocate(int64(len(list)+len(list)/4)*int64(unsafe.Sizeof(element)), "the list")
		vm.Checkpoint()
	}
	return append(list, element)
}

// cloneList copies a list that a script can make long.
func cloneList[T any](vm *js.VM, list []T) []T {
	var element T
	vm.Allocate(int64(len(list))*int64(unsafe.Sizeof(element)), "the list")
	return slices.Clone(list)
}

// matcher compares strings, of which there may be many, with one.
type matcher struct {
	name  string
	fold  bool // without regard to case
	steps js.Steps
}

// matching makes a matcher of name.
func matching(vm *js.VM, name string) matcher { return matcher{name: name, steps: vm.Steps()} }

func (m *matcher) is(s string) bool {
	if len(s) != len(m.name) {
		m.steps.Done(1)
		return false
	}
	m.steps.Done(1 + len(s)/16)
	return s == m.name || m.fold && strings.EqualFold(s, m.name)
}

// trim is strings.Trim for ASCII.
func trim(vm *js.VM, s, cutset string) string {
	for len(s) > chunkBytes {
		rest := strings.TrimLeft(s[:chunkBytes], cutset)
		if rest != "" {
			s = s[chunkBytes-len(rest):]
			break
		}
		s = s[chunkBytes:]
		vm.Checkpoint()
	}
	for len(s) > chunkBytes {
		tail := s[len(s)-chunkBytes:]
		if rest := strings.TrimRight(tail, cutset); rest != "" {
			s = s[:len(s)-chunkBytes+len(rest)]
			break
		}
		s = s[:len(s)-chunkBytes]
		vm.Checkpoint()
	}
	return strings.Trim(s, cutset)
}
