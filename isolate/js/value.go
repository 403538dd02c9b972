package js

import (
	"math/big"
	"reflect"

	"github.com/dop251/goja"
)

// Value is a JavaScript value. It belongs to the VM that made it and must not be used by
// another, nor outside a turn. Packages above handle values only through a [Call] and the
// functions here.
type Value = goja.Value

// Object is a JavaScript object, a Value.
type Object = goja.Object

// Undefined and Null are the values of those names, the same in every VM. A Go function
// that returns nil to JavaScript returns null.
var (
	Undefined = goja.Undefined()
	Null      = goja.Null()
)

// IsUndefined says whether v is undefined or was not given.
func IsUndefined(v Value) bool { return v == nil || v == Undefined }

// IsNullish says whether v is undefined, null or was not given.
func IsNullish(v Value) bool { return v == nil || v == Undefined || v == Null }

// IsObject says whether v is an object; functions are.
func IsObject(v Value) bool { _, ok := v.(*goja.Object); return ok }

// IsString says whether v is a primitive string.
func IsString(v Value) bool { _, ok := v.(goja.String); return ok }

// IsNumber says whether v is a primitive number.
func IsNumber(v Value) bool { return goja.IsNumber(v) }

// IsBool says whether v is a primitive boolean.
func IsBool(v Value) bool { return !IsObject(v) && v != nil && v.ExportType() == boolType }

// IsSymbol says whether v is a symbol.
func IsSymbol(v Value) bool { _, ok := v.(*goja.Symbol); return ok }

// IsBigInt says whether v is a primitive bigint.
func IsBigInt(v Value) bool { return !IsObject(v) && v.ExportType() == bigIntType }

// IsFunction says whether v can be called.
func IsFunction(v Value) bool { _, ok := goja.AssertFunction(v); return ok }

// IsArray says whether v is an array.
func IsArray(v Value) bool { return isClass(v, "Array") }

// IsPromise says whether v is a promise of the language (not any thenable).
func IsPromise(v Value) bool { return promiseOf(v) != nil }

// Same says whether a and b are the same value, as Object.is does.
func Same(a, b Value) bool { return a.SameAs(b) }

// ClassName is the name that the engine knows an object's kind by: "Array", "Date",
// "Error", "Map", "RegExp", "Boolean", "Function", "Object", or a Class's Name. It is
// empty for what is no object.
func ClassName(v Value) string {
	if o, ok := v.(*goja.Object); ok {
		return o.ClassName()
	}
	return ""
}

var (
	promiseType = reflect.TypeFor[*goja.Promise]()
	bufferType  = reflect.TypeFor[goja.ArrayBuffer]()
	bigIntType  = reflect.TypeFor[*big.Int]()
	int64Type   = reflect.TypeFor[int64]()
	float64Type = reflect.TypeFor[float64]()
	boolType    = reflect.TypeFor[bool]()
)

func isClass(v Value, name string) bool { return ClassName(v) == name }

func promiseOf(v Value) *goja.Promise {
	o, ok := v.(*goja.Object)
	if !ok || o.ExportType() != promiseType {
		return nil // Export would run an object's getters
	}
	p, _ := o.Export().(*goja.Promise)
	return p
}

// PromiseState tells how a promise stands.
type PromiseState int

// The states of a promise.
const (
	Pending PromiseState = iota
	Fulfilled
	Rejected
)

// Peek returns the state of v and its value or reason. A v that is no promise counts as
// fulfilled with itself.
func Peek(v Value) (PromiseState, Value) {
	p := promiseOf(v)
	if p == nil {
		return Fulfilled, v
	}
	switch p.State() {
	case goja.PromiseStateFulfilled:
		return Fulfilled, p.Result()
	case goja.PromiseStateRejected:
		return Rejected, p.Result()
	default:
		return Pending, nil
	}
}
