package remote

import (
	"context"
	"errors"
	"fmt"

	"github.com/skerry-edge/skerry/kv"
)

// The codes of failures. A code keeps its meaning for as long as the version of the
// protocol is the same.
const (
	opaqueCode  = 255
	invalidCode = 254
)

// failures are the errors that keep their identity on the way: errors.Is says on one side
// what it says on the other. An error that is several of them arrives as the first.
var failures = []struct {
	code byte
	err  error
}{
	{1, kv.ErrNotFound},
	{2, kv.ErrConflict},
	{3, kv.ErrNotInteger},
	{4, kv.ErrOverflow},
	{5, kv.ErrUnavailable},
	{6, kv.ErrFull},
	{7, kv.ErrCorrupt},
}

// textBytesMax bounds the text of an error, which may quote a key or a path.
const textBytesMax = 4 << 10

// appendFailure appends the answer to a call that ended with err.
func appendFailure(b []byte, err error) []byte {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		// A deadline of the store's or the end of the server. The client's own contexts
		// are with the client.
		err = fmt.Errorf("%w: %w", kv.ErrUnavailable, err)
	}
	var invalid *kv.InvalidError
	if errors.As(err, &invalid) {
		b = appendText(append(b, invalidCode), cut(err.Error()))
		b = appendText(b, cut(invalid.Field))
		return appendText(b, cut(invalid.Reason))
	}
	for _, f := range failures {
		if errors.Is(err, f.err) {
			return appendText(append(b, f.code), cut(err.Error()))
		}
	}
	return appendText(append(b, opaqueCode), cut(err.Error()))
}

func cut(text string) string { return text[:min(len(text), textBytesMax)] }

// decodeFailure returns the error of an answer whose first byte was code. It returns false
// if that is no failure's.
func decodeFailure(code byte, b []byte) (err error, ok bool) {
	d := decoder{b: b}
	text := d.text()
	switch code {
	case opaqueCode:
		return errors.New(text), d.done()
	case invalidCode:
		return withText(text, &kv.InvalidError{Field: d.text(), Reason: d.text()}), d.done()
	}
	for _, f := range failures {
		if f.code == code {
			return withText(text, f.err), d.done()
		}
	}
	return nil, false
}

// withText returns an error that is err and says text.
func withText(text string, err error) error {
	if err.Error() == text {
		return err
	}
	return &storeError{text: text, is: err}
}

// storeError is an error of the store behind the server.
type storeError struct {
	text string
	is   error // one of failures, or an *kv.InvalidError
}

func (e *storeError) Error() string { return e.text }
func (e *storeError) Unwrap() error { return e.is }
