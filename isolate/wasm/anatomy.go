package wasm

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/tetratelabs/wazero/api"
)

// anatomy is what is known of the engine's inside: where it keeps the module and the index of
// a function that a reference refers to, and the stack of a call. The engine exports neither.
// Reflection gives the offsets and checks the types: an engine of another shape is an error
// when the first library is opened.
type anatomy struct {
	compiler bool

	// Of what a reference points to: the compiler's functionInstance, whose first field leads
	// to the module's memory, which begins with the module; or the interpreter's function.
	module, index, parent uintptr

	stack uintptr // of the compiler's call: a []byte
}

// dissect looks at a function of the engine.
func dissect(f api.Function, compiler bool) (*anatomy, error) {
	a := &anatomy{compiler: compiler}
	call := reflect.TypeOf(f)
	if call.Kind() != reflect.Pointer || call.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("the engine's functions are a %s", call)
	}
	call = call.Elem()
	if !compiler {
		function, err := pointee(call, "f")
		if err != nil {
			return nil, err
		}
		compiled, err := pointee(function, "parent")
		if err != nil {
			return nil, err
		}
		return a, find(map[*uintptr]fieldOf{
			&a.module: {function, "moduleInstance", reflect.Pointer},
			&a.parent: {function, "parent", reflect.Pointer},
			&a.index:  {compiled, "index", reflect.Uint32},
		})
	}
	module, err := pointee(call, "parent")
	if err != nil {
		return nil, err
	}
	list, ok := module.FieldByName("localFunctionInstances")
	if !ok || list.Type.Kind() != reflect.Slice || list.Type.Elem().Kind() != reflect.Pointer {
		return nil, fmt.Errorf("%s has no list of functions", module)
	}
	function := list.Type.Elem().Elem()
	return a, find(map[*uintptr]fieldOf{
		&a.module: {function, "moduleContextOpaquePtr", reflect.Pointer},
		&a.index:  {function, "indexInModule", reflect.Uint32},
		&a.stack:  {call, "stack", reflect.Slice},
	})
}

// fieldOf is a field that is relied on.
type fieldOf struct {
	in   reflect.Type
	name string
	kind reflect.Kind
}

func find(fields map[*uintptr]fieldOf) error {
	for offset, f := range fields {
		found, ok := f.in.FieldByName(f.name)
		if !ok || found.Type.Kind() != f.kind {
			return fmt.Errorf("%s has no field %s that is a %s", f.in, f.name, f.kind)
		}
		*offset = found.Offset
	}
	return nil
}

func pointee(in reflect.Type, name string) (reflect.Type, error) {
	f, ok := in.FieldByName(name)
	if !ok || f.Type.Kind() != reflect.Pointer || f.Type.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("%s has no field %s that points to a struct", in, name)
	}
	return f.Type.Elem(), nil
}

// referent returns the module and the index of the function that ref, which is not null,
// refers to. The module that ref came from must be alive.
func (a *anatomy) referent(ref uint64) (module unsafe.Pointer, index uint32) {
	at := *(*unsafe.Pointer)(unsafe.Pointer(&ref))
	module = *(*unsafe.Pointer)(unsafe.Add(at, a.module))
	if a.compiler {
		return *(*unsafe.Pointer)(module), *(*uint32)(unsafe.Add(at, a.index))
	}
	parent := *(*unsafe.Pointer)(unsafe.Add(at, a.parent))
	return module, *(*uint32)(unsafe.Add(parent, a.index))
}

// stackBytes is the size of the stack of a call that is under way; 0: not known.
func (a *anatomy) stackBytes(f api.Function) int {
	if !a.compiler {
		return 0
	}
	return len(*(*[]byte)(unsafe.Add(pointerOf(f), a.stack)))
}

// pointerOf returns the pointer in an interface of the engine's.
func pointerOf[T any](v T) unsafe.Pointer {
	return (*(*[2]unsafe.Pointer)(unsafe.Pointer(&v)))[1]
}
