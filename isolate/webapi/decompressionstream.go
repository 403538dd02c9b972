package webapi

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

// DecompressionStream decompresses bytes.
//
// Spec: https://compression.spec.whatwg.org/#decompression-stream
var DecompressionStream = js.Class[decompressionStream]{
	Name:   "DecompressionStream",
	Length: 1,
	Constructor: func(c *js.Call) (*decompressionStream, error) {
		format, err := compressionFormatNamed(c.String(0))
		if err != nil {
			return nil, err
		}
		s := &decompressionStream{format: format}
		if s.closed, err = openCodec(c.VM, format.decoderMemory); err != nil {
			return nil, err
		}
		s.init(c.VM, &transformController{
			transform: s.decompress,
			flush:     s.finish,
			cancel: func(js.Value) *eventual {
				s.end()
				return fulfilled(s.vm, js.Undefined)
			},
		})
		return s, nil
	},
	Members: sideMembers[decompressionStream](),
}

const (
	decodedBytes = 64 << 10 // are decoded at least before they are passed on, if there is more
	pieceBytes   = 16 << 10
)

type decompressionStream struct {
	transformStream
	format   *compressionFormat
	decoding *decoding // nil: nothing has come
	ended    bool
	closed   func()
}

// decompress gives the decoder a chunk.
//
// Spec: https://compression.spec.whatwg.org/#decompress-and-enqueue-a-chunk
func (s *decompressionStream) decompress(chunk js.Value) *eventual {
	data, err := chunkBytesOf(s.vm, chunk)
	switch {
	case err != nil:
		s.end()
		return failed(s.vm, err)
	case len(data) == 0:
		return fulfilled(s.vm, js.Undefined)
	}
	return s.feed(data)
}

// finish is called when no more chunks come.
//
// Spec: https://compression.spec.whatwg.org/#decompress-flush-and-enqueue
func (s *decompressionStream) finish() *eventual {
	if s.decoding == nil {
		s.end()
		return failed(s.vm, s.malformed(io.ErrUnexpectedEOF))
	}
	return s.feed(nil)
}

// feed has the decoder work on data, nil being the end, and passes on what it makes.
func (s *decompressionStream) feed(data []byte) *eventual {
	if s.decoding == nil {
		s.decoding = startDecoding(s.vm.Context(), s.format)
	}
	result := newEventual(s.vm)
	s.step(&decoderInput{data, data == nil}, result)
	return result
}

// step is one stretch of the decoder's work.
func (s *decompressionStream) step(in *decoderInput, result *eventual) {
	var out decoderOutput
	fail := func(reason js.Value) {
		s.end()
		result.reject(reason)
	}
	beside(s.vm, func(ctx context.Context) (err error) {
		out, err = s.decoding.step(ctx, in)
		return err
	}).react(func(js.Value) {
		s.vm.Charge(out.cpu)
		var err error
		if thrown := s.vm.Try(func() {
			s.vm.Adopt(int64(cap(out.data)), "the chunk")
			err = s.give(out.data)
		}); thrown != nil {
			err = thrown
		}
		switch {
		case err == nil && out.err != nil:
			err = s.malformed(out.err)
		case err == nil && out.more && !s.ended:
			again := func(js.Value) { s.step(nil, result) }
			if s.pressed {
				s.change.react(again, nil)
				return
			}
			again(nil)
			return
		}
		if err != nil {
			fail(s.vm.ErrorValue(err))
			return
		}
		if in != nil && in.last {
			s.end()
		}
		result.done()
	}, fail)
}

func (s *decompressionStream) malformed(err error) error {
	return js.TypeError("the data is not %s: %v", s.format.name, err)
}

// end lets go of the decoder.
func (s *decompressionStream) end() {
	s.ended = true
	s.closed()
	if s.decoding != nil {
		s.decoding.cancel()
	}
}

// decoding is a decoder on a goroutine of its own, which works when it is given something.
// The decoder reads from it.
type decoding struct {
	ctx     context.Context
	cancel  context.CancelFunc
	inputs  chan *decoderInput
	outputs chan decoderOutput

	// What belongs to the goroutine.
	format *compressionFormat
	input  []byte // what the decoder has not read
	last   bool   // no more comes
	out    []byte
	stop   func() time.Duration
}

// decoderInput is what a decoder is given; nil: nothing, it is to go on.
type decoderInput struct {
	data []byte
	last bool
}

// decoderOutput is what a decoder made of that.
type decoderOutput struct {
	data []byte
	more bool // there is more, without another input
	err  error
	cpu  time.Duration
}

func startDecoding(ctx context.Context, format *compressionFormat) *decoding {
	d := &decoding{format: format, inputs: make(chan *decoderInput), outputs: make(chan decoderOutput)}
	d.ctx, d.cancel = context.WithCancel(ctx)
	go d.run()
	return d
}

// step gives the decoder in and waits for what it makes.
func (d *decoding) step(ctx context.Context, in *decoderInput) (out decoderOutput, err error) {
	select {
	case d.inputs <- in:
	case <-d.ctx.Done():
		return out, errCanceled
	case <-ctx.Done():
		return out, ctx.Err()
	}
	select {
	case out = <-d.outputs:
		return out, nil
	case <-d.ctx.Done():
		return out, errCanceled
	case <-ctx.Done():
		return out, ctx.Err()
	}
}

var errAfterEnd = errors.New("there is more after its end")

// run decodes until the end of what is compressed, then refuses what comes after it.
func (d *decoding) run() {
	if !d.take() {
		return
	}
	err := d.decode()
	for {
		if err == nil && len(d.input) > 0 {
			err = errAfterEnd
		}
		if !d.put(false, err) || !d.take() {
			return
		}
	}
}

// decode decodes all, and returns nil at its end.
func (d *decoding) decode() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("the decoder has failed")
		}
	}()
	r, err := d.format.decoder(d)
	if closer, ok := r.(interface{ Close() }); ok && err == nil {
		defer closer.Close()
	}
	piece := make([]byte, pieceBytes)
	for err == nil {
		var n int
		n, err = r.Read(piece) // it may wait, and what is out goes on
		d.out = append(d.out, piece[:n]...)
		if len(d.out) >= decodedBytes && (!d.put(true, nil) || !d.take()) {
			return errCanceled
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
	}
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF // within the header
	}
	return err
}

// take waits for the next input and begins to measure; false: there is none.
func (d *decoding) take() bool {
	select {
	case in := <-d.inputs:
		if in != nil {
			d.input, d.last = in.data, in.last
		}
		d.stop = js.StartCPU()
		return true
	case <-d.ctx.Done():
		return false
	}
}

// put passes on what was decoded.
func (d *decoding) put(more bool, err error) bool {
	out := decoderOutput{data: d.out, more: more, err: err, cpu: d.stop()}
	d.out = nil
	select {
	case d.outputs <- out:
		return true
	case <-d.ctx.Done():
		return false
	}
}

// Read gives the decoder what has come, and waits for more.
func (d *decoding) Read(p []byte) (int, error) {
	if err := d.fill(); err != nil {
		return 0, err
	}
	n := copy(p, d.input)
	d.input = d.input[n:]
	return n, nil
}

// ReadByte makes decoders that can read no further than they must.
func (d *decoding) ReadByte() (byte, error) {
	if err := d.fill(); err != nil {
		return 0, err
	}
	b := d.input[0]
	d.input = d.input[1:]
	return b, nil
}

// fill waits until there is something to read.
func (d *decoding) fill() error {
	for len(d.input) == 0 {
		if d.last {
			return io.EOF
		}
		if !d.put(false, nil) || !d.take() {
			return errCanceled
		}
	}
	return nil
}
