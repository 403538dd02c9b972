package wasm

import (
	"encoding/binary"
)

// This file makes modules: one for each memory, table and global that a script makes, and one
// for each table that a script looks into, because only modules can. They are not lowered: none
// has a loop, or calls.

// What modules of tables export, beside the table: functions that work on it.
const (
	getName       = "get"
	setName       = "set"
	sizeName      = "size"
	growTableName = "grow"
)

// writer puts a module together.
type writer []byte

func newWriter() *writer { w := writer(append([]byte(nil), magic...)); return &w }

// section writes a list of entries.
func (w *writer) section(id byte, entries ...[]byte) {
	b := appendU32(nil, uint32(len(entries)))
	for _, e := range entries {
		b = append(b, e...)
	}
	*w = append(appendU32(append(*w, id), uint32(len(b))), b...)
}

func exported(name string, k kind, index byte) []byte {
	return append(appendName(nil, name), byte(k), index)
}

func body(instructions ...byte) []byte {
	b := append([]byte{0}, instructions...)
	b = append(b, opEnd)
	return append(appendU32(nil, uint32(len(b))), b...)
}

// tableModule is a module with a table of its own, or, if index is not negative, with the
// table that another module exports under that number. It exports it as its first.
func tableModule(element valueType, index int) []byte {
	w, e, i := newWriter(), byte(element), byte(typeI32)
	w.section(typeSectionID, []byte{0x60, 1, i, 1, e}, []byte{0x60, 2, i, e, 0}, []byte{0x60, 0, 1, i}, []byte{0x60, 2, e, i, 1, i})
	table := []byte{e, 0, 0}
	if index >= 0 {
		w.section(importSectionID, append(append(appendName(appendName(nil, tablePrefix), numbered(tablePrefix, index)), byte(kindTable)), table...))
	}
	w.section(functionSectionID, []byte{0}, []byte{1}, []byte{2}, []byte{3})
	if index < 0 {
		w.section(tableSectionID, table)
	}
	w.section(exportSectionID, exported(getName, kindFunction, 0), exported(setName, kindFunction, 1),
		exported(sizeName, kindFunction, 2), exported(growTableName, kindFunction, 3), exported(numbered(tablePrefix, 0), kindTable, 0))
	w.section(codeSectionID, body(opLocalGet, 0, opTableGet, 0), body(opLocalGet, 0, opLocalGet, 1, opTableSet, 0),
		body(opMisc, opTableSize, 0), body(opLocalGet, 0, opLocalGet, 1, opMisc, opTableGrow, 0))
	return *w
}

// memoryModule is a module with an empty memory that has no maximum: see [linear].
func memoryModule() []byte {
	w := newWriter()
	w.section(memorySectionID, []byte{0, 0})
	w.section(exportSectionID, exported(memoryPrefix, kindMemory, 0))
	return *w
}

// globalModule is a module with one global. bits are its value; a reference is null.
func globalModule(t globalType, bits uint64) []byte {
	w := newWriter()
	g := appendGlobalType(nil, t)
	switch t.value {
	case typeI32:
		g = appendI32(append(g, opI32Const), int32(bits))
	case typeI64:
		g = appendI64(append(g, opI64Const), int64(bits))
	case typeF32:
		g = binary.LittleEndian.AppendUint32(append(g, opF32Const), uint32(bits))
	case typeF64:
		g = binary.LittleEndian.AppendUint64(append(g, opF64Const), bits)
	case typeV128:
		g = append(append(g, opVector, opV128Const), make([]byte, 16)...)
	default:
		g = append(g, opRefNull, byte(t.value))
	}
	w.section(globalSectionID, append(g, opEnd))
	w.section(exportSectionID, exported(numbered(globalPrefix, 0), kindGlobal, 0))
	return *w
}

// globalAlias is a module that exports as its first global what another exports under a number.
func globalAlias(t globalType, index int) []byte {
	w := newWriter()
	w.section(importSectionID, appendGlobalType(append(appendName(appendName(nil, globalPrefix), numbered(globalPrefix, index)), byte(kindGlobal)), t))
	w.section(exportSectionID, exported(numbered(globalPrefix, 0), kindGlobal, 0))
	return *w
}
