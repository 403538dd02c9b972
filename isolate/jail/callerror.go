package jail

import (
	"context"
	"errors"

	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/kv"
)

// How an error of the host stands in a reply. What a store says of itself stays outside: a
// jail learns which of its documented conditions it was.
const (
	errorPlain    = iota // its text
	errorThrow           // *js.ThrowError
	errorDOM             // *js.DOMError
	errorCoded           // *js.CodedError
	errorInvalid         // *kv.InvalidError
	errorCanceled        // context.Canceled
	errorDeadline        // context.DeadlineExceeded
	errorStore           // storeErrors[0], and so on
)

var storeErrors = [...]error{
	kv.ErrNotFound, kv.ErrConflict, kv.ErrNotInteger, kv.ErrOverflow, kv.ErrUnavailable, kv.ErrFull, kv.ErrCorrupt,
}

var errStore = errors.New("kv: the store failed")

// appendFetchError appends an error of a subrequest.
func appendFetchError(b []byte, err error) []byte {
	if b, ok := appendThrown(b, err); ok {
		return b
	}
	return appendNamed(b, errorPlain, cut(err.Error(), messageBytesMax), "")
}

// appendStreamError appends what a chunk says of a body that has failed.
func appendStreamError(b []byte, err error) []byte {
	var failure *isolate.Failure
	if errors.As(err, &failure) {
		return appendFailure(append(b, chunkFailure), failure)
	}
	b = append(b, chunkError)
	switch {
	case errors.Is(err, context.Canceled):
		return append(b, errorCanceled)
	case errors.Is(err, context.DeadlineExceeded):
		return append(b, errorDeadline)
	}
	return appendFetchError(b, err)
}

// appendStoreError appends an error of a store.
func appendStoreError(b []byte, err error) []byte {
	for i, known := range storeErrors {
		if errors.Is(err, known) {
			return append(b, byte(errorStore+i))
		}
	}
	var invalid *kv.InvalidError
	switch {
	case errors.As(err, &invalid):
		return appendNamed(b, errorInvalid, invalid.Field, invalid.Reason)
	case errors.Is(err, context.Canceled):
		return append(b, errorCanceled)
	case errors.Is(err, context.DeadlineExceeded):
		return append(b, errorDeadline)
	}
	if b, ok := appendThrown(b, err); ok {
		return b
	}
	return appendNamed(b, errorPlain, errStore.Error(), "")
}

// appendThrown appends an error that scripts see as one of their own.
func appendThrown(b []byte, err error) ([]byte, bool) {
	var (
		throw *js.ThrowError
		dom   *js.DOMError
		coded *js.CodedError
	)
	switch {
	case errors.As(err, &throw):
		return appendNamed(b, errorThrow, throw.Class, throw.Message), true
	case errors.As(err, &dom):
		return appendNamed(b, errorDOM, dom.Name, dom.Message), true
	case errors.As(err, &coded):
		return appendNamed(b, errorCoded, coded.Code, coded.Message), true
	}
	return b, false
}

func appendNamed(b []byte, kind byte, name, message string) []byte {
	b = append(b, kind)
	b = appendString(b, name)
	return appendString(b, message)
}

// error returns the error that stands in a reply.
func (in *input) error() error {
	switch n := in.small(errorStore + len(storeErrors) - 1); n {
	case errorPlain:
		text := in.string()
		in.string()
		return errors.New(text)
	case errorThrow:
		return &js.ThrowError{Class: in.string(), Message: in.string()}
	case errorDOM:
		return &js.DOMError{Name: in.string(), Message: in.string()}
	case errorCoded:
		return &js.CodedError{Code: in.string(), Message: in.string()}
	case errorInvalid:
		return &kv.InvalidError{Field: in.string(), Reason: in.string()}
	case errorCanceled:
		return context.Canceled
	case errorDeadline:
		return context.DeadlineExceeded
	default:
		return storeErrors[n-errorStore]
	}
}
