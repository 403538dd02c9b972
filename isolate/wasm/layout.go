package wasm

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// layout is what a module consists of, its functions' code left as it is. It never changes.
//
// Spec: https://webassembly.github.io/spec/core/binary/modules.html
type layout struct {
	types    []functionType
	imports  []importedItem
	exports  []exportedItem
	funcs    []uint32 // types of the functions, imported ones first; and so on
	tables   []tableType
	memories []limits
	globals  []globalType
	inits    []constant // of the globals that the module defines
	start    int        // function; -1: none
	elements []elementSegment
	data     []dataSegment
	customs  []customSection

	importedFuncs, importedTables, importedMemories, importedGlobals int

	sections [lastSection + 1][]byte // as they are; nil: there is none
	code     []code
}

// The sections of a module.
const (
	customSectionID = iota
	typeSectionID
	importSectionID
	functionSectionID
	tableSectionID
	memorySectionID
	globalSectionID
	exportSectionID
	startSectionID
	elementSectionID
	codeSectionID
	dataSectionID
	dataCountSectionID
	lastSection = dataCountSectionID
)

// sectionOrder is the order in which sections stand.
var sectionOrder = [...]int{
	typeSectionID: 1, importSectionID: 2, functionSectionID: 3, tableSectionID: 4, memorySectionID: 5, globalSectionID: 6,
	exportSectionID: 7, startSectionID: 8, elementSectionID: 9, dataCountSectionID: 10, codeSectionID: 11, dataSectionID: 12,
}

// valueType is a type of values, as it stands in modules.
type valueType byte

const (
	typeI32       valueType = 0x7f
	typeI64       valueType = 0x7e
	typeF32       valueType = 0x7d
	typeF64       valueType = 0x7c
	typeV128      valueType = 0x7b
	typeFuncref   valueType = 0x70
	typeExternref valueType = 0x6f
)

// typeNames are the names that scripts know types by.
var typeNames = map[valueType]string{
	typeI32: "i32", typeI64: "i64", typeF32: "f32", typeF64: "f64", typeV128: "v128",
	typeFuncref: "anyfunc", typeExternref: "externref",
}

func (t valueType) String() string { return typeNames[t] }

func (t valueType) reference() bool { return t == typeFuncref || t == typeExternref }

type functionType struct{ params, results []valueType }

func (t functionType) equal(u functionType) bool {
	return slices.Equal(t.params, u.params) && slices.Equal(t.results, u.results)
}

// key is the type as it stands in a module.
func (t functionType) key() []byte {
	b := []byte{0x60}
	for _, list := range [][]valueType{t.params, t.results} {
		b = appendU32(b, uint32(len(list)))
		for _, v := range list {
			b = append(b, byte(v))
		}
	}
	return b
}

// has says whether one of the parameters or results is a v.
func (t functionType) has(v valueType) bool {
	return slices.Contains(t.params, v) || slices.Contains(t.results, v)
}

// limits are sizes, in pages or elements.
type limits struct {
	min, max uint32
	bounded  bool // there is a max
}

type tableType struct {
	element valueType
	limits
}

type globalType struct {
	value   valueType
	mutable bool
}

// kind is what can be imported and exported, numbered as in modules.
type kind byte

const (
	kindFunction kind = iota
	kindTable
	kindMemory
	kindGlobal
)

var kindNames = [...]string{"function", "table", "memory", "global"}

func (k kind) String() string { return kindNames[k] }

type importedItem struct {
	module, name string
	kind         kind
	index        int // among those of its kind
}

type exportedItem struct {
	name  string
	kind  kind
	index int
}

type customSection struct {
	name string
	data []byte
}

// constant is an expression that is evaluated when a module is instantiated: one
// instruction.
type constant struct {
	op    byte
	value int64 // of an i32.const or i64.const, or the index of what global.get and ref.func name
	raw   []byte
}

type elementSegment struct {
	flags  uint32
	table  uint32
	offset constant // of an active segment
	typ    valueType
	funcs  []uint32   // the functions, unless there are inits
	inits  []constant // expressions
	count  int        // of either, once they are released
}

func (e *elementSegment) active() bool { return e.flags&1 == 0 }

func (e *elementSegment) length() int { return len(e.funcs) + len(e.inits) + e.count }

type dataSegment struct {
	active bool
	offset constant
	length int
}

// code is the body of a function.
type code struct {
	locals   []localGroup
	declared uint64 // locals, without the parameters
	body     []byte // instructions, the last end included
	offset   int    // of body in the module
}

type localGroup struct {
	count uint32
	typ   valueType
}

const (
	// moduleBytesMax bounds a module. The platform's bundles may be 50 MB.
	moduleBytesMax = 16 << 20

	// What follows are the limits that engines agree on, as far as the module's size does
	// not bound them closely enough.
	//
	// Spec: https://webassembly.github.io/spec/js-api/#limits
	parametersMax    = 1000
	localsMax        = 50_000
	functionBytesMax = 7_654_321
	tableElementsMax = 10_000_000
	memoryPagesMax   = 65_536

	// These are lower than elsewhere: making an instance takes up to half a microsecond for
	// each, with no way to end the turn.
	importsMax  = 50_000
	exportsMax  = 50_000
	globalsMax  = 50_000
	tablesMax   = 1000
	elementsMax = 200_000 // of all segments
)

var magic = []byte("\x00asm\x01\x00\x00\x00")

// parse takes a module apart. What it accepts is not valid yet: types of operands are left to
// the engine.
func parse(module []byte) (*layout, error) {
	if len(module) > moduleBytesMax {
		return nil, fmt.Errorf("the module has %d bytes, and %d are the most", len(module), moduleBytesMax)
	}
	if !bytes.HasPrefix(module, magic) {
		return nil, errors.New(`the module does not begin with \0asm and version 1`)
	}
	l := &layout{start: -1}
	r := &reader{data: module, at: len(magic)}
	last := 0
	for r.more() {
		id := r.byte()
		size := r.u32()
		s := r.part(size)
		if r.err != nil {
			break
		}
		if id == customSectionID {
			name := s.name()
			if s.err != nil {
				return nil, s.err
			}
			l.customs = append(l.customs, customSection{name, s.data[s.at:]})
			continue
		}
		if int(id) >= len(sectionOrder) || sectionOrder[id] <= last {
			r.fail("section %d is unknown, or out of order", id)
			break
		}
		last = sectionOrder[id]
		l.sections[id] = s.data
		l.section(id, &s)
		s.end("a section")
		if s.err != nil {
			return nil, s.err
		}
	}
	if r.err == nil && len(l.funcs)-l.importedFuncs != len(l.code) {
		r.fail("there are %d functions and %d bodies", len(l.funcs)-l.importedFuncs, len(l.code))
	}
	if r.err == nil {
		r.err = l.checkCounts()
	}
	return l, r.err
}

// elementCount is the number of elements in all segments.
func (l *layout) elementCount() int {
	n := 0
	for i := range l.elements {
		n += l.elements[i].length()
	}
	return n
}

// checkCounts refuses a module that has too many of something.
func (l *layout) checkCounts() error {
	for _, c := range []struct {
		what       string
		have, most int
	}{
		{"memories", len(l.memories), 1},
		{"imports", len(l.imports), importsMax},
		{"exports", len(l.exports), exportsMax},
		{"globals", len(l.globals), globalsMax},
		{"tables", len(l.tables), tablesMax},
		{"elements of tables", l.elementCount(), elementsMax},
	} {
		if c.have > c.most {
			return fmt.Errorf("the module has %d %s, more than %d", c.have, c.what, c.most)
		}
	}
	return nil
}

func (l *layout) section(id byte, r *reader) {
	if id == startSectionID {
		l.start = int(l.function(r))
		if r.err == nil {
			if t := l.types[l.funcs[l.start]]; len(t.params)+len(t.results) > 0 {
				r.fail("the start function takes or returns something")
			}
		}
		return
	}
	if id == dataCountSectionID {
		r.u32()
		return
	}
	for n := r.count(); n > 0 && r.err == nil; n-- {
		switch id {
		case typeSectionID:
			l.readType(r)
		case importSectionID:
			l.readImport(r)
		case functionSectionID:
			l.funcs = append(l.funcs, l.typeIndex(r))
		case tableSectionID:
			l.tables = append(l.tables, readTableType(r))
		case memorySectionID:
			l.memories = append(l.memories, readMemoryType(r))
		case globalSectionID:
			l.globals = append(l.globals, readGlobalType(r))
			l.inits = append(l.inits, l.constant(r))
		case exportSectionID:
			l.readExport(r)
		case elementSectionID:
			l.readElement(r)
		case codeSectionID:
			l.readCode(r)
		case dataSectionID:
			l.readData(r)
		}
	}
	if id == exportSectionID {
		l.uniqueExports(r)
	}
}

func (l *layout) typeIndex(r *reader) uint32 {
	i := r.u32()
	if int64(i) >= int64(len(l.types)) {
		r.fail("there is no type %d", i)
	}
	return i
}

// function reads the index of a function.
func (l *layout) function(r *reader) uint32 {
	i := r.u32()
	if int64(i) >= int64(len(l.funcs)) {
		r.fail("there is no function %d", i)
	}
	return i
}

func readValueType(r *reader) valueType {
	t := valueType(r.byte())
	if _, ok := typeNames[t]; !ok {
		r.fail("there is no type %#x of values here", byte(t))
	}
	return t
}

func (l *layout) readType(r *reader) {
	if b := r.byte(); b != 0x60 {
		r.fail("%#x is not the type of a function", b)
		return
	}
	var t functionType
	for _, list := range []*[]valueType{&t.params, &t.results} {
		n := r.count()
		if n > parametersMax {
			r.fail("a function has more than %d parameters or results", parametersMax)
			return
		}
		*list = make([]valueType, n)
		for i := range *list {
			(*list)[i] = readValueType(r)
		}
	}
	l.types = append(l.types, t)
}

func (l *layout) readImport(r *reader) {
	i := importedItem{module: r.name(), name: r.name(), kind: kind(r.byte())}
	switch i.kind {
	case kindFunction:
		i.index = len(l.funcs)
		l.funcs = append(l.funcs, l.typeIndex(r))
		l.importedFuncs++
	case kindTable:
		i.index = len(l.tables)
		l.tables = append(l.tables, readTableType(r))
		l.importedTables++
	case kindMemory:
		i.index = len(l.memories)
		l.memories = append(l.memories, readMemoryType(r))
		l.importedMemories++
	case kindGlobal:
		i.index = len(l.globals)
		l.globals = append(l.globals, readGlobalType(r))
		l.importedGlobals++
	default:
		r.fail("imports of kind %d are not supported; tags and exceptions are not", i.kind)
	}
	l.imports = append(l.imports, i)
}

// readLimits reads limits, none of which is over most.
func readLimits(r *reader, most uint32, what string) (l limits) {
	switch flags := r.byte(); flags {
	case 0:
		l.min = r.u32()
	case 1:
		l.min, l.max, l.bounded = r.u32(), r.u32(), true
		if l.max < l.min {
			r.fail("the maximum of %s is less than its minimum", what)
		}
	default:
		r.fail("limits of kind %d are not supported: neither shared memories nor 64-bit ones are", flags)
	}
	if l.min > most {
		r.fail("%s of %d is more than %d", what, l.min, most)
	}
	return l
}

func readTableType(r *reader) tableType {
	t := tableType{element: readValueType(r)}
	if !t.element.reference() {
		r.fail("a table can't have elements of type %s", t.element)
	}
	t.limits = readLimits(r, tableElementsMax, "a table")
	return t
}

func readMemoryType(r *reader) limits {
	l := readLimits(r, memoryPagesMax, "a memory's number of pages")
	if l.bounded && l.max > memoryPagesMax {
		r.fail("a memory's maximum of %d pages is more than %d", l.max, memoryPagesMax)
	}
	return l
}

func readGlobalType(r *reader) globalType {
	t := globalType{value: readValueType(r)}
	switch m := r.byte(); m {
	case 0, 1:
		t.mutable = m == 1
	default:
		r.fail("a global is neither mutable nor constant")
	}
	return t
}

func (l *layout) readExport(r *reader) {
	e := exportedItem{name: r.name(), kind: kind(r.byte()), index: int(r.u32())}
	have := 0
	switch e.kind {
	case kindFunction:
		have = len(l.funcs)
	case kindTable:
		have = len(l.tables)
	case kindMemory:
		have = len(l.memories)
	case kindGlobal:
		have = len(l.globals)
	default:
		r.fail("exports of kind %d are not supported; tags and exceptions are not", e.kind)
		return
	}
	if e.index >= have {
		r.fail("%q exports a %s that does not exist", e.name, e.kind)
	}
	l.exports = append(l.exports, e)
}

func (l *layout) uniqueExports(r *reader) {
	seen := make(map[string]bool, len(l.exports))
	for _, e := range l.exports {
		if seen[e.name] {
			r.fail("two exports are named %q", e.name)
		}
		seen[e.name] = true
	}
}

// constant reads an expression.
func (l *layout) constant(r *reader) constant {
	start := r.at
	c := constant{op: r.byte()}
	switch c.op {
	case opI32Const:
		c.value = r.signed(32)
	case opI64Const:
		c.value = r.signed(64)
	case opF32Const:
		r.bytes(4)
	case opF64Const:
		r.bytes(8)
	case opGlobalGet:
		c.value = int64(r.u32())
		if c.value >= int64(l.importedGlobals) {
			r.fail("an expression may only mention imported globals")
		} else if l.globals[c.value].mutable {
			r.fail("an expression may only mention constant globals")
		}
	case opRefNull:
		if t := readValueType(r); !t.reference() {
			r.fail("there is no null of type %s", t)
		}
	case opRefFunc:
		c.value = int64(l.function(r))
	case opVector:
		if op := r.u32(); op != opV128Const {
			r.fail("an expression is not constant")
		}
		r.bytes(16)
	default:
		r.fail("an expression is not constant")
	}
	if r.byte() != opEnd {
		r.fail("an expression has more than one instruction")
	}
	c.raw = r.data[min(start, r.at):r.at]
	return c
}

// Spec: https://webassembly.github.io/spec/core/binary/modules.html#element-section
func (l *layout) readElement(r *reader) {
	e := elementSegment{flags: r.u32(), typ: typeFuncref}
	if e.flags > 7 {
		r.fail("an element segment is of kind %d", e.flags)
		return
	}
	if e.active() {
		if e.flags&2 != 0 {
			e.table = r.u32()
		}
		if int64(e.table) >= int64(len(l.tables)) {
			r.fail("there is no table %d", e.table)
			return
		}
		e.offset = l.constant(r)
	}
	expressions := e.flags&4 != 0
	if e.flags&3 != 0 {
		if expressions {
			if e.typ = readValueType(r); !e.typ.reference() {
				r.fail("elements can't be of type %s", e.typ)
			}
		} else if r.byte() != 0 {
			r.fail("elements are of an unknown kind")
		}
	}
	for n := r.count(); n > 0 && r.err == nil; n-- {
		if expressions {
			e.inits = append(e.inits, l.constant(r))
		} else {
			e.funcs = append(e.funcs, l.function(r))
		}
	}
	l.elements = append(l.elements, e)
}

func (l *layout) readData(r *reader) {
	var d dataSegment
	switch flags := r.u32(); flags {
	case 0, 2:
		if flags == 2 && r.u32() != 0 || len(l.memories) == 0 {
			r.fail("a data segment is for a memory that does not exist")
			return
		}
		d.active, d.offset = true, l.constant(r)
	case 1:
	default:
		r.fail("a data segment is of kind %d", flags)
		return
	}
	n := r.u32()
	r.bytes(n)
	d.length = int(n)
	l.data = append(l.data, d)
}

func (l *layout) readCode(r *reader) {
	b := r.part(r.u32())
	if r.err != nil {
		return
	}
	if len(b.data) > functionBytesMax {
		r.fail("a function has more than %d bytes", functionBytesMax)
		return
	}
	var c code
	for n := b.count(); n > 0 && b.err == nil; n-- {
		g := localGroup{b.u32(), readValueType(&b)}
		c.declared += uint64(g.count)
		c.locals = append(c.locals, g)
	}
	if b.err == nil && c.declared > localsMax {
		b.fail("a function has more than %d locals", localsMax)
	}
	if r.err = b.err; r.err != nil {
		return
	}
	c.body, c.offset = b.data[b.at:], b.offset+b.at
	l.code = append(l.code, c)
}

// release lets go of the module's bytes, but for those of custom sections.
func (l *layout) release() {
	clear(l.sections[:])
	l.code = nil
	for i, c := range l.customs {
		l.customs[i].data = bytes.Clone(c.data)
	}
	for i := range l.elements {
		e := &l.elements[i]
		*e = elementSegment{flags: e.flags, table: e.table, offset: e.offset, typ: e.typ, count: e.length()}
		e.offset.raw = nil
	}
	l.inits = nil
	for i := range l.data {
		l.data[i].offset.raw = nil
	}
}
