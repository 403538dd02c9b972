package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// handlerAttribute is the attribute "on" + kind of a class of event targets. Its value is
// called in the place among the listeners that it had when it was first set.
//
// Spec: https://html.spec.whatwg.org/multipage/webappapis.html#event-handler-attributes
func handlerAttribute[T any, P interface {
	*T
	asEventTarget() *eventTarget
}](kind string) js.Member[T] {
	return js.Accessor("on"+kind,
		func(t *T, _ *js.Call) (any, error) { return P(t).asEventTarget().handler(kind), nil },
		func(t *T, c *js.Call) error {
			P(t).asEventTarget().setHandler(kind, c.Arg(0))
			return nil
		})
}

// attributeOf returns the listener that an attribute's value is, nil if it is null.
func (t *eventTarget) attributeOf(kind string) *listener {
	for _, l := range t.handlers {
		if l.kind == kind {
			return l
		}
	}
	return nil
}

func (t *eventTarget) handler(kind string) any {
	if l := t.attributeOf(kind); l != nil {
		return l.callback
	}
	return nil
}

// setHandler sets an attribute: what is no object counts as null.
//
// Spec: https://html.spec.whatwg.org/multipage/webappapis.html#activate-an-event-handler
func (t *eventTarget) setHandler(kind string, v js.Value) {
	switch l := t.attributeOf(kind); {
	case !js.IsObject(v) && l != nil:
		t.remove(l)
	case !js.IsObject(v):
	case l != nil:
		l.callback = v
	default:
		l = &listener{kind: kind, callback: v, attribute: true}
		t.listeners = append(t.listeners, l)
		t.handlers = append(t.handlers, l)
	}
}

// handle calls the value of an attribute and cancels the event if it asks for that: by
// false, or for errors at globalThis by true.
//
// Spec: https://html.spec.whatwg.org/multipage/webappapis.html#the-event-handler-processing-algorithm
func (l *listener) handle(vm *js.VM, t *eventTarget, e *event) {
	if !js.IsFunction(l.callback) {
		return
	}
	this := vm.ToValue(t)
	if failure := js.As[errorEvent](vm, vm.ToValue(e)); failure != nil && t.global && e.kind == "error" {
		v := vm.Invoke(l.callback, this, failure.message, failure.filename, failure.line, failure.column, failure.err)
		if js.IsBool(v) && v.ToBoolean() {
			e.cancel()
		}
		return
	}
	if v := vm.Invoke(l.callback, this, e); js.IsBool(v) && !v.ToBoolean() {
		e.cancel()
	}
}
