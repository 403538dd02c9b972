package egress

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/isolate/webapi"
)

const (
	// chunkBytes is the most that Next returns at once, but for a body that comes faster:
	// chunkBytesMax. A body of unknown length begins with chunkBytesMin.
	chunkBytesMax = 256 << 10
	chunkBytes    = 64 << 10
	chunkBytesMin = 4 << 10
)

// body is the rest of a response, on its way to whoever reads it: a [webapi.Source].
type body struct {
	client *Client
	target *target
	ctx    context.Context // of the subrequest; its end ends the connection's part in it
	cancel context.CancelCauseFunc

	// The reader's.
	in      io.Reader
	coding  decoder  // in, if the body is coded; nil: it is not
	coded   received // what the decoder reads
	left    int64    // bytes of in that are still to come, as far as they are announced; -1: unknown
	decoded int64    // bytes that came out of the decoder
	room    int      // for the next chunk
	chunks  webapi.Chunks
	err     error // of the last Next; nil: there may be more

	end func() // gives the slot back, once
}

// errIdle is the cause of a body's end of which nothing came for Config.IdleTimeout.
var errIdle = errors.New("nothing came for too long")

// errUnwanted is the cause of a body's end that nobody reads on.
var errUnwanted = errors.New("nobody reads the body any more")

// newBody makes the source of resp's body and changes the header to fit what comes out of it.
func newBody(ctx context.Context, cancel context.CancelCauseFunc, s *subrequest, resp *http.Response, end func()) *body {
	b := &body{client: s.client, target: s.target, ctx: ctx, cancel: cancel, in: resp.Body, left: resp.ContentLength, room: chunkBytesMin}
	b.end = sync.OnceFunc(end)
	if open := codingOf(resp.Header); open != nil {
		delete(resp.Header, "Content-Encoding")
		delete(resp.Header, "Content-Length")
		b.left = -1
		b.coded.Reader = resp.Body
		b.coding = open(&s.client.decoders, &b.coded)
		b.in = b.coding
	}
	if b.left >= 0 {
		b.room = int(min(b.left, chunkBytes))
	}
	return b
}

// Length is how many bytes come, if that is known; -1: it is not.
func (b *body) Length() int64 { return b.left }

// Next returns the next bytes. A body of which nothing comes for Config.IdleTimeout fails.
func (b *body) Next(ctx context.Context) ([]byte, error) {
	if b.err != nil {
		return nil, b.err
	}
	if ctx != b.ctx {
		stop := context.AfterFunc(ctx, func() { b.cancel(context.Cause(ctx)) })
		defer stop()
	}
	idle := time.AfterFunc(b.client.cfg.IdleTimeout, func() { b.cancel(errIdle) })
	defer idle.Stop()
	chunk := b.chunks.Room(b.room)
	for empty := 0; ; empty++ {
		n, err := b.in.Read(chunk)
		if b.coding != nil {
			if b.decoded += int64(n); err == nil && b.decoded > b.client.cfg.DecodedBytesMax {
				err = fail(ReasonTooLarge, "the response's body is larger than %s when decoded", bytesText(int(b.client.cfg.DecodedBytesMax)))
			}
		}
		if err == nil && n == 0 && empty > 100 {
			err = io.ErrNoProgress
		}
		if err != nil {
			b.finish(err)
		}
		if n > 0 {
			b.adapt(n)
			return b.chunks.Give(n), nil
		}
		if b.err != nil {
			return nil, b.err
		}
	}
}

// Reuse takes a chunk back.
func (b *body) Reuse(chunk []byte) { b.chunks.TakeBack(chunk) }

// adapt takes note of n bytes that came, and of how many may be next.
func (b *body) adapt(n int) {
	switch {
	case n < b.room:
		b.room = min(b.room, chunkBytes)
	case b.room < chunkBytes:
		b.room *= 2
	default:
		b.room = chunkBytesMax
	}
	if b.left >= 0 {
		b.left -= int64(n)
		b.room = int(max(1, min(b.left, int64(b.room))))
	}
}

// finish ends the body with err, io.EOF or why it failed.
func (b *body) finish(err error) {
	switch {
	case err == io.EOF:
		b.err = io.EOF
	case b.coding != nil && b.coded.corrupt(err) && !errors.As(err, new(*Error)):
		b.err = b.client.explain(b.ctx, b.target, &Error{ReasonBadResponse, "", "the body is not coded as the answer says", err})
	default:
		b.err = b.client.explain(b.ctx, b.target, err)
	}
	if b.coding != nil {
		b.coding.close()
		b.coding, b.in = nil, nil
	}
	b.cancel(errUnwanted)
	b.end()
}

// Cancel ends the body: its connection is closed.
func (b *body) Cancel(reason error) {
	if reason == nil {
		reason = errUnwanted
	}
	b.cancel(reason)
	b.end()
}
