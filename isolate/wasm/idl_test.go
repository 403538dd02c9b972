package wasm

import (
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

// TestClassesAreAsWebIDLSays holds the namespace and its classes against Web IDL.
func TestClassesAreAsWebIDLSays(t *testing.T) {
	t.Parallel()
	const empty = `new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])`
	jstest.HoldIDL(t, newPlatform(t), testHost{testLibrary}, []js.Global{Namespace}, map[string]jstest.Sample{
		"WebAssembly.Exception": {Args: `new WebAssembly.Tag({parameters: []}), []`},
		"WebAssembly.Global":    {Args: `{value: "i32"}`},
		"WebAssembly.Instance":  {Args: `new WebAssembly.Module(` + empty + `)`},
		"WebAssembly.Memory":    {Args: `{initial: 1}`},
		"WebAssembly.Module":    {Args: empty},
		"WebAssembly.Table":     {Args: `{element: "anyfunc", initial: 1}`},
		"WebAssembly.Tag":       {Args: `{parameters: ["i32"]}`},
	})
}
