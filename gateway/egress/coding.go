package egress

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// acceptEncoding names the content codings that bodies are decoded from.
const acceptEncoding = "gzip, br, zstd"

// zstdWindowMax is the most that a body in zstd may make its decoder remember: the least that
// a decoder has to accept, and what senders of content keep to.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9659
const zstdWindowMax = 8 << 20

// decoders are decoders to be used again: each holds 40 KB and more. It is safe for
// concurrent use.
type decoders struct {
	gzip, brotli, zstd sync.Pool
}

// decoder reads what was coded.
type decoder interface {
	io.Reader
	close() // gives it back; it is not used any more
}

// codingOf returns how to decode a body, nil if it is not coded, or in a way that wasn't asked
// for, or in several: those are the function's to understand.
func codingOf(h http.Header) func(*decoders, io.Reader) decoder {
	codings := h["Content-Encoding"]
	if len(codings) != 1 {
		return nil
	}
	switch strings.ToLower(codings[0]) {
	case "gzip", "x-gzip":
		return newGzip
	case "br":
		return newBrotli
	case "zstd":
		return newZstd
	}
	return nil
}

// gzipDecoder accepts nothing at all for nothing zipped, as browsers do.
type gzipDecoder struct {
	pool  *sync.Pool
	begun bool
	in    bufio.Reader
	zip   gzip.Reader
}

func newGzip(from *decoders, r io.Reader) decoder {
	d, ok := from.gzip.Get().(*gzipDecoder)
	if !ok {
		d = &gzipDecoder{pool: &from.gzip}
	}
	d.in.Reset(r)
	return d
}

func (d *gzipDecoder) Read(p []byte) (int, error) {
	if !d.begun {
		if _, err := d.in.Peek(1); err != nil {
			return 0, err
		}
		if err := d.zip.Reset(&d.in); err != nil {
			return 0, ended(err)
		}
		d.begun = true
	}
	return d.zip.Read(p)
}

func (d *gzipDecoder) close() {
	d.begun = false
	d.in.Reset(nil)
	d.pool.Put(d)
}

type brotliDecoder struct {
	pool *sync.Pool
	in   *bufio.Reader
	br   *brotli.Reader
	some bool
}

func newBrotli(from *decoders, r io.Reader) decoder {
	d, ok := from.brotli.Get().(*brotliDecoder)
	if !ok {
		d = &brotliDecoder{pool: &from.brotli, in: bufio.NewReader(nil), br: brotli.NewReader(nil)}
	}
	d.in.Reset(r)
	d.some = false
	// Only a nil reader makes Reset fail.
	_ = d.br.Reset(d.in)
	return d
}

func (d *brotliDecoder) Read(p []byte) (int, error) {
	if !d.some {
		if _, err := d.in.Peek(1); err != nil {
			return 0, err
		}
		d.some = true
	}
	return d.br.Read(p)
}

func (d *brotliDecoder) close() {
	d.in.Reset(nil)
	d.pool.Put(d)
}

type zstdDecoder struct {
	pool *sync.Pool
	zstd *zstd.Decoder
}

func newZstd(from *decoders, r io.Reader) decoder {
	d, ok := from.zstd.Get().(*zstdDecoder)
	if !ok {
		// One goroutine, the reader's; the options are right, so there is no error.
		z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(zstdWindowMax))
		if err != nil {
			panic("egress: zstd: " + err.Error())
		}
		d = &zstdDecoder{pool: &from.zstd, zstd: z}
	}
	// Only a closed decoder refuses.
	_ = d.zstd.Reset(r)
	return d
}

func (d *zstdDecoder) Read(p []byte) (int, error) { return d.zstd.Read(p) }

func (d *zstdDecoder) close() {
	_ = d.zstd.Reset(nil)
	d.pool.Put(d)
}

// ended makes the end within a coded body what it is: too early.
func ended(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// received is what a decoder reads: it keeps apart what the network and what the decoder failed
// with.
type received struct {
	io.Reader
	err error // of the network; io.EOF: none, and all is read
}

func (r *received) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil {
		r.err = err
	}
	return n, err
}

// corrupt says whether err is a decoder's word on what it was given.
func (r *received) corrupt(err error) bool {
	return (r.err == nil || r.err == io.EOF) && err != io.ErrUnexpectedEOF
}
