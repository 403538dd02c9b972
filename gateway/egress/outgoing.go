package egress

import (
	"context"
	"io"
	"math"
	"net"

	"github.com/skerry-edge/skerry/isolate/webapi"
)

// outgoing is a request's body that comes from a source: what net/http reads.
type outgoing struct {
	ctx    context.Context
	source webapi.Source
	chunk  []byte // the last one; nil: none, or it went back
	read   int    // of chunk
	err    error
}

// rest waits until something of a chunk is left to be read.
func (o *outgoing) rest() ([]byte, error) {
	for o.read == len(o.chunk) {
		if o.err != nil {
			return nil, o.err
		}
		webapi.Reuse(o.source, o.chunk)
		o.chunk, o.read = nil, 0
		o.chunk, o.err = o.source.Next(o.ctx)
	}
	return o.chunk[o.read:], nil
}

func (o *outgoing) Read(p []byte) (int, error) {
	rest, err := o.rest()
	n := copy(p, rest)
	o.read += n
	return n, err
}

// WriteTo writes chunks as they are.
func (o *outgoing) WriteTo(w io.Writer) (int64, error) { return o.write(w, math.MaxInt64) }

// write writes most bytes, or all that there are.
func (o *outgoing) write(w io.Writer, most int64) (written int64, err error) {
	for written < most {
		rest, err := o.rest()
		if err == io.EOF {
			break
		}
		if err != nil {
			return written, err
		}
		n, err := w.Write(rest[:min(int64(len(rest)), most-written)])
		o.read += n
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// Close is called when the request has been sent, or will not be. It may be called during a
// Read.
func (o *outgoing) Close() error {
	o.source.Cancel(errUnwanted)
	return nil
}

// plainConn is a connection, which takes bodies from their sources without a copy.
type plainConn struct{ *net.TCPConn }

// ReadFrom writes what r reads. For a body of known length, net/http gives it the body, limited,
// and would else read it into a buffer of 32 KB.
func (c plainConn) ReadFrom(r io.Reader) (int64, error) {
	limited, ok := r.(*io.LimitedReader)
	if !ok {
		return c.TCPConn.ReadFrom(r)
	}
	o, ok := limited.R.(*outgoing)
	if !ok {
		return c.TCPConn.ReadFrom(r)
	}
	n, err := o.write(c.TCPConn, limited.N)
	limited.N -= n
	return n, err
}
