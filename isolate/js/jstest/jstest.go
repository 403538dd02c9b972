// Package jstest runs pieces of JavaScript for tests of globals.
package jstest

import (
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

// Eval runs src as the body of an async function in a new VM of p, with its event loop,
// and returns String of the result. What the script throws is "throws " and the error's
// text; what goes wrong outside it is "error " and the error's text.
func Eval(t testing.TB, p *js.Platform, host any, src string) string {
	t.Helper()
	turns := js.NewTurns(js.TurnsConfig{})
	defer turns.Close()
	vm := p.NewVM(js.Config{Host: host, Turns: turns})
	defer vm.Abandon()
	vm.Meter().Reset(js.Account{CPU: 10 * time.Second})
	return EvalIn(t, vm, src)
}

// EvalIn is Eval in a VM that the caller made.
func EvalIn(t testing.TB, vm *js.VM, src string) string {
	t.Helper()
	program, err := js.CompileFunction("test.js", "return (async () => {"+src+"\n})()", nil, nil)
	if err != nil {
		return "error " + err.Error()
	}
	var result js.Value
	var thrown error
	if err := vm.Enter(t.Context(), func() { result, thrown = vm.Evaluate(program) }); err != nil {
		return "error " + err.Error()
	}
	if thrown != nil {
		return "error " + thrown.Error()
	}
	var out string
	err = vm.Run(t.Context(), func() bool {
		switch state, v := js.Peek(result); state {
		case js.Rejected:
			out = "throws " + vm.ReportValue(v).Message
		case js.Fulfilled:
			out = vm.String(v)
		default:
			return false
		}
		return true
	}, nil)
	if err != nil {
		return "error " + err.Error()
	}
	return out
}
