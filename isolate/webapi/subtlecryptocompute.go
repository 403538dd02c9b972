package webapi

import (
	"context"
	"errors"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/subtle"
)

// inTurnMax is what cryptography may take in the turn. Less than that is done on the spot: a
// promise that waits costs more than most of it. What takes longer is done beside the turns,
// where it holds up nobody.
const inTurnMax = 250 * time.Microsecond

// compute does work on data, which is a script's, and returns its result or a promise of
// that. If room is not 0, dst is room for a result of so many bytes, which may be where data
// lies; if it is 0, dst is nil. work may outlive the turn: it gets a copy of data then, and
// must not touch JavaScript values.
func compute(vm *js.VM, cost time.Duration, data []byte, room int, work func(ctx context.Context, dst, data []byte) (any, error)) (any, error) {
	if cost <= inTurnMax {
		vm.Checkpoint()
		var dst []byte
		if room > 0 {
			vm.Allocate(int64(room), "what is to be made")
			dst = make([]byte, 0, room)
		}
		v, err := work(context.Background(), dst, data)
		return v, cryptoError(err)
	}
	own := newBuffer(vm, max(len(data), room))
	own.write(viewString(data))
	data = own.data
	var dst []byte
	if room > 0 {
		dst = data[:0]
	}
	return vm.AsyncCharged(func(ctx context.Context) (any, error) {
		v, err := work(ctx, dst, data)
		return v, cryptoError(err)
	}), nil
}

// cryptoError is what scripts see of an error of package subtle.
func cryptoError(err error) error {
	var e *subtle.Error
	switch {
	case !errors.As(err, &e):
		return err
	case e.Name == subtle.TypeError:
		return js.TypeError("%s", e.Message)
	}
	return &js.DOMError{Name: e.Name, Message: e.Message}
}

// needBytes holds that argument i is a BufferSource.
func needBytes(c *js.Call, method string, i int) error {
	if _, ok := c.VM.BytesOf(c.Arg(i)); !ok {
		return js.TypeError("%s: argument %d is neither an ArrayBuffer nor a view of one; encode a string with TextEncoder", method, i+1)
	}
	return nil
}
