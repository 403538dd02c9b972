package control

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// read takes frames until the connection ends.
func (c *Conn) read() {
	defer close(c.done)
	var err error
	for err == nil {
		err = c.next()
	}
	c.fail(err)
}

// next takes one frame.
func (c *Conn) next() error {
	h, files, err := c.readHead()
	if err != nil {
		return err
	}
	payload := make([]byte, h.length)
	if _, err := io.ReadFull(c.socket, payload); err != nil {
		closeFiles(files)
		return gone(err)
	}
	switch h.kind {
	case kindRequest:
		return c.request(h.id, payload, files)
	case kindAnswer:
		if !json.Valid(payload) {
			closeFiles(files)
			return broken("an answer that is no JSON")
		}
		return c.answer(h.id, reply{result: payload, files: files})
	case kindFailure:
		e, err := parseFailure(payload)
		if err != nil {
			return err
		}
		return c.answer(h.id, reply{err: e})
	default:
		c.cancel(h.id)
		return nil
	}
}

// readHead takes a head and the files of its frame. Ancillary data comes with the bytes
// that it was sent with, which is why heads are read by themselves: files in a payload are
// closed by the kernel.
func (c *Conn) readHead() (head, []*os.File, error) {
	var b [headBytes]byte
	oob := make([]byte, rightsSpace(filesMax))
	var files []*os.File
	fail := func(err error) (head, []*os.File, error) {
		closeFiles(files)
		return head{}, nil, err
	}
	for got := 0; got < headBytes; {
		n, oobn, flags, _, err := c.socket.ReadMsgUnix(b[got:], oob)
		if err != nil {
			return fail(gone(err))
		}
		if n == 0 {
			return fail(ErrGone)
		}
		if oobn > 0 || flags != 0 {
			more, err := receivedFiles(oob[:oobn], flags)
			if err != nil {
				return fail(err)
			}
			files = append(files, more...)
		}
		got += n
	}
	h, err := parseHead(&b, c.cfg.FrameBytesMax)
	if err != nil {
		return fail(err)
	}
	if int(h.files) != len(files) {
		return fail(broken("%d files with a frame that announces %d", len(files), h.files))
	}
	return h, files, nil
}

// request starts the handler of a call that came in.
func (c *Conn) request(id uint64, payload []byte, files []*os.File) error {
	in, err := parseCall(payload)
	if err != nil {
		closeFiles(files)
		return err
	}
	ctx, cancel := context.WithCancel(c.life)
	c.mu.Lock()
	_, taken := c.mu.requests[id]
	busy := len(c.mu.requests) >= c.cfg.CallsMax
	if !taken {
		c.mu.requests[id] = cancel
	}
	c.mu.Unlock()
	if taken {
		cancel()
		closeFiles(files)
		return broken("a second request %d while the first one runs", id)
	}
	h, known := c.cfg.Handlers[in.Method]
	switch {
	case busy:
		h = refuse(&Error{CodeBusy, fmt.Sprintf("%d calls run here already", c.cfg.CallsMax)})
	case !known:
		h = refuse(&Error{CodeUnknown, fmt.Sprintf("there is no method %.64q here, only %s", in.Method, strings.Join(names(c.cfg.Handlers), ", "))})
	}
	if busy {
		// No goroutine for what is refused: the reader answers, and so reads no more
		// than the other side takes.
		c.serve(ctx, cancel, h, id, &Request{Method: in.Method, files: files})
		return nil
	}
	c.running.Go(func() {
		c.serve(ctx, cancel, h, id, &Request{Method: in.Method, Params: in.Params, files: files})
	})
	return nil
}

// refuse is a handler that fails.
func refuse(err error) Handler {
	return func(context.Context, *Request) (any, error) { return nil, err }
}

// serve runs a handler and sends its answer.
func (c *Conn) serve(ctx context.Context, cancel context.CancelFunc, h Handler, id uint64, r *Request) {
	defer cancel()
	result, err := handle(ctx, h, r)
	closeFiles(r.files)
	defer closeFiles(r.answer)
	var payload []byte
	if err == nil {
		payload, err = c.encodeResult(result, r.answer)
	}
	canceled := ctx.Err() != nil
	c.mu.Lock()
	delete(c.mu.requests, id)
	c.mu.Unlock()
	if canceled {
		return // nobody waits
	}
	if err == nil {
		c.write(c.life, kindAnswer, id, payload, r.answer)
		return
	}
	payload, err = json.Marshal(failure(err))
	if err == nil {
		c.write(c.life, kindFailure, id, payload, nil)
	}
}

func (c *Conn) encodeResult(result any, files []*os.File) ([]byte, error) {
	payload, err := json.Marshal(result)
	switch {
	case err != nil:
	case len(payload) > c.cfg.SendBytesMax:
		err = fmt.Errorf("%d bytes, and %d are the most", len(payload), c.cfg.SendBytesMax)
	case len(files) > filesMax:
		err = errTooManyFiles(len(files))
	default:
		return payload, nil
	}
	return nil, &Error{CodeResult, cut(err.Error())}
}

// answer gives a call its reply. One that nobody waits for any more is dropped.
func (c *Conn) answer(id uint64, r reply) error {
	c.mu.Lock()
	waiting, ok := c.mu.calls[id]
	delete(c.mu.calls, id)
	if ok {
		waiting <- r // under the lock, so that forget finds it
	}
	asked := id <= c.mu.last
	c.mu.Unlock()
	if ok {
		return nil
	}
	closeFiles(r.files)
	if !asked {
		return broken("an answer to %d, which was never asked", id)
	}
	return nil
}

// cancel ends the context of a handler, if it still runs.
func (c *Conn) cancel(id uint64) {
	c.mu.Lock()
	cancel := c.mu.requests[id]
	c.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}
