package wasm

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// Namespace is WebAssembly.
//
// Spec: https://webassembly.github.io/spec/js-api/#webassembly-namespace
var Namespace = js.Namespace{
	Name: "WebAssembly",
	Members: []js.Static{
		js.StaticMethod("validate", 1, validate),
		js.StaticPromiseMethod("compile", 1, func(c *js.Call) (any, error) {
			return compileAside(c.VM, c.Arg(0), "WebAssembly.compile()", func(code *Code) (any, error) { return &module{code: code}, nil })
		}),
		js.StaticPromiseMethod("instantiate", 1, instantiate),
		js.StaticPromiseMethod("compileStreaming", 1, func(c *js.Call) (any, error) {
			const what = "WebAssembly.compileStreaming()"
			return streaming(c.VM, c.Arg(0), what, func(code *Code) (any, error) { return &module{code: code}, nil })
		}),
		js.StaticPromiseMethod("instantiateStreaming", 1, func(c *js.Call) (any, error) {
			const what = "WebAssembly.instantiateStreaming()"
			return streaming(c.VM, c.Arg(0), what, instantiated(c.VM, c.Arg(1), what))
		}),
	},
	Globals: []js.Global{
		compileErrorClass,
		exceptionClass,
		globalClass,
		instanceClass,
		js.Attribute{Name: "JSTag", Get: scriptTag},
		linkErrorClass,
		memoryClass,
		moduleClass,
		runtimeErrorClass,
		tableClass,
		tagClass,
	},
}

// turnBytesMax is the size of the largest module that is taken apart in a turn.
const turnBytesMax = 1 << 20

// source returns the library of vm and the bytes of a module, which a script may write to.
func source(vm *js.VM, v js.Value, what string) (*Library, []byte, error) {
	s, err := storeOf(vm)
	if err != nil {
		return nil, nil, err
	}
	b, ok := vm.BytesOf(v)
	if !ok {
		return nil, nil, js.TypeError("%s: the module must be an ArrayBuffer, or a view of one", what)
	}
	return s.library, b, nil
}

// digestOf names a module.
func digestOf(vm *js.VM, module []byte) digest {
	h := sha256.New()
	for len(module) > 0 {
		n := min(len(module), 1<<18)
		h.Write(module[:n])
		module = module[n:]
		vm.Checkpoint()
	}
	return digest(h.Sum(nil))
}

// compileNow compiles in the turn.
func compileNow(vm *js.VM, v js.Value, what string) (*Code, error) {
	l, b, err := source(vm, v, what)
	if err != nil {
		return nil, err
	}
	d := digestOf(vm, b)
	code := l.find(d)
	if code != nil {
		return code, nil
	}
	if len(b) > turnBytesMax {
		return nil, js.RangeError("%s: a module of more than %d bytes can't be compiled at once; use WebAssembly.compile(), or import the .wasm file", what, turnBytesMax)
	}
	code, err = l.compileNew(context.Background(), d, b, turnCostMax)
	if err != nil {
		return nil, compileError(vm, what, err)
	}
	vm.Checkpoint()
	return code, nil
}

// validate says whether its argument is a module that can be run.
//
// Spec: https://webassembly.github.io/spec/js-api/#dom-webassembly-validate
func validate(c *js.Call) (any, error) {
	const what = "WebAssembly.validate()"
	l, b, err := source(c.VM, c.Arg(0), what)
	if err != nil {
		return nil, err
	}
	d := digestOf(c.VM, b)
	if l.find(d) != nil {
		return true, nil
	}
	if len(b) > turnBytesMax {
		return nil, js.RangeError("%s: a module of more than %d bytes can't be looked at at once; use WebAssembly.compile()", what, turnBytesMax)
	}
	_, err = l.compileNew(context.Background(), d, b, turnCostMax)
	c.VM.Checkpoint()
	var refused *CompileError
	if err != nil && !errors.As(err, &refused) {
		return nil, err
	}
	return err == nil, nil
}

// compileAside compiles beside the turn, and returns a promise of what then makes of the code,
// in a turn. The compiler can't be stopped on its way: what it may take at most is bounded, and
// an event that can't pay ends at once. The next event finds the code.
func compileAside(vm *js.VM, v js.Value, what string, then func(*Code) (any, error)) (any, error) {
	l, b, err := source(vm, v, what)
	if err != nil {
		return nil, err
	}
	d := digestOf(vm, b)
	if code := l.find(d); code != nil {
		return then(code)
	}
	vm.Allocate(int64(len(b)), "the module")
	b = append([]byte(nil), b...)
	promise := vm.NewDeferred()
	vm.AsyncCharged(func(ctx context.Context) (any, error) {
		code, err := l.compileNew(ctx, d, b, asideCostMax)
		return js.Make(func(vm *js.VM) any {
			if err != nil {
				promise.Reject(compileError(vm, what, err))
				return js.Undefined
			}
			var v any
			if thrown := vm.Try(func() { v, err = then(code) }); thrown != nil {
				err = thrown
			}
			if err != nil {
				promise.Reject(err)
			} else {
				promise.Resolve(v)
			}
			return js.Undefined
		}), nil
	})
	return promise.Promise(), nil
}

// instantiated makes of code what instantiate gives for bytes.
func instantiated(vm *js.VM, imports js.Value, what string) func(*Code) (any, error) {
	return func(code *Code) (any, error) {
		i, err := newInstance(vm, code, imports, what)
		if err != nil {
			return nil, err
		}
		return js.Record{{Name: "module", Value: &module{code: code}}, {Name: "instance", Value: i}}, nil
	}
}

// instantiate takes a Module or bytes.
//
// Spec: https://webassembly.github.io/spec/js-api/#dom-webassembly-instantiate
func instantiate(c *js.Call) (any, error) {
	const what = "WebAssembly.instantiate()"
	if m := js.As[module](c.VM, c.Arg(0)); m != nil {
		return newInstance(c.VM, m.code, c.Arg(1), what)
	}
	if imports := c.Arg(1); !js.IsUndefined(imports) && !js.IsObject(imports) {
		return nil, js.TypeError("%s: the imports must be an object", what)
	}
	return compileAside(c.VM, c.Arg(0), what, instantiated(c.VM, c.Arg(1), what))
}

// streaming compiles the body of a Response, or of one that is promised.
//
// Spec: https://webassembly.github.io/spec/web-api/#compile-a-potential-webassembly-response
func streaming(vm *js.VM, response js.Value, what string, then func(*Code) (any, error)) (any, error) {
	promise := vm.NewDeferred()
	settle := func(v any, err error) {
		if err != nil {
			promise.Reject(err)
		} else {
			promise.Resolve(v)
		}
	}
	fail := func(reason js.Value) { promise.Reject(js.Throw(reason)) }
	try := func(f func() error) {
		var err error
		if thrown := vm.Try(func() { err = f() }); thrown != nil {
			err = thrown
		}
		if err != nil {
			promise.Reject(err)
		}
	}
	vm.React(vm.Resolved(response, nil), func(response js.Value) {
		try(func() error {
			body, err := bodyOf(vm, response, what)
			if err != nil {
				return err
			}
			vm.React(vm.Resolved(body, nil), func(bytes js.Value) {
				try(func() error {
					v, err := compileAside(vm, bytes, what, then)
					settle(v, err)
					return nil
				})
			}, fail)
			return nil
		})
	}, fail)
	return promise.Promise(), nil
}

// bodyOf returns a promise of a response's bytes, if they may be a module.
func bodyOf(vm *js.VM, response js.Value, what string) (js.Value, error) {
	if js.ClassName(response) != "Response" {
		return nil, js.TypeError("%s: the argument must be a Response, or a promise of one", what)
	}
	headers := vm.Get(response, "headers")
	v := vm.Invoke(vm.Get(headers, "get"), headers, "content-type")
	if mime := strings.Trim(vm.String(v), "\t\n\r "); js.IsNullish(v) || !strings.EqualFold(mime, "application/wasm") {
		return nil, js.TypeError("%s: the response must have content-type application/wasm, and has %q", what, clip(vm.String(v)))
	}
	if !vm.Get(response, "ok").ToBoolean() {
		return nil, js.TypeError("%s: the response has status %s", what, vm.String(vm.Get(response, "status")))
	}
	return vm.Invoke(vm.Get(response, "arrayBuffer"), response), nil
}
