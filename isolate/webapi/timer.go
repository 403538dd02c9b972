package webapi

import (
	"math"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

// timersMax bounds the timers that are set at once.
const timersMax = 1000

// SetTimeout and SetInterval call a function later, once or again and again, with the
// arguments that follow the delay. What it throws ends the event like any exception that
// nobody catches.
//
// Spec: https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timers
var (
	SetTimeout  = js.Function{Name: "setTimeout", Length: 1, Call: func(c *js.Call) (any, error) { return startTimer(c, false) }}
	SetInterval = js.Function{Name: "setInterval", Length: 1, Call: func(c *js.Call) (any, error) { return startTimer(c, true) }}
)

// ClearTimeout and ClearInterval stop a timer of either sort.
var (
	ClearTimeout  = js.Function{Name: "clearTimeout", Call: stopTimer}
	ClearInterval = js.Function{Name: "clearInterval", Call: stopTimer}
)

// SetImmediate calls a function with the arguments that follow it in a turn of its own,
// before timers that are set later. ClearImmediate stops that.
//
// Source: https://developers.cloudflare.com/workers/runtime-apis/web-standards/
var (
	SetImmediate   = js.Function{Name: "setImmediate", Length: 1, Call: setImmediate}
	ClearImmediate = js.Function{Name: "clearImmediate", Call: stopTimer}
)

func startTimer(c *js.Call, repeat bool) (any, error) {
	call, err := timerCall(c, 2)
	if err != nil {
		return nil, err
	}
	delay := time.Duration(max(int32Of(c.Float(1)), 0)) * time.Millisecond
	return c.VM.SetTimer(delay, repeat, call), nil
}

func setImmediate(c *js.Call) (any, error) {
	call, err := timerCall(c, 1)
	if err != nil {
		return nil, err
	}
	return c.VM.NextTurn(call), nil
}

// timerCall is the call of argument 0 with those from first on.
func timerCall(c *js.Call, first int) (func(), error) {
	vm, callback := c.VM, c.Arg(0)
	if !js.IsFunction(callback) {
		return nil, js.TypeError("the handler of a timer must be a function; code in a string is not run")
	}
	if err := mayStartTimer(vm); err != nil {
		return nil, err
	}
	var args []any
	for _, v := range c.Args(first) {
		args = append(args, v)
	}
	return func() { vm.Invoke(callback, vm.Global("globalThis"), args...) }, nil
}

// mayStartTimer refuses one timer too many.
func mayStartTimer(vm *js.VM) error {
	if vm.Timers() < timersMax {
		return nil
	}
	return &js.DOMError{Name: "QuotaExceededError", Message: "1000 timers are set already, which is as many as an event may have at once"}
}

func stopTimer(c *js.Call) (any, error) {
	c.VM.ClearTimer(int(int32Of(c.Float(0))))
	return js.Undefined, nil
}

// int32Of converts a number as Web IDL's long does: modulo 2³².
//
// Spec: https://webidl.spec.whatwg.org/#js-long
func int32Of(f float64) int32 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return int32(uint32(int64(math.Mod(math.Trunc(f), 1<<32))))
}
