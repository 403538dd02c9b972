package remote

import (
	"encoding/binary"
	"io"
	"runtime"
	"slices"
	"sync"
)

// outbox is what one side has to send. Messages put into it are gathered into as few
// writes as there can be; it has no goroutine of its own. put and cancel say whether
// nobody is writing: then the caller must see to it that pump runs, once.
type outbox struct {
	w io.Writer
	// sending is told what a message costs before a byte of it is written, and written
	// when all of it is. They may be nil.
	sending, written func(cost)

	mu struct {
		sync.Mutex
		ready   []byte   // whole frames
		cost    cost     // of the messages in ready
		large   []*large // take turns, a part each; the next one first
		pumping bool
		closed  bool
	}
	spare []byte // pump's, for ready's next turn
}

// large is a message that is sent in parts.
type large struct {
	call       uint32
	head, tail []byte // what is left of it; tail may be a caller's
	total      int
	started    bool
	cost       cost
}

// cost is what a message counts while it waits to be sent.
type cost struct {
	request int64 // bytes of the request that it answers
	answer  int64 // bytes of an answer
}

func (c *cost) add(more cost) {
	c.request += more.request
	c.answer += more.answer
}

// readyBytesMax bounds the buffer that is kept for the next write.
const readyBytesMax = 256 << 10

// put adds a message of two pieces. It keeps tail until the message has been written or is
// withdrawn, if the message is longer than a frame.
func (o *outbox) put(call uint32, head, tail []byte, c cost) (pump bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.mu.closed {
		return false
	}
	size := len(head) + len(tail)
	if size > partBytes {
		o.mu.large = append(o.mu.large, &large{call: call, head: slices.Clone(head), tail: tail, total: size, cost: c})
	} else {
		o.mu.ready = header{kind: wholeFrame, size: size, call: call}.append(o.mu.ready)
		o.mu.ready = append(o.mu.ready, head...)
		o.mu.ready = append(o.mu.ready, tail...)
		o.mu.cost.add(c)
	}
	return o.pumpLocked()
}

// putFrame adds a frame whose payload is not a message.
func (o *outbox) putFrame(k kind, call uint32, payload []byte) (pump bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.mu.closed {
		return false
	}
	o.mu.ready = header{kind: k, size: len(payload), call: call}.append(o.mu.ready)
	o.mu.ready = append(o.mu.ready, payload...)
	return o.pumpLocked()
}

// withdraw takes back what is not sent yet of a large message, and then no longer refers
// to it. It says whether nothing of it was sent.
func (o *outbox) withdraw(call uint32) (unsent bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	i := slices.IndexFunc(o.mu.large, func(l *large) bool { return l.call == call })
	if i < 0 {
		return false
	}
	unsent = !o.mu.large[i].started
	o.mu.large = slices.Delete(o.mu.large, i, i+1)
	return unsent
}

// close drops what is not sent, and whatever is put later.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mu.closed = true
	o.mu.ready, o.mu.large = nil, nil
}

func (o *outbox) pumpLocked() bool {
	if o.mu.pumping {
		return false
	}
	o.mu.pumping = true
	return true
}

// pump writes until there is nothing left to write. After an error the outbox is closed.
// A crowd is others who may be about to put something: they get the chance to share the
// first write.
func (o *outbox) pump(crowd bool) error {
	if crowd {
		runtime.Gosched()
	}
	for {
		b, begun, ended := o.take()
		if b == nil {
			return nil
		}
		if o.sending != nil {
			o.sending(begun)
		}
		if _, err := o.w.Write(b); err != nil {
			o.close()
			return err
		}
		if o.written != nil {
			o.written(ended)
		}
		if cap(b) <= readyBytesMax {
			o.spare = b[:0]
		}
	}
}

// take returns what to write next: all that is ready, and one part of the large message
// whose turn it is; with the cost of the messages that begin in it and that end in it. It
// returns nil if there is nothing, and then the caller is no longer who pumps.
func (o *outbox) take() (b []byte, begun, ended cost) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.mu.ready) == 0 && len(o.mu.large) == 0 {
		o.mu.pumping = false
		return nil, cost{}, cost{}
	}
	b, begun, ended = o.mu.ready, o.mu.cost, o.mu.cost
	o.mu.ready, o.mu.cost, o.spare = o.spare, cost{}, nil
	if len(o.mu.large) > 0 {
		next := o.mu.large[0]
		if !next.started {
			begun.add(next.cost)
		}
		b = next.appendPart(b)
		o.mu.large = slices.Delete(o.mu.large, 0, 1)
		if len(next.head)+len(next.tail) > 0 {
			o.mu.large = append(o.mu.large, next)
		} else {
			ended.add(next.cost)
		}
	}
	return b, begun, ended
}

// appendPart appends a frame with the next part of the message.
func (l *large) appendPart(b []byte) []byte {
	left := len(l.head) + len(l.tail)
	if !l.started {
		l.started = true
		b = header{kind: firstFrame, size: min(left+totalBytes, partBytes), call: l.call}.append(b)
		b = binary.LittleEndian.AppendUint32(b, uint32(l.total))
		return l.appendBytes(b, partBytes-totalBytes)
	}
	b = header{kind: moreFrame, size: min(left, partBytes), call: l.call}.append(b)
	return l.appendBytes(b, partBytes)
}

// appendBytes moves up to n bytes of the message to b.
func (l *large) appendBytes(b []byte, n int) []byte {
	fromHead := min(n, len(l.head))
	b = append(b, l.head[:fromHead]...)
	l.head = l.head[fromHead:]
	fromTail := min(n-fromHead, len(l.tail))
	b = append(b, l.tail[:fromTail]...)
	l.tail = l.tail[fromTail:]
	return b
}

// holds says whether a part of a large message is still to be sent.
func (o *outbox) holds(call uint32) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.ContainsFunc(o.mu.large, func(l *large) bool { return l.call == call })
}
