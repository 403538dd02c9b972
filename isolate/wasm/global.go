package wasm

import (
	"github.com/tetratelabs/wazero/api"

	"github.com/skerry-edge/skerry/isolate/js"
)

// globalClass is WebAssembly.Global.
//
// Spec: https://webassembly.github.io/spec/js-api/#globals
var globalClass = js.Class[variable]{
	Name:        "Global",
	Tag:         "WebAssembly.Global",
	Constructor: newGlobal,
	Length:      1,
	Members: []js.Member[variable]{
		js.Method("valueOf", 0, func(v *variable, _ *js.Call) (any, error) { return v.value() }),
		js.Accessor("value", func(v *variable, _ *js.Call) (any, error) { return v.value() }, (*variable).set),
	},
}

// variable is a global of a module, or one that a script made.
type variable struct {
	js.Instance
	store  *store
	typ    globalType
	module api.Module // exports it
	index  int        // under this number
	global api.Global

	// constant holds the value of a reference that a script made a constant of: a module can't
	// have it.
	constant js.Value
}

func newGlobal(c *js.Call) (*variable, error) {
	s, err := storeOf(c.VM)
	if err != nil {
		return nil, err
	}
	if !js.IsObject(c.Arg(0)) {
		return nil, js.TypeError("Global: the descriptor must be an object")
	}
	t := globalType{mutable: c.VM.Get(c.Arg(0), "mutable").ToBoolean()}
	if t.value, err = namedType(c.VM.String(c.VM.Get(c.Arg(0), "value"))); err != nil {
		return nil, err
	}
	if t.value == typeV128 {
		return nil, js.TypeError("Global: JavaScript can't hold a vector (v128)")
	}
	bits := uint64(0)
	if c.Given(1) || c.Len() > 1 && t.value == typeExternref {
		bits, err = s.toWasm(c.Arg(1), t.value)
	} else if c.Len() < 2 {
		bits = s.defaultBits(t.value)
	}
	if err != nil {
		return nil, err
	}
	v, err := s.newVariable(t, bits)
	if err == nil && !t.mutable && t.value.reference() && bits != 0 {
		v.constant = c.Arg(1)
	}
	return v, err
}

// newVariable makes a global.
func (s *store) newVariable(t globalType, bits uint64) (*variable, error) {
	begin := bits
	if t.mutable {
		begin = 0 // so that all of a type are of the same module
	}
	code, err := s.library.make(globalModule(t, begin))
	if err != nil {
		return nil, err
	}
	module, err := s.instantiate(code, nil, nil)
	if err != nil {
		return nil, err
	}
	v := s.variableOf(module, 0, t)
	if t.mutable && bits != 0 {
		v.global.(api.MutableGlobal).Set(bits)
	}
	return v, nil
}

// variableOf is the global that a module exports under a number.
func (s *store) variableOf(module api.Module, index int, t globalType) *variable {
	v := &variable{store: s, typ: t, module: module, index: index, global: module.ExportedGlobal(numbered(globalPrefix, index))}
	s.variables = append(s.variables, v)
	return v
}

// first returns a module that exports v as its first global.
func (v *variable) first() (api.Module, error) {
	if v.index == 0 {
		return v.module, nil
	}
	code, err := v.store.library.make(globalAlias(v.typ, v.index))
	if err != nil {
		return nil, err
	}
	return v.store.instantiate(code, func(string) api.Module { return v.module }, nil)
}

func (v *variable) value() (any, error) {
	if v.constant != nil {
		return v.constant, nil
	}
	return v.store.toJS(v.global.Get(), v.typ.value)
}

// Spec: https://webassembly.github.io/spec/js-api/#dom-global-value
func (v *variable) set(c *js.Call) error {
	mutable, ok := v.global.(api.MutableGlobal)
	if !ok {
		return js.TypeError("the value of a constant Global can't be set; make it with mutable: true")
	}
	bits, err := v.store.toWasm(c.Arg(0), v.typ.value)
	if err == nil {
		mutable.Set(bits)
	}
	return err
}
