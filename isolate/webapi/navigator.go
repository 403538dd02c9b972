package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// Navigator says what scripts run on. Its only instance is the global navigator.
//
// Spec: https://html.spec.whatwg.org/multipage/system-state.html#the-navigator-object
var Navigator = js.Class[navigator]{
	Name: "Navigator",
	Members: []js.Member[navigator]{
		js.Getter("userAgent", func(*navigator, *js.Call) (any, error) { return "Skerry", nil }),
	},
}

// navigatorGlobal is the global navigator.
var navigatorGlobal = js.Lazy{Name: "navigator", Make: func(*js.VM) any { return new(navigator) }}

type navigator struct{ js.Instance }
