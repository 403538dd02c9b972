package wasm

import (
	"context"

	"github.com/tetratelabs/wazero/api"

	"github.com/skerry-edge/skerry/isolate/js"
)

// importedFunction is what an instance imports as a function.
type importedFunction struct {
	callee   js.Value
	function *function // callee, if that is a module's
	typ      *functionType
}

// callHost is the function that a module imports under a number. m is the module: functions
// that pass as references are stood for by functions of their module (lower.go).
func callHost(ctx context.Context, m api.Module, index int, stack []uint64) {
	s := storeIn(ctx)
	defer s.raise()
	if err := s.instances[m].callImport(index, stack); err != nil {
		panic(failure{err})
	}
}

// callImport calls import number index of i's functions, and leaves the results in stack.
//
// Spec: https://webassembly.github.io/spec/js-api/#create-a-host-function
func (i *instance) callImport(index int, stack []uint64) error {
	f, s := &i.imports[index], i.store
	if f.function != nil {
		return f.function.invoke(stack)
	}
	if f.typ.has(typeV128) {
		return js.TypeError("a function with a vector (v128) can't be called in JavaScript")
	}
	var few [8]any
	args := few[:0]
	for n, t := range f.typ.params {
		v, err := s.toJS(stack[n], t)
		if err != nil {
			return err
		}
		args = append(args, v)
	}
	return s.results(s.vm.Invoke(f.callee, js.Undefined, args...), f.typ.results, stack)
}

// results converts what JavaScript returned to a module.
func (s *store) results(v js.Value, types []valueType, stack []uint64) error {
	switch len(types) {
	case 0:
		return nil
	case 1:
		bits, err := s.toWasm(v, types[0])
		if err == nil {
			stack[0] = bits
		}
		return err
	}
	if !s.vm.Iterable(v) {
		return js.TypeError("a function that returns %d values to a module must return them in an array, or another iterable object", len(types))
	}
	var list []js.Value
	s.vm.ForOf(v, func(e js.Value) bool {
		list = append(list, e)
		return len(list) <= len(types)
	})
	if len(list) != len(types) {
		return js.TypeError("a module expects %d values of a function, and got another number", len(types))
	}
	for i, t := range types {
		bits, err := s.toWasm(list[i], t)
		if err != nil {
			return err
		}
		stack[i] = bits
	}
	return nil
}

// growTable is called before a table grows, with the number of elements and of the table, and
// returns how many it may grow by.
func growTable(ctx context.Context, m api.Module, stack []uint64) {
	s := storeIn(ctx)
	defer s.raise()
	t := s.instances[m].tables[uint32(stack[1])]
	by := uint32(stack[0])
	length, err := t.length()
	if err != nil {
		panic(failure{err})
	}
	if uint64(length)+uint64(by) > uint64(t.most()) {
		stack[0] = 0xffffffff // which is refused
		return
	}
	s.vm.Checkpoint()
	s.vm.Claim(int64(length+by) * elementBytes)
}
