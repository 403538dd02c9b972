package remote

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/skerry-edge/skerry/kv"
)

// Client is one end of a connection; the store behind the other is its Store. It is safe
// for concurrent use.
type Client struct {
	conn      net.Conn
	abilities abilities
	small     *semaphore.Weighted // shares of the window, one for each class of request
	large     *semaphore.Weighted
	out       outbox
	done      chan struct{}
	wg        sync.WaitGroup // the reader, and whoever pumps

	mu struct {
		sync.Mutex
		calls map[uint32]*call // what has no answer yet
		last  uint32           // the number given last
		err   error            // why the connection ended, as an ErrUnavailable; nil: it has not
	}
}

// call is a request that waits for its answer.
type call struct {
	share *semaphore.Weighted // what cost was taken from
	cost  int64
	done  chan struct{} // holds a token when answer and err are set

	answer []byte
	err    error

	incoming assembly // the reader's
	// abandoned calls have nobody waiting. They are here for their cost, which the server
	// counts until it has answered. Guarded by Client.mu.
	abandoned bool
}

var errClosed = errors.New("it has been closed")

// Open begins a conversation with the Serve at the other end of conn and returns when
// that has answered. The Client owns conn from here, and the caller must Close the Client.
//
// Open returns ctx's error if ctx ends first, an ErrProtocol if the other end is no
// Serve of this version, and kv.ErrUnavailable if the connection is lost. Then conn is
// closed.
func Open(ctx context.Context, conn net.Conn, cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	in := bufio.NewReaderSize(conn, readBytes)
	w, err := greet(ctx, conn, in)
	if err != nil {
		conn.Close() // what matters is why
		return nil, err
	}
	window := w.window
	if cfg.RequestBytesMax != 0 {
		window = min(window, cfg.RequestBytesMax)
	}
	c := &Client{
		conn:      conn,
		abilities: w.abilities,
		small:     semaphore.NewWeighted(window / 4),
		large:     semaphore.NewWeighted(window / 4 * 3),
		out:       outbox{w: conn},
		done:      make(chan struct{}),
	}
	c.mu.calls = make(map[uint32]*call)
	c.wg.Go(func() { c.end(c.read(in)) })
	return c, nil
}

// readBytes is the buffer before a connection: a part and its header, so that reading one
// costs one system call.
const readBytes = partBytes + headerBytes

func greet(ctx context.Context, conn net.Conn, in io.Reader) (welcome, error) {
	if err := ctx.Err(); err != nil {
		return welcome{}, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	hello := appendClientHello(nil)
	_, err := conn.Write(append(header{kind: helloFrame, size: len(hello)}.append(nil), hello...))
	var w welcome
	if err == nil {
		w, err = readServerHello(in)
	}
	switch {
	case err == nil && stop():
		return w, nil
	case ctx.Err() != nil:
		return welcome{}, ctx.Err()
	case errors.Is(err, ErrProtocol):
		return welcome{}, err
	default:
		return welcome{}, unavailable(err)
	}
}

func unavailable(cause error) error {
	return fmt.Errorf("%w: the connection to the process that has the store is lost: %w", kv.ErrUnavailable, cause)
}

// Close ends the connection. Calls under way and calls made later fail with
// kv.ErrUnavailable. It returns nil.
func (c *Client) Close() error {
	c.end(errClosed)
	c.wg.Wait()
	return nil
}

// Done is closed when the connection has ended, whoever ended it.
func (c *Client) Done() <-chan struct{} { return c.done }

// end ends the connection, unless it has ended, because of cause.
func (c *Client) end(cause error) {
	c.mu.Lock()
	if c.mu.err != nil {
		c.mu.Unlock()
		return
	}
	c.mu.err = unavailable(cause)
	calls := c.mu.calls
	c.mu.calls = nil
	c.mu.Unlock()

	c.out.close() // before any call returns: then nothing refers to its arguments
	c.conn.Close()
	for _, k := range calls {
		k.err = c.mu.err
		k.finish()
	}
	close(c.done)
}

// finish gives back what the call cost and wakes the caller.
func (k *call) finish() {
	k.share.Release(k.cost)
	k.done <- struct{}{}
}

// do sends r and returns the answer, without the byte that says it is one. The answer is
// the caller's.
func (c *Client) do(ctx context.Context, r *request) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	k := &call{share: c.small, cost: r.cost(), done: make(chan struct{}, 1)}
	if k.cost > partBytes {
		k.share = c.large
	}
	if err := acquire(ctx, k.share, k.cost); err != nil {
		return nil, err
	}
	id, crowd, err := c.begin(k)
	if err != nil {
		k.share.Release(k.cost)
		return nil, err
	}
	var room [1 << 10]byte
	if c.out.put(id, r.appendHead(room[:0]), r.entry.Value, cost{}) {
		c.pump(crowd)
	}
	select {
	case <-k.done:
	case <-ctx.Done():
		c.abandon(id, k)
		return nil, ctx.Err()
	}
	if k.err != nil {
		return nil, k.err
	}
	return c.outcome(k.answer)
}

// acquire takes n of a semaphore. If there is room it doesn't ask ctx for a channel, which
// not every context has ready.
func acquire(ctx context.Context, s *semaphore.Weighted, n int64) error {
	if s.TryAcquire(n) {
		return nil
	}
	return s.Acquire(ctx, n)
}

// begin gives k a number, and says whether other calls are under way.
func (c *Client) begin(k *call) (id uint32, crowd bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.err != nil {
		return 0, false, c.mu.err
	}
	for {
		c.mu.last++
		if _, taken := c.mu.calls[c.mu.last]; !taken {
			c.mu.calls[c.mu.last] = k
			return c.mu.last, len(c.mu.calls) > 1, nil
		}
	}
}

// pump writes on a goroutine of its own, so that a server that doesn't read holds up no
// caller for longer than its context says.
func (c *Client) pump(crowd bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.err != nil {
		return // and Close may have waited already
	}
	c.wg.Go(func() {
		if err := c.out.pump(crowd); err != nil {
			c.end(err)
		}
	})
}

// abandon ends the caller's interest in a call. When it returns, nothing refers to the
// call's arguments.
func (c *Client) abandon(id uint32, k *call) {
	unsent := c.out.withdraw(id)
	c.mu.Lock()
	current := c.mu.calls[id] == k
	if current && unsent {
		delete(c.mu.calls, id)
	}
	k.abandoned = true
	c.mu.Unlock()
	switch {
	case !current: // it has been answered meanwhile
	case unsent:
		k.finish()
	case c.out.putFrame(cancelFrame, id, nil):
		c.pump(false)
	}
}

// outcome takes the first byte off an answer.
func (c *Client) outcome(answer []byte) ([]byte, error) {
	if len(answer) > 0 && answer[0] == answered {
		return answer[1:], nil
	}
	if len(answer) > 0 {
		if err, ok := decodeFailure(answer[0], answer[1:]); ok {
			return nil, err
		}
	}
	return nil, c.garbled()
}

// garbled ends the connection because of an answer that is none to its request.
func (c *Client) garbled() error {
	c.end(violation("an answer is garbled"))
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.err
}

// read gives answers to calls until the connection ends.
func (c *Client) read(in *bufio.Reader) error {
	var buf [headerBytes]byte
	for {
		h, err := readHeader(in, &buf)
		if err != nil {
			return err
		}
		if err := c.receive(in, h); err != nil {
			return err
		}
	}
}

func (c *Client) receive(in io.Reader, h header) error {
	c.mu.Lock()
	k := c.mu.calls[h.call]
	abandoned := k != nil && k.abandoned
	c.mu.Unlock()
	if k == nil {
		return violation("a frame for call %d, which is not under way", h.call)
	}
	a := &k.incoming
	a.drop = a.drop || abandoned
	n := h.size
	switch {
	case h.kind == wholeFrame && a.total == 0:
		a.total = h.size
	case h.kind == firstFrame && a.total == 0:
		rest, err := a.begin(in, h)
		if err != nil {
			return err
		}
		if !a.drop {
			a.body = make([]byte, 0, a.total) // all at once: whoever has the store is trusted
		}
		n = rest
	case h.kind == moreFrame && a.total > 0:
	default:
		return violation("a frame of kind %d, out of order, for call %d", h.kind, h.call)
	}
	complete, err := a.add(in, n)
	if err != nil || !complete {
		return err
	}
	return c.complete(h.call, k)
}

// complete gives a call its answer.
func (c *Client) complete(id uint32, k *call) error {
	c.mu.Lock()
	if c.mu.calls[id] != k {
		c.mu.Unlock()
		return nil // the connection has ended meanwhile
	}
	delete(c.mu.calls, id)
	c.mu.Unlock()
	// A server that answers before it has the request is broken, and the next part of
	// the request would be too.
	if k.cost > partBytes && c.out.holds(id) {
		err := violation("an answer to call %d before its request was sent", id)
		c.end(err)
		k.err = unavailable(err)
		k.finish()
		return err
	}
	k.answer = k.incoming.body
	k.finish()
	return nil
}
