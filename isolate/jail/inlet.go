package jail

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// inlet is a body whose source is at the other end of the channel: an isolate.Source.
type inlet struct {
	streams *streams
	number  uint32

	over    func()        // if not nil, called once, when it has ended or nobody reads on
	late    func()        // called when the peer owes a chunk for longer than lateMax
	lateMax time.Duration // 0: the peer may take its time

	told chan struct{} // holds a token when there is something for Next

	mu struct {
		sync.Mutex
		left  int64  // bytes to come; -1: nobody knows
		owed  bool   // the peer was asked for a chunk
		chunk []byte // that has arrived; nil: none
		err   error  // what comes after chunk; nil: more
		timer *time.Timer
	}
}

// newInlet returns an inlet that was announced with a length; -1: none.
func newInlet(length int64) *inlet {
	i := &inlet{told: make(chan struct{}, 1)}
	i.mu.left = length
	return i
}

var (
	// errUnread is why a body ends that nobody reads on.
	errUnread = errors.New("the body is not read any more")
	// errEventOver is why bodies end that were still under way when their event was over.
	errEventOver = errors.New("the event is over")
)

// Length is how many bytes are still to come; -1: nobody knows.
func (i *inlet) Length() int64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.mu.left
}

// Next returns the next bytes. What it has asked for and did not wait for is what the next
// call returns.
func (i *inlet) Next(ctx context.Context) ([]byte, error) {
	for {
		if chunk, err := i.take(); chunk != nil || err != nil {
			return chunk, err
		}
		select {
		case <-i.told:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// take returns what is there. If that is nothing, it asks for more.
func (i *inlet) take() ([]byte, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if chunk := i.mu.chunk; chunk != nil {
		i.mu.chunk = nil
		return chunk, nil
	}
	if i.mu.err == nil && !i.mu.owed {
		i.askLocked()
	}
	return nil, i.mu.err
}

// askLocked asks for a chunk. Messages go out under the lock, so that a pull never follows a
// stop.
func (i *inlet) askLocked() {
	i.mu.owed = true
	if i.lateMax > 0 {
		if i.mu.timer == nil {
			i.mu.timer = time.AfterFunc(i.lateMax, i.late)
		} else {
			i.mu.timer.Reset(i.lateMax)
		}
	}
	var space [16]byte
	// A broken link ends the streams.
	_ = i.streams.link.send(context.Background(), kindPull, i.streams.event, appendUint(space[:0], uint64(i.number)), nil)
}

// Cancel says that nobody reads on.
func (i *inlet) Cancel(reason error) {
	if reason == nil {
		reason = errUnread
	}
	i.mu.Lock()
	if i.mu.err != nil {
		i.mu.Unlock()
		return
	}
	i.mu.err, i.mu.chunk = reason, nil
	owed := i.mu.owed
	head := appendString(appendUint(nil, uint64(i.number)), cut(reason.Error(), textBytesMax))
	// A broken link ends the streams.
	_ = i.streams.link.send(context.Background(), kindStop, i.streams.event, head, nil)
	i.mu.Unlock()
	if !owed {
		i.streams.forgetIn(i)
	}
	i.end()
}

// arrive takes a chunk of the peer's.
func (i *inlet) arrive(what int, bytes []byte, err error) error {
	i.mu.Lock()
	if !i.mu.owed {
		i.mu.Unlock()
		return fault("a chunk of the body %d, for which nobody has asked", i.number)
	}
	i.mu.owed = false
	if i.mu.timer != nil {
		i.mu.timer.Stop()
	}
	unread := i.mu.err != nil
	switch {
	case unread:
	case what == chunkBytes:
		i.mu.chunk = bytes
		if i.mu.left >= 0 {
			i.mu.left = max(0, i.mu.left-int64(len(bytes)))
		}
	case what == chunkEnd:
		i.mu.err = io.EOF
	default:
		i.mu.err = err
	}
	over := !unread && i.mu.err != nil
	i.mu.Unlock()
	if unread || over {
		i.streams.forgetIn(i)
	}
	if over {
		i.end()
	} else {
		i.tell()
	}
	return nil
}

// fail ends the body with err, if nothing has ended it before. What has arrived can still be
// read.
func (i *inlet) fail(err error) {
	i.mu.Lock()
	open := i.mu.err == nil
	if open {
		i.mu.err = err
	}
	if i.mu.timer != nil {
		i.mu.timer.Stop()
	}
	i.mu.Unlock()
	if open {
		i.end()
	}
}

// open says whether the body has not ended.
func (i *inlet) open() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.mu.err == nil
}

// end follows what has set the error.
func (i *inlet) end() {
	i.tell()
	if i.over != nil {
		i.over()
	}
}

func (i *inlet) tell() {
	select {
	case i.told <- struct{}{}:
	default:
	}
}
