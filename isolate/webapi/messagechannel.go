package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// MessageChannel is two ports, each of which receives what the other is given.
//
// Spec: https://html.spec.whatwg.org/multipage/web-messaging.html#message-channels
var MessageChannel = js.Class[messageChannel]{
	Name: "MessageChannel",
	Constructor: func(*js.Call) (*messageChannel, error) {
		m := new(messageChannel)
		m.port1.other, m.port2.other = &m.port2, &m.port1
		return m, nil
	},
	Members: []js.Member[messageChannel]{
		js.Getter("port1", func(m *messageChannel, _ *js.Call) (any, error) { return &m.port1, nil }),
		js.Getter("port2", func(m *messageChannel, _ *js.Call) (any, error) { return &m.port2, nil }),
	},
}

type messageChannel struct {
	js.Instance
	port1, port2 messagePort
}
