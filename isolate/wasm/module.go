package wasm

import "github.com/skerry-edge/skerry/isolate/js"

// moduleClass is WebAssembly.Module.
//
// Spec: https://webassembly.github.io/spec/js-api/#modules
var moduleClass = js.Class[module]{
	Name: "Module",
	Tag:  "WebAssembly.Module",
	Constructor: func(c *js.Call) (*module, error) {
		code, err := compileNow(c.VM, c.Arg(0), "WebAssembly.Module()")
		if err != nil {
			return nil, err
		}
		return &module{code: code}, nil
	},
	Length: 1,
	Statics: []js.Static{
		js.StaticMethod("exports", 1, moduleExports),
		js.StaticMethod("imports", 1, moduleImports),
		js.StaticMethod("customSections", 2, moduleSections),
	},
}

// module is code that a script has.
type module struct {
	js.Instance
	code *Code
}

// NewModule returns code as a WebAssembly.Module of vm, in a turn.
func NewModule(vm *js.VM, code *Code) js.Value { return vm.ToValue(&module{code: code}) }

// layoutArg is the layout of a Module.
func layoutArg(c *js.Call, i int) (*layout, error) {
	m := js.As[module](c.VM, c.Arg(i))
	if m == nil {
		return nil, js.TypeError("the argument must be a WebAssembly.Module")
	}
	return m.code.layout, nil
}

func moduleExports(c *js.Call) (any, error) {
	l, err := layoutArg(c, 0)
	if err != nil {
		return nil, err
	}
	c.VM.Allocate(int64(len(l.exports))*descriptionBytes, "the list of exports")
	list := make([]any, len(l.exports))
	for i, e := range l.exports {
		list[i] = js.Record{{Name: "name", Value: e.name}, {Name: "kind", Value: e.kind.String()}}
	}
	return list, nil
}

func moduleImports(c *js.Call) (any, error) {
	l, err := layoutArg(c, 0)
	if err != nil {
		return nil, err
	}
	c.VM.Allocate(int64(len(l.imports))*descriptionBytes, "the list of imports")
	list := make([]any, len(l.imports))
	for n, i := range l.imports {
		list[n] = js.Record{{Name: "module", Value: i.module}, {Name: "name", Value: i.name}, {Name: "kind", Value: i.kind.String()}}
	}
	return list, nil
}

// descriptionBytes is about what one entry of these lists takes.
const descriptionBytes = 512

func moduleSections(c *js.Call) (any, error) {
	l, err := layoutArg(c, 0)
	if err != nil {
		return nil, err
	}
	name := c.String(1)
	list := []any{}
	for _, s := range l.customs {
		if s.name == name {
			c.VM.Allocate(int64(len(s.data)), "the section")
			list = append(list, js.Buffer(append([]byte(nil), s.data...)))
		}
	}
	return list, nil
}
