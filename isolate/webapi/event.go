package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// Event is what listeners are called with.
//
// Spec: https://dom.spec.whatwg.org/#interface-event
var Event = js.Class[event]{
	Name:        "Event",
	Length:      1,
	Constructor: newEvent,
	As:          asEvent,
	Members: []js.Member[event]{
		js.Getter("type", func(e *event, _ *js.Call) (any, error) { return e.kind, nil }),
		js.Getter("target", func(e *event, _ *js.Call) (any, error) { return orNull(e.target), nil }),
		js.Getter("srcElement", func(e *event, _ *js.Call) (any, error) { return orNull(e.target), nil }),
		js.Getter("currentTarget", func(e *event, _ *js.Call) (any, error) { return orNull(e.currentTarget), nil }),
		js.Method("composedPath", 0, func(e *event, _ *js.Call) (any, error) {
			if e.currentTarget == nil {
				return []any{}, nil
			}
			return []any{e.currentTarget}, nil
		}),
		js.Getter("eventPhase", func(e *event, _ *js.Call) (any, error) { return e.phase(), nil }),
		js.Do("stopPropagation", 0, func(e *event, _ *js.Call) error { e.stopped = true; return nil }),
		js.Accessor("cancelBubble",
			func(e *event, _ *js.Call) (any, error) { return e.stopped, nil },
			func(e *event, c *js.Call) error { e.stopped = e.stopped || c.Bool(0); return nil }),
		js.Do("stopImmediatePropagation", 0, func(e *event, _ *js.Call) error {
			e.stopped, e.stoppedNow = true, true
			return nil
		}),
		js.Getter("bubbles", func(e *event, _ *js.Call) (any, error) { return e.bubbles, nil }),
		js.Getter("cancelable", func(e *event, _ *js.Call) (any, error) { return e.cancelable, nil }),
		js.Accessor("returnValue",
			func(e *event, _ *js.Call) (any, error) { return !e.canceled, nil },
			func(e *event, c *js.Call) error {
				if !c.Bool(0) {
					e.cancel()
				}
				return nil
			}),
		js.Do("preventDefault", 0, func(e *event, _ *js.Call) error { e.cancel(); return nil }),
		js.Getter("defaultPrevented", func(e *event, _ *js.Call) (any, error) { return e.canceled, nil }),
		js.Getter("composed", func(e *event, _ *js.Call) (any, error) { return e.composed, nil }),
		js.Getter("isTrusted", func(e *event, _ *js.Call) (any, error) { return e.trusted, nil }),
		js.Getter("timeStamp", func(e *event, _ *js.Call) (any, error) { return e.timeStamp, nil }),
		js.Do("initEvent", 1, (*event).init),
		js.Constant[event]("NONE", phaseNone),
		js.Constant[event]("CAPTURING_PHASE", phaseCapturing),
		js.Constant[event]("AT_TARGET", phaseAtTarget),
		js.Constant[event]("BUBBLING_PHASE", phaseBubbling),
	},
	Statics: []js.Static{
		js.StaticConstant("NONE", phaseNone),
		js.StaticConstant("CAPTURING_PHASE", phaseCapturing),
		js.StaticConstant("AT_TARGET", phaseAtTarget),
		js.StaticConstant("BUBBLING_PHASE", phaseBubbling),
	},
}

// The phases of a dispatch. There is no tree here: an event has none but its target.
const (
	phaseNone = iota
	phaseCapturing
	phaseAtTarget
	phaseBubbling
)

type event struct {
	js.Instance
	kind       string // the attribute type
	bubbles    bool
	cancelable bool
	composed   bool
	trusted    bool    // the platform dispatched it, not a script
	timeStamp  float64 // milliseconds since the time origin

	target        *eventTarget
	currentTarget *eventTarget // nil: it is not being dispatched
	stopped       bool         // stop propagation flag
	stoppedNow    bool         // stop immediate propagation flag
	canceled      bool
	passive       bool // the listener that runs has promised not to cancel it
}

// asEvent finds the event in the state of a class that extends Event.
func asEvent(state any) (*event, bool) {
	e, ok := state.(interface{ asEvent() *event })
	if !ok {
		return nil, false
	}
	return e.asEvent(), true
}

func (e *event) asEvent() *event { return e }

// orNull turns a nil pointer into null.
func orNull[T any](p *T) any {
	if p == nil {
		return nil
	}
	return p
}

func newEvent(c *js.Call) (*event, error) {
	e := &event{kind: c.String(0), timeStamp: now(c.VM)}
	init := c.Arg(1)
	if err := dictionary("the init of an Event", init); err != nil {
		return nil, err
	}
	e.bubbles = c.VM.Get(init, "bubbles").ToBoolean()
	e.cancelable = c.VM.Get(init, "cancelable").ToBoolean()
	e.composed = c.VM.Get(init, "composed").ToBoolean()
	return e, nil
}

func (e *event) phase() int {
	if e.currentTarget != nil {
		return phaseAtTarget
	}
	return phaseNone
}

func (e *event) cancel() {
	if e.cancelable && !e.passive {
		e.canceled = true
	}
}

// init is initEvent, which older code creates events with.
func (e *event) init(c *js.Call) error {
	if e.currentTarget != nil {
		return nil
	}
	e.kind, e.bubbles, e.cancelable = c.String(0), c.Bool(1), c.Bool(2)
	e.stopped, e.stoppedNow, e.canceled, e.trusted, e.target = false, false, false, false, nil
	return nil
}
