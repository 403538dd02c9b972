package egress

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// bodies reads the bodies of responses within the limits of one and of all together. It is
// safe for concurrent use.
type bodies struct {
	bytesMax  int
	bufferMax int64
	buffered  atomic.Int64 // bytes that bodies being read take up
	unzippers sync.Pool    // of *unzipper, 40 KB each
}

type unzipper struct {
	in  bufio.Reader
	zip gzip.Reader
}

// read returns the body of resp, without its content coding if that is gzip, and changes
// the header to fit.
func (b *bodies) read(resp *http.Response) ([]byte, error) {
	if !zipped(resp.Header) {
		return b.readAll(resp.Body, resp.ContentLength)
	}
	delete(resp.Header, "Content-Encoding")
	delete(resp.Header, "Content-Length")
	u, ok := b.unzippers.Get().(*unzipper)
	if !ok {
		u = new(unzipper)
	}
	defer b.unzippers.Put(u)
	received := &io.LimitedReader{R: resp.Body, N: int64(b.bytesMax) + 1}
	u.in.Reset(received)
	body, err := b.unzip(u)
	if received.N == 0 {
		return nil, b.tooLarge()
	}
	return body, err
}

func (b *bodies) unzip(u *unzipper) ([]byte, error) {
	if _, err := u.in.Peek(1); err == io.EOF {
		return []byte{}, nil // nothing at all is accepted for nothing zipped, as browsers do
	}
	err := u.zip.Reset(&u.in)
	if err == nil {
		var body []byte
		if body, err = b.readAll(&u.zip, -1); err == nil {
			return body, nil
		}
	}
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || strings.HasPrefix(err.Error(), "flate: ") {
		return nil, &Error{ReasonBadResponse, "", "the body is said to be gzip, but is not", err}
	}
	return nil, err
}

// zipped reports whether the body is gzip, and nothing else over or under it. What else it
// may be coded in wasn't asked for, and is the function's to understand.
func zipped(h http.Header) bool {
	codings := h["Content-Encoding"]
	return len(codings) == 1 && (strings.EqualFold(codings[0], "gzip") || strings.EqualFold(codings[0], "x-gzip"))
}

// readAll reads r to its end. The memory that is taken grows with what arrives: length,
// which the server claims, is believed only for small bodies and to end the growth.
func (b *bodies) readAll(r io.Reader, length int64) ([]byte, error) {
	if length > int64(b.bytesMax) {
		return nil, b.tooLarge()
	}
	size := 4 << 10
	if length >= 0 && length < 64<<10 {
		size = int(length) + 1 // one more, or the end would not be seen
	}
	if !b.take(size) {
		return nil, b.tooBusy()
	}
	body := make([]byte, 0, size)
	defer func() { b.give(cap(body)) }()
	for {
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case len(body) > b.bytesMax:
			return nil, b.tooLarge()
		case err == io.EOF:
			return body, nil
		case err != nil:
			return nil, err
		case len(body) < cap(body):
			continue
		}
		size := 2 * cap(body)
		if length >= 0 {
			size = max(min(size, int(length)+1), len(body)+1)
		}
		size = min(size, b.bytesMax+1)
		if !b.take(size) {
			return nil, b.tooBusy()
		}
		old := cap(body)
		body = append(make([]byte, 0, size), body...)
		b.give(old)
	}
}

// take reserves n bytes, or reports that there is no room.
func (b *bodies) take(n int) bool {
	for {
		buffered := b.buffered.Load()
		if buffered+int64(n) > b.bufferMax {
			return false
		}
		if b.buffered.CompareAndSwap(buffered, buffered+int64(n)) {
			return true
		}
	}
}

func (b *bodies) give(n int) { b.buffered.Add(-int64(n)) }

func (b *bodies) tooLarge() error {
	return fail(ReasonTooLarge, "the response's body is larger than %s", bytesText(b.bytesMax))
}

func (b *bodies) tooBusy() error {
	return fail(ReasonTooBusy, "this node is reading too many large responses; try again")
}
