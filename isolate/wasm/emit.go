package wasm

import "strconv"

// The names in lowered modules. Tables and globals are imported from modules whose first table
// or global they are.
const (
	hostModule   = "h" // exports imported functions by their number, and tick and growTable
	tickName     = "tick"
	growName     = "grow"
	startName    = "start"      // a start function, which is exported instead
	refsName     = "references" // from the index of an exported function to a reference to it
	memoryPrefix = "m"
	tablePrefix  = "t"
	globalPrefix = "g"
	funcPrefix   = "f"
)

// emit writes the lowered module.
func (w *lowering) emit() ([]byte, error) {
	out := append([]byte(nil), magic...)
	l := w.layout
	first := uint32(len(l.types)) // types of ours: () -> (), i32 -> i32, (i32, i32) -> i32, i32 -> funcref
	section := func(id byte, n int, write func(b []byte) []byte) {
		if n > 0 && w.err == nil {
			b := write(appendU32(nil, uint32(n)))
			out = append(appendU32(append(out, id), uint32(len(b))), b...)
		}
	}
	section(typeSectionID, len(l.types)+4, func(b []byte) []byte {
		for _, t := range l.types {
			b = append(b, t.key()...)
		}
		i, f := byte(typeI32), byte(typeFuncref)
		return append(b, 0x60, 0, 0, 0x60, 1, i, 1, i, 0x60, 2, i, i, 1, i, 0x60, 1, i, 1, f)
	})
	section(importSectionID, len(l.imports)+addedImports, func(b []byte) []byte {
		for _, i := range l.imports {
			b = w.appendImport(b, i)
		}
		b = append(appendName(appendName(b, hostModule), tickName), byte(kindFunction))
		b = appendU32(b, first)
		b = append(appendName(appendName(b, hostModule), growName), byte(kindFunction))
		return appendU32(b, first+2)
	})
	defined := l.funcs[l.importedFuncs:]
	section(functionSectionID, len(defined)+3+len(w.order), func(b []byte) []byte {
		for _, t := range defined {
			b = appendU32(b, t)
		}
		b = appendU32(appendU32(appendU32(b, first), first+1), first+3)
		for _, f := range w.order {
			b = appendU32(b, l.funcs[f])
		}
		return b
	})
	w.copySection(&out, tableSectionID)
	w.copySection(&out, memorySectionID)
	section(globalSectionID, len(l.globals)-l.importedGlobals+1, func(b []byte) []byte {
		b = w.appendGlobals(b)
		return append(appendI32(append(b, byte(typeI32), 1, opI32Const), fuelSlice), opEnd)
	})
	w.emitExports(section)
	section(elementSectionID, len(l.elements), w.appendElements)
	w.copySection(&out, dataCountSectionID)
	section(codeSectionID, len(defined)+3+len(w.order), func(b []byte) []byte {
		var body []byte
		for i := range l.code {
			body = w.lowerCode(body[:0], i)
			b = append(appendU32(b, uint32(len(body))), body...)
		}
		for _, body := range w.ownBodies() {
			b = append(appendU32(b, uint32(len(body))), body...)
		}
		return b
	})
	w.copySection(&out, dataSectionID)
	return out, w.err
}

// copySection copies a section that holds no index of a function.
func (w *lowering) copySection(out *[]byte, id byte) {
	if s := w.sections[id]; s != nil {
		*out = append(appendU32(append(*out, id), uint32(len(s))), s...)
	}
}

func (w *lowering) appendImport(b []byte, i importedItem) []byte {
	switch i.kind {
	case kindFunction:
		b = append(appendName(appendName(b, hostModule), strconv.Itoa(i.index)), byte(i.kind))
		return appendU32(b, w.funcs[i.index])
	case kindTable:
		t := w.tables[i.index]
		b = append(appendName(appendName(b, numbered(tablePrefix, i.index)), numbered(tablePrefix, 0)), byte(i.kind), byte(t.element))
		return appendLimits(b, limits{min: t.min}) // the maximum is checked when modules are linked
	case kindMemory:
		b = append(appendName(appendName(b, memoryPrefix), memoryPrefix), byte(i.kind))
		return appendLimits(b, limits{min: w.memories[0].min})
	default:
		g := w.globals[i.index]
		b = append(appendName(appendName(b, numbered(globalPrefix, i.index)), numbered(globalPrefix, 0)), byte(i.kind))
		return appendGlobalType(b, g)
	}
}

// appendGlobals writes the globals that the module defines.
func (w *lowering) appendGlobals(b []byte) []byte {
	for i, c := range w.inits {
		b = w.appendConstant(appendGlobalType(b, w.globals[w.importedGlobals+i]), c)
	}
	return b
}

func (w *lowering) appendConstant(b []byte, c constant) []byte {
	if c.op == opRefFunc {
		return append(appendU32(append(b, opRefFunc), w.referent(uint32(c.value))), opEnd)
	}
	return append(b, c.raw...)
}

func (w *lowering) emitExports(section func(byte, int, func([]byte) []byte)) {
	var b []byte
	n := 0
	add := func(name string, k kind, index uint32) {
		b = appendU32(append(appendName(b, name), byte(k)), index)
		n++
	}
	seen := make(map[uint32]bool)
	for _, f := range w.layout.declared() {
		if i := w.referent(f); !seen[i] {
			seen[i] = true
			add(numbered(funcPrefix, int(i)), kindFunction, i)
		}
	}
	for i := range w.tables {
		add(numbered(tablePrefix, i), kindTable, uint32(i))
	}
	if len(w.memories) > 0 {
		add(memoryPrefix, kindMemory, 0)
	}
	for i := range w.globals {
		add(numbered(globalPrefix, i), kindGlobal, uint32(i))
	}
	if w.start >= 0 {
		add(startName, kindFunction, w.referent(uint32(w.start)))
	}
	add(refsName, kindFunction, w.references())
	section(exportSectionID, n, func(count []byte) []byte { return append(count, b...) })
}

func (w *lowering) appendElements(b []byte) []byte {
	for i := range w.elements {
		e := &w.elements[i]
		b = appendU32(b, e.flags)
		if e.active() {
			if e.flags&2 != 0 {
				b = appendU32(b, e.table)
			}
			b = w.appendConstant(b, e.offset)
		}
		expressions := e.flags&4 != 0
		if e.flags&3 != 0 {
			if expressions {
				b = append(b, byte(e.typ))
			} else {
				b = append(b, 0)
			}
		}
		b = appendU32(b, uint32(e.length()))
		for _, f := range e.funcs {
			b = appendU32(b, w.referent(f))
		}
		for _, c := range e.inits {
			b = w.appendConstant(b, c)
		}
	}
	return b
}

// ownBodies are the functions that are added.
func (w *lowering) ownBodies() [][]byte {
	refill := appendU32([]byte{0, opCall}, w.tick())
	refill = appendI32(append(refill, opI32Const), fuelSlice)
	refill = append(appendU32(append(refill, opGlobalSet), w.fuel), opEnd)

	// bulk returns its argument.
	bulk := appendU32([]byte{1, 1, byte(typeI32), opGlobalGet}, w.fuel)
	bulk = append(bulk, opLocalGet, 0, opI32Const, bulkShift, opI32ShrU, opI32Sub)
	bulk = append(w.appendSpend(bulk, 1), opLocalGet, 0, opEnd)

	// references compares its argument with the index of each function that is exported.
	refs := []byte{0}
	seen := make(map[uint32]bool)
	for _, e := range w.exports {
		if e.kind != kindFunction || seen[uint32(e.index)] {
			continue
		}
		seen[uint32(e.index)] = true
		i := w.referent(uint32(e.index))
		refs = append(refs, opLocalGet, 0, opI32Const)
		refs = append(appendI32(refs, int32(i)), opI32Eq, opIf, blockVoid, opRefFunc)
		refs = append(appendU32(refs, i), opReturn, opEnd)
	}
	bodies := [][]byte{refill, bulk, append(refs, opRefNull, byte(typeFuncref), opEnd)}
	for _, f := range w.order {
		body := []byte{0}
		for i := range w.layout.types[w.funcs[f]].params {
			body = appendU32(append(body, opLocalGet), uint32(i))
		}
		bodies = append(bodies, append(appendU32(append(body, opCall), f), opEnd))
	}
	return bodies
}

func numbered(prefix string, i int) string { return prefix + strconv.Itoa(i) }

func appendU32(b []byte, n uint32) []byte {
	for n >= 0x80 {
		b = append(b, byte(n)|0x80)
		n >>= 7
	}
	return append(b, byte(n))
}

func appendI32(b []byte, n int32) []byte { return appendI64(b, int64(n)) }

// patchI32 writes n, which is not negative, into five bytes.
func patchI32(b []byte, n int32) {
	for i := range 4 {
		b[i] = byte(n)&0x7f | 0x80
		n >>= 7
	}
	b[4] = byte(n)
}

func appendName(b []byte, name string) []byte {
	return append(appendU32(b, uint32(len(name))), name...)
}

func appendLimits(b []byte, l limits) []byte {
	if l.bounded {
		return appendU32(appendU32(append(b, 1), l.min), l.max)
	}
	return appendU32(append(b, 0), l.min)
}

func appendGlobalType(b []byte, g globalType) []byte {
	b = append(b, byte(g.value), 0)
	if g.mutable {
		b[len(b)-1] = 1
	}
	return b
}

func appendI64(b []byte, n int64) []byte {
	for n < -64 || n > 63 {
		b = append(b, byte(n)|0x80)
		n >>= 7
	}
	return append(b, byte(n)&0x7f)
}
