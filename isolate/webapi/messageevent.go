package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// MessageEvent brings a message that a MessagePort received.
//
// Spec: https://html.spec.whatwg.org/multipage/comms.html#the-messageevent-interface
var MessageEvent = js.Class[messageEvent]{
	Name:        "MessageEvent",
	Length:      1,
	Extends:     Event,
	Constructor: newMessageEvent,
	Members: []js.Member[messageEvent]{
		js.Getter("data", func(e *messageEvent, _ *js.Call) (any, error) { return e.data, nil }),
		js.Getter("origin", func(e *messageEvent, _ *js.Call) (any, error) { return e.origin, nil }),
		js.Getter("lastEventId", func(e *messageEvent, _ *js.Call) (any, error) { return e.lastEventID, nil }),
		js.Getter("source", func(e *messageEvent, _ *js.Call) (any, error) { return orNull(e.source), nil }),
		js.Getter("ports", (*messageEvent).getPorts),
		js.Do("initMessageEvent", 1, (*messageEvent).initMessageEvent),
	},
}

type messageEvent struct {
	event
	data        js.Value
	origin      string
	lastEventID string
	source      *messagePort // nil: null
	ports       []*messagePort
	frozen      js.Value // the array that scripts see of ports; nil: nobody has asked for it
}

func newMessageEvent(c *js.Call) (*messageEvent, error) {
	base, err := newEvent(c)
	if err != nil {
		return nil, err
	}
	e, init := &messageEvent{event: *base, data: js.Null}, c.Arg(1)
	if v := c.VM.Get(init, "data"); !js.IsUndefined(v) {
		e.data = v
	}
	if v := c.VM.Get(init, "lastEventId"); !js.IsUndefined(v) {
		e.lastEventID = c.VM.String(v)
	}
	if v := c.VM.Get(init, "origin"); !js.IsUndefined(v) {
		e.origin = c.VM.String(v)
	}
	if v := c.VM.Get(init, "ports"); !js.IsUndefined(v) {
		if e.ports, err = portsOf(c.VM, v); err != nil {
			return nil, err
		}
	}
	e.source, err = sourceOf(c.VM, c.VM.Get(init, "source"))
	return e, err
}

// portsOf converts a sequence of ports.
func portsOf(vm *js.VM, v js.Value) (ports []*messagePort, err error) {
	if !vm.Iterable(v) {
		return nil, js.TypeError("ports: the value is not a list of MessagePorts")
	}
	vm.ForOf(v, func(element js.Value) bool {
		p := js.As[messagePort](vm, element)
		if p == nil {
			err = js.TypeError("ports: one of the values is not a MessagePort")
			return false
		}
		ports = appendTo(vm, ports, p)
		return true
	})
	return ports, err
}

// sourceOf converts where a message came from: a port, or nothing.
func sourceOf(vm *js.VM, v js.Value) (*messagePort, error) {
	p := js.As[messagePort](vm, v)
	if p == nil && !js.IsNullish(v) {
		return nil, js.TypeError("source: the value is not a MessagePort")
	}
	return p, nil
}

// getPorts returns the same frozen array each time.
func (e *messageEvent) getPorts(c *js.Call) (any, error) {
	if e.frozen == nil {
		ports := make([]any, len(e.ports))
		for i, p := range e.ports {
			ports[i] = p
		}
		e.frozen = freeze(c.VM, c.VM.NewArray(ports...))
	}
	return e.frozen, nil
}

// freeze makes o one that can't be changed, and returns it.
func freeze(vm *js.VM, o *js.Object) js.Value {
	object := vm.Intrinsic("Object")
	return vm.Invoke(vm.Get(object, "freeze"), object, o)
}

// initMessageEvent is what older code fills events with.
func (e *messageEvent) initMessageEvent(c *js.Call) error {
	if e.currentTarget != nil {
		return nil
	}
	data, text := js.Value(js.Null), [2]string{}
	if c.Given(3) {
		data = c.Arg(3)
	}
	for i := range text {
		if c.Given(4 + i) {
			text[i] = c.String(4 + i)
		}
	}
	source, err := sourceOf(c.VM, c.Arg(6))
	if err != nil {
		return err
	}
	var ports []*messagePort
	if c.Given(7) {
		if ports, err = portsOf(c.VM, c.Arg(7)); err != nil {
			return err
		}
	}
	if err := e.init(c); err != nil {
		return err
	}
	e.data, e.origin, e.lastEventID, e.source, e.ports, e.frozen = data, text[0], text[1], source, ports, nil
	return nil
}
