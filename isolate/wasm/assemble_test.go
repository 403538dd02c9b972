package wasm

import (
	"bytes"
	"strconv"
	"strings"
)

// assembly puts a module together for tests. Types are written as letters: i and I are
// integers of 32 and 64 bits, f and F floating, r and e references to functions and to values
// of JavaScript, v vectors: "ii:I" takes two and gives one.
type assembly struct {
	types, imports, funcs, tables, memories, globals, exports, elements, bodies, data [][]byte
	known                                                                             map[string]byte
	imported                                                                          int // functions
	start                                                                             int
}

func newAssembly() *assembly { return &assembly{known: make(map[string]byte), start: -1} }

var letters = map[rune]valueType{
	'i': typeI32, 'I': typeI64, 'f': typeF32, 'F': typeF64, 'r': typeFuncref, 'e': typeExternref, 'v': typeV128,
}

func valueTypes(s string) []byte {
	b := appendU32(nil, uint32(len(s)))
	for _, r := range s {
		b = append(b, byte(letters[r]))
	}
	return b
}

// typ is the index of a type of functions.
func (a *assembly) typ(signature string) byte {
	if i, ok := a.known[signature]; ok {
		return i
	}
	params, results, _ := strings.Cut(signature, ":")
	a.types = append(a.types, append(append([]byte{0x60}, valueTypes(params)...), valueTypes(results)...))
	a.known[signature] = byte(len(a.types) - 1)
	return a.known[signature]
}

func (a *assembly) imp(module, name string, k kind, description ...byte) {
	a.imports = append(a.imports, append(append(appendName(appendName(nil, module), name), byte(k)), description...))
}

// importFunc is to come before all fn.
func (a *assembly) importFunc(module, name, signature string) {
	a.imp(module, name, kindFunction, a.typ(signature))
	a.imported++
}

// fn adds a function with locals, and exports it, unless it has no name. It returns its index.
func (a *assembly) fn(name, signature, locals string, code ...byte) byte {
	index := byte(a.imported + len(a.bodies))
	a.funcs = append(a.funcs, []byte{a.typ(signature)})
	b := appendU32(nil, uint32(len(locals)))
	for _, r := range locals {
		b = append(b, 1, byte(letters[r]))
	}
	b = append(append(b, code...), opEnd)
	a.bodies = append(a.bodies, append(appendU32(nil, uint32(len(b))), b...))
	if name != "" {
		a.export(name, kindFunction, index)
	}
	return index
}

func (a *assembly) export(name string, k kind, index byte) {
	a.exports = append(a.exports, exported(name, k, index))
}

func (a *assembly) global(typ rune, mutable byte, init ...byte) {
	a.globals = append(a.globals, append(append([]byte{byte(letters[typ]), mutable}, init...), opEnd))
}

func (a *assembly) segment(offset byte, text string) {
	a.data = append(a.data, append([]byte{0, opI32Const, offset, opEnd, byte(len(text))}, text...))
}

func (a *assembly) bytes() []byte {
	w := newWriter()
	for _, s := range []struct {
		id      byte
		entries [][]byte
	}{
		{typeSectionID, a.types}, {importSectionID, a.imports}, {functionSectionID, a.funcs}, {tableSectionID, a.tables},
		{memorySectionID, a.memories}, {globalSectionID, a.globals}, {exportSectionID, a.exports}, {startSectionID, nil},
		{elementSectionID, a.elements}, {codeSectionID, a.bodies}, {dataSectionID, a.data},
	} {
		if s.id == startSectionID && a.start >= 0 {
			*w = append(*w, startSectionID, 1, byte(a.start))
		} else if len(s.entries) > 0 {
			w.section(s.id, s.entries...)
		}
	}
	return *w
}

// testModules are the modules that scripts of tests find by name.
var testModules = map[string]func() []byte{
	"empty": func() []byte { return bytes.Clone(magic) },

	"math": func() []byte {
		a := newAssembly()
		a.fn("add", "ii:i", "", opLocalGet, 0, opLocalGet, 1, 0x6a)
		a.fn("add64", "II:I", "", opLocalGet, 0, opLocalGet, 1, 0x7c)
		a.fn("addf", "ff:f", "", opLocalGet, 0, opLocalGet, 1, 0x92)
		a.fn("addF", "FF:F", "", opLocalGet, 0, opLocalGet, 1, 0xa0)
		a.fn("div", "ii:i", "", opLocalGet, 0, opLocalGet, 1, 0x6d)
		a.fn("trunc", "F:i", "", opLocalGet, 0, 0xaa)
		a.fn("swap", "iF:Fi", "", opLocalGet, 1, opLocalGet, 0)
		a.fn("fib", "i:i", "", opLocalGet, 0, opI32Const, 2, 0x48, opIf, byte(typeI32), opLocalGet, 0, opElse,
			opLocalGet, 0, opI32Const, 1, 0x6b, opCall, 7, opLocalGet, 0, opI32Const, 2, 0x6b, opCall, 7, 0x6a, opEnd)
		a.fn("stop", ":", "", opUnreachable)
		a.fn("nothing", ":", "")
		a.fn("vector", "v:v", "", opLocalGet, 0)
		return a.bytes()
	},

	"hostile": func() []byte {
		a := newAssembly()
		a.memories = [][]byte{{0, 1}}
		a.tables = [][]byte{{byte(typeFuncref), 0, 1}}
		a.fn("spin", ":", "", opLoop, blockVoid, 0x0c, 0, opEnd)
		a.fn("recurse", ":", "", opCall, 1)
		a.fn("recurseFat", "I:I", "", opLocalGet, 0, opI64Const, 1, 0x7c, opCall, 2, opLocalGet, 0, 0x7e)
		a.fn("grow", ":", "", opLoop, blockVoid, opI32Const, 16, 0x40, 0, opI32Const, 0, 0x4e, 0x0d, 0, opEnd)
		a.fn("growTable", ":", "", opLoop, blockVoid, opRefNull, byte(typeFuncref), opI32Const, 0x80, 0x80, 4, opMisc, opTableGrow, 0, opI32Const, 0, 0x4e, 0x0d, 0, opEnd)
		a.fn("growAll", "i:i", "", opLocalGet, 0, 0x40, 0)
		a.fn("fill", ":", "", opI32Const, 0xff, 1, 0x40, 0, 0x1a, opLoop, blockVoid,
			opI32Const, 0, opI32Const, 1, opI32Const, 0x80, 0x80, 0x80, 8, opMisc, opMemoryFill, 0, 0x0c, 0, opEnd)
		a.fn("references", ":", "", opLoop, blockVoid, opRefFunc, 0, 0x1a, 0x0c, 0, opEnd)
		a.fn("growZero", ":", "", opLoop, blockVoid, opI32Const, 0, 0x40, 0, 0x1a, 0x0c, 0, opEnd)
		return a.bytes()
	},

	"memory": func() []byte {
		a := newAssembly()
		a.memories = [][]byte{{1, 1, 4}}
		a.export("mem", kindMemory, 0)
		a.fn("load", "i:i", "", opLocalGet, 0, 0x28, 2, 0)
		a.fn("store", "ii:", "", opLocalGet, 0, opLocalGet, 1, 0x36, 2, 0)
		a.fn("grow", "i:i", "", opLocalGet, 0, 0x40, 0)
		a.fn("fill", "iii:", "", opLocalGet, 0, opLocalGet, 1, opLocalGet, 2, opMisc, opMemoryFill, 0)
		a.segment(8, "hello")
		return a.bytes()
	},

	"imports": func() []byte {
		a := newAssembly()
		a.importFunc("env", "f", "ii:i")
		a.importFunc("env", "g", ":")
		a.importFunc("env", "pair", "i:Fi")
		a.fn("callF", "ii:i", "", opLocalGet, 0, opLocalGet, 1, opCall, 0)
		a.fn("callG", ":", "", opCall, 1)
		a.fn("callPair", "i:Fi", "", opLocalGet, 0, opCall, 2)
		a.export("f", kindFunction, 0)
		return a.bytes()
	},

	"import memory": func() []byte {
		a := newAssembly()
		a.imp("env", "memory", kindMemory, 1, 1, 16)
		a.fn("load", "i:i", "", opLocalGet, 0, 0x28, 2, 0)
		a.fn("grow", "i:i", "", opLocalGet, 0, 0x40, 0)
		a.export("memory", kindMemory, 0)
		return a.bytes()
	},

	"import table": func() []byte {
		a := newAssembly()
		a.imp("env", "table", kindTable, byte(typeFuncref), 0, 2)
		a.imp("env", "base", kindGlobal, byte(typeI32), 0)
		a.imp("env", "top", kindGlobal, byte(typeI32), 1)
		a.fn("seven", ":i", "", opI32Const, 7)
		a.fn("call", "i:i", "", opLocalGet, 0, opCallIndirect, a.typ(":i"), 0)
		a.fn("base", ":i", "", opGlobalGet, 0)
		a.fn("raise", ":", "", opGlobalGet, 1, opI32Const, 1, 0x6a, opGlobalSet, 1)
		a.elements = [][]byte{{0, opGlobalGet, 0, opEnd, 1, 0}}
		return a.bytes()
	},

	"table": func() []byte {
		a := newAssembly()
		a.importFunc("env", "one", ":i")
		a.tables = [][]byte{{byte(typeExternref), 0, 1}, {byte(typeFuncref), 1, 4, 8}}
		a.export("values", kindTable, 0)
		a.export("tab", kindTable, 1)
		two := a.fn("two", ":i", "", opI32Const, 2)
		three := a.fn("", ":i", "", opI32Const, 3)
		a.fn("call", "i:i", "", opLocalGet, 0, opCallIndirect, a.typ(":i"), 1)
		a.fn("grow", "i:i", "", opRefNull, byte(typeFuncref), opLocalGet, 0, opMisc, opTableGrow, 1)
		a.fn("ref", ":r", "", opRefFunc, three)
		a.elements = [][]byte{{2, 1, opI32Const, 0, opEnd, 0, 3, 0, two, three}}
		return a.bytes()
	},

	"values": func() []byte {
		a := newAssembly()
		a.tables = [][]byte{{byte(typeExternref), 0, 2}}
		a.export("tab", kindTable, 0)
		a.global('e', 1, opRefNull, byte(typeExternref))
		a.export("kept", kindGlobal, 0)
		a.fn("id", "e:e", "", opLocalGet, 0)
		a.fn("fid", "r:r", "", opLocalGet, 0)
		a.fn("keep", "e:", "", opLocalGet, 0, opGlobalSet, 0)
		a.fn("put", "ie:", "", opLocalGet, 0, opLocalGet, 1, opTableSet, 0)
		return a.bytes()
	},

	"globals": func() []byte {
		a := newAssembly()
		a.global('i', 1, opI32Const, 5)
		a.global('I', 0, opI64Const, 6)
		a.global('f', 1, append([]byte{opF32Const}, 0, 0, 0xc0, 0x3f)...)
		a.global('v', 0, append([]byte{opVector, opV128Const}, make([]byte, 16)...)...)
		for i, name := range []string{"i32", "i64", "f32", "v128"} {
			a.export(name, kindGlobal, byte(i))
		}
		a.fn("get", ":i", "", opGlobalGet, 0)
		return a.bytes()
	},

	"start": func() []byte {
		a := newAssembly()
		a.importFunc("env", "run", ":")
		a.start = int(a.fn("", ":", "", opCall, 0))
		return a.bytes()
	},

	// Holds a value while what it calls may look for those that are not used.
	"start holds": func() []byte {
		a := newAssembly()
		a.importFunc("env", "get", ":e")
		a.importFunc("env", "run", ":")
		a.importFunc("env", "take", "e:")
		a.start = int(a.fn("", ":", "e", opCall, 0, opLocalTee, 0, 0x1a, opCall, 1, opLocalGet, 0, opCall, 2))
		return a.bytes()
	},

	"many exports": func() []byte {
		a := newAssembly()
		f := a.fn("", ":", "")
		for i := range exportsMax + 1 {
			a.export(strconv.Itoa(i), kindFunction, f)
		}
		return a.bytes()
	},

	"start imported": func() []byte {
		a := newAssembly()
		a.importFunc("env", "run", ":")
		a.start = 0
		return a.bytes()
	},

	"start spins": func() []byte {
		a := newAssembly()
		a.start = int(a.fn("", ":", "", opLoop, blockVoid, 0x0c, 0, opEnd))
		return a.bytes()
	},

	"huge memory": func() []byte {
		a := newAssembly()
		a.memories = [][]byte{{0, 0x80, 0x80, 3}}
		return a.bytes()
	},

	"huge table": func() []byte {
		a := newAssembly()
		a.tables = [][]byte{append([]byte{byte(typeFuncref), 0}, appendU32(nil, 9_500_000)...)}
		return a.bytes()
	},

	"out of bounds": func() []byte {
		a := newAssembly()
		a.memories = [][]byte{{0, 0}}
		a.segment(0, "x")
		return a.bytes()
	},

	"sections": func() []byte {
		m := bytes.Clone(magic)
		for _, text := range []string{"one", "two"} {
			b := append(appendName(nil, "note"), text...)
			m = append(appendU32(append(m, customSectionID), uint32(len(b))), b...)
		}
		return m
	},

	"ill typed": func() []byte {
		a := newAssembly()
		a.fn("f", ":i", "", opF64Const, 0, 0, 0, 0, 0, 0, 0, 0)
		return a.bytes()
	},

	// The index of what pays for code, which is behind all globals.
	"cheats": func() []byte {
		a := newAssembly()
		a.fn("f", ":", "", opLoop, blockVoid, opI32Const, 0xff, 0xff, 0xff, 0x07, opGlobalSet, 0, 0x0c, 0, opEnd)
		return a.bytes()
	},

	"slow to compile": func() []byte {
		a := newAssembly()
		var code []byte
		for range 2000 {
			code = append(code, opLocalGet, 0, opIf, blockVoid, opI32Const, 1, 0x21, 1, opEnd)
		}
		a.fn("f", "i:", strings.Repeat("i", 1000), code...)
		return a.bytes()
	},
}
