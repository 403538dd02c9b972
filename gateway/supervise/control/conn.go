package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"sync"
	"time"
)

// frameBytesMost is what fits into a head's length, on any system's int.
const frameBytesMost = 1<<31 - 1

// Config says what the other side may ask, and bounds it.
type Config struct {
	Handlers map[string]Handler // by method; may be empty

	FrameBytesMax int           // of what comes in, each request or result; 0: 1 MiB
	SendBytesMax  int           // of what goes out, which is the other side's FrameBytesMax; 0: 1 MiB
	CallsMax      int           // requests of the other side that run at once; 0: 64
	WriteTimeout  time.Duration // until a side that doesn't read is given up; 0: 5 s
}

func (c Config) withDefaults() Config {
	if c.FrameBytesMax == 0 {
		c.FrameBytesMax = 1 << 20
	}
	if c.SendBytesMax == 0 {
		c.SendBytesMax = 1 << 20
	}
	if c.CallsMax == 0 {
		c.CallsMax = 64
	}
	if c.WriteTimeout == 0 {
		c.WriteTimeout = 5 * time.Second
	}
	return c
}

// Validate names the field that is out of range.
func (c Config) Validate() error {
	switch {
	case c.FrameBytesMax < 0 || c.FrameBytesMax > frameBytesMost:
		return fmt.Errorf("control: FrameBytesMax is %d, want 0 to %d", c.FrameBytesMax, frameBytesMost)
	case c.SendBytesMax < 0 || c.SendBytesMax > frameBytesMost:
		return fmt.Errorf("control: SendBytesMax is %d, want 0 to %d", c.SendBytesMax, frameBytesMost)
	case c.CallsMax < 0:
		return fmt.Errorf("control: CallsMax is %d, want 0 or more", c.CallsMax)
	case c.WriteTimeout < 0:
		return fmt.Errorf("control: WriteTimeout is %v, want 0 or more", c.WriteTimeout)
	}
	return nil
}

// Conn is one side of a connection. It is safe for concurrent use. Close it, also after
// the other side is gone.
type Conn struct {
	cfg      Config // immutable; Handlers is a copy
	socket   *net.UnixConn
	writing  chan struct{} // holds a value while somebody writes; a lock that one can stop waiting for
	canceled chan uint64   // calls that nobody waits for any more, to be told to the other side
	life     context.Context
	end      context.CancelFunc
	done     chan struct{}  // closed when nothing is read any more
	running  sync.WaitGroup // the reader, the teller and the handlers

	mu struct {
		sync.Mutex
		err      error                         // why the connection ended; nil: it has not
		last     uint64                        // id of the latest call
		calls    map[uint64]chan<- reply       // calls that wait for their answer; each takes one reply
		requests map[uint64]context.CancelFunc // handlers that run, by the other side's id
	}
}

// reply is what a call waits for.
type reply struct {
	result json.RawMessage
	files  []*os.File
	err    error
}

// New begins to serve and to read on one end of a [Pair]. It takes f over.
func New(f *os.File, cfg Config) (*Conn, error) {
	if err := cfg.Validate(); err != nil {
		f.Close()
		return nil, err
	}
	socket, err := connOf(f)
	if err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	return newConn(socket, cfg.withDefaults()), nil
}

func newConn(socket *net.UnixConn, cfg Config) *Conn {
	cfg.Handlers = maps.Clone(cfg.Handlers)
	c := &Conn{cfg: cfg, socket: socket, writing: make(chan struct{}, 1), canceled: make(chan uint64, 64), done: make(chan struct{})}
	c.life, c.end = context.WithCancel(context.Background())
	c.mu.calls = make(map[uint64]chan<- reply)
	c.mu.requests = make(map[uint64]context.CancelFunc)
	c.running.Go(c.read)
	c.running.Go(c.tellCanceled)
	return c
}

// Done is closed when the connection has ended, by either side.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err says why the connection ended: ErrClosed, ErrGone or a *ProtocolError. It is nil
// while the connection lives.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.err
}

// Close ends the connection and all handlers' contexts, and waits for the handlers.
func (c *Conn) Close() error {
	c.fail(ErrClosed)
	c.running.Wait()
	return nil
}

// fail ends the connection, unless it has ended, and tells all who wait.
func (c *Conn) fail(err error) {
	c.mu.Lock()
	if c.mu.err != nil {
		c.mu.Unlock()
		return
	}
	c.mu.err = err
	for _, answer := range c.mu.calls {
		answer <- reply{err: err}
	}
	c.mu.calls = nil
	c.mu.Unlock()
	c.end()
	c.socket.Close()
}

// Call asks the other side and waits for its answer, whose result it decodes into result,
// unless that is nil. An error of the other side's handler is an *Error. When ctx ends,
// Call returns its error and the other side is told.
func (c *Conn) Call(ctx context.Context, method string, params, result any) error {
	files, err := c.Exchange(ctx, method, params, nil, result)
	closeFiles(files)
	return err
}

// Exchange is Call with open files, to and fro, 16 at most. Those it sends stay the
// caller's; the other side gets copies. Those it returns are the caller's.
func (c *Conn) Exchange(ctx context.Context, method string, params any, files []*os.File, result any) ([]*os.File, error) {
	payload, err := encodeCall(method, params)
	if err != nil {
		return nil, fmt.Errorf("control: call %q: %w", method, err)
	}
	if len(payload) > c.cfg.SendBytesMax {
		return nil, fmt.Errorf("control: call %q: %d bytes, and %d are the most", method, len(payload), c.cfg.SendBytesMax)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	id, answer, err := c.begin()
	if err != nil {
		return nil, err
	}
	if err := c.write(ctx, kindRequest, id, payload, files); err != nil {
		c.forget(id, answer)
		return nil, err
	}
	select {
	case r := <-answer:
		return r.decode(method, result)
	case <-ctx.Done():
		c.forget(id, answer)
		select {
		case c.canceled <- id:
		default: // a courtesy, which the other side is too slow for
		}
		return nil, ctx.Err()
	}
}

func encodeCall(method string, params any) ([]byte, error) {
	var raw json.RawMessage
	if params != nil {
		var err error
		if raw, err = json.Marshal(params); err != nil {
			return nil, err
		}
	}
	return json.Marshal(call{method, raw})
}

func (r reply) decode(method string, result any) ([]*os.File, error) {
	if r.err != nil {
		return nil, r.err
	}
	if result != nil {
		if err := json.Unmarshal(r.result, result); err != nil {
			closeFiles(r.files)
			return nil, fmt.Errorf("control: result of %q: %w", method, err)
		}
	}
	return r.files, nil
}

// begin notes a new call.
func (c *Conn) begin() (uint64, chan reply, error) {
	answer := make(chan reply, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.err != nil {
		return 0, nil, c.mu.err
	}
	c.mu.last++
	c.mu.calls[c.mu.last] = answer
	return c.mu.last, answer, nil
}

// forget gives a call up. An answer that has come in the meantime is dropped.
func (c *Conn) forget(id uint64, answer <-chan reply) {
	c.mu.Lock()
	delete(c.mu.calls, id)
	c.mu.Unlock()
	select {
	case r := <-answer:
		closeFiles(r.files)
	default:
	}
}

// tellCanceled tells the other side of calls that were given up, so that those who give
// them up don't wait for the socket.
func (c *Conn) tellCanceled() {
	for {
		select {
		case id := <-c.canceled:
			c.write(c.life, kindCancel, id, nil, nil)
		case <-c.life.Done():
			return
		}
	}
}

// write sends a frame. ctx bounds the wait for others who write, not the writing: half a
// frame would be the end of the connection.
func (c *Conn) write(ctx context.Context, k kind, id uint64, payload []byte, files []*os.File) error {
	if len(files) > filesMax {
		return errTooManyFiles(len(files))
	}
	h := head{uint32(len(payload)), k, uint8(len(files)), id}
	frame := append(h.append(make([]byte, 0, headBytes+len(payload))), payload...)
	select {
	case c.writing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-c.life.Done():
		return c.Err()
	}
	defer func() { <-c.writing }()
	oob, err := rights(files)
	if err != nil {
		return fmt.Errorf("control: send files: %w", err)
	}
	c.socket.SetWriteDeadline(time.Now().Add(c.cfg.WriteTimeout))
	n, _, err := c.socket.WriteMsgUnix(frame, oob, nil)
	if err == nil && n < len(frame) {
		_, err = c.socket.Write(frame[n:])
	}
	if err != nil {
		c.fail(gone(err))
		return c.Err()
	}
	return nil
}

// gone is the end of a connection whose socket failed with err.
func gone(err error) error {
	if errors.Is(err, io.EOF) {
		return ErrGone
	}
	return fmt.Errorf("%w: %w", ErrGone, err)
}
