package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/skerry-edge/skerry/isolate"
)

// writePiece is the most that is written at once: a client must take it within WriteTimeout.
const writePiece = 256 << 10

// download is the body of a response that goes to its client as its function makes it: what
// fasthttp writes after the head. Each chunk is on its way before the next is asked for, so that
// a client that reads slowly slows its function down.
//
// It writes to the connection itself: fasthttp's writer, which is empty once the head is out,
// would copy small chunks and split large ones.
type download struct {
	exchange *exchange
	ctx      context.Context // ends when the client leaves
	source   isolate.Source
	length   int // -1: unknown, the body is chunked

	sent   int
	pieces [3][]byte
	head   [20]byte // of a chunk
	err    error    // why it has ended before its end; nil: it has not
	closed bool
}

// SupportsBodyWriteTo says that fasthttp may call WriteTo.
func (d *download) SupportsBodyWriteTo() bool { return true }

// Read is not called: there is WriteTo.
func (d *download) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

// WriteTo writes the body. For a chunked one it frames the chunks, but for the last, which is
// fasthttp's.
func (d *download) WriteTo(io.Writer) (int64, error) {
	for {
		chunk, err := d.source.Next(d.ctx)
		if err == io.EOF {
			if d.length >= 0 && d.sent < d.length {
				err = errShort
			} else {
				return int64(d.sent), nil
			}
		}
		if err == nil {
			err = d.write(chunk)
			isolate.Reuse(d.source, chunk)
		}
		if err != nil {
			d.err = err
			return int64(d.sent), err
		}
	}
}

var (
	errBodiless = errors.New("the response has no body by its kind")

	errShort = errors.New("the response's body is shorter than its content-length")
	errLong  = errors.New("the response's body is longer than its content-length")
)

// write writes one chunk, in pieces.
func (d *download) write(chunk []byte) error {
	if d.length >= 0 && d.sent+len(chunk) > d.length {
		return errLong
	}
	for len(chunk) > 0 {
		piece := chunk[:min(len(chunk), writePiece)]
		chunk = chunk[len(piece):]
		if err := d.writePiece(piece); err != nil {
			return err
		}
		d.sent += len(piece)
	}
	return nil
}

func (d *download) writePiece(piece []byte) error {
	c := d.exchange.conn
	if err := c.SetWriteDeadline(time.Now().Add(d.exchange.server.cfg.WriteTimeout)); err != nil {
		return err
	}
	if d.length >= 0 {
		_, err := c.Write(piece)
		return err
	}
	head := append(strconv.AppendInt(d.head[:0], int64(len(piece)), 16), "\r\n"...)
	d.pieces = [3][]byte{head, piece, head[len(head)-2:]}
	buffers := net.Buffers(d.pieces[:])
	_, err := buffers.WriteTo(c.Conn)
	return err
}

// Close ends the exchange. fasthttp calls it when the response is out, or can't be.
func (d *download) Close() error {
	if d.closed {
		return nil
	}
	d.closed = true
	x := d.exchange
	err := d.err
	if err == nil && context.Cause(d.ctx) != nil {
		err = context.Cause(d.ctx)
	}
	d.source.Cancel(err)
	x.record.BytesOut = int64(d.sent)
	x.endStream()
	return nil
}

// stream makes the body of r what fasthttp writes after the head.
func (x *exchange) stream(ctx context.Context, r *isolate.Response) {
	to := &x.ctx.Response
	d := &download{exchange: x, ctx: ctx, source: r.Stream, length: contentLength(r)}
	if bodiless := r.Status == fasthttp.StatusNoContent || r.Status == fasthttp.StatusNotModified; bodiless || x.head.method == fasthttp.MethodHead {
		r.Stream.Cancel(errBodiless)
		if d.length >= 0 && !bodiless {
			to.Header.SetContentLength(d.length)
		}
		return
	}
	x.streaming.Store(true)
	boundUnsent(x.conn.Conn)
	to.ImmediateHeaderFlush = true
	to.SetBodyStream(d, d.length)
}

// contentLength returns the length that the source of r's body or its header gives, -1 if
// there is none.
func contentLength(r *isolate.Response) int {
	if n := isolate.LengthOf(r.Stream); n >= 0 {
		return int(n)
	}
	length := -1
	for _, f := range r.Header {
		if responseField(f.Name) == lengthField {
			if n, err := strconv.Atoi(f.Value); err == nil && n >= 0 {
				length = n
			}
		}
	}
	return length
}

// endStream ends the handler's part of an exchange whose response has a stream.
func (x *exchange) endStream() {
	x.endEvent()
	x.finish()
}
