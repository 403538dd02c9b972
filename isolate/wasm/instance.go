package wasm

import (
	"strconv"

	"github.com/tetratelabs/wazero/api"

	"github.com/skerry-edge/skerry/isolate/js"
)

// instanceClass is WebAssembly.Instance.
//
// Spec: https://webassembly.github.io/spec/js-api/#instances
var instanceClass = js.Class[instance]{
	Name: "Instance",
	Tag:  "WebAssembly.Instance",
	Constructor: func(c *js.Call) (*instance, error) {
		m := js.As[module](c.VM, c.Arg(0))
		if m == nil {
			return nil, js.TypeError("WebAssembly.Instance(): the argument must be a WebAssembly.Module")
		}
		return newInstance(c.VM, m.code, c.Arg(1), "WebAssembly.Instance()")
	},
	Length: 1,
	Members: []js.Member[instance]{
		js.Getter("exports", func(i *instance, _ *js.Call) (any, error) { return i.exports, nil }),
	},
}

// instance is a module that was instantiated. What it has of functions, tables and globals is
// listed as in the module, what it imports first.
type instance struct {
	js.Instance
	store     *store
	code      *Code
	module    api.Module
	exports   *js.Object
	imports   []importedFunction
	functions []*function // nil: nobody asked for it yet
	memory    *memory     // nil: there is none
	tables    []*table
	variables []*variable
}

// newInstance links code to what imports has, and runs its start function.
//
// Spec: https://webassembly.github.io/spec/js-api/#instantiate-a-webassembly-module
func newInstance(vm *js.VM, code *Code, imports js.Value, what string) (*instance, error) {
	s, err := storeOf(vm)
	if err != nil {
		return nil, err
	}
	i := &instance{store: s, code: code}
	if err := i.link(imports, what); err != nil {
		return nil, err
	}
	if err := i.instantiate(what); err != nil {
		return nil, err
	}
	names := make([]string, len(code.layout.exports))
	for n, e := range code.layout.exports {
		names[n] = e.name
	}
	i.exports = vm.Frozen(names, i.export)
	if code.layout.start >= 0 {
		if err := s.call(i.module.ExportedFunction(startName), nil); err != nil {
			return nil, err
		}
	}
	return i, nil
}

// entryBytes is about what an instance keeps for an export, a global, or an element of a table.
const entryBytes = 256

// instantiate makes the module, whose imports are known.
func (i *instance) instantiate(what string) error {
	s, l := i.store, i.code.layout
	for _, t := range l.tables[l.importedTables:] {
		s.vm.Allocate(int64(t.min)*elementBytes, "the table")
	}
	s.vm.Allocate(int64(len(l.funcs)+len(l.globals)+len(l.exports)+l.elementCount())*entryBytes, "the instance")
	trap, err := i.checkSegments(what)
	if err != nil {
		return err
	}
	modules, err := i.providers()
	if err != nil {
		return err
	}
	i.module, err = s.instantiate(i.code, func(name string) api.Module { return modules[name] }, func(most uint64) *linear {
		linear := s.newLinear(most, l.memories[0].bounded)
		i.memory = linear.memory
		return linear
	})
	if err != nil && trap != nil {
		return trap
	}
	if err != nil {
		return linkErrorClass.New(s.vm, what+": "+err.Error())
	}
	s.instances[i.module] = i
	s.byAddress[pointerOf(i.module)] = i
	i.functions = make([]*function, len(l.funcs))
	if i.memory != nil && i.memory.module == nil {
		i.memory.module = i.module
	}
	for n := l.importedTables; n < len(l.tables); n++ {
		t := &table{store: s, typ: l.tables[n], module: i.module, index: n}
		i.tables = append(i.tables, t)
		s.tables = append(s.tables, t)
	}
	for n := l.importedGlobals; n < len(l.globals); n++ {
		i.variables = append(i.variables, s.variableOf(i.module, n, l.globals[n]))
	}
	return trap // the segments before have been applied, and tables may refer to i
}

// providers are the modules that i imports from, by the names that they have in lowered modules.
func (i *instance) providers() (map[string]api.Module, error) {
	modules := map[string]api.Module{hostModule: i.code.imports}
	if i.memory != nil {
		modules[memoryPrefix] = i.memory.module
	}
	var err error
	for n, t := range i.tables {
		if modules[numbered(tablePrefix, n)], err = t.first(); err != nil {
			return nil, err
		}
	}
	for n, v := range i.variables {
		if modules[numbered(globalPrefix, n)], err = v.first(); err != nil {
			return nil, err
		}
	}
	return modules, nil
}

// checkSegments returns a trap if a segment does not fit, of which the engine does not tell.
//
// Spec: https://webassembly.github.io/spec/core/exec/modules.html#instantiation
func (i *instance) checkSegments(what string) (trap, err error) {
	l := i.code.layout
	offset := func(c constant) uint64 {
		if c.op == opGlobalGet {
			return uint64(uint32(i.variables[c.value].global.Get()))
		}
		return uint64(uint32(c.value))
	}
	for n := range l.elements {
		e := &l.elements[n]
		if !e.active() {
			continue
		}
		length := l.tables[e.table].min
		if int(e.table) < l.importedTables {
			if length, err = i.tables[e.table].length(); err != nil {
				return nil, err
			}
		}
		if offset(e.offset)+uint64(e.length()) > uint64(length) {
			return runtimeErrorClass.New(i.store.vm, what+": table initializer "+strconv.Itoa(n)+" is out of bounds"), nil
		}
	}
	for n, d := range l.data {
		if !d.active {
			continue
		}
		size := uint64(l.memories[0].min) * pageBytes
		if l.importedMemories > 0 {
			size = uint64(len(i.memory.linear.bytes))
		}
		if offset(d.offset)+uint64(d.length) > size {
			return runtimeErrorClass.New(i.store.vm, what+": data segment "+strconv.Itoa(n)+" is out of bounds"), nil
		}
	}
	return nil, nil
}

// export returns export number n.
func (i *instance) export(n int) any {
	e := &i.code.layout.exports[n]
	switch e.kind {
	case kindFunction:
		return i.function(e.index).object
	case kindTable:
		return i.tables[e.index]
	case kindMemory:
		return i.memory
	default:
		return i.variables[e.index]
	}
}
