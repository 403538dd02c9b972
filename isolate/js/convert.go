package js

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// ToValue converts what a Go function returns: nil to null, strings, booleans and numbers
// to primitives, the state of a class to its instance, []string and []any to arrays,
// [Latin1] to a string, [Bytes] to a Uint8Array, [Buffer] to an ArrayBuffer, [Record] to an
// object, [JSON] to what JSON.parse makes of it, an [IteratorResult] to one, a [Make] to what it returns. A Value is itself.
// It panics on anything else.
func (vm *VM) ToValue(v any) Value {
	switch v := v.(type) {
	case nil:
		return Null
	case goja.Value:
		return v
	case string:
		return vm.Text(v)
	case bool, int, int64, float64, uint32:
		return vm.rt.ToValue(v)
	case holder:
		return vm.wrap(v)
	case Latin1:
		return vm.latin1(v)
	case Bytes:
		return vm.Uint8Array(v)
	case Buffer:
		return vm.buffer(v)
	case JSON:
		parsed, err := vm.ParseJSON(string(v))
		if err != nil {
			panic(vm.exception(err))
		}
		return parsed
	case Make:
		return vm.ToValue(v(vm))
	case []string:
		out := make([]goja.Value, len(v))
		steps := work{vm: vm}
		for i, s := range v {
			steps.done(16)
			out[i] = vm.Text(s)
		}
		return newArrayOf(vm.rt, out)
	case []any:
		return newArrayOf(vm.rt, vm.values(v))
	case IteratorResult:
		if v.Done {
			return vm.iteratorResult(v.Value, trueValue)
		}
		return vm.iteratorResult(v.Value, falseValue)
	case Record:
		o := vm.rt.NewObject()
		for _, f := range v {
			vm.define(o, f.Name, vm.ToValue(f.Value))
		}
		return o
	case *goja.Promise:
		return vm.rt.ToValue(v)
	case time.Duration:
		return vm.rt.ToValue(float64(v) / float64(time.Millisecond))
	default:
		panic(fmt.Sprintf("js: no value for a %T", v))
	}
}

func anyValues(vs []goja.Value) []any {
	out := make([]any, len(vs))
	for i, v := range vs {
		out[i] = v
	}
	return out
}

// Bytes becomes a Uint8Array over the same memory.
type Bytes []byte

// Buffer becomes an ArrayBuffer over the same memory.
type Buffer []byte

// Make is called, in the VM's turn, for what is to be converted. It may throw.
type Make func(*VM) any

// JSON is JSON text that becomes the value it describes.
type JSON string

// Record becomes an object with these properties, in order.
type Record []Property

// Property is one entry of a Record; Value is what ToValue takes.
type Property struct {
	Name  string
	Value any
}

// Text makes a string of s; bytes that are not UTF-8 become U+FFFD.
func (vm *VM) Text(s string) Value {
	if len(s) > lazyText {
		return vm.longText(s)
	}
	if isASCII(s) {
		return stringOfName(unistring.String(s))
	}
	if !utf8.ValidString(s) {
		s = string([]rune(s))
	}
	return vm.rt.ToValue(s)
}

// Uint8Array makes a Uint8Array over b, which then belongs to the script.
func (vm *VM) Uint8Array(b []byte) Value {
	return vm.Construct(vm.Intrinsic("Uint8Array"), vm.buffer(b))
}

// buffer makes an ArrayBuffer over b.
func (vm *VM) buffer(b []byte) Value {
	vm.prepare(namelessBuffer)
	return vm.rt.ToValue(vm.rt.NewArrayBuffer(b))
}

// BytesOf returns the bytes of an ArrayBuffer, a typed array or a DataView, and false if
// v is none of them. The memory is the script's: copy what must outlive the call. A
// detached buffer has no bytes.
func (vm *VM) BytesOf(v Value) ([]byte, bool) {
	o, ok := v.(*goja.Object)
	if !ok {
		return nil, false
	}
	if o.ExportType() == bufferType { // Export of anything else would run getters
		return o.Export().(goja.ArrayBuffer).Bytes(), true
	}
	view, ok := vm.viewOf(o)
	return view.Memory, ok
}

// NewObject makes an empty object.
func (vm *VM) NewObject() *Object { return vm.rt.NewObject() }

// NewArray makes an array of what ToValue makes of each element.
func (vm *VM) NewArray(elements ...any) *Object {
	return newArrayOf(vm.rt, vm.values(elements))
}

// define makes an own property whatever setters o inherits.
func (vm *VM) define(o *goja.Object, name string, v goja.Value) {
	if err := o.DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE); err != nil {
		panic(err)
	}
}
