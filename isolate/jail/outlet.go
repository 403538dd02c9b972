package jail

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/skerry-edge/skerry/isolate"
)

// outlet is a body whose source is at this end of the channel. It is read when the peer asks.
type outlet struct {
	streams *streams
	number  uint32
	source  isolate.Source

	over func() // if not nil, called once, when nobody reads the source any more
	sent func() // if not nil, called when a chunk is on its way

	rest []byte // what the source has given and has not gone out; its reader's

	mu struct {
		sync.Mutex
		owed    bool // the peer has asked for a chunk
		ended   bool // it will not ask again, or may not
		sending int  // goroutines that have yet to send a chunk, or are about to
	}
}

// pull sends the next chunk, from a goroutine of its own.
func (o *outlet) pull() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.mu.owed || o.mu.ended {
		return fault("a pull of the body %d, which has one too many", o.number)
	}
	o.mu.owed = true
	o.mu.sending++
	o.streams.work.Go(o.serve)
	return nil
}

// serve reads the source and answers a pull.
func (o *outlet) serve() {
	chunk, err := o.next()
	var space [256]byte
	head := appendUint(space[:0], uint64(o.number))
	switch {
	case err == nil:
		head = append(head, chunkBytes)
	case err == io.EOF:
		head = append(head, chunkEnd)
	default:
		head = appendStreamError(head, err)
	}
	o.mu.Lock()
	o.mu.owed = false // before it goes out: the next pull may come right away
	o.mu.ended = o.mu.ended || err != nil
	o.mu.Unlock()
	// A broken link ends the streams.
	_ = o.streams.link.sendPaced(kindChunk, o.streams.event, head, chunk)
	o.mu.Lock()
	o.mu.sending--
	ended := o.mu.ended
	o.mu.Unlock()
	if ended {
		o.end()
	}
	if o.sent != nil {
		o.sent()
	}
}

// next returns what goes out next: never nothing.
func (o *outlet) next() (chunk []byte, err error) {
	for len(o.rest) == 0 {
		if o.rest, err = o.source.Next(context.Background()); err != nil {
			return nil, err
		}
	}
	n := min(len(o.rest), chunkBytesMax)
	chunk, o.rest = o.rest[:n], o.rest[n:]
	return chunk, nil
}

// stop takes note that the peer reads no more, because of reason.
func (o *outlet) stop(reason string) {
	o.mu.Lock()
	if o.mu.ended {
		o.mu.Unlock()
		return
	}
	o.mu.ended = true
	owed := o.mu.owed
	o.mu.Unlock()
	err := errUnread
	if reason != "" {
		err = errors.New(reason)
	}
	o.source.Cancel(err)
	if !owed { // else serve does
		o.end()
	}
}

// fail ends the body because its event or its channel is over: nobody hears of it.
func (o *outlet) fail(err error) {
	o.mu.Lock()
	o.mu.ended = true
	o.mu.Unlock()
	o.source.Cancel(err)
	if o.over != nil {
		o.over()
	}
}

func (o *outlet) end() {
	if o.streams.forgetOut(o) && o.over != nil {
		o.over()
	}
}

func (o *outlet) busy() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.mu.sending > 0
}
