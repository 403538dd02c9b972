package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// globalScope makes globalThis an event target. Errors that nobody caught, and promises that
// nobody listened to, are dispatched at it.
//
// Spec: https://html.spec.whatwg.org/multipage/workers.html#the-workerglobalscope-common-interface
var globalScope = js.Scope[eventTarget]{
	Class: EventTarget,
	State: func(*js.VM) *eventTarget { return &eventTarget{global: true} },
}

// The attributes of globalThis that take listeners.
var (
	onError              = globalHandler("error")
	onRejectionHandled   = globalHandler("rejectionhandled")
	onUnhandledRejection = globalHandler("unhandledrejection")
)

func globalHandler(kind string) js.Attribute {
	return js.Attribute{
		Name: "on" + kind,
		Get:  func(c *js.Call) (any, error) { return js.ScopeOf[eventTarget](c.VM).handler(kind), nil },
		Set: func(c *js.Call) error {
			js.ScopeOf[eventTarget](c.VM).setHandler(kind, c.Arg(0))
			return nil
		},
	}
}

// self is another name of globalThis.
var self = js.Lazy{Name: "self", Make: func(vm *js.VM) any { return vm.Global("globalThis") }}
