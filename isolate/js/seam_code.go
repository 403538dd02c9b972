package js

import (
	"fmt"
	"reflect"
	"sync"
	"unsafe"

	"github.com/dop251/goja"
)

// This file is what Skerry knows of the code that goja compiles scripts to: a list of
// instructions, each an interface with one method, and of the machine that executes them. An
// instruction of ours is a type with a method of that name and shape; instructionTable makes
// of it what goja's interface has for a type.

// instruction is goja's interface of that name. What is behind m is goja's machine.
type instruction interface {
	exec(m machine)
}

// machine is goja's vm, a stack machine.
type machine unsafe.Pointer

// instructionTable is what an interface of instruction's size has for a type: Go's itab.
type instructionTable struct {
	of, typ unsafe.Pointer
	hash    uint32
	exec    uintptr
}

//go:linkname pushValue github.com/dop251/goja.(*vm).push
func pushValue(m machine, v goja.Value)

//go:linkname initArrow github.com/dop251/goja.(*Runtime).initArrowFunc
func initArrow(rt *goja.Runtime, f unsafe.Pointer, strict bool)

//go:linkname pushArrow github.com/dop251/goja.(*newArrowFunc)._exec
func pushArrow(n unsafe.Pointer, m machine, f unsafe.Pointer)

//go:linkname regExpPrototype github.com/dop251/goja.(*Runtime).getRegExpPrototype
func regExpPrototype(r *goja.Runtime) *goja.Object

// codeSeam holds where goja keeps what the code of scripts consists of.
type codeSeam struct {
	code uintptr // Program.code

	runtime, stack, top, next uintptr // of the machine: its VM, its stack, the place behind the top of it, and in the code

	regExp, arrow, text, call, construct unsafe.Pointer // what marks an instruction that makes or calls one; text: a value

	arrowStrict uintptr      // newArrowFunc.strict
	arrowType   reflect.Type // of what is behind an arrow function
	arrowTab    unsafe.Pointer

	programs sync.Map // from what marks an instruction to where it has programs, a []uintptr
}

// codeExample has the instructions that this file knows, and results in codeExampleResult.
const (
	codeExample = `(function (s, F) {
		'use strict';
		return s.replace(/x/, (m) => m + m) + s.replace(/x/, '') + new F(() => 1).v;
	})('axe', function (f) { this.v = f() })`
	codeExampleResult = "axxeae1"
)

func newCodeSeam(rt *goja.Runtime, objectSelf uintptr) (*codeSeam, error) {
	var s codeSeam
	program, err := goja.Compile("", codeExample, false)
	if err != nil {
		return nil, err
	}
	list, ok := reflect.TypeFor[goja.Program]().FieldByName("code")
	if !ok || list.Type.Kind() != reflect.Slice || list.Type.Elem().Kind() != reflect.Interface || list.Type.Elem().NumMethod() != 1 {
		return nil, fmt.Errorf("a goja program has %v for code", list.Type)
	}
	exec := list.Type.Elem().Method(0)
	m, ok := reflect.TypeFor[goja.Runtime]().FieldByName("vm")
	if !ok || exec.Name != "exec" || exec.Type.NumIn() != 1 || exec.Type.In(0) != m.Type || exec.Type.NumOut() != 0 {
		return nil, fmt.Errorf("goja's instructions have a method %s, %s", exec.Name, exec.Type)
	}
	s.code = list.Offset
	arrow, err := rt.RunString("() => 1")
	if err != nil {
		return nil, err
	}
	s.arrowType, s.arrowTab = insides(arrow.(*goja.Object)), selfWord(arrow.(*goja.Object), objectSelf).tab
	types := make(map[string]reflect.Type)
	tabs := make(map[string]unsafe.Pointer)
	s.each(program, func(code []iface, values reflect.Value) {
		for i := range code {
			t := values.Index(i).Elem().Type()
			types[t.String()], tabs[t.String()] = t, code[i].tab
		}
	})
	for name, tab := range map[string]*unsafe.Pointer{
		"*goja.newRegexp": &s.regExp, "*goja.newArrowFunc": &s.arrow, "goja.loadVal": &s.text, "goja.call": &s.call, "goja._new": &s.construct,
	} {
		if *tab = tabs[name]; *tab == nil {
			return nil, fmt.Errorf("goja has no instruction %s", name)
		}
	}
	for name, kind := range map[string]reflect.Kind{"goja.call": reflect.Uint32, "goja._new": reflect.Uint32} {
		if types[name].Kind() != kind {
			return nil, fmt.Errorf("%s is a %s", name, types[name].Kind())
		}
	}
	machineType, number := m.Type.Elem(), reflect.TypeFor[int]()
	for _, f := range []shape{
		{machineType, "r", reflect.TypeFor[*goja.Runtime](), &s.runtime},
		{machineType, "stack", nil, &s.stack},
		{machineType, "sp", number, &s.top},
		{machineType, "pc", number, &s.next},
		{types["*goja.newArrowFunc"].Elem(), "strict", reflect.TypeFor[bool](), &s.arrowStrict},
	} {
		if err := f.find(); err != nil {
			return nil, err
		}
	}
	if stack, _ := machineType.FieldByName("stack"); stack.Type.Kind() != reflect.Slice || stack.Type.Elem() != reflect.TypeFor[goja.Value]() {
		return nil, fmt.Errorf("goja's stack is a %s", stack.Type)
	}
	return &s, nil
}

// each calls f with the code of a program and of all programs within, and with what reflection
// sees of it.
func (s *codeSeam) each(p *goja.Program, f func(code []iface, values reflect.Value)) {
	code := *(*[]iface)(unsafe.Add(unsafe.Pointer(p), s.code))
	values := reflect.ValueOf(p).Elem().FieldByName("code")
	for i := range code {
		for _, offset := range s.programsIn(code[i].tab, values.Index(i)) {
			if within := *(**goja.Program)(unsafe.Add(code[i].data, offset)); within != nil {
				s.each(within, f)
			}
		}
	}
	f(code, values)
}

// programsIn returns where the instructions marked by tab, of which example is one, have
// programs.
func (s *codeSeam) programsIn(tab unsafe.Pointer, example reflect.Value) []uintptr {
	if known, ok := s.programs.Load(tab); ok {
		return known.([]uintptr)
	}
	var offsets []uintptr
	if t := example.Elem().Type(); t.Kind() == reflect.Pointer {
		offsets = appendPrograms(nil, t.Elem(), 0)
	}
	s.programs.Store(tab, offsets)
	return offsets
}

// appendPrograms appends where programs are in a t that is at an offset.
func appendPrograms(offsets []uintptr, t reflect.Type, at uintptr) []uintptr {
	switch {
	case t == reflect.TypeFor[*goja.Program]():
		return append(offsets, at)
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			offsets = appendPrograms(offsets, f.Type, at+f.Offset)
		}
	}
	return offsets
}

// tableOf makes what goja's interface of instructions has for the type of example, whose method is
// exec: the linker leaves out what nothing mentions. like is an instruction of goja's.
func tableOf(example instruction, exec any, like unsafe.Pointer) *instructionTable {
	table := *(*instructionTable)((*iface)(unsafe.Pointer(&example)).tab)
	table.of = (*instructionTable)(like).of
	table.exec = reflect.ValueOf(exec).Pointer()
	return &table
}

// putInstruction makes an instruction of ours, with the table of its type, the one at *at.
func putInstruction(at *iface, table *instructionTable, ours unsafe.Pointer) {
	*at = iface{unsafe.Pointer(table), ours}
}

// runtimeOf returns the runtime of goja whose machine m is.
func (s *codeSeam) runtimeOf(m machine) *goja.Runtime {
	return *(**goja.Runtime)(unsafe.Add(unsafe.Pointer(m), s.runtime))
}

// below returns the value that is n places below the top of m's stack.
func (s *codeSeam) below(m machine, n int) goja.Value {
	stack := *(*[]goja.Value)(unsafe.Add(unsafe.Pointer(m), s.stack))
	return stack[*(*int)(unsafe.Add(unsafe.Pointer(m), s.top))-1-n]
}

// proceed makes m go on with the next instruction.
func (s *codeSeam) proceed(m machine) { *(*int)(unsafe.Add(unsafe.Pointer(m), s.next))++ }

// argumentsOf returns how many arguments the call, or the construction, has that an instruction is;
// -1 if it is neither.
func (s *codeSeam) argumentsOf(i iface) int {
	if i.tab != s.call && i.tab != s.construct {
		return -1
	}
	return int(*(*uint32)(i.data))
}
