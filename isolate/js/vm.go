package js

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"sync/atomic"

	"github.com/dop251/goja"
)

// callDepthMax bounds nested calls. Unwinding through native frames is quadratic in the
// engine, so that a far larger depth could hold a turn for seconds.
const callDepthMax = 1000

// Config is what a VM is made with. The zero value is a VM that nothing bounds and that
// has no host.
type Config struct {
	Host  any    // what globals reach the world through; see [VM.Host]
	Turns *Turns // whose turn it is to run; nil: nobody else's, and nothing interrupts
	Eval  bool   // whether eval and new Function work

	// Watched makes the VM note whether scripts ask for the time or for random numbers: no
	// image is taken then. See [NewImage].
	Watched bool
}

// VM is one JavaScript realm with its event loop. It has one owner at a time: only the
// goroutine inside [VM.Enter] or a method that enters may touch it or its values, except
// that work given to Async posts its result from elsewhere.
type VM struct {
	rt       *goja.Runtime
	platform *Platform
	host     any
	eval     bool
	realms   *realm // those last used first
	script   scriptState
	loop     loop
	meter    Meter
	asides   *asides // nil: there was no work beside turns
	gate     gate
	direct   directState

	locals map[reflect.Type]any // see Local
	rare   *rare                // nil: nothing of it

	kept  [keptMax]*goja.Object // see place
	ended error                 // an interrupt or a panic: the VM must not run again

	cause atomic.Pointer[error] // of the interrupt that is on its way; see checkpoint
	heed  atomic.Bool           // the next checkpoint has something to do
}

// rare is what few VMs have.
type rare struct {
	scope      holder // what globalThis holds; nil: nobody has asked for it
	rejections rejections
	watched    watched
}

// rarely returns vm's own rare, making it at first use.
func (vm *VM) rarely() *rare {
	if vm.rare == nil {
		vm.rare = new(rare)
	}
	return vm.rare
}

// NewVM makes a VM with p's globals.
func (p *Platform) NewVM(cfg Config) *VM {
	vm := &VM{rt: goja.New(), platform: p, host: cfg.Host, eval: cfg.Eval}
	vm.meter.vm, vm.meter.turns = vm, cfg.Turns
	vm.rt.SetFieldNameMapper(vm)
	vm.rt.SetMaxCallStackSize(callDepthMax)
	vm.rt.SetPromiseRejectionTracker(vm.track)
	p.seam.setTemplate(vm.rt.GlobalObject(), p.global)
	p.seam.setTemplate(functionPrototype(vm.rt), p.functions)
	if cfg.Watched {
		vm.watchSources()
	}
	return vm
}

// FieldName and MethodName make a VM a mapper of Go names: none is visible to scripts.
func (vm *VM) FieldName(reflect.Type, reflect.StructField) string { return "" }

// MethodName says that no Go method is visible to scripts.
func (vm *VM) MethodName(reflect.Type, reflect.Method) string { return "" }

// Host returns Config.Host.
func (vm *VM) Host() any { return vm.host }

// Local returns vm's own T, a zero one at first: the state of globals that are no
// instances.
func Local[T any](vm *VM) *T {
	typ := reflect.TypeFor[T]()
	t, ok := vm.locals[typ].(*T)
	if !ok {
		if vm.locals == nil {
			vm.locals = make(map[reflect.Type]any)
		}
		t = new(T)
		vm.locals[typ] = t
	}
	return t
}

// Meter measures vm's turns.
func (vm *VM) Meter() *Meter { return &vm.meter }

// Global reads a global, as a script's mention of its name would.
func (vm *VM) Global(name string) Value {
	if v := vm.rt.GlobalObject().Get(name); v != nil {
		return v
	}
	return Undefined
}

// SetGlobal writes a global.
func (vm *VM) SetGlobal(name string, v any) { vm.define(vm.rt.GlobalObject(), name, vm.ToValue(v)) }

// NewFunction makes a function of vm that runs f.
func (vm *VM) NewFunction(name string, length int, f func(*Call) (any, error)) Value {
	return vm.function(name, length, f)
}

func (vm *VM) function(name string, length int, f func(*Call) (any, error)) *goja.Object {
	return vm.native(name, length, func(fc goja.FunctionCall) goja.Value {
		call := Call{VM: vm, this: fc.This, args: fc.Arguments}
		if err := call.need(name, length); err != nil {
			panic(vm.exception(err))
		}
		v, err := f(&call)
		if err != nil {
			panic(vm.exception(err))
		}
		return vm.ToValue(v)
	})
}

// promiseFunction makes a function that returns a promise of what f returns: errors
// reject.
func (vm *VM) promiseFunction(name string, length int, f func(*Call) (any, error)) *goja.Object {
	return vm.native(name, length, func(fc goja.FunctionCall) goja.Value {
		return vm.promised(func() (any, error) {
			call := Call{VM: vm, this: fc.This, args: fc.Arguments}
			if err := call.need(name, length); err != nil {
				return nil, err
			}
			return f(&call)
		})
	})
}

// Enter waits for vm's turn, runs f in it, then the promise jobs that f left, and gives
// the turn up. f may touch the VM and may throw. The error is an exception that f threw,
// the [Interrupt] that cut it, or a [*PanicError]; after the latter two the VM has ended
// and every later Enter returns the same error.
func (vm *VM) Enter(ctx context.Context, f func()) (err error) {
	if err := vm.meter.begin(ctx); err != nil {
		return err
	}
	defer vm.close(&err)
	return vm.run(f)
}

// Hold takes vm's turn, runs f, and gives the turn up. Enter within f does not ask for a
// turn of its own, so that what several Enters do is one turn. The error is f's, or what
// ended vm.
func (vm *VM) Hold(ctx context.Context, f func() error) (err error) {
	if err := vm.meter.begin(ctx); err != nil {
		return err
	}
	defer vm.close(&err)
	return f()
}

// close ends what begin began. An event that is past its limit fails even if the script
// came to its end before the interrupt reached it.
func (vm *VM) close(err *error) {
	vm.meter.end()
	if vm.ended != nil {
		*err = vm.ended
	}
}

// run is Enter for a goroutine that has the turn.
func (vm *VM) run(f func()) (err error) {
	if vm.ended != nil {
		return vm.ended
	}
	defer func() {
		if r := recover(); r != nil {
			if c := vm.cause.Load(); c != nil {
				// The engine may stumble while an interrupt unwinds deep calls of native code.
				vm.end(*c)
			} else {
				vm.ended = &PanicError{Value: r, Stack: debug.Stack()}
			}
			err = vm.ended
		}
	}()
	if err = runWrapped(vm.rt, f); err == nil {
		return nil
	}
	var interrupted *goja.InterruptedError
	if errors.As(err, &interrupted) {
		cause := ErrInterrupted
		if c := vm.cause.Load(); c != nil {
			cause = *c
		}
		vm.end(cause)
		return vm.ended
	}
	return err
}

// end notes why vm must not run again. The first reason counts.
func (vm *VM) end(cause error) {
	if vm.ended == nil {
		vm.ended = cause
	}
}

// cut interrupts the turn that runs, from any goroutine: the script ends with cause at the
// engine's next instruction, Go code at its next checkpoint. The first cause counts.
func (vm *VM) cut(cause error) {
	if vm.cause.CompareAndSwap(nil, &cause) {
		vm.heed.Store(true)
		vm.rt.Interrupt(cause)
		abortMatches()
	}
}

// checkpoint ends the turn if it was cut, and holds it up while the event is on trial for
// its memory: others may have turns meanwhile. The engine looks only between instructions of
// scripts: Go code that works for longer than a few hundred microseconds calls this on the
// way, with no lock held. It costs one load. The panic can't be caught by scripts.
func (vm *VM) checkpoint() {
	if vm.heed.Load() {
		vm.obey()
	}
}

func (vm *VM) obey() {
	if vm.cause.Load() == nil {
		vm.meter.pause()
	}
	if cause := vm.cause.Load(); cause != nil {
		vm.heed.Store(true)
		panic(interruption{*cause})
	}
}

// interruption is what ends a turn from within Go code: the engine lets no script catch an
// error that wraps its own InterruptedError.
type interruption struct{ cause error }

func (i interruption) Error() string { return i.cause.Error() }

func (i interruption) Unwrap() error { return new(goja.InterruptedError) }

// Ended returns the error that ended vm, nil if it can still run.
func (vm *VM) Ended() error { return vm.ended }

// ErrInterrupted says that something stopped the VM from outside.
var ErrInterrupted = errors.New("js: interrupted")

// PanicError is a fault in the engine or in a Go function that a script called.
type PanicError struct {
	Value any
	Stack []byte // of the goroutine
}

func (e *PanicError) Error() string { return fmt.Sprintf("js: panic: %v", e.Value) }
