package jail

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	readerBytes = 16 << 10  // of a link's read buffer
	roomBytes   = 256 << 10 // a long message waits while so much is queued
	spareBytes  = 128 << 10 // a queue's buffer that has grown beyond this is not kept
	firstBytes  = 256 << 10 // what is taken for a long message before more of it has come

	creditBytesMax = 16 // of a credit message
)

// link sends and receives messages over a connection. Its sending methods are safe for
// concurrent use, receive is for one goroutine.
type link struct {
	conn     net.Conn
	in       *bufio.Reader
	scratch  []byte // receive's
	partials map[partialKey]*partial
	held     atomic.Int64 // bytes of the peer's window that long messages take
	window   window       // ours

	writeMax time.Duration // for the peer to read something; 0: no bound
	try      trier
	wake     chan struct{} // the flusher has something to write
	ended    chan struct{} // closed when the link is broken

	mu struct {
		sync.Mutex
		queue []byte // frames to be written
		spare []byte // the buffer that queue had before; nil while it is being written
		rest  []byte // what the flusher is to write first
		busy  bool   // somebody writes
		room  sync.Cond
		err   error // why the link is broken
	}
}

// newLink returns a link over conn. run must be called, in a goroutine.
func newLink(conn net.Conn, writeMax time.Duration) *link {
	l := &link{
		conn: conn, in: bufio.NewReaderSize(conn, readerBytes), partials: make(map[partialKey]*partial),
		window: newWindow(), writeMax: writeMax, try: newTrier(conn), wake: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	l.mu.room.L = &l.mu
	return l
}

// fail breaks the link, and keeps the first reason.
func (l *link) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.err != nil {
		return
	}
	l.mu.err = err
	l.mu.queue, l.mu.spare = nil, nil
	l.mu.room.Broadcast()
	close(l.ended)
	l.conn.Close()
}

// err says why the link is broken, nil while it is not.
func (l *link) err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mu.err
}

// queued is how many bytes wait to be written.
func (l *link) queued() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.mu.queue) + len(l.mu.rest)
}

// send sends a message of a head and a body, either of which may be empty. Both are the
// caller's again when it returns. It waits only if the message is long, until the peer has
// dealt with others or ctx ends; once a long message has begun it is sent to its end.
func (l *link) send(ctx context.Context, k kind, id uint32, head, body []byte) error {
	return l.sendAfter(ctx, math.MaxInt, k, id, head, body)
}

// sendPaced sends a message as send does, but one that is not long waits too, while much is
// queued.
func (l *link) sendPaced(k kind, id uint32, head, body []byte) error {
	return l.sendAfter(context.Background(), roomBytes, k, id, head, body)
}

// sendAfter sends a message when at most so many bytes are queued.
func (l *link) sendAfter(ctx context.Context, queued int, k kind, id uint32, head, body []byte) error {
	var space [binary.MaxVarintLen32]byte
	prefix := binary.AppendUvarint(space[:0], uint64(len(head)))
	total := len(prefix) + len(head) + len(body)
	if total > frameBytesMax {
		return l.sendLong(ctx, k, id, [...][]byte{prefix, head, body}, total)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.mu.queue) > queued && l.mu.err == nil {
		l.mu.room.Wait()
	}
	if l.mu.err != nil {
		return l.mu.err
	}
	q := appendHeader(l.mu.queue, header{length: total, id: id, kind: k})
	q = append(q, prefix...)
	q = append(q, head...)
	l.mu.queue = append(q, body...)
	l.pumpLocked()
	return nil
}

// note sends a message that is its kind and its id.
func (l *link) note(k kind, id uint32) error { return l.send(context.Background(), k, id, nil, nil) }

// sendLong sends a message in several frames.
func (l *link) sendLong(ctx context.Context, k kind, id uint32, parts [3][]byte, total int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(linkContext{l}, func() { cancel(l.err()) })()
	if err := l.window.take(ctx, total); err != nil {
		if errors.Is(err, ErrFault) {
			l.fail(err)
		}
		return err
	}
	var space [totalBytes]byte
	binary.LittleEndian.PutUint32(space[:], uint32(total))
	next, later, left := space[:], parts[:], total+totalBytes
	for flags := uint8(flagMore); left > 0; flags |= flagContinued {
		n := min(left, frameBytesMax)
		left -= n
		if left == 0 {
			flags &^= flagMore
		}
		l.mu.Lock()
		for len(l.mu.queue) > roomBytes && l.mu.err == nil {
			l.mu.room.Wait()
		}
		if err := l.mu.err; err != nil {
			l.mu.Unlock()
			return err
		}
		q := appendHeader(l.mu.queue, header{length: n, id: id, kind: k, flags: flags})
		for n > 0 {
			if len(next) == 0 {
				next, later = later[0], later[1:]
				continue
			}
			m := min(n, len(next))
			q = append(q, next[:m]...)
			next, n = next[m:], n-m
		}
		l.mu.queue = q
		l.pumpLocked()
		l.mu.Unlock()
	}
	return nil
}

// linkContext ends when the link is broken.
type linkContext struct{ *link }

func (c linkContext) Deadline() (time.Time, bool) { return time.Time{}, false }
func (c linkContext) Done() <-chan struct{}       { return c.ended }
func (c linkContext) Value(any) any               { return nil }
func (c linkContext) Err() error {
	select {
	case <-c.ended:
		return context.Canceled
	default:
		return nil
	}
}

// credit tells the peer that a long message that took so much of its window is dealt with.
func (l *link) credit(held int) {
	if held == 0 {
		return
	}
	l.held.Add(-int64(held))
	var space [binary.MaxVarintLen64]byte
	// A broken link needs no credit.
	_ = l.send(context.Background(), kindCredit, 0, binary.AppendUvarint(space[:0], uint64(held)), nil)
}

// pumpLocked writes what is queued, unless somebody does that already. What the connection
// doesn't take at once is left to the flusher, so that no sender waits for the peer.
func (l *link) pumpLocked() {
	if l.mu.busy {
		return
	}
	l.mu.busy = true
	for len(l.mu.queue) > 0 && l.mu.err == nil {
		out := l.mu.queue
		l.mu.queue, l.mu.spare = l.mu.spare, nil
		l.mu.Unlock()
		n, err := l.try.write(out)
		l.mu.Lock()
		if err != nil {
			l.mu.Unlock()
			l.fail(err)
			l.mu.Lock()
			break
		}
		if n < len(out) {
			l.mu.rest = out[n:]
			l.wake <- struct{}{}
			return // busy is the flusher's now
		}
		l.recycleLocked(out)
		l.mu.room.Broadcast()
	}
	l.mu.busy = false
}

// recycleLocked keeps a written buffer for the next queue.
func (l *link) recycleLocked(b []byte) {
	if cap(b) <= spareBytes && l.mu.err == nil {
		l.mu.spare = b[:0]
	}
}

// flush writes what senders have left over, until the link is broken.
func (l *link) flush() {
	for {
		select {
		case <-l.ended:
			return
		case <-l.wake:
		}
		l.mu.Lock()
		out := l.mu.rest
		for len(out) > 0 && l.mu.err == nil {
			l.mu.Unlock()
			err := l.write(out)
			l.mu.Lock()
			l.mu.rest = nil
			l.mu.room.Broadcast()
			if err != nil {
				l.mu.Unlock()
				l.fail(err)
				return
			}
			out = l.mu.queue
			l.mu.queue = nil
			l.mu.rest = out
		}
		l.mu.rest, l.mu.busy = nil, false
		l.mu.Unlock()
	}
}

// write writes b in pieces, each of which the peer must take within writeMax. Afterwards the
// connection has no deadline: trier's writes, which never wait, would fail once it is past.
func (l *link) write(b []byte) error {
	for len(b) > 0 {
		n := min(len(b), frameBytesMax)
		if l.writeMax > 0 {
			if err := l.conn.SetWriteDeadline(time.Now().Add(l.writeMax)); err != nil {
				return err
			}
		}
		if _, err := l.conn.Write(b[:n]); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				return fault("nothing was read within %v", l.writeMax)
			}
			return err
		}
		b = b[n:]
	}
	if l.writeMax > 0 {
		return l.conn.SetWriteDeadline(time.Time{})
	}
	return nil
}

// flushed waits until all that was sent has been written, for a while.
func (l *link) flushed(wait time.Duration) {
	deadline := time.Now().Add(wait)
	for l.queued() > 0 && time.Now().Before(deadline) {
		select {
		case <-l.ended:
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// message is one that arrived.
type message struct {
	kind    kind
	id      uint32
	payload []byte
	owned   bool // payload is the receiver's to keep, not only until it returns
	held    int  // what it takes of the peer's window, until link.credit
}

type partialKey struct {
	kind kind
	id   uint32
}

// partial is a long message of which some has arrived.
type partial struct {
	payload []byte
	total   int
}

// receive hands every message to handle until the link is broken or handle returns an
// error, and returns why. limit says how long a message may be; 0: it may not come at all.
func (l *link) receive(limit func(kind) int, handle func(message) error) error {
	var head [headerBytes]byte
	for {
		if _, err := io.ReadFull(l.in, head[:]); err != nil {
			return err
		}
		h, err := parseHeader(&head)
		if err != nil {
			return err
		}
		most := creditBytesMax
		if h.kind != kindCredit {
			most = limit(h.kind)
		}
		if most == 0 {
			return fault("a message of kind %d, which this side doesn't take", h.kind)
		}
		var m message
		switch {
		case h.flags != 0:
			complete, err := l.assemble(h, most, &m)
			if err != nil {
				return err
			}
			if !complete {
				continue
			}
		case h.length > most:
			return fault("a message of kind %d with %d bytes, and at most %d are allowed", h.kind, h.length, most)
		default:
			m = message{kind: h.kind, id: h.id}
			m.payload, m.owned = l.payload(h)
			if _, err := io.ReadFull(l.in, m.payload); err != nil {
				return err
			}
		}
		if m.kind == kindCredit {
			err = l.credited(m)
		} else {
			err = handle(m)
		}
		if err != nil {
			return err
		}
	}
}

// payload returns memory for the payload of a frame that is a message. A chunk of a body is its
// reader's to keep, and so is not copied.
func (l *link) payload(h header) (b []byte, owned bool) {
	if h.kind == kindChunk {
		return make([]byte, h.length), true
	}
	if cap(l.scratch) < h.length {
		l.scratch = make([]byte, h.length, max(h.length, 4<<10))
	}
	return l.scratch[:h.length], false
}

// credited takes a credit of the peer.
func (l *link) credited(m message) error {
	in, err := openInput(m)
	if err != nil {
		return err
	}
	n := in.uint()
	if err := in.end(); err != nil {
		return err
	}
	return l.window.credit(n)
}

// assemble takes a frame of a long message, and fills m when it was the last.
func (l *link) assemble(h header, most int, m *message) (complete bool, err error) {
	key := partialKey{h.kind, h.id}
	p := l.partials[key]
	length := h.length
	if h.flags&flagContinued == 0 {
		var space [totalBytes]byte
		if p != nil || length < totalBytes {
			return false, fault("a long message begins where it can't")
		}
		if _, err := io.ReadFull(l.in, space[:]); err != nil {
			return false, err
		}
		length -= totalBytes
		total := binary.LittleEndian.Uint32(space[:])
		if uint64(total) > uint64(most) {
			return false, fault("a message of kind %d with %d bytes, and at most %d are allowed", h.kind, total, most)
		}
		p = &partial{total: int(total)}
		if l.held.Add(int64(share(p.total))) > windowBytes {
			return false, fault("long messages beyond the window of %d bytes", windowBytes)
		}
		l.partials[key] = p
	}
	if p == nil {
		return false, fault("the rest of a message that has not begun")
	}
	have, last := len(p.payload), h.flags&flagMore == 0
	if length == 0 || have+length > p.total || last != (have+length == p.total) {
		return false, fault("a long message of another length than it said")
	}
	p.grow(have + length)
	if _, err := io.ReadFull(l.in, p.payload[have:]); err != nil {
		return false, err
	}
	if !last {
		return false, nil
	}
	delete(l.partials, key)
	*m = message{kind: h.kind, id: h.id, payload: p.payload, owned: true, held: share(p.total)}
	return true, nil
}

// grow makes payload n bytes long. What it takes for a message follows what has come of it.
func (p *partial) grow(n int) {
	if n > cap(p.payload) {
		room := min(p.total, max(2*n, firstBytes))
		p.payload = append(make([]byte, 0, room), p.payload...)
	}
	p.payload = p.payload[:n]
}
