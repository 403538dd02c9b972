package wasm

import (
	"context"
	"runtime"
	"strconv"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// Code is a module, compiled. It never changes.
type Code struct {
	digest   digest
	bytes    int // of the module as it was given
	layout   *layout
	lowering *lowering
	module   wazero.CompiledModule
	imports  api.Module // exports what the module imports of functions; see callHost
}

// instanceConfig is what modules are instantiated with: they are found by no name, and nothing
// of them runs. They get the poorest of what the engine would give to programs for WASI.
var instanceConfig = wazero.NewModuleConfig().WithName("").WithStartFunctions().WithRandSource(noRandomness{})

// noRandomness has no bytes. It keeps the engine from making a source of them for each module.
type noRandomness struct{}

func (noRandomness) Read([]byte) (int, error) { return 0, nil }

// host makes the module that code's functions are imported from. It is the same for all
// instances: a function finds the one that calls it.
func (l *Library) host(ctx context.Context, code *Code) error {
	b := l.runtime.NewHostModuleBuilder(hostModule)
	for _, i := range code.layout.imports {
		if i.kind == kindFunction {
			t := &code.layout.types[code.layout.funcs[i.index]]
			index := i.index
			b = b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, m api.Module, stack []uint64) {
				callHost(ctx, m, index, stack)
			}), engineTypes(t.params), engineTypes(t.results)).Export(strconv.Itoa(i.index))
		}
	}
	i32 := []api.ValueType{api.ValueTypeI32}
	b = b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(tick), nil, nil).Export(tickName)
	b = b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(growTable), append(i32, i32...), i32).Export(growName)
	compiled, err := b.Compile(ctx)
	if err != nil {
		return &CompileError{err.Error()}
	}
	code.imports, err = l.runtime.InstantiateModule(ctx, compiled, instanceConfig)
	if err != nil {
		_ = compiled.Close(ctx)
		return &CompileError{err.Error()}
	}
	runtime.AddCleanup(code, func(m api.Module) {
		_ = m.Close(context.Background())
		_ = compiled.Close(context.Background())
	}, code.imports)
	return nil
}

func engineTypes(types []valueType) []api.ValueType {
	out := make([]api.ValueType, len(types))
	for i, t := range types {
		out[i] = api.ValueType(t)
	}
	return out
}

// lowered is the index in the lowered module of a function that can be a reference.
func (c *Code) lowered(f int) uint32 { return c.lowering.referent(uint32(f)) }

// original is the inverse of lowered.
func (c *Code) original(index uint32) int {
	w := c.lowering
	if i := int(index) - int(w.added()) - 3; i >= 0 && i < len(w.order) {
		return int(w.order[i])
	}
	return int(index) - addedImports
}

// cells is how many words of a stack values of these types take.
func cells(types []valueType) int {
	n := len(types)
	for _, t := range types {
		if t == typeV128 {
			n++
		}
	}
	return n
}
