package wasm

import (
	"context"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// FuzzLower lowers modules. What the engine takes as it is, it must take lowered, and what it
// refuses it must refuse: nothing of a module may get at what was added to it. Lists that are
// longer than the module must never reach the engine: it makes room for them at once.
func FuzzLower(f *testing.F) {
	for _, m := range testModules {
		f.Add(m())
	}
	f.Fuzz(func(t *testing.T, module []byte) {
		if len(module) > 1<<12 {
			return
		}
		ctx := context.Background()
		runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(api.CoreFeaturesV2))
		defer runtime.Close(ctx)
		layout, err := parse(module)
		var lowered []byte
		if err == nil {
			lowered, err = layout.lower().emit()
		}
		if err != nil && (strings.Contains(err.Error(), "longer than") || strings.Contains(err.Error(), "more than") || strings.Contains(err.Error(), "unexpected end")) {
			return
		}
		_, plain := runtime.CompileModule(ctx, module)
		if err != nil {
			if plain == nil {
				t.Errorf("the engine takes it, and it can't be lowered: %v", err)
			}
			return
		}
		_, err = runtime.CompileModule(ctx, lowered)
		switch {
		case plain == nil && err != nil:
			t.Errorf("the engine takes it, and not lowered: %v", err)
		case plain != nil && err == nil && !known(plain):
			t.Errorf("the engine refuses it, and takes it lowered: %v", plain)
		}
	})
}

// known says whether the engine refuses a module that the specification allows.
func known(err error) bool {
	return strings.Contains(err.Error(), "empty module name") || strings.Contains(err.Error(), "failed to read custom section name")
}
