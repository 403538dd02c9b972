package wasm

import (
	"github.com/tetratelabs/wazero/api"

	"github.com/skerry-edge/skerry/isolate/js"
)

const pageBytes = 1 << 16

// memoryClass is WebAssembly.Memory.
//
// Spec: https://webassembly.github.io/spec/js-api/#memories
var memoryClass = js.Class[memory]{
	Name:        "Memory",
	Tag:         "WebAssembly.Memory",
	Constructor: newMemory,
	Length:      1,
	Members: []js.Member[memory]{
		js.Method("grow", 1, (*memory).grow),
		js.Getter("buffer", func(m *memory, c *js.Call) (any, error) { return m.view(c.VM), nil }),
	},
}

// memory is a memory of a module, or one that a script made.
type memory struct {
	js.Instance
	module  api.Module // exports it
	linear  *linear
	bounded bool     // there is a maximum, linear.most
	buffer  js.Value // the ArrayBuffer over it; nil: there is none
}

// linear is the bytes of a memory: of Go's heap, so that the event pays for them, and whoever
// has some of them has them for good.
type linear struct {
	store  *store
	memory *memory
	most   uint64 // bytes
	bytes  []byte
	asked  bool // by Go code, and not by a module
}

// Reallocate gives the memory that size, if it may have it. Its ArrayBuffer loses it.
func (l *linear) Reallocate(size uint64) []byte {
	if l.bytes == nil {
		l.store.vm.Allocate(int64(size), "the memory")
		l.bytes = make([]byte, size)
		return l.bytes
	}
	if vm := l.store.vm; size > l.most || vm.Meter().MemoryBudget() == 0 && !vm.Fits(int64(size)) {
		return nil
	}
	if size > uint64(cap(l.bytes)) {
		l.move(size)
	}
	l.bytes = l.bytes[:size]
	l.detach()
	return l.bytes
}

// move makes room for more than size. An event that can't have it ends.
func (l *linear) move(size uint64) {
	room := min(max(size, size/4*5&^(pageBytes-1)), l.most)
	l.claim(int64(room))
	bytes := make([]byte, size, room)
	for rest, from := bytes, l.bytes; len(from) > 0; {
		n := copy(rest, from[:min(len(from), 1<<20)])
		rest, from = rest[n:], from[n:]
	}
	l.bytes = bytes
}

// claim is js.VM.Claim. If that has to, it unwinds the module that grows its memory.
func (l *linear) claim(n int64) {
	if !l.asked {
		defer l.store.raise()
	}
	l.store.vm.Claim(n)
}

// detach takes the memory from its ArrayBuffer.
func (l *linear) detach() {
	if b := l.memory.buffer; b != nil {
		l.memory.buffer = nil
		l.store.vm.Detach(b)
	}
}

// Free does nothing: the collector does.
func (l *linear) Free() {}

// newLinear makes the memory of a module, with the class's state.
func (s *store) newLinear(most uint64, bounded bool) *linear {
	m := &memory{bounded: bounded}
	m.linear = &linear{store: s, memory: m, most: most}
	return m.linear
}

func newMemory(c *js.Call) (*memory, error) {
	s, err := storeOf(c.VM)
	if err != nil {
		return nil, err
	}
	l, err := limitsOf(c.VM, c.Arg(0), memoryPagesMax)
	if err != nil {
		return nil, err
	}
	if c.VM.Get(c.Arg(0), "shared").ToBoolean() {
		return nil, js.TypeError("a memory can't be shared: there are no threads to share it with")
	}
	code, err := s.library.make(memoryModule())
	if err != nil {
		return nil, err
	}
	most := uint64(memoryPagesMax)
	if l.bounded {
		most = uint64(l.max)
	}
	c.VM.Allocate(int64(l.min)*pageBytes, "the memory")
	m := s.newLinear(most*pageBytes, l.bounded).memory
	if m.module, err = s.instantiate(code, nil, func(uint64) *linear { return m.linear }); err != nil {
		return nil, err
	}
	return m, m.growBy(l.min)
}

// view returns the ArrayBuffer over m, the same one until m grows.
func (m *memory) view(vm *js.VM) js.Value {
	if m.buffer == nil || vm.Detached(m.buffer) {
		m.buffer = vm.ToValue(js.Buffer(m.linear.bytes))
	}
	return m.buffer
}

func (m *memory) pages() uint32 { return uint32(len(m.linear.bytes) / pageBytes) }

// grow returns how many pages there were.
//
// Spec: https://webassembly.github.io/spec/js-api/#dom-memory-grow
func (m *memory) grow(c *js.Call) (any, error) {
	by, err := unsigned(c.VM, c.Arg(0), "the number of pages")
	if err != nil {
		return nil, err
	}
	before := m.pages()
	if uint64(before)+uint64(by) > m.linear.most/pageBytes {
		return nil, js.RangeError("Memory.grow: %d more pages are too many for a maximum of %d", by, m.linear.most/pageBytes)
	}
	c.VM.Allocate((int64(before)+int64(by))*pageBytes, "the memory")
	if by == 0 {
		m.linear.detach()
	}
	return int64(before), m.growBy(by)
}

func (m *memory) growBy(pages uint32) error {
	m.linear.asked = true
	defer func() { m.linear.asked = false }()
	if _, ok := m.module.ExportedMemory(memoryPrefix).Grow(pages); !ok {
		return js.RangeError("the memory can't grow by %d pages", pages)
	}
	return nil
}
