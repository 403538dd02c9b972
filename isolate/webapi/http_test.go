package webapi_test

import (
	"context"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// network is a Host whose network is one function.
type network func(context.Context, *webapi.HTTPRequest) (*webapi.HTTPResponse, error)

func (n network) Fetch(ctx context.Context, r *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
	return n(ctx, r)
}

func (network) Console(string, string) {}

// handle evaluates src, the body of an async function, with r as the global request.
func handle(t testing.TB, r *webapi.HTTPRequest, src string) string {
	t.Helper()
	turns := js.NewTurns(js.TurnsConfig{})
	defer turns.Close()
	vm := newPlatform(t).NewVM(js.Config{Turns: turns})
	defer vm.Abandon()
	if err := vm.Enter(t.Context(), func() { vm.SetGlobal("request", webapi.NewRequest(vm, r)) }); err != nil {
		t.Fatal(err)
	}
	return jstest.EvalIn(t, vm, src)
}

// answer evaluates src, the body of a function, and returns what ResponseOf makes of its
// result.
func answer(t testing.TB, src string) (r *webapi.HTTPResponse, problem error) {
	t.Helper()
	program, err := js.CompileFunction("test.js", src, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	vm := newPlatform(t).NewVM(js.Config{})
	if err := vm.Enter(t.Context(), func() {
		v, err := vm.Evaluate(program)
		if err != nil {
			t.Error(vm.Report(err).Message)
			return
		}
		r, problem = webapi.ResponseOf(vm, v)
	}); err != nil {
		t.Fatal(err)
	}
	return r, problem
}
