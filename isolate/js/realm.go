package js

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/dop251/goja"
)

// realm is what one VM has made of a class.
type realm struct {
	class       *class
	next        *realm
	prototype   *goja.Object
	constructor *goja.Object
	iterator    *goja.Object // the prototype of its iterators
}

// realm returns what vm has made of c. A script touches few classes, mostly the same again:
// those are found sooner, and a VM has no table of all there are.
func (vm *VM) realm(c *class) *realm {
	for at := &vm.realms; *at != nil; at = &(*at).next {
		r := *at
		if r.class != c {
			continue
		}
		if r != vm.realms {
			*at, r.next, vm.realms = r.next, vm.realms, r
		}
		return r
	}
	vm.realms = &realm{class: c, next: vm.realms}
	return vm.realms
}

// prototype returns c's prototype object in vm.
func (vm *VM) prototype(c *class) *goja.Object {
	r := vm.realm(c)
	if r.prototype == nil {
		r.prototype = vm.platform.seam.object(newTemplatedObject(vm.rt, c.prototype, nil))
	}
	return r.prototype
}

// constructor returns c's constructor in vm.
func (vm *VM) constructor(c *class) *goja.Object {
	r := vm.realm(c)
	if r.constructor == nil {
		r.constructor = vm.platform.seam.object(newTemplatedFunction(vm.rt, c.constructor, nil,
			func(goja.FunctionCall) goja.Value {
				panic(vm.exception(TypeError("Class constructor %s cannot be invoked without 'new'", c.name)))
			},
			vm.gatedConstructor(nil, func(args []goja.Value, newTarget *goja.Object) *goja.Object {
				return vm.construct(c, args, newTarget)
			})))
	}
	return r.constructor
}

// construct is `new` of c, or of a class that a script derived from it.
func (vm *VM) construct(c *class, args []goja.Value, newTarget *goja.Object) *goja.Object {
	if c.construct == nil {
		panic(vm.exception(TypeError("Illegal constructor: %s", c.name)))
	}
	call := Call{VM: vm, this: goja.Undefined(), args: args}
	if err := call.need(c.name, c.length); err != nil {
		panic(vm.exception(err))
	}
	prototype := vm.prototype(c)
	if newTarget != nil && newTarget != vm.realm(c).constructor {
		if o, ok := newTarget.Get("prototype").(*goja.Object); ok {
			prototype = o
		}
	}
	state, err := c.construct(vm, &call)
	if err != nil {
		panic(vm.exception(err))
	}
	return vm.bind(c, state, prototype)
}

// bind makes the object of state.
func (vm *VM) bind(c *class, state holder, prototype *goja.Object) *goja.Object {
	o := vm.platform.seam.newInstance(vm.rt, prototype, c.name, state)
	state.instance().object = o
	if c.error {
		stack := vm.newError("Error", "").Get("stack")
		if err := o.DefineDataProperty("stack", stack, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
			panic(err)
		}
	}
	return o
}

// Wrap returns the object of a class's state, the same one each time. It panics if state
// is of no class of the platform.
func (vm *VM) wrap(state holder) *goja.Object {
	if o := state.instance().object; o != nil {
		return o
	}
	c := vm.platform.byType[typeOf(state)]
	if c == nil {
		panic(fmt.Sprintf("js: %T is of no class of this platform", state))
	}
	return vm.bind(c, state, vm.prototype(c))
}

func typeOf(state holder) reflect.Type { return reflect.TypeOf(state) }

// sameString says whether a and b are the same bytes in memory: scripts can make strings
// that are equal, but none that is the same.
func sameString(a, b string) bool { return unsafe.StringData(a) == unsafe.StringData(b) }

// state returns the state of v and its class; a nil class if v is of none.
func (vm *VM) state(v goja.Value) (any, *class) {
	o, ok := v.(*goja.Object)
	if !ok {
		return nil, nil
	}
	c := vm.platform.byID[unsafe.StringData(o.ClassName())]
	if c == nil {
		return vm.scopeState(o)
	}
	return vm.platform.seam.stateOf(o), c
}

// State returns the state of v, a pointer to what its class is over; nil if v is an
// instance of none.
func (vm *VM) State(v Value) any {
	state, _ := vm.state(v)
	return state
}

// As returns the state of v if v is an instance of the class over T, or nil.
func As[T any](vm *VM, v Value) *T {
	state, c := vm.state(v)
	if c == nil {
		return nil
	}
	if t, ok := state.(*T); ok {
		return t
	}
	if want := vm.platform.byType[reflect.TypeFor[*T]()]; want != nil && want.as != nil && c.extends(want) {
		if t, ok := want.as(state); ok {
			return t.(*T)
		}
	}
	return nil
}

// ConstructorOf returns the constructor of the class over T, for a class that has its place
// elsewhere than on globalThis.
func ConstructorOf[T any](vm *VM) Value {
	return vm.constructor(vm.platform.byType[reflect.TypeFor[*T]()])
}
