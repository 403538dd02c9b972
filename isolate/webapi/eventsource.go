package webapi

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

// EventSource receives server-sent events, and connects again when the connection ends. Each
// connection is a subrequest; when the event has made all of its own, the source closes. From a
// stream, events are read without a connection.
//
// Spec: https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
// Source: https://developers.cloudflare.com/workers/runtime-apis/eventsource/
var EventSource = js.Class[eventSource]{
	Name:        "EventSource",
	Extends:     EventTarget,
	Length:      1,
	Constructor: newEventSource,
	Members: []js.Member[eventSource]{
		js.Getter("url", func(s *eventSource, _ *js.Call) (any, error) { return s.url, nil }),
		js.Getter("withCredentials", func(s *eventSource, _ *js.Call) (any, error) { return s.credentials, nil }),
		js.Constant[eventSource]("CONNECTING", sourceConnecting),
		js.Constant[eventSource]("OPEN", sourceOpen),
		js.Constant[eventSource]("CLOSED", sourceClosed),
		js.Getter("readyState", func(s *eventSource, _ *js.Call) (any, error) { return s.state, nil }),
		handlerAttribute[eventSource]("open"),
		handlerAttribute[eventSource]("message"),
		handlerAttribute[eventSource]("error"),
		js.Do("close", 0, func(s *eventSource, c *js.Call) error { s.close(c.VM); return nil }),
	},
	Statics: []js.Static{
		js.StaticConstant("CONNECTING", sourceConnecting),
		js.StaticConstant("OPEN", sourceOpen),
		js.StaticConstant("CLOSED", sourceClosed),
		js.StaticMethod("from", 1, eventSourceFrom),
	},
}

const (
	sourceConnecting = 0
	sourceOpen       = 1
	sourceClosed     = 2

	// reconnectAfter is how long a source waits before it connects again, unless the stream
	// says otherwise.
	reconnectAfter = 3 * time.Second
)

type eventSource struct {
	eventTarget
	url         string // empty: it reads a stream
	credentials bool   // as the script asked for; there are none
	origin      string // of messages
	state       int
	timer       int    // that connects again; 0: none is set
	source      Source // that is read; nil: there is none
	stream      eventStream
}

// newEventSource is the constructor.
//
// Spec: https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource
func newEventSource(c *js.Call) (*eventSource, error) {
	address, err := parseURL(c.String(0), "")
	if err != nil {
		return nil, &js.DOMError{Name: "SyntaxError", Message: "EventSource: " + err.Error()}
	}
	init := c.Arg(1)
	if err := dictionary("the init of an EventSource", init); err != nil {
		return nil, err
	}
	address, _, _ = strings.Cut(address, "#")
	s := &eventSource{url: address, credentials: c.VM.Get(init, "withCredentials").ToBoolean()}
	if host, ok := c.VM.Host().(Host); ok {
		s.connect(c.VM, host)
		return s, nil
	}
	if err := mayStartTimer(c.VM); err != nil {
		return nil, err
	}
	vm := c.VM
	s.timer = vm.NextTurn(func() { s.fail(vm) }) // this code runs without a network
	return s, nil
}

// eventSourceFrom makes a source of a stream's events.
func eventSourceFrom(c *js.Call) (any, error) {
	from := js.As[stream](c.VM, c.Arg(0))
	if from == nil {
		return nil, js.TypeError("EventSource.from: the argument is not a ReadableStream")
	}
	if err := from.usable(); err != nil {
		return nil, err
	}
	s := &eventSource{state: sourceOpen}
	vm := c.VM
	vm.ToValue(s)
	if from.buffered() {
		data, _ := from.take()
		vm.NextTurn(func() { s.received(vm, data, io.EOF) })
		return s, nil
	}
	s.source = from.handOver(vm)
	s.read(vm)
	return s, nil
}

// connect makes one connection, and reads it when it is there.
func (s *eventSource) connect(vm *js.VM, host Host) {
	s.state, s.timer = sourceConnecting, 0
	s.stream.restart()
	request := &HTTPRequest{Method: "GET", URL: s.url, Header: []Field{
		{Name: "accept", Value: "text/event-stream"}, {Name: "cache-control", Value: "no-store"},
	}}
	if s.stream.id != "" {
		request.Header = append(request.Header, Field{Name: "last-event-id", Value: s.stream.id})
	}
	var answer *HTTPResponse
	vm.Background(func(ctx context.Context) (_ any, err error) {
		answer, err = host.Fetch(ctx, request)
		return nil, err
	}, func(_ any, err error) {
		var coded *js.CodedError
		switch {
		case s.state == sourceClosed:
			if answer != nil && answer.Stream != nil {
				answer.Stream.Cancel(errCanceled)
			}
		case errors.As(err, &coded): // it won't be better the next time
			s.fail(vm)
		case err != nil:
			s.again(vm, host)
		default:
			s.open(vm, host, answer)
		}
	})
}

// open begins to read an answer, if it is a stream of events.
//
// Spec: https://html.spec.whatwg.org/multipage/server-sent-events.html#announce-the-connection
func (s *eventSource) open(vm *js.VM, host Host, answer *HTTPResponse) {
	h := headers{list: answer.Header, shared: true}
	typ, _ := h.mimeType(vm)
	if answer.Status != 200 || typ.essence() != "text/event-stream" {
		if answer.Stream != nil {
			answer.Stream.Cancel(errCanceled)
		}
		s.fail(vm)
		return
	}
	s.state = sourceOpen
	s.origin = originOf(answer.URL)
	s.dispatch(vm, &event{kind: "open", trusted: true, timeStamp: now(vm)})
	if s.state == sourceClosed {
		if answer.Stream != nil {
			answer.Stream.Cancel(errCanceled)
		}
		return
	}
	if answer.Stream == nil {
		s.received(vm, answer.Body, io.EOF)
		return
	}
	s.source = answer.Stream
	s.read(vm)
}

// originOf is the origin of an address that was fetched.
func originOf(address string) string {
	u, err := parseURLRecord(address, "")
	if err != nil {
		return ""
	}
	return u.origin()
}

// read waits for the next bytes.
func (s *eventSource) read(vm *js.VM) {
	source := s.source
	var data []byte
	vm.Background(func(ctx context.Context) (_ any, err error) {
		data, err = source.Next(ctx)
		return nil, err
	}, func(_ any, err error) {
		if s.state != sourceClosed {
			s.received(vm, data, err)
		}
	})
}

// received hands on the events in data and goes on, or ends the connection with err.
func (s *eventSource) received(vm *js.VM, data []byte, err error) {
	broken := s.stream.feed(vm, data, func(e serverEvent) { s.message(vm, e) })
	switch {
	case s.state == sourceClosed:
	case broken != nil:
		s.release(broken)
		s.fail(vm)
	case err == nil:
		s.read(vm)
	default:
		s.source = nil
		if host, ok := vm.Host().(Host); ok && s.url != "" {
			s.again(vm, host)
		} else {
			s.fail(vm)
		}
	}
}

// message dispatches one event of the stream.
func (s *eventSource) message(vm *js.VM, e serverEvent) {
	if s.state == sourceClosed {
		return
	}
	kind := e.kind
	if kind == "" {
		kind = "message"
	}
	m := &messageEvent{event: event{kind: kind, trusted: true, timeStamp: now(vm)}, data: vm.ToValue(e.data), origin: s.origin, lastEventID: e.id}
	vm.ToValue(m)
	s.dispatch(vm, &m.event)
}

// again connects once more, after a while.
//
// Spec: https://html.spec.whatwg.org/multipage/server-sent-events.html#reestablish-the-connection
func (s *eventSource) again(vm *js.VM, host Host) {
	s.state = sourceConnecting
	s.dispatch(vm, &event{kind: "error", trusted: true, timeStamp: now(vm)})
	if s.state == sourceClosed {
		return
	}
	if mayStartTimer(vm) != nil {
		s.fail(vm)
		return
	}
	wait := s.stream.retry
	if wait == 0 {
		wait = reconnectAfter
	}
	s.timer = vm.SetTimer(wait, false, func() { s.connect(vm, host) })
}

// fail ends the source for good.
//
// Spec: https://html.spec.whatwg.org/multipage/server-sent-events.html#fail-the-connection
func (s *eventSource) fail(vm *js.VM) {
	s.state = sourceClosed
	s.dispatch(vm, &event{kind: "error", trusted: true, timeStamp: now(vm)})
}

func (s *eventSource) close(vm *js.VM) {
	if s.state == sourceClosed {
		return
	}
	s.state = sourceClosed
	if s.timer != 0 {
		vm.ClearTimer(s.timer)
		s.timer = 0
	}
	s.release(errCanceled)
}

// release ends what is read.
func (s *eventSource) release(reason error) {
	if s.source != nil {
		s.source.Cancel(reason)
		s.source = nil
	}
}
