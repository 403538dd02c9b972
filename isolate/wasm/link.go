package wasm

import (
	"fmt"

	"github.com/skerry-edge/skerry/isolate/js"
)

// link reads what i imports from an object of objects.
//
// Spec: https://webassembly.github.io/spec/js-api/#read-the-imports
func (i *instance) link(imports js.Value, what string) error {
	l := i.code.layout
	if !js.IsUndefined(imports) && !js.IsObject(imports) {
		return js.TypeError("%s: the imports must be an object", what)
	}
	if len(l.imports) > 0 && js.IsUndefined(imports) {
		return js.TypeError("%s: the module has imports; give them as an object of objects, such as {%s: {%s: …}}", what, clip(l.imports[0].module), clip(l.imports[0].name))
	}
	for n := range l.imports {
		item := &l.imports[n]
		from := i.store.vm.Get(imports, item.module)
		if !js.IsObject(from) {
			return js.TypeError("%s: the imports have no object %q", what, clip(item.module))
		}
		if err := i.linkOne(item, i.store.vm.Get(from, item.name)); err != nil {
			if m, ok := err.(mismatch); ok {
				err = linkErrorClass.New(i.store.vm, fmt.Sprintf("%s: import #%d %q %q: %s", what, n, clip(item.module), clip(item.name), string(m)))
			}
			return err
		}
	}
	return nil
}

// mismatch says what an import should be.
type mismatch string

func (m mismatch) Error() string { return string(m) }

func (i *instance) linkOne(item *importedItem, v js.Value) error {
	l, s := i.code.layout, i.store
	switch item.kind {
	case kindFunction:
		if !js.IsFunction(v) {
			return mismatch("it must be a function")
		}
		f := importedFunction{callee: v, function: s.functionOf(v), typ: &l.types[l.funcs[item.index]]}
		if f.function != nil && !f.function.typ.equal(*f.typ) {
			return mismatch("the function has another type")
		}
		i.imports = append(i.imports, f)
	case kindTable:
		t := js.As[table](s.vm, v)
		if t == nil {
			return mismatch("it must be a WebAssembly.Table")
		}
		want := l.tables[item.index]
		if t.typ.element != want.element {
			return mismatch("the table has elements of another type")
		}
		length, err := t.length()
		if err != nil {
			return err
		}
		if m := fits(length, t.typ.limits, want.limits); m != "" {
			return m
		}
		i.tables = append(i.tables, t)
	case kindMemory:
		m := js.As[memory](s.vm, v)
		if m == nil {
			return mismatch("it must be a WebAssembly.Memory")
		}
		has := limits{max: uint32(m.linear.most / pageBytes), bounded: m.bounded}
		if m := fits(m.pages(), has, l.memories[0]); m != "" {
			return m
		}
		i.memory = m
	default:
		return i.linkGlobal(item, v)
	}
	return nil
}

// fits says what is wrong with a table or memory of that size for an import; "": nothing.
func fits(size uint32, has, want limits) mismatch {
	switch {
	case size < want.min:
		return mismatch(fmt.Sprintf("it must have a size of %d at least, and has %d", want.min, size))
	case want.bounded && !has.bounded:
		return mismatch("it has no maximum, and must have one")
	case want.bounded && has.max > want.max:
		return mismatch(fmt.Sprintf("its maximum must be %d at most, and is %d", want.max, has.max))
	}
	return ""
}

func (i *instance) linkGlobal(item *importedItem, v js.Value) error {
	s, want := i.store, i.code.layout.globals[item.index]
	if g := js.As[variable](s.vm, v); g != nil {
		if g.typ != want {
			return mismatch("the global has another type, or is mutable where it should not be, or the reverse")
		}
		if g.constant != nil {
			return mismatch("a constant of a reference that JavaScript made can't be imported; make it mutable, or import null")
		}
		i.variables = append(i.variables, g)
		return nil
	}
	var isValue bool
	switch want.value {
	case typeI64:
		isValue = v != nil && js.IsBigInt(v)
	case typeI32, typeF32, typeF64:
		isValue = v != nil && js.IsNumber(v)
	case typeFuncref, typeExternref:
		isValue = v == js.Null
	}
	if want.mutable || !isValue {
		return mismatch(fmt.Sprintf("it must be a WebAssembly.Global of type %s, or, if that is a constant, a value", want.value))
	}
	bits, err := s.toWasm(v, want.value)
	if err != nil {
		return err
	}
	g, err := s.newVariable(want, bits)
	i.variables = append(i.variables, g)
	return err
}
