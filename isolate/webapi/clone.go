package webapi

import (
	"math"
	"strconv"

	"github.com/skerry-edge/skerry/isolate/js"
)

// StructuredClone copies a value with everything in it.
//
// Spec: https://html.spec.whatwg.org/multipage/structured-data.html#dom-structuredclone
var StructuredClone = js.Function{Name: "structuredClone", Length: 1, Call: structuredClone}

// cloneDepthMax bounds nesting: the copier calls itself.
const cloneDepthMax = 5000

func structuredClone(c *js.Call) (any, error) {
	if err := dictionary("the options of structuredClone", c.Arg(1)); err != nil {
		return nil, err
	}
	out, _, err := newCloner(c.VM, "structuredClone").run(c.Arg(0), c.VM.Get(c.Arg(1), "transfer"))
	return out, err
}

// cloneValue is structuredClone of v without a transfer.
func cloneValue(vm *js.VM, v js.Value) (js.Value, error) {
	return newCloner(vm, "structuredClone").clone(v)
}

// cloner copies one graph of values.
type cloner struct {
	vm     *js.VM
	caller string                // what errors name
	copies map[js.Value]js.Value // by original: what is met twice is one thing in the copy too
	depth  *int
	plain  js.Copier // of objects and arrays that are nothing else

	buffers []js.Value   // to be transferred
	given   []any        // the states of instances to be transferred, each a transferable,
	taken   []any        // and of those that take their places
	sender  *messagePort // can't be transferred by what it sends; nil: none
}

// cloning is what one VM is at: a getter that runs while a value is copied may copy another.
type cloning struct{ depth int }

func newCloner(vm *js.VM, caller string) *cloner {
	k := &cloner{vm: vm, caller: caller, copies: make(map[js.Value]js.Value), depth: &js.Local[cloning](vm).depth}
	k.plain = js.Copier{VM: vm, Made: func(o, out *js.Object) { k.made(o, out) }, Inner: k.clone}
	return k
}

// run copies v and hands over what list has. It returns the ports among that in their order.
//
// Spec: https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializewithtransfer
func (k *cloner) run(v, list js.Value) (out js.Value, ports []*messagePort, err error) {
	if err := k.transfer(list); err != nil {
		return nil, nil, err
	}
	if out, err = k.clone(v); err != nil {
		return nil, nil, err
	}
	for _, buffer := range k.buffers { // step 5: a getter may have been there first
		if k.vm.Detached(buffer) {
			return nil, nil, k.refuse("an ArrayBuffer that is to be transferred is detached")
		}
	}
	for _, state := range k.given {
		if !state.(transferable).transferable() {
			return nil, nil, k.refuse("what is to be transferred was handed over before")
		}
	}
	for _, buffer := range k.buffers {
		k.vm.Detach(buffer)
	}
	for i, state := range k.given {
		state.(transferable).moveTo(k.taken[i])
		if p, ok := k.taken[i].(*messagePort); ok {
			ports = append(ports, p)
		}
	}
	return out, ports, nil
}

// transfer notes what is to be handed over, and what stands for it in the copy.
func (k *cloner) transfer(list js.Value) (err error) {
	if js.IsUndefined(list) {
		return nil
	}
	if !k.vm.Iterable(list) {
		return js.TypeError("%s: transfer is not a list", k.caller)
	}
	k.vm.ForOf(list, func(v js.Value) bool {
		if !js.IsObject(v) {
			err = js.TypeError("%s: what is to be transferred is not an object", k.caller)
			return false
		}
		state, _ := k.vm.State(v).(transferable)
		switch {
		case k.copies[v] != nil:
			err = k.refuse("a value is to be transferred twice")
		case state != nil:
			err = k.transferState(v, state)
		case k.vm.Kind(v) != "ArrayBuffer":
			err = k.refuse(article(k.vm.Kind(v)) + " cannot be transferred")
		case k.vm.Detached(v):
			err = k.refuse("an ArrayBuffer that is to be transferred is detached")
		default:
			memory, _ := k.vm.BytesOf(v)
			k.copies[v] = k.vm.ToValue(js.Buffer(memory))
			k.buffers = appendTo(k.vm, k.buffers, v)
		}
		return err == nil
	})
	return err
}

func (k *cloner) transferState(v js.Value, state transferable) error {
	switch {
	case k.sender != nil && any(state) == any(k.sender):
		return k.refuse("a port cannot be transferred by what it sends itself")
	case !state.transferable():
		return k.refuse("what is to be transferred was handed over before, or is in use")
	}
	next := state.successor()
	k.copies[v] = k.vm.ToValue(next)
	k.given = appendTo[any](k.vm, k.given, state)
	k.taken = appendTo(k.vm, k.taken, next)
	return nil
}

func (k *cloner) refuse(why string) error {
	return &js.DOMError{Name: "DataCloneError", Message: k.caller + ": " + why}
}

// clone copies v.
//
// Spec: https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializeinternal
func (k *cloner) clone(v js.Value) (js.Value, error) {
	o, ok := v.(*js.Object)
	switch {
	case js.IsSymbol(v):
		return nil, k.refuse("a symbol cannot be cloned")
	case !ok:
		return v, nil
	case k.copies[v] != nil:
		return k.copies[v], nil
	case *k.depth == cloneDepthMax:
		return nil, js.RangeError("%s: the value is nested more than %d deep", k.caller, cloneDepthMax)
	}
	*k.depth++
	defer func() { *k.depth-- }()
	if out, ok, err := k.plain.Copy(o); ok {
		return out, err
	}
	k.plain.Ran++ // to read anything else may run a getter
	switch kind := k.vm.Kind(o); kind {
	case "Object", "Arguments":
		return k.properties(o, k.vm.NewObject())
	case "Array":
		out := k.vm.NewArray()
		k.vm.Set(out, "length", k.vm.Get(o, "length"))
		if length, ok := k.vm.Slots(o); ok && length > listedElements {
			return k.elements(o, out, length)
		}
		return k.properties(o, out)
	case "Boolean", "Number", "String", "BigInt":
		return k.made(o, k.vm.Construct(k.vm.Intrinsic("Object"), k.vm.Unboxed(o))), nil
	case "Date":
		return k.made(o, k.vm.Construct(k.vm.Intrinsic("Date"), k.vm.Unboxed(o))), nil
	case "RegExp":
		return k.made(o, k.vm.Construct(k.vm.Intrinsic("RegExp"), k.vm.Get(o, "source"), k.vm.Get(o, "flags"))), nil
	case "Error":
		return k.error(o)
	case "Map":
		return k.mapping(o)
	case "Set":
		return k.set(o)
	case "ArrayBuffer":
		if k.vm.Detached(o) {
			return nil, k.refuse("an ArrayBuffer is detached")
		}
		memory, _ := k.vm.BytesOf(o)
		return k.made(o, k.vm.ToValue(js.Buffer(cloneBytes(k.vm, memory)))), nil
	case "DataView", "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array",
		"BigInt64Array", "BigUint64Array", "Float32Array", "Float64Array":
		return k.view(o, kind)
	default:
		if state, ok := k.vm.State(o).(cloneable); ok {
			return k.made(o, k.vm.ToValue(state.clone())), nil
		}
		return nil, k.refuse(article(kind) + " cannot be cloned")
	}
}

// made notes that out is the copy of o.
func (k *cloner) made(o, out js.Value) js.Value {
	k.copies[o] = out
	return out
}

// properties copies the enumerable properties of o to out, its copy.
func (k *cloner) properties(o, out *js.Object) (js.Value, error) {
	k.made(o, out)
	for _, name := range k.vm.Keys(o) {
		if err := k.property(o, out, name); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// listedElements is how many elements an array may have for their names to be listed.
const listedElements = 1000

// elements copies an array that has nothing but elements.
func (k *cloner) elements(o, out *js.Object, length int) (js.Value, error) {
	k.made(o, out)
	for i := range length {
		k.vm.Checkpoint()
		if err := k.property(o, out, strconv.Itoa(i)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (k *cloner) property(o, out *js.Object, name string) error {
	if _, ok := k.vm.Own(o, name); !ok {
		return nil // a hole, or a getter has deleted it
	}
	v, err := k.clone(k.vm.Get(o, name))
	if err == nil {
		k.vm.Define(out, name, v, true)
	}
	return err
}

func (k *cloner) mapping(o *js.Object) (js.Value, error) {
	class := k.vm.Intrinsic("Map")
	out := k.vm.Construct(class)
	k.made(o, out)
	set := k.vm.Get(k.vm.Get(class, "prototype"), "set")
	elements := k.vm.Elements(o, math.MaxInt)
	for i := 0; i < len(elements); i += 2 {
		key, err := k.clone(elements[i])
		if err != nil {
			return nil, err
		}
		value, err := k.clone(elements[i+1])
		if err != nil {
			return nil, err
		}
		k.vm.Invoke(set, out, key, value)
	}
	return out, nil
}

func (k *cloner) set(o *js.Object) (js.Value, error) {
	class := k.vm.Intrinsic("Set")
	out := k.vm.Construct(class)
	k.made(o, out)
	add := k.vm.Get(k.vm.Get(class, "prototype"), "add")
	for _, element := range k.vm.Elements(o, math.MaxInt) {
		element, err := k.clone(element)
		if err != nil {
			return nil, err
		}
		k.vm.Invoke(add, out, element)
	}
	return out, nil
}

// view copies a view with the whole buffer that it is over, which other views may share.
func (k *cloner) view(o *js.Object, kind string) (js.Value, error) {
	buffer, err := k.clone(k.vm.Get(o, "buffer"))
	if err != nil {
		return nil, err
	}
	length := "length"
	if kind == "DataView" {
		length = "byteLength"
	}
	return k.made(o, k.vm.Construct(k.vm.Intrinsic(kind), buffer, k.vm.Get(o, "byteOffset"), k.vm.Get(o, length))), nil
}

// error copies an error: its class, if that is one of the language, message, stack and
// cause.
func (k *cloner) error(o *js.Object) (js.Value, error) {
	name := "Error"
	switch n := k.vm.String(k.vm.Get(o, "name")); n {
	case "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError":
		name = n
	}
	var message js.Value = js.Undefined
	if d, ok := k.vm.Own(o, "message"); ok && d.Value != nil {
		message = k.vm.ToValue(k.vm.String(d.Value))
	}
	out := k.vm.Construct(k.vm.Intrinsic(name), message)
	k.made(o, out)
	k.stack(o, out)
	if d, ok := k.vm.Own(o, "cause"); ok && d.Value != nil {
		cause, err := k.clone(d.Value)
		if err != nil {
			return nil, err
		}
		k.vm.Define(out, "cause", cause, false)
	}
	return out, nil
}

// stack copies an error's stack. The engine writes it when it is first read, and may run
// a getter of the script's then: what that throws leaves the copy the stack it was made with.
func (k *cloner) stack(o, out *js.Object) {
	_ = k.vm.Try(func() {
		if d, ok := k.vm.Own(o, "stack"); ok && d.Value != nil && js.IsString(d.Value) {
			k.vm.Define(out, "stack", d.Value, false)
		}
	})
}
