package js

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/parser"
	"github.com/dop251/goja/unistring"
	"github.com/go-sourcemap/sourcemap"
)

// Program is a compiled script, ready to be evaluated in any number of VMs, at once too.
type Program struct {
	code    *goja.Program
	async   bool
	bigints bool // it mentions BigInts: operators that they grow by are lowered
	spreads bool // it spreads values in objects: see lowerSpread
	makes   nameless
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
// differently; see repair.go. What is nested so deep that the engine's parser would end the
// process is refused; see source.go.
func CompileFunction(name, script string, parameters []string, sourceMap []byte) (*Program, error) {
	// The script begins on a line of its own, so that its columns hold.
	source := "(function(" + strings.Join(parameters, ",") + "){'use strict';\n" + script + "\n})"
	p := &Program{makes: namelessOf(script)}
	c := compilation{name: name, strict: true, spreads: true}
	seam, err := openSeam() // it prepares the engine's compiler too
	if err != nil {
		return nil, err
	}
	err = c.parse(source)
	if err != nil && strings.Contains(script, "await") {
		p.async = true
		source = "(async " + source[1:]
		err = c.parse(source)
	}
	positions, mapErr := newPositions(sourceMap, c.repairs.columns(source))
	if mapErr != nil {
		return nil, mapErr
	}
	c.positions = positions
	if err == nil {
		p.code, err = c.finish()
		p.bigints = c.bigints
		p.spreads = c.spreads
		p.makes |= c.makes
	}
	if err != nil {
		return nil, compileError(name, err, positions)
	}
	seam.lowerArguments(p.code)
	return p, nil
}

// mendsMax bounds how often a text is parsed.
const mendsMax = 100

// compilation is one text on its way to the engine's code.
type compilation struct {
	name      string
	strict    bool
	bigints   bool // whether operators are lowered: see [lowerExpression]
	spreads   bool // whether spreading is; after finish, whether that was needed
	positions *sourcemap.Consumer

	tree    *ast.Program
	repairs repairs        // what was changed in the text that was given
	raw     map[int]string // see [treeRepair]
	makes   nameless
}

// parse parses source, mending what the engine's parser wrongly refuses.
func (c *compilation) parse(source string) (err error) {
	defer c.recover(&err)
	c.repairs, c.raw = nil, nil
	facts, err := inspectSource(source)
	if err != nil {
		return err
	}
	c.bigints = facts.bigints
	text, repairs := spellWidest(source, facts.widest)
	for moved := 0; len(c.raw) < len(repairs); {
		if c.raw == nil {
			c.raw = make(map[int]string)
		}
		r := repairs[len(c.raw)]
		c.raw[r.at+moved] = source[r.at : r.at+len(widest)-r.wider]
		moved += r.wider
	}
	for {
		c.tree, err = parser.ParseFile(new(file.FileSet), c.name, text, 0, parser.WithDisableSourceMaps)
		if err == nil || len(repairs)-len(facts.widest) >= mendsMax || !repairs.mend(&text, err) {
			c.repairs = repairs
			return err
		}
	}
}

// finish repairs, lowers and compiles what was parsed.
func (c *compilation) finish() (code *goja.Program, err error) {
	defer c.recover(&err)
	t := treeRepair{lower: c.bigints, spread: c.spreads, raw: c.raw}
	if err := t.repair(c.tree); err != nil {
		return nil, err
	}
	c.makes = t.makes
	if c.bigints {
		addHelpers(c.tree, helperNames)
	}
	if c.spreads = t.spreads; c.spreads {
		addHelpers(c.tree, []unistring.String{helperListed})
	}
	if c.positions != nil {
		c.tree.File.SetSourceMap(c.positions)
	}
	return goja.CompileAST(c.tree, c.strict)
}

func (c *compilation) recover(err *error) {
	if r := recover(); r != nil {
		*err = &CompileError{Message: fmt.Sprintf("the engine's compiler failed: %v", r), File: c.name}
	}
}

// Evaluate runs p in vm, which the caller has entered, with these arguments, and returns
// what the script's function returned: a promise if it awaits at its top level.
func (vm *VM) Evaluate(p *Program, args ...any) (Value, error) {
	vm.prepare(p.makes)
	vm.closeParser()
	f, err := vm.rt.RunProgram(p.code)
	if err != nil {
		return nil, catchable(err)
	}
	if p.bigints {
		args = append(vm.helpers(), args...)
	}
	if p.spreads {
		args = append([]any{vm.listed()}, args...)
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
	var own *CompileError
	switch {
	case errors.As(err, &own):
		e.Message, e.Line, e.Column = own.Message, own.Line, own.Column
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
