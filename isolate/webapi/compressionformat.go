package webapi

import (
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/skerry-edge/skerry/isolate/js"
)

// compressionFormat is how bytes are compressed. What makes an encoder or a decoder says how
// much memory that may take.
type compressionFormat struct {
	name          string
	encoder       func(io.Writer) (io.WriteCloser, error)
	encoderMemory int64
	decoder       func(io.Reader) (io.Reader, error)
	decoderMemory int64
}

const (
	deflateLevel = 6
	brotliLevel  = 5
	windowBits   = 20 // of what encoders remember
	windowMax    = 8 << 20
)

// compressionFormats are the standard's, and zstd.
//
// Spec: https://compression.spec.whatwg.org/#supported-formats
var compressionFormats = []compressionFormat{
	{
		name:          "gzip",
		encoder:       func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, deflateLevel) },
		encoderMemory: 1 << 20,
		decoder: func(r io.Reader) (io.Reader, error) {
			d, err := gzip.NewReader(r)
			if err == nil {
				d.Multistream(false)
			}
			return d, err
		},
		decoderMemory: 64 << 10,
	},
	{
		name:          "deflate",
		encoder:       func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriterLevel(w, deflateLevel) },
		encoderMemory: 1 << 20,
		decoder:       func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) },
		decoderMemory: 64 << 10,
	},
	{
		name:          "deflate-raw",
		encoder:       func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, deflateLevel) },
		encoderMemory: 1 << 20,
		decoder:       func(r io.Reader) (io.Reader, error) { return flate.NewReader(r), nil },
		decoderMemory: 64 << 10,
	},
	{
		name: "brotli",
		encoder: func(w io.Writer) (io.WriteCloser, error) {
			return brotli.NewWriterOptions(w, brotli.WriterOptions{Quality: brotliLevel, LGWin: windowBits}), nil
		},
		encoderMemory: 8 << windowBits,
		decoder:       func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
		decoderMemory: 2 * windowMax,
	},
	{
		name: "zstd",
		encoder: func(w io.Writer) (io.WriteCloser, error) {
			return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(1<<windowBits))
		},
		encoderMemory: 8 << windowBits,
		decoder: func(r io.Reader) (io.Reader, error) {
			return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(windowMax))
		},
		decoderMemory: 2 * windowMax,
	},
}

func compressionFormatNamed(name string) (*compressionFormat, error) {
	if name == "br" {
		name = "brotli"
	}
	for i := range compressionFormats {
		if f := &compressionFormats[i]; f.name == name {
			return f, nil
		}
	}
	return nil, js.TypeError("%q is no format; there are gzip, deflate, deflate-raw, brotli (br) and zstd", clip(name, 40))
}

// codecsMax is how many streams of an event may compress and decompress at a time: each
// holds memory that is not JavaScript's.
const codecsMax = 32

// codecs is how many streams of a VM's event have begun and not ended.
type codecs struct {
	event <-chan struct{}
	open  int
}

// openCodec counts a stream that takes memory; closed is called, in a turn, when it has
// ended, and may be called again.
func openCodec(vm *js.VM, memory int64) (closed func(), err error) {
	c := js.Local[codecs](vm)
	if event := vm.Context().Done(); c.event != event {
		c.event, c.open = event, 0
	}
	if c.open >= codecsMax {
		return nil, js.RangeError("more than %d streams compress or decompress at a time; read them to their ends, or cancel them", codecsMax)
	}
	vm.Allocate(memory, "the state of the stream")
	event, open := c.event, true
	c.open++
	return func() {
		if open && c.event == event {
			c.open--
		}
		open = false
	}, nil
}
