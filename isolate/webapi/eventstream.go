package webapi

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

// eventBytesMax bounds one event of a stream, and one line.
const eventBytesMax = 1 << 20

// serverEvent is one event of an event stream.
type serverEvent struct {
	kind string // empty: "message"
	data string
	id   string // the last that the stream gave
}

// eventStream reads a stream of text/event-stream, in pieces of any size.
//
// Spec: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
type eventStream struct {
	line  []byte // what has come of the line that is not complete
	begun bool   // a byte order mark would be no longer one
	cr    bool   // the line before ended with a carriage return: a line feed belongs to it
	data  strings.Builder
	some  bool // data has a line, if only an empty one
	kind  string
	next  string // the id of events from the next empty line on
	id    string
	retry time.Duration // the last that the stream asked for; 0: none
}

// feed takes the next bytes and hands on the events that are complete.
func (s *eventStream) feed(vm *js.VM, chunk []byte, emit func(serverEvent)) error {
	for len(chunk) > 0 {
		vm.Checkpoint()
		if s.cr {
			s.cr = false
			if chunk[0] == '\n' {
				chunk = chunk[1:]
				continue
			}
		}
		end := bytes.IndexAny(chunk, "\r\n")
		if end < 0 {
			return s.keep(vm, chunk)
		}
		line := chunk[:end]
		if len(s.line) > 0 {
			if err := s.keep(vm, line); err != nil {
				return err
			}
			line = s.line
		}
		s.cr = chunk[end] == '\r'
		chunk = chunk[end+1:]
		if err := s.take(vm, line, emit); err != nil {
			return err
		}
		s.line = s.line[:0]
	}
	return nil
}

// keep adds to the line that is not complete.
func (s *eventStream) keep(vm *js.VM, part []byte) error {
	if len(s.line)+len(part) > eventBytesMax {
		return errEventTooLarge
	}
	vm.Allocate(int64(len(part)), "a line of an event stream")
	s.line = append(s.line, part...)
	return nil
}

var errEventTooLarge = fmt.Errorf("EventSource: an event or a line of the stream is larger than %d bytes", eventBytesMax)

// take takes one line.
func (s *eventStream) take(vm *js.VM, line []byte, emit func(serverEvent)) error {
	if !s.begun {
		s.begun = true
		line = bytes.TrimPrefix(line, []byte("\uFEFF"))
	}
	if len(line) == 0 {
		s.dispatch(emit)
		return nil
	}
	field, value, _ := strings.Cut(decodeUTF8(vm, string(line)), ":")
	value = strings.TrimPrefix(value, " ")
	switch field {
	case "event":
		s.kind = value
	case "data":
		if s.data.Len()+len(value) > eventBytesMax {
			return errEventTooLarge
		}
		if s.some {
			s.data.WriteByte('\n')
		}
		s.some = true
		s.data.WriteString(value)
	case "id":
		if !strings.Contains(value, "\x00") {
			s.next = value
		}
	case "retry":
		if ms, err := strconv.ParseUint(value, 10, 31); err == nil && !strings.HasPrefix(value, "+") {
			s.retry = time.Duration(ms) * time.Millisecond
		}
	}
	return nil
}

// dispatch ends an event at an empty line.
func (s *eventStream) dispatch(emit func(serverEvent)) {
	s.id = s.next
	if s.some {
		emit(serverEvent{kind: s.kind, data: s.data.String(), id: s.id})
	}
	s.data.Reset()
	s.some, s.kind = false, ""
}

// restart forgets what an ended connection has left of an event.
func (s *eventStream) restart() {
	*s = eventStream{next: s.id, id: s.id, retry: s.retry}
}
