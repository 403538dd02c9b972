package js

import (
	"context"
	"errors"
	"fmt"

	"github.com/dop251/goja"
)

// This file is the one place where Go errors become JavaScript exceptions. An error that
// a Go function returns to a script is thrown, or rejects the promise, as:
//
//	*ThrowError      an instance of the class it names: TypeError, RangeError, …
//	*DOMError        a DOMException with its name and code
//	*CodedError      an Error with a property code, for errors of the platform
//	*goja.Exception  what it was
//	anything else    an Error with the error's message

// ThrowError becomes an instance of one of the language's own error classes.
type ThrowError struct {
	Class   string // "TypeError", "RangeError", "SyntaxError", "EvalError", "Error"
	Message string
}

func (e *ThrowError) Error() string { return e.Class + ": " + e.Message }

// TypeError returns an error that scripts see as a TypeError.
func TypeError(format string, args ...any) error {
	return &ThrowError{"TypeError", fmt.Sprintf(format, args...)}
}

// RangeError returns an error that scripts see as a RangeError.
func RangeError(format string, args ...any) error {
	return &ThrowError{"RangeError", fmt.Sprintf(format, args...)}
}

// SyntaxError returns an error that scripts see as a SyntaxError.
func SyntaxError(format string, args ...any) error {
	return &ThrowError{"SyntaxError", fmt.Sprintf(format, args...)}
}

// DOMError becomes a DOMException.
//
// Spec: https://webidl.spec.whatwg.org/#idl-DOMException
type DOMError struct {
	Name    string // "AbortError", "DataCloneError", …
	Message string
}

func (e *DOMError) Error() string { return e.Name + ": " + e.Message }

// CodedError becomes an Error with a property code, one of the codes that users see.
type CodedError struct {
	Code    string // "exceeded_subrequests", "store_unavailable", …
	Message string
}

func (e *CodedError) Error() string { return e.Message }

// thrown is an error that is a JavaScript value already.
type thrown struct{ value goja.Value }

func (t *thrown) Error() string { return "a thrown value" }

// Throw returns an error that scripts see as v itself.
func Throw(v Value) error { return &thrown{v} }

// exception returns the value to panic with so that a script sees err thrown.
func (vm *VM) exception(err error) any {
	var uncatchable *goja.InterruptedError
	if errors.As(err, &uncatchable) {
		return uncatchable
	}
	var overflow *goja.StackOverflowError
	if errors.As(err, &overflow) {
		return overflow
	}
	return vm.ErrorValue(err)
}

// ErrorValue returns what a script sees of err: the value that is thrown, or the reason
// of a rejection.
func (vm *VM) ErrorValue(err error) Value {
	var (
		exception *goja.Exception
		value     *thrown
		throw     *ThrowError
		dom       *DOMError
		coded     *CodedError
	)
	switch {
	case errors.As(err, &value):
		return value.value
	case errors.As(err, &exception):
		return exception.Value()
	case errors.As(err, &throw):
		return vm.newError(throw.Class, throw.Message)
	case errors.As(err, &dom):
		return vm.newDOMException(dom.Name, dom.Message)
	case errors.As(err, &coded):
		o := vm.newError("Error", coded.Message)
		vm.define(o, "code", vm.rt.ToValue(coded.Code))
		return o
	case errors.Is(err, context.DeadlineExceeded):
		return vm.newDOMException("TimeoutError", "The operation timed out.")
	case errors.Is(err, context.Canceled):
		return vm.newDOMException("AbortError", "The operation was aborted.")
	default:
		return vm.newError("Error", err.Error())
	}
}

// newError makes an instance of a class of the language, whatever the script has made of
// the global of that name.
func (vm *VM) newError(class, message string) *goja.Object {
	switch class {
	case "TypeError", "RangeError", "SyntaxError", "EvalError":
		vm.touch("Error") // scripts can get at it through the others
	default:
		class = "Error"
	}
	o, err := vm.rt.New(vm.Intrinsic(class), vm.rt.ToValue(message))
	if err != nil {
		panic(err)
	}
	return o
}

// newDOMException uses the platform's DOMException, or an Error of that name where the
// platform has none.
func (vm *VM) newDOMException(name, message string) *goja.Object {
	if vm.platform.domException != nil {
		return vm.wrap(vm.platform.domException(name, message))
	}
	o := vm.newError("Error", message)
	vm.define(o, "name", vm.rt.ToValue(name))
	return o
}

// Try runs f, which may throw, and returns what it threw as an error; uncatchable errors
// pass through.
func (vm *VM) Try(f func()) error {
	if ex := vm.rt.Try(f); ex != nil {
		return ex
	}
	return nil
}

// Thrown returns the value that a script threw, if err is that.
func Thrown(err error) (Value, bool) {
	var exception *goja.Exception
	if errors.As(err, &exception) {
		return exception.Value(), true
	}
	var value *thrown
	if errors.As(err, &value) {
		return value.value, true
	}
	return nil, false
}
