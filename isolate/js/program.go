package js

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/parser"
	"github.com/go-sourcemap/sourcemap"
)

// Program is a compiled script, ready to be evaluated in any number of VMs, at once too.
type Program struct {
	code  *goja.Program
	async bool
	makes nameless
}

// CompileError says where a script is no JavaScript that the engine takes.
type CompileError struct {
	Message string
	File    string // from the source map, if there is one
	Line    int    // from 1; 0: unknown
	Column  int    // from 1; 0: unknown
}

func (e *CompileError) Error() string {
	if e.Line == 0 {
		return "js: compile: " + e.Message
	}
	return fmt.Sprintf("js: compile: %s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// CompileFunction compiles script as the body of one strict function with the given
// parameters, and of an async one if it awaits at its top level. name stands for the
// script in stacks where sourceMap, a version 3 source map or nil, has nothing better.
//
// Some things are mended on the way that this engine gets wrong and syntax can express
// differently; see repair.go.
func CompileFunction(name, script string, parameters []string, sourceMap []byte) (p *Program, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &CompileError{Message: fmt.Sprintf("the engine's compiler failed: %v", r), File: name}
		}
	}()
	// The script begins on a line of its own, so that its columns hold.
	source := "(function(" + strings.Join(parameters, ",") + "){'use strict';\n" + script + "\n})"
	tree, mended, err := parse(name, source)
	async := err != nil && strings.Contains(script, "await")
	if async {
		source = "(async " + source[1:]
		tree, mended, err = parse(name, source)
	}
	positions, mapErr := newPositions(sourceMap, mended.columns(source))
	if mapErr != nil {
		return nil, mapErr
	}
	if err != nil {
		return nil, compileError(name, err, positions)
	}
	repairTree(tree)
	tree.File.SetSourceMap(positions)
	code, err := goja.CompileAST(tree, true)
	if err != nil {
		return nil, compileError(name, err, positions)
	}
	return &Program{code: code, async: async, makes: namelessOf(script)}, nil
}

// parse parses source, mending what the engine's parser wrongly refuses, and says where.
func parse(name, source string) (*ast.Program, repairs, error) {
	var mended repairs
	for {
		tree, err := parser.ParseFile(new(file.FileSet), name, source, 0, parser.WithDisableSourceMaps)
		if err == nil || !mended.mend(&source, err) {
			return tree, mended, err
		}
	}
}

// Evaluate runs p in vm, which the caller has entered, with these arguments, and returns
// what the script's function returned: a promise if it awaits at its top level.
func (vm *VM) Evaluate(p *Program, args ...any) (Value, error) {
	vm.prepare(p.makes)
	f, err := vm.rt.RunProgram(p.code)
	if err != nil {
		return nil, catchable(err)
	}
	return vm.Call(f, Undefined, args...)
}

// Call calls f with the receiver this and returns what it threw as an error. The caller
// has entered vm.
func (vm *VM) Call(f, this Value, args ...any) (Value, error) {
	call, ok := goja.AssertFunction(f)
	if !ok {
		return nil, TypeError("%s is not a function", vm.describe(f))
	}
	v, err := call(this, vm.values(args)...)
	return v, catchable(err)
}

// catchable returns err, unless it is one that must end the turn: then it panics, and
// Enter returns it.
func catchable(err error) error {
	if err == nil {
		return nil
	}
	var interrupted *goja.InterruptedError
	if errors.As(err, &interrupted) {
		panic(interrupted)
	}
	return err
}

// Async says whether p awaits at its top level.
func (p *Program) Async() bool { return p.async }

func compileError(name string, err error, positions *sourcemap.Consumer) error {
	e := &CompileError{Message: err.Error(), File: name}
	var list parser.ErrorList
	var syntax *goja.CompilerSyntaxError
	switch {
	case errors.As(err, &list) && len(list) > 0:
		e.Message = list[0].Message
		e.Line, e.Column = list[0].Position.Line, list[0].Position.Column
	case errors.As(err, &syntax) && syntax.File != nil:
		at := syntax.File.Position(syntax.Offset)
		e.Message, e.Line, e.Column = syntax.Message, at.Line, at.Column
	}
	if positions != nil && e.Line > 0 {
		if source, _, line, column, ok := positions.Source(e.Line, e.Column); ok {
			e.File, e.Line, e.Column = source, line, column
		}
	} else if e.Line > 1 {
		e.Line-- // the line that CompileFunction put before the script
	}
	return e
}
