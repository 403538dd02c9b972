package webapi

import (
	"context"
	"errors"
	"io"

	"github.com/skerry-edge/skerry/isolate/js"
)

// Source is where the bytes of a stream come from that the host owns: the body of a request
// on its way in, or of a response to fetch. It has one reader at a time.
type Source interface {
	// Next waits for the next bytes and returns them; they are the caller's to keep. The
	// error is io.EOF after the last of them, and never comes with bytes. It is called on
	// goroutines outside of the VM's turns, one call after the other.
	Next(ctx context.Context) ([]byte, error)

	// Cancel says that nobody will read what is left, because of reason, which may be nil.
	// It may be called while a Next is under way, which then ends, and more than once; it
	// must not block.
	Cancel(reason error)
}

// batchBytes is how much of a source is read before a turn is asked for, when all of it is
// wanted.
const batchBytes = 256 << 10

// readBatch reads from source until there are batchBytes, or an error. The bytes are the
// caller's.
func readBatch(ctx context.Context, source Source) ([]byte, error) {
	data, err := source.Next(ctx)
	for err == nil && len(data) < batchBytes {
		var more []byte
		more, err = source.Next(ctx)
		data = append(data, more...)
		Reuse(source, more)
	}
	return data, err
}

// readAll reads source to its end, without it entering the VM, and calls done in a turn.
func readAll(vm *js.VM, source Source, done func(data []byte, err error)) {
	all := &buffer{vm: vm, body: true}
	var next func()
	next = func() {
		var batch []byte
		vm.Background(func(ctx context.Context) (_ any, err error) {
			batch, err = readBatch(ctx, source)
			return nil, err
		}, func(_ any, err error) {
			if thrown := vm.Try(func() { all.take(batch) }); thrown != nil {
				source.Cancel(errCanceled)
				done(nil, thrown)
				return
			}
			switch {
			case errors.Is(err, io.EOF):
				done(all.data, nil)
			case err != nil:
				done(nil, sourceError(vm.Context(), err))
			default:
				next()
			}
		})
	}
	next()
}

// sourceError is what a script sees of a source's error.
func sourceError(ctx context.Context, err error) error {
	if errors.Is(err, ErrTeeFull) {
		return js.RangeError("%v", err)
	}
	return networkError(ctx, err)
}
