package webapi

import (
	"slices"

	"github.com/skerry-edge/skerry/isolate/js"
)

// EventTarget takes listeners and hands them events. Scripts may derive classes from it.
//
// Spec: https://dom.spec.whatwg.org/#interface-eventtarget
var EventTarget = js.Class[eventTarget]{
	Name:        "EventTarget",
	Constructor: func(*js.Call) (*eventTarget, error) { return new(eventTarget), nil },
	As: func(state any) (*eventTarget, bool) {
		t, ok := state.(interface{ asEventTarget() *eventTarget })
		if !ok {
			return nil, false
		}
		return t.asEventTarget(), true
	},
	Members: []js.Member[eventTarget]{
		js.Do("addEventListener", 2, (*eventTarget).addEventListener),
		js.Do("removeEventListener", 2, (*eventTarget).removeEventListener),
		js.Method("dispatchEvent", 1, (*eventTarget).dispatchEvent),
	},
}

type eventTarget struct {
	js.Instance
	listeners []*listener // in the order they are called, capturing ones mixed in
	handlers  []*listener // those of them that are values of attributes
	global    bool        // it is globalThis
}

func (t *eventTarget) asEventTarget() *eventTarget { return t }

// listener is one call that an event leads to.
//
// Spec: https://dom.spec.whatwg.org/#concept-event-listener
type listener struct {
	kind     string
	callback js.Value // a function, or an object with a method handleEvent
	capture  bool
	once     bool
	passive  bool
	removed  bool   // it was taken away: a dispatch under way skips it
	unlink   func() // forgets the signal that would take it away; nil: there is none

	attribute bool // it is the value of an attribute, such as onabort: see handlerAttribute
}

// addEventListener adds a listener, unless the same is there.
//
// Spec: https://dom.spec.whatwg.org/#add-an-event-listener
func (t *eventTarget) addEventListener(c *js.Call) error {
	l := &listener{kind: c.String(0), callback: c.Arg(1)}
	signal, err := l.options(c)
	if err != nil {
		return err
	}
	if js.IsNullish(l.callback) || signal != nil && signal.aborted {
		return nil
	}
	if !js.IsObject(l.callback) {
		return js.TypeError("addEventListener: the listener is neither a function nor an object")
	}
	if t.find(c.VM, l) >= 0 {
		return nil
	}
	t.listeners = appendTo(c.VM, t.listeners, l)
	if signal != nil {
		l.unlink = signal.onAbort(func() { t.remove(l) })
	}
	return nil
}

// options reads argument 2 of addEventListener: a boolean, or an object.
func (l *listener) options(c *js.Call) (*abortSignal, error) {
	if !js.IsObject(c.Arg(2)) {
		l.capture = c.Bool(2)
		return nil, nil
	}
	option := func(name string) js.Value { return c.VM.Get(c.Arg(2), name) }
	l.capture = option("capture").ToBoolean()
	l.once = option("once").ToBoolean()
	l.passive = option("passive").ToBoolean()
	value := option("signal")
	if js.IsUndefined(value) {
		return nil, nil
	}
	signal := js.As[abortSignal](c.VM, value)
	if signal == nil {
		return nil, js.TypeError("addEventListener: the option signal is not an AbortSignal")
	}
	return signal, nil
}

func (t *eventTarget) removeEventListener(c *js.Call) error {
	l := &listener{kind: c.String(0), callback: c.Arg(1)}
	if js.IsObject(c.Arg(2)) {
		l.capture = c.VM.Get(c.Arg(2), "capture").ToBoolean()
	} else {
		l.capture = c.Bool(2)
	}
	if i := t.find(c.VM, l); i >= 0 {
		t.remove(t.listeners[i])
	}
	return nil
}

// find returns where the listener is that would be called as l, -1 if there is none.
func (t *eventTarget) find(vm *js.VM, l *listener) int {
	kind := matching(vm, l.kind)
	return slices.IndexFunc(t.listeners, func(o *listener) bool {
		return kind.is(o.kind) && !o.attribute && o.capture == l.capture && js.Same(o.callback, l.callback)
	})
}

func (t *eventTarget) remove(l *listener) {
	l.removed = true
	if l.unlink != nil {
		l.unlink()
	}
	same := func(o *listener) bool { return o == l }
	t.listeners = slices.DeleteFunc(t.listeners, same)
	if l.attribute {
		t.handlers = slices.DeleteFunc(t.handlers, same)
	}
}

// listens says whether anybody waits for events of a type.
func (t *eventTarget) listens(kind string) bool {
	return slices.ContainsFunc(t.listeners, func(l *listener) bool { return l.kind == kind })
}

func (t *eventTarget) dispatchEvent(c *js.Call) (any, error) {
	e := js.As[event](c.VM, c.Arg(0))
	if e == nil {
		return nil, js.TypeError("dispatchEvent: the argument is not an Event")
	}
	if e.currentTarget != nil {
		return nil, &js.DOMError{Name: "InvalidStateError", Message: "dispatchEvent: the event is being dispatched already"}
	}
	e.trusted = false
	t.dispatch(c.VM, e)
	return !e.canceled, nil
}

// dispatch calls the listeners of e's type, capturing ones first. What they throw is
// reported and stops nothing. An e that is part of the state of a class derived from Event
// has its object already.
//
// Spec: https://dom.spec.whatwg.org/#concept-event-dispatch
func (t *eventTarget) dispatch(vm *js.VM, e *event) {
	e.target, e.currentTarget = t, t
	defer func() {
		e.currentTarget = nil
		e.stopped, e.stoppedNow = false, false
	}()
	t.invoke(vm, e, true)
	if !e.stopped {
		t.invoke(vm, e, false)
	}
}

// invoke calls the listeners that are there now, of e's type and one sort of capturing.
//
// Spec: https://dom.spec.whatwg.org/#concept-event-listener-inner-invoke
func (t *eventTarget) invoke(vm *js.VM, e *event, capture bool) {
	kind := matching(vm, e.kind)
	for _, l := range cloneList(vm, t.listeners) {
		if l.removed || l.capture != capture || !kind.is(l.kind) {
			continue
		}
		vm.Checkpoint()
		if l.once {
			t.remove(l)
		}
		e.passive = l.passive
		if err := vm.Try(func() { l.call(vm, t, e) }); err != nil {
			ReportException(vm, err)
		}
		e.passive = false
		if e.stoppedNow {
			return
		}
	}
}

// call calls the function, or the method handleEvent of the object, as it is now.
//
// Spec: https://webidl.spec.whatwg.org/#call-a-user-objects-operation
func (l *listener) call(vm *js.VM, t *eventTarget, e *event) {
	switch {
	case l.attribute:
		l.handle(vm, t, e)
	case js.IsFunction(l.callback):
		vm.Invoke(l.callback, vm.ToValue(t), e)
	default:
		vm.Invoke(vm.Get(l.callback, "handleEvent"), l.callback, e)
	}
}
