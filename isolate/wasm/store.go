package wasm

import (
	"context"
	"errors"
	"time"
	"unsafe"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/skerry-edge/skerry/isolate/js"
)

// Host is what a VM's host is if the VM has modules in common with others. A VM of another
// host has a library of its own.
type Host interface {
	WebAssembly() *Library
}

// store is what one VM has of WebAssembly. References between modules are invisible to Go's
// collector: so all that a VM makes is kept until nobody refers to the VM.
//
// It is also the context of calls, from which functions that modules import find it.
type store struct {
	vm        *js.VM
	library   *Library
	runtime   wazero.Runtime // nil: no module was instantiated
	instances map[api.Module]*instance
	byAddress map[unsafe.Pointer]*instance // the same, as references find them
	functions map[*js.Object]*function
	values    values
	tables    []*table    // of scripts and modules
	variables []*variable // likewise
	scriptTag *tag        // WebAssembly.JSTag; nil: nobody asked for it yet

	calls   []api.Function // under way, the latest last
	depth   int            // of calls into modules, and of conversions of their arguments
	raised  any            // what unwinds a module's frames
	unwinds bool           // there is something raised
}

type local struct{ *store }

// storeOf returns the store of vm, or throws if there can be none.
func storeOf(vm *js.VM) (*store, error) {
	l := js.Local[local](vm)
	if l.store != nil {
		return l.store, nil
	}
	s := &store{
		vm:        vm,
		instances: make(map[api.Module]*instance),
		byAddress: make(map[unsafe.Pointer]*instance),
		functions: make(map[*js.Object]*function),
	}
	if h, ok := vm.Host().(Host); ok {
		s.library = h.WebAssembly()
	}
	if s.library == nil {
		s.library = NewLibrary()
	}
	if err := s.library.start(); err != nil {
		return nil, err
	}
	l.store = s
	return s, nil
}

type storeKey struct{}

// Deadline says that calls have none: the meter ends them.
func (s *store) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done is never closed.
func (s *store) Done() <-chan struct{} { return nil }

// Err is nil.
func (s *store) Err() error { return nil }

// Value makes s find itself.
func (s *store) Value(key any) any {
	if key == (storeKey{}) {
		return s
	}
	return nil
}

// storeIn returns the store whose call this is.
func storeIn(ctx context.Context) *store {
	if s, ok := ctx.(*store); ok {
		return s
	}
	return ctx.Value(storeKey{}).(*store)
}

// instantiate makes a module of code, which imports modules by name. memory is made for the
// module's own, if it has one.
func (s *store) instantiate(code *Code, modules func(name string) api.Module, memory func(most uint64) *linear) (api.Module, error) {
	if s.runtime == nil {
		s.runtime = s.library.newRuntime()
	}
	ctx := experimental.WithImportResolver(s, modules)
	if memory != nil {
		ctx = experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(func(_, most uint64) experimental.LinearMemory {
			return memory(most)
		}))
	}
	return s.runtime.InstantiateModule(ctx, code.module, instanceConfig)
}

// errUnwind passes through a module's frames in place of what was raised.
var errUnwind = errors.New("wasm: unwinding")

// raise unwinds the frames of the module that called Go code which panicked with r. It is
// deferred where a module calls Go code.
func (s *store) raise() {
	if r := recover(); r != nil {
		s.raised, s.unwinds = r, true
		panic(errUnwind)
	}
}

// failure is raised to make the call of a module return an error.
type failure struct{ err error }

// call runs a function of a module in a turn. stack holds the arguments, then the results.
// What was thrown or cut within is thrown here; a trap is a RuntimeError.
func (s *store) call(f api.Function, stack []uint64) error {
	s.calls = append(s.calls, f)
	s.depth++
	defer func() {
		s.calls = s.calls[:len(s.calls)-1]
		s.depth--
	}()
	err := f.CallWithStack(s, stack)
	if s.unwinds {
		r := s.raised
		s.raised, s.unwinds = nil, false
		if f, ok := r.(failure); ok {
			return f.err
		}
		panic(r)
	}
	if err != nil {
		return trapError(s.vm, err)
	}
	return nil
}

// stackBytesMax is how large the stack of a call may be when it is looked at; it may double
// until the next look.
const stackBytesMax = 4 << 20

// tick is what code calls when it has spent its fuel.
func tick(ctx context.Context, _ api.Module, _ []uint64) {
	s := storeIn(ctx)
	defer s.raise()
	s.vm.Checkpoint()
	if s.library.anatomy.stackBytes(s.calls[len(s.calls)-1]) > stackBytesMax {
		panic(failure{js.RangeError("Maximum call stack size exceeded")})
	}
}
