package wasm

import (
	"strconv"

	"github.com/tetratelabs/wazero/api"

	"github.com/skerry-edge/skerry/isolate/js"
)

// function is a module's function as scripts see it: an Exported Function.
//
// Spec: https://webassembly.github.io/spec/js-api/#exported-function-exotic-objects
type function struct {
	instance *instance
	index    int // in the module, as it was given
	typ      *functionType
	object   *js.Object
	idle     api.Function // to be called; nil: not made yet, or being called
	stack    []uint64     // for the next call; nil: in use
	ref      uint64       // a reference to it; 0: not known yet
}

// functionAt returns the function that a reference refers to.
func (s *store) functionAt(ref uint64) (*function, error) {
	module, index := s.library.anatomy.referent(ref)
	i := s.byAddress[module]
	if i == nil {
		return nil, js.TypeError("a reference refers to no function of this isolate")
	}
	f := i.function(i.code.original(index))
	if f.instance == i {
		f.ref = ref
	}
	return f, nil
}

// functionOf returns the function that v is, nil if v is none of a module's.
func (s *store) functionOf(v js.Value) *function {
	o, _ := v.(*js.Object)
	return s.functions[o]
}

// function returns function number f, the same each time. One that was imported from another
// module is that module's.
func (i *instance) function(f int) *function {
	if found := i.functions[f]; found != nil {
		return found
	}
	if f < len(i.imports) && i.imports[f].function != nil {
		i.functions[f] = i.imports[f].function
		return i.functions[f]
	}
	t := &i.code.layout.types[i.code.layout.funcs[f]]
	made := &function{instance: i, index: f, typ: t}
	made.object = i.store.vm.NewNamedFunction(strconv.Itoa(f), len(t.params), made.call)
	i.functions[f] = made
	i.store.functions[made.object] = made
	return made
}

// reference returns a reference to f.
func (f *function) reference() (uint64, error) {
	if f.ref == 0 {
		stack := []uint64{uint64(f.instance.code.lowered(f.index))}
		if err := f.instance.store.call(f.instance.module.ExportedFunction(refsName), stack); err != nil {
			return 0, err
		}
		f.ref = stack[0]
	}
	return f.ref, nil
}

// call is f's [[Call]].
func (f *function) call(c *js.Call) (any, error) {
	s := f.instance.store
	if f.typ.has(typeV128) {
		return nil, js.TypeError("a function with a vector (v128) can't be called from JavaScript")
	}
	if s.depth == 0 && s.values.due() {
		if err := s.sweep(); err != nil {
			return nil, err
		}
	}
	s.depth++
	defer func() { s.depth-- }()
	stack := f.takeStack()
	for i, t := range f.typ.params {
		bits, err := s.toWasm(c.Arg(i), t)
		if err != nil {
			return nil, err
		}
		stack[i] = bits
	}
	if err := f.invoke(stack); err != nil {
		return nil, err
	}
	switch len(f.typ.results) {
	case 0:
		f.stack = stack
		return js.Undefined, nil
	case 1:
		bits := stack[0]
		f.stack = stack
		return s.toJS(bits, f.typ.results[0])
	}
	results := make([]any, len(f.typ.results))
	for i, t := range f.typ.results {
		v, err := s.toJS(stack[i], t)
		if err != nil {
			return nil, err
		}
		results[i] = v
	}
	f.stack = stack
	return results, nil
}

// takeStack returns room for arguments and results. Arguments are converted before a call, and
// may call f again.
func (f *function) takeStack() []uint64 {
	stack := f.stack
	f.stack = nil
	if stack == nil {
		stack = make([]uint64, max(cells(f.typ.params), cells(f.typ.results)))
	}
	return stack
}

// invoke calls f with arguments as modules have them; stack takes the results.
func (f *function) invoke(stack []uint64) error {
	call := f.idle
	f.idle = nil
	if call == nil {
		call = f.instance.module.ExportedFunction(numbered(funcPrefix, int(f.instance.code.lowered(f.index))))
	}
	if err := f.instance.store.call(call, stack); err != nil {
		return err // the engine's stack may have grown large: it goes
	}
	f.idle = call
	return nil
}
