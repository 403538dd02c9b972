package control

import (
	"errors"
	"fmt"
)

var (
	// ErrClosed is returned by calls on a connection that this side has closed.
	ErrClosed = errors.New("control: the connection is closed")

	// ErrGone is returned by calls whose answer can't come any more, because the other
	// side has closed the connection or has died. Whether the call was carried out is
	// unknown.
	ErrGone = errors.New("control: the other side is gone")
)

// A ProtocolError says how the other side broke the protocol, which ended the connection.
type ProtocolError struct{ Reason string }

func (e *ProtocolError) Error() string {
	return "control: the other side broke the protocol: " + e.Reason
}

func broken(format string, args ...any) error {
	return &ProtocolError{fmt.Sprintf(format, args...)}
}

// An Error is how a call failed on the other side. Handlers may return one, or an error
// that wraps one, to say a code; of other errors the text alone arrives.
type Error struct {
	Code    string `json:"code,omitempty"`    // for programs
	Message string `json:"message,omitempty"` // for people
}

func (e *Error) Error() string {
	if e.Message == "" {
		return e.Code
	}
	return e.Message
}

// Codes of failures that no handler has returned.
const (
	CodeUnknown = "unknown_method" // no handler has this name
	CodeBusy    = "busy"           // too many calls run on the other side
	CodePanic   = "panic"          // the handler panicked
	CodeResult  = "bad_result"     // the result can't be sent
)

// failure is err as it is sent.
func failure(err error) *Error {
	var coded *Error
	if errors.As(err, &coded) {
		return &Error{coded.Code, cut(err.Error())}
	}
	return &Error{"", cut(err.Error())}
}

// cut bounds a message. Of a rune that is split the rest becomes U+FFFD in JSON.
func cut(message string) string {
	const most = 16 << 10
	return message[:min(len(message), most)]
}
