package gateway

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skerry-edge/skerry/isolate"
)

const (
	// bodyInline is the longest body that is read before its function is called. Most are
	// shorter, and nobody holds an isolate while they come.
	bodyInline = 64 << 10

	// uploadChunk is the most that is read of a body at once, as long as its client does not
	// send faster; then it is uploadBurst, for each read and the write that follows it cost a
	// system call and may wake somebody.
	uploadChunk = 64 << 10
	uploadBurst = 256 << 10
)

// upload is the body of a request that goes to its function as it comes: an isolate.Source. It
// reads the connection when it is asked to and not before, so that a function that reads
// slowly slows its client down.
type upload struct {
	conn   *conn
	in     io.Reader
	length int // -1: unknown
	limit  int
	budget time.Duration // that the client has left: BodyTimeout, and a second for each KiB it sends

	read     atomic.Int64 // bytes
	problem  atomic.Pointer[problem]
	canceled atomic.Bool

	// Its reader's.
	chunks isolate.Chunks
	fast   bool // the last chunk that was asked for came at once

	mu struct {
		sync.Mutex       // held while the connection is read
		err        error // why there is no more; nil: there may be
	}
}

func newUpload(c *conn, in io.Reader, length, limit int, timeout time.Duration) *upload {
	return &upload{conn: c, in: in, length: length, limit: limit, budget: timeout}
}

// Length is how many bytes are still to come; -1: nobody knows.
func (u *upload) Length() int64 {
	if u.length < 0 {
		return -1
	}
	return int64(u.length) - u.read.Load()
}

// Next returns what the client has sent, or waits for some.
func (u *upload) Next(ctx context.Context) ([]byte, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.mu.err == nil && u.canceled.Load() {
		u.mu.err = errUnread
	}
	if u.mu.err != nil {
		return nil, u.mu.err
	}
	stop := context.AfterFunc(ctx, func() { u.Cancel(context.Cause(ctx)) })
	defer stop()
	chunk, err := u.receive()
	if err != nil {
		u.mu.err = err
	}
	return chunk, err
}

// receive reads the next chunk.
func (u *upload) receive() ([]byte, error) {
	chunk := u.chunks.Room(u.room())
	u.fast = false
	began := time.Now()
	if err := u.conn.deadline(u, began.Add(u.budget)); err != nil {
		return nil, u.fail(err)
	}
	n, err := u.in.Read(chunk)
	u.budget += time.Duration(n)*time.Second/bodyRate - time.Since(began)
	total := int(u.read.Add(int64(n)))
	switch {
	case total > u.limit:
		p := bodyTooLarge(total, u.limit)
		u.problem.Store(p)
		return nil, bodyFailure(p)
	case n > 0:
		u.fast = n == len(chunk) && n >= uploadChunk
		return u.chunks.Give(n), nil
	case err == io.EOF && (u.length < 0 && u.conn.readErr == nil || total == u.length):
		u.conn.received(u)
		return nil, io.EOF
	case err == nil:
		return nil, u.fail(io.ErrNoProgress)
	}
	return nil, u.fail(err)
}

// Reuse takes a chunk back.
func (u *upload) Reuse(chunk []byte) { u.chunks.TakeBack(chunk) }

// room is how large the next chunk may be.
func (u *upload) room() int {
	most := uploadChunk
	if u.fast {
		most = uploadBurst
	}
	left := u.Length()
	switch {
	case left == 0:
		return 1 // to see the end
	case left > 0:
		return int(min(left, int64(most)))
	case u.read.Load() > bodyChunk:
		return most
	}
	return bodyChunk
}

// fail says what a failed read means to the function, and to the client if it is still to be
// answered.
func (u *upload) fail(err error) error {
	if u.canceled.Load() {
		return errUnread
	}
	p := bodyProblem(err, u.conn.readErr)
	if err == io.EOF {
		p = departed(errDeparted)
	}
	u.problem.Store(p)
	if p.silent {
		u.conn.leave()
	}
	return bodyFailure(p)
}

// bodyFailure is what a function sees of a problem with its request's body.
func bodyFailure(p *problem) error {
	if p.silent {
		return isolate.BodyError(string(p.outcome), "the client left before its request's body was complete")
	}
	return isolate.BodyError(string(p.outcome), p.text())
}

// errUnread is why a body ends that nobody reads on.
var errUnread = errors.New("the request's body is not read any more")

// Cancel ends the body, and a Next that is under way.
func (u *upload) Cancel(error) {
	if !u.canceled.Swap(true) {
		u.conn.interrupt(u)
	}
}

// close ends the body and waits until nobody reads the connection. What was not read, the
// client may still be sending.
func (u *upload) close() {
	u.Cancel(nil)
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.mu.err != io.EOF {
		u.conn.linger.Store(true)
	}
	u.conn.release(u)
	if u.mu.err == nil {
		u.mu.err = errUnread
	}
}
