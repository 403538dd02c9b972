package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// Navigator says what scripts run on. Its only instance is the global navigator.
//
// Spec: https://html.spec.whatwg.org/multipage/system-state.html#the-navigator-object
var Navigator = js.Class[navigator]{
	Name: "Navigator",
	Members: []js.Member[navigator]{
		// One turn runs at a time.
		js.Getter("hardwareConcurrency", func(*navigator, *js.Call) (any, error) { return 1, nil }),
		js.Getter("language", func(*navigator, *js.Call) (any, error) { return "en", nil }),
		js.Getter("languages", func(n *navigator, c *js.Call) (any, error) {
			if n.languages == nil {
				n.languages = freeze(c.VM, c.VM.NewArray("en"))
			}
			return n.languages, nil
		}),
		js.Getter("userAgent", func(*navigator, *js.Call) (any, error) { return "Skerry", nil }),
	},
}

// navigatorGlobal is the global navigator.
var navigatorGlobal = js.Lazy{Name: "navigator", Make: func(*js.VM) any { return new(navigator) }}

type navigator struct {
	js.Instance
	languages js.Value // nil: nobody has asked for it
}
