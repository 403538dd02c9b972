package webapi

import (
	"slices"

	"github.com/skerry-edge/skerry/isolate/js"
)

// MessagePort is one end of a MessageChannel. Both ends are in one VM. What is sent is
// copied at once, and received in a turn of its own.
//
// Spec: https://html.spec.whatwg.org/multipage/web-messaging.html#message-ports
var MessagePort = js.Class[messagePort]{
	Name:    "MessagePort",
	Extends: EventTarget,
	Members: []js.Member[messagePort]{
		js.Do("postMessage", 1, (*messagePort).postMessage),
		js.Do("start", 0, func(p *messagePort, c *js.Call) error { p.start(c.VM); return nil }),
		js.Do("close", 0, func(p *messagePort, c *js.Call) error { p.close(c.VM); return nil }),
		js.Accessor("onmessage",
			func(p *messagePort, _ *js.Call) (any, error) { return p.handler("message"), nil },
			func(p *messagePort, c *js.Call) error {
				p.setHandler("message", c.Arg(0))
				p.start(c.VM)
				return nil
			}),
		handlerAttribute[messagePort]("messageerror"),
		handlerAttribute[messagePort]("close"),
	},
}

type messagePort struct {
	eventTarget
	other   *messagePort // nil: closed, at this end or the other
	queue   []portMessage
	started bool
	waiting bool // a turn is asked for to receive the first of queue
	moved   bool // another port has taken its place, or it was closed here
}

// portMessage is what one postMessage sent.
type portMessage struct {
	data  js.Value
	ports []*messagePort
}

// postMessage sends a copy of its argument to the other end.
//
// Spec: https://html.spec.whatwg.org/multipage/web-messaging.html#message-port-post-message-steps
func (p *messagePort) postMessage(c *js.Call) error {
	list := c.Arg(1) // a sequence, or options that have one
	if !c.VM.Iterable(list) {
		if err := dictionary("the options of postMessage", list); err != nil {
			return err
		}
		list = c.VM.Get(list, "transfer")
	}
	k := newCloner(c.VM, "postMessage")
	k.sender = p // step 2
	target := p.other
	data, ports, err := k.run(c.Arg(0), list)
	if err != nil {
		return err
	}
	if target == nil || slices.Contains(k.given, any(target)) { // step 7
		return nil
	}
	target.queue = appendTo(c.VM, target.queue, portMessage{data, ports})
	target.receive(c.VM)
	return nil
}

func (p *messagePort) start(vm *js.VM) {
	if !p.moved {
		p.started = true
		p.receive(vm)
	}
}

// receive asks for a turn if there is something to receive and somebody to do it.
func (p *messagePort) receive(vm *js.VM) {
	if !p.started || p.waiting || len(p.queue) == 0 {
		return
	}
	p.waiting = true
	vm.NextTurn(func() {
		p.waiting = false
		if len(p.queue) == 0 { // it was moved or closed
			return
		}
		m := p.queue[0]
		p.queue[0] = portMessage{}
		p.queue = p.queue[1:]
		p.receive(vm)
		e := &messageEvent{event: event{kind: "message", trusted: true, timeStamp: now(vm)}, data: m.data, ports: m.ports}
		vm.ToValue(e)
		p.dispatch(vm, &e.event)
	})
}

// close cuts the channel. What was sent to the other end before is still received there.
//
// Spec: https://html.spec.whatwg.org/multipage/web-messaging.html#dom-messageport-close
func (p *messagePort) close(vm *js.VM) {
	other := p.other
	p.moved, p.queue = true, nil
	if other == nil {
		return
	}
	p.other, other.other = nil, nil
	vm.NextTurn(func() { other.dispatch(vm, &event{kind: "close", trusted: true, timeStamp: now(vm)}) })
}

func (p *messagePort) transferable() bool { return !p.moved }

func (p *messagePort) successor() any { return new(messagePort) }

// moveTo makes another port the end of the channel that p was, with what waits there.
//
// Spec: https://html.spec.whatwg.org/multipage/web-messaging.html#message-ports:transfer-steps
func (p *messagePort) moveTo(to any) {
	next := to.(*messagePort)
	next.queue, next.other = p.queue, p.other
	if p.other != nil {
		p.other.other = next
	}
	p.moved, p.queue, p.other = true, nil, nil
}
