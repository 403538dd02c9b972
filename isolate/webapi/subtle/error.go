package subtle

import "fmt"

// Error is why an operation failed.
type Error struct {
	Name    string // one of the constants below
	Message string // for the author of the script
}

// The names of errors, which DOMException knows.
const (
	OperationError     = "OperationError"     // the operation failed
	DataError          = "DataError"          // what should be a key is none, or another
	InvalidAccessError = "InvalidAccessError" // the key is not for that
	NotSupportedError  = "NotSupportedError"  // the algorithm can't do that, or is unknown
	SyntaxError        = "SyntaxError"        // the usages make no sense
	TypeError          = "TypeError"          // a parameter is none: the one name that no DOMException has
)

func (e *Error) Error() string { return e.Name + ": " + e.Message }

func operationError(format string, args ...any) error {
	return &Error{OperationError, fmt.Sprintf(format, args...)}
}

func dataError(format string, args ...any) error {
	return &Error{DataError, fmt.Sprintf(format, args...)}
}

func invalidAccess(format string, args ...any) error {
	return &Error{InvalidAccessError, fmt.Sprintf(format, args...)}
}

func notSupported(format string, args ...any) error {
	return &Error{NotSupportedError, fmt.Sprintf(format, args...)}
}

func syntaxError(format string, args ...any) error {
	return &Error{SyntaxError, fmt.Sprintf(format, args...)}
}
