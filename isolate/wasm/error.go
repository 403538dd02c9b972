package wasm

import (
	"errors"
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// The errors of the namespace.
//
// Spec: https://webassembly.github.io/spec/js-api/#error-objects
var (
	compileErrorClass = &js.ErrorClass{Name: "CompileError"}
	linkErrorClass    = &js.ErrorClass{Name: "LinkError"}
	runtimeErrorClass = &js.ErrorClass{Name: "RuntimeError"}
)

// ErrorOf returns what scripts see of an error of [Library.Compile], in a turn: a CompileError
// that says what was compiled.
func ErrorOf(vm *js.VM, what string, err error) error { return compileError(vm, what, err) }

// compileError returns what scripts see of an error of the library's.
func compileError(vm *js.VM, what string, err error) error {
	var refused *CompileError
	if errors.As(err, &refused) {
		return compileErrorClass.New(vm, what+": "+refused.Reason)
	}
	return err
}

// trapMessages says what scripts see of the engine's traps, in the words that they know from
// V8.
var trapMessages = map[string]string{
	"unreachable":                   "unreachable",
	"out of bounds memory access":   "memory access out of bounds",
	"invalid table access":          "table index is out of bounds, or there is no function",
	"indirect call type mismatch":   "null function or function signature mismatch",
	"integer overflow":              "integer overflow",
	"integer divide by zero":        "divide by zero",
	"invalid conversion to integer": "float unrepresentable in integer range",
}

// trapError returns what scripts see of an error that ended a call.
func trapError(vm *js.VM, err error) error {
	message, _, _ := strings.Cut(err.Error(), "\n")
	message = strings.TrimPrefix(message, "wasm error: ")
	if message == "stack overflow" {
		return js.RangeError("Maximum call stack size exceeded")
	}
	if known, ok := trapMessages[message]; ok {
		message = known
	}
	return runtimeErrorClass.New(vm, message)
}
