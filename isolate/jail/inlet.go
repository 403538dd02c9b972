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
		left    int64    // bytes to come; -1: nobody knows
		read    int      // bytes that Next has returned
		owed    int      // chunks that the peer was asked for
		chunks  [][]byte // that have arrived
		err     error    // what comes after them; nil: more
		stopped bool     // the peer was told that nobody reads on, and has not said that it knows
		timer   *time.Timer
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
	if i.mu.left < 0 {
		return -1
	}
	return max(0, i.mu.left-int64(i.mu.read))
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

// take returns what is there, and asks for more.
func (i *inlet) take() ([]byte, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.mu.chunks) == 0 {
		if i.mu.err == nil {
			i.askLocked(1)
		}
		return nil, i.mu.err
	}
	chunk := i.mu.chunks[0]
	i.mu.chunks[0], i.mu.chunks = nil, i.mu.chunks[1:]
	i.mu.read += len(chunk)
	if i.mu.err == nil && i.mu.read >= chunkBytesMax {
		i.askLocked(min(max(1, chunkBytesMax/len(chunk)), aheadMax))
	}
	return chunk, nil
}

// askLocked asks for so many chunks, less those that are there or on their way, if that is
// worth a message. Messages go out under the lock, so that a pull never follows a stop.
func (i *inlet) askLocked(want int) {
	missing := want - i.mu.owed - len(i.mu.chunks)
	if missing <= want/2 {
		return
	}
	i.mu.owed += missing
	i.timeLocked()
	var space [16]byte
	// A broken link ends the streams.
	_ = i.streams.link.send(context.Background(), kindPull, i.streams.event, appendUint(appendUint(space[:0], uint64(i.number)), uint64(missing)), nil)
}

// timeLocked begins to count the time that the peer takes, if it owes something.
func (i *inlet) timeLocked() {
	switch {
	case i.mu.owed == 0 || i.mu.err != nil:
		if i.mu.timer != nil {
			i.mu.timer.Stop()
		}
	case i.lateMax == 0:
	case i.mu.timer == nil:
		i.mu.timer = time.AfterFunc(i.lateMax, i.late)
	default:
		i.mu.timer.Reset(i.lateMax)
	}
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
	i.stopLocked(reason)
	i.mu.Unlock()
	i.end()
}

// stopLocked tells the peer that nobody reads on.
func (i *inlet) stopLocked(reason error) {
	i.mu.err, i.mu.chunks, i.mu.stopped = reason, nil, true
	i.timeLocked()
	head := appendString(appendUint(nil, uint64(i.number)), cut(reason.Error(), textBytesMax))
	// A broken link ends the streams.
	_ = i.streams.link.send(context.Background(), kindStop, i.streams.event, head, nil)
}

// arrive takes a chunk of the peer's, or the end.
func (i *inlet) arrive(what int, bytes []byte, err error) error {
	ended := what != chunkBytes
	i.mu.Lock()
	if i.mu.owed == 0 && (!ended || !i.mu.stopped) {
		i.mu.Unlock()
		return fault("a chunk of the body %d, for which nobody has asked", i.number)
	}
	i.mu.owed = max(0, i.mu.owed-1)
	unread := i.mu.err != nil
	switch {
	case unread:
	case !ended:
		i.mu.chunks = append(i.mu.chunks, bytes)
	case what == chunkEnd:
		i.mu.err = io.EOF
	default:
		i.mu.err = err
	}
	i.timeLocked()
	i.mu.Unlock()
	if ended {
		i.streams.forgetIn(i)
	}
	switch {
	case unread:
	case ended:
		i.end()
	default:
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
	i.timeLocked()
	i.mu.Unlock()
	if open {
		i.end()
	}
}

// failed says whether err is, or comes of, the error that the peer's source has failed with.
func (i *inlet) failed(err error) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.mu.err != nil && i.mu.err != io.EOF && !i.mu.stopped && errors.Is(err, i.mu.err)
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
