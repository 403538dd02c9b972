package js

import (
	"errors"
	"strings"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/parser"
)

// Code from strings is refused, or, where the manifest permits it, goes the way of all
// code: it is looked over, repaired and lowered before the engine sees it. There is one way
// more to the engine's own parser than scripts have names for, since each kind of function
// has a constructor; a parser option that refuses closes it once and for all.
//
// Such code runs in the global scope: eval(x) is (0, eval)(x).

// evalGuards are the guards of what makes code.
func evalGuards() []guard {
	return []guard{functionGuard("Function", "function")}
}

// functionGuard guards a constructor of functions that are written with these words.
func functionGuard(name, words string) guard {
	return guard{
		name: name,
		call: func(vm *VM, _ native, c goja.FunctionCall) goja.Value {
			return vm.dynamicFunction(words, c.Arguments, nil)
		},
		construct: func(vm *VM, _ constructor, args []goja.Value, newTarget *goja.Object) *goja.Object {
			return vm.dynamicFunction(words, args, newTarget)
		},
	}
}

var errNoEval = &ThrowError{"EvalError", "Code generation from strings is off; eval = true in the manifest permits it"}

// guardEval gives scripts an eval that is not the engine's.
func (p *Platform) guardEval() {
	p.seam.replace(p.global, "eval", func(rt *goja.Runtime) goja.Value {
		vm := p.seam.vmOf(rt)
		return property(vm.function("eval", 1, vm.evaluate), true, false, true)
	})
}

// closeParser puts the engine's own parser out of the reach of scripts. It must be called
// before the first one runs.
func (vm *VM) closeParser() {
	if vm.script.closed {
		return
	}
	vm.script.closed = true
	refuse := func(unsafe.Pointer) { panic(vm.exception(errNoEval)) }
	vm.rt.SetParserOptions(*(*parser.Option)(unsafe.Pointer(&refuse))) // its argument has no name outside
	if !vm.eval {
		return
	}
	for _, f := range []struct {
		prototype *goja.Object
		guard     guard
	}{
		{asyncFunctionPrototype(vm.rt), functionGuard("AsyncFunction", "async function")},
		{generatorFunctionPrototype(vm.rt), functionGuard("GeneratorFunction", "function*")},
	} {
		if constructor, ok := f.prototype.Get("constructor").(*goja.Object); ok {
			vm.gateObject(f.guard.name, &f.guard, constructor, false)
		}
	}
}

// evaluate is the global eval.
func (vm *VM) evaluate(c *Call) (any, error) {
	if !vm.eval {
		return nil, errNoEval
	}
	if !IsString(c.Arg(0)) {
		return c.Arg(0), nil
	}
	code, bigints, err := vm.compileDynamic(c.String(0), func(*ast.Program) error { return nil })
	if err != nil {
		return nil, err
	}
	if bigints {
		for i, f := range vm.helpers() {
			name := helperNames[i].String()
			if err := vm.rt.GlobalObject().DefineDataProperty(name, f.(goja.Value), goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE); err != nil {
				return nil, err
			}
		}
	}
	return vm.rt.RunProgram(code)
}

// dynamicFunction makes a function of the given parameters and, last, its body.
//
// Spec: https://tc39.es/ecma262/#sec-createdynamicfunction
func (vm *VM) dynamicFunction(words string, args []goja.Value, newTarget *goja.Object) *goja.Object {
	if !vm.eval {
		panic(vm.exception(errNoEval))
	}
	var texts []string
	for _, a := range args {
		texts = append(texts, vm.String(a))
	}
	parameters, body := "", ""
	if n := len(texts); n > 0 {
		parameters, body = strings.Join(texts[:n-1], ","), texts[n-1]
	}
	text := words + " anonymous(" + parameters + "\n) {\n" + body + "\n}"
	code, bigints, err := vm.compileDynamic("(function(){return ("+text+")})", isOneFunction)
	if err != nil {
		panic(vm.exception(err))
	}
	wrapper, err := vm.rt.RunProgram(code)
	if err != nil {
		panic(err)
	}
	var helpers []any
	if bigints {
		helpers = vm.helpers()
	}
	f := vm.Invoke(wrapper, Undefined, helpers...).(*goja.Object)
	if newTarget != nil {
		if prototype, ok := newTarget.Get("prototype").(*goja.Object); ok {
			if err := f.SetPrototype(prototype); err != nil {
				panic(err)
			}
		}
	}
	return f
}

// isOneFunction says whether tree is a function that returns a function, and nothing more:
// parameters and body that are no parameters and body could make it something else.
func isOneFunction(tree *ast.Program) error {
	if len(tree.Body) == 1 {
		if wrapper, ok := tree.Body[0].(*ast.ExpressionStatement); ok {
			if f, ok := wrapper.Expression.(*ast.FunctionLiteral); ok && len(f.Body.List) == 1 {
				if r, ok := f.Body.List[0].(*ast.ReturnStatement); ok {
					if _, ok := r.Argument.(*ast.FunctionLiteral); ok {
						return nil
					}
				}
			}
		}
	}
	return SyntaxError("the parameters and the body are no function")
}

// compileDynamic compiles the text of global code that a script made, if check has nothing
// against it.
func (vm *VM) compileDynamic(source string, check func(*ast.Program) error) (code *goja.Program, bigints bool, err error) {
	if len(source) > dynamicBytes {
		return nil, false, RangeError("code from strings is at most %d bytes long", dynamicBytes)
	}
	vm.prepare(namelessAll)
	c := compilation{name: "<eval>"}
	if err = c.parse(source); err == nil {
		if err := check(c.tree); err != nil {
			return nil, false, err
		}
		code, err = c.finish()
	}
	if c.bigints && !vm.script.bigints {
		return nil, false, SyntaxError("BigInts are for scripts that mention BigInt by its name, outside of strings of code too")
	}
	if err != nil {
		var own *CompileError
		if !errors.As(compileError(c.name, err, nil), &own) {
			return nil, false, err
		}
		return nil, false, SyntaxError("%s", own.Message)
	}
	return code, c.bigints, nil
}
