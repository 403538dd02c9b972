package isolate

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/wasm"
)

// wasmFactor is how many bytes a compiled module holds of Go's heap for each byte of it.
const wasmFactor = 3

// webAssembly is what a bundle has of modules: compiled once, for all its isolates, before the
// first of them is made.
type webAssembly struct {
	library *wasm.Library
	files   map[string]wasmFile // those that the script imports
}

// wasmFile is a file that was compiled, or why it could not be.
type wasmFile struct {
	code *wasm.Code
	err  error
}

// compileFiles compiles the .wasm files of a bundle whose script asks for any, and says how many
// bytes that takes, about. The error is ctx's.
func (w *webAssembly) compileFiles(ctx context.Context, b *bundles.Bundle) (bytes int64, err error) {
	w.library = wasm.NewLibrary()
	if !strings.Contains(string(b.Script), "__wasm(") {
		return 0, nil
	}
	w.files = make(map[string]wasmFile)
	for _, name := range slices.Sorted(maps.Keys(b.Modules)) {
		if path.Ext(name) != ".wasm" {
			continue
		}
		code, err := w.library.Compile(ctx, b.Modules[name])
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		w.files[name] = wasmFile{code, err}
		bytes += int64(len(b.Modules[name])) * wasmFactor
	}
	return bytes, nil
}

// file is __wasm of the bundle's script: it returns a WebAssembly.Module.
func (w *webAssembly) file(c *js.Call) (any, error) {
	name := c.String(0)
	switch f, ok := w.files[name]; {
	case !ok:
		return nil, js.TypeError("the bundle has no file %s", name)
	case f.err != nil:
		return nil, wasm.ErrorOf(c.VM, name, f.err)
	default:
		return wasm.NewModule(c.VM, f.code), nil
	}
}

// WebAssembly returns the modules of the isolate's bundle: see [wasm.Host].
func (h hostOf) WebAssembly() *wasm.Library { return h.isolate.pool.wasm.library }
