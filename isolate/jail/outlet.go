package jail

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/isolate/js"
)

// outlet is a body whose source is at this end of the channel. It is read when the peer asks.
type outlet struct {
	streams *streams
	number  uint32
	source  isolate.Source

	over func() // if not nil, called once, when nobody reads the source any more
	sent func() // if not nil, called when all that was asked for is on its way

	rest []byte // what the source has given and has not gone out; its reader's

	mu struct {
		sync.Mutex
		pulled  bool  // the peer has asked for some
		owed    int   // chunks that the peer has asked for
		ended   bool  // there is no more, or nobody reads it
		serving bool  // a goroutine reads the source and sends
		err     error // the source's
	}
}

// pull takes note that the peer asks for so many more chunks.
func (o *outlet) pull(chunks int) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.mu.ended { // its end and this have crossed
		return nil
	}
	if chunks == 0 || o.mu.owed+chunks > aheadMax {
		return fault("a pull of %d of the body %d, which is too much", chunks, o.number)
	}
	o.mu.pulled = true
	o.mu.owed += chunks
	if !o.mu.serving {
		o.mu.serving = true
		o.streams.work.Go(o.serve)
	}
	return nil
}

// serve sends what was asked for.
func (o *outlet) serve() {
	for {
		chunk, err := o.next()
		o.mu.Lock()
		if o.mu.ended && err == nil {
			err = io.EOF // nobody will know
		}
		// Before it goes out: the next pull may come right away.
		o.mu.owed--
		o.mu.ended, o.mu.err = err != nil, err
		o.mu.Unlock()
		o.send(chunk, err)
		o.mu.Lock()
		stopped := err == nil && o.mu.ended
		o.mu.serving = err == nil && !stopped && o.mu.owed > 0
		serving := o.mu.serving
		o.mu.Unlock()
		if serving {
			continue
		}
		if stopped {
			o.send(nil, io.EOF)
		}
		if stopped || err != nil {
			o.end()
		}
		if o.sent != nil {
			o.sent()
		}
		return
	}
}

// send sends a chunk, or the end.
func (o *outlet) send(chunk []byte, err error) {
	var space [256]byte
	head := appendUint(space[:0], uint64(o.number))
	switch {
	case err == nil:
		head = append(head, chunkBytes)
	case err == io.EOF:
		head, chunk = append(head, chunkEnd), nil
	default:
		head, chunk = appendStreamError(head, err), nil
	}
	// A broken link ends the streams.
	_ = o.streams.link.sendPaced(kindChunk, o.streams.event, head, chunk)
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

// stop takes note that the peer reads no more, because of reason. It is told that this is
// known: with the end.
func (o *outlet) stop(reason string) {
	o.mu.Lock()
	if o.mu.ended {
		o.mu.Unlock()
		return
	}
	o.mu.ended = true
	serving := o.mu.serving
	o.mu.Unlock()
	err := errUnread
	if reason != "" {
		err = errors.New(reason)
	}
	o.source.Cancel(err)
	if !serving {
		o.streams.work.Go(func() {
			o.send(nil, io.EOF)
			o.end()
		})
	}
}

// withdraw ends the body if nothing of it was asked for, and says so. Its source is left alone.
func (o *outlet) withdraw() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.mu.pulled {
		return false
	}
	o.mu.ended = true
	return true
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

// reason returns why something has failed with err because the source has: what a script has
// thrown, which only this end knows, or else err.
func (o *outlet) reason(err error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, thrown := js.Thrown(o.mu.err); thrown {
		return o.mu.err
	}
	return err
}

// busy says whether something was asked for that is not on its way.
func (o *outlet) busy() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.mu.serving
}
