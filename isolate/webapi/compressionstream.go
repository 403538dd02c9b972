package webapi

import (
	"context"
	"io"

	"github.com/skerry-edge/skerry/isolate/js"
)

// CompressionStream compresses bytes.
//
// Spec: https://compression.spec.whatwg.org/#compression-stream
var CompressionStream = js.Class[compressionStream]{
	Name:        "CompressionStream",
	Length:      1,
	Constructor: newCompressionStream,
	Members:     sideMembers[compressionStream](),
}

type compressionStream struct {
	transformStream
	out     []byte // what the encoder has written; belongs to the work that is under way
	encoder io.WriteCloser
	closed  func()
}

func newCompressionStream(c *js.Call) (*compressionStream, error) {
	format, err := compressionFormatNamed(c.String(0))
	if err != nil {
		return nil, err
	}
	s := new(compressionStream)
	if s.closed, err = openCodec(c.VM, format.encoderMemory); err != nil {
		return nil, err
	}
	if s.encoder, err = format.encoder(s); err != nil {
		return nil, err
	}
	s.init(c.VM, &transformController{
		transform: s.compress,
		flush:     s.finish,
		cancel: func(js.Value) *eventual {
			s.closed()
			return fulfilled(s.vm, js.Undefined)
		},
	})
	return s, nil
}

// Write takes what the encoder makes.
func (s *compressionStream) Write(data []byte) (int, error) {
	s.out = append(s.out, data...)
	return len(data), nil
}

// compress gives the encoder a chunk.
//
// Spec: https://compression.spec.whatwg.org/#compress-and-enqueue-a-chunk
func (s *compressionStream) compress(chunk js.Value) *eventual {
	data, err := chunkBytesOf(s.vm, chunk)
	if err != nil {
		return failed(s.vm, err)
	}
	return s.encode(func(ctx context.Context) error {
		for len(data) > 0 && ctx.Err() == nil {
			n := min(len(data), chunkBytes)
			if _, err := s.encoder.Write(data[:n]); err != nil {
				return err
			}
			data = data[n:]
		}
		return ctx.Err()
	})
}

// finish ends what is compressed.
//
// Spec: https://compression.spec.whatwg.org/#compress-flush-and-enqueue
func (s *compressionStream) finish() *eventual {
	s.closed()
	return s.encode(func(context.Context) error { return s.encoder.Close() })
}

// encode runs work beside the turns and passes on what it makes.
func (s *compressionStream) encode(work func(context.Context) error) *eventual {
	return beside(s.vm, work).then(func(js.Value) (js.Value, error) {
		out := s.out
		s.out = nil
		s.vm.Adopt(int64(cap(out)), "the chunk")
		return js.Undefined, s.give(out)
	}, nil)
}

// beside is a promise of work that computes beside the turns.
func beside(vm *js.VM, work func(context.Context) error) *eventual {
	return &eventual{vm: vm, of: vm.AsyncCharged(func(ctx context.Context) (any, error) { return nil, work(ctx) })}
}

// give passes bytes on, which belong to the script from now on.
func (t *transformStream) give(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	return t.controller.enqueue(t.vm.Uint8Array(data))
}

// chunkBytesOf returns a copy of a chunk of bytes.
func chunkBytesOf(vm *js.VM, chunk js.Value) (data []byte, err error) {
	shared, ok := vm.BytesOf(chunk)
	if !ok {
		return nil, js.TypeError("a chunk is %s; this stream takes bytes: an ArrayBuffer or a view of one", describeKind(vm, chunk))
	}
	err = vm.Try(func() { data = cloneBytes(vm, shared) })
	return data, err
}
