package js

import (
	"slices"
	"strings"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// Guards keep caps within the built-ins of the language. The engine looks for an interrupt
// between the instructions of a script and counts the calls of scripts; what is written in
// Go it neither stops nor counts, so that one call of a built-in could run for minutes,
// allocate the machine or recurse until the process dies.
//
// # The gate
//
// Every built-in that a script can reach passes a gate, which ends the call if the turn was
// cut, and counts how deep built-ins are nested. Endless work among built-ins alone is
// either a loop in one of them that calls another each time round, which the other's gate
// stops; or a recursion, and each round of it passes a gate; or long work in a single one,
// which has a guard. Recursion through proxies without any function is why a Proxy's
// operations pass the gate too (guard_proxy.go). Calls of scripts are counted by the
// engine; with [callDepthMax] of them and [nativeDepthMax] built-ins no stack of ours
// passes a few megabytes, against the gigabyte at which Go's runtime ends the process.
//
// # The table
//
// A guard is a row that names a built-in and says what runs in its place: it looks at how
// much work the arguments mean and leaves the common case to the original at once. What
// would be long it does itself with checkpoints; only a single allocation beyond what the
// event may hold is refused. The rows stand in one table per file, and [allGuards] lists the
// tables. What has no row has the gate alone.
//
// # Installation
//
// A built-in keeps its object: the gate replaces the Go function within, so name, length,
// attributes and identity are the engine's, and there is no way around it. That happens
// when the built-in comes into being, which goja does at first touch: its templates, which
// all runtimes of a process share, get factories that pass on what the original made. A VM
// pays for what it touches. Intrinsics that goja makes without a template are reached
// through the global that has their name, or are listed with the syntax that makes them
// ([nameless]).

// native is the Go function in a built-in.
type native = func(goja.FunctionCall) goja.Value

// constructor is the Go function that `new` runs; newTarget is nil for a plain new.
type constructor = func(args []goja.Value, newTarget *goja.Object) *goja.Object

// guard says what runs in place of one built-in.
type guard struct {
	// name is the built-in's path from globalThis, such as "Array.prototype.fill" or
	// "RegExp.prototype[Symbol.split]". Of an accessor it names the getter; the setter has
	// the path behind "set ".
	name string

	// call stands for the original when it is called; nil: the original runs.
	call func(vm *VM, original native, c goja.FunctionCall) goja.Value

	// construct stands for the original in `new`; nil: the original runs.
	construct func(vm *VM, original constructor, args []goja.Value, newTarget *goja.Object) *goja.Object
}

// allGuards lists every guard.
func allGuards() []guard {
	return slices.Concat(
		arrayGuards(),
		base64Guards(),
		bigIntGuards(),
		bufferGuards(),
		evalGuards(),
		regExpGuards(),
		functionGuards(),
		jsonGuards(),
		iteratorGuards(),
		objectGuards(),
		proxyGuards(),
		stringGuards(),
		typedArrayGuards(),
	)
}

// nativeDepthMax bounds how deep built-ins may call each other, by way of scripts or not.
// Leaving so many is quadratic in the engine: it must take less than the grace of a turn
// that was interrupted.
const nativeDepthMax = 400

// gate is the state of a VM's guards.
type gate struct {
	depth    int // of built-ins that run
	prepared nameless
	joins    []*goja.Object // the arrays that are being joined, one within the other
	listed   *goja.Object   // the helper of lower_spread.go
	next     goja.Value     // the method of array iterators, as the engine made it; nil: not made yet
}

// enter is what a built-in begins with; leave must follow, deferred.
func (vm *VM) enter() {
	vm.gate.depth++
	if vm.gate.depth > nativeDepthMax || vm.heed.Load() {
		vm.refuse()
	}
}

func (vm *VM) leave() { vm.gate.depth-- }

// refuse is for enter: it throws, and leave will not run, unless the event was only held up.
func (vm *VM) refuse() {
	vm.gate.depth--
	vm.checkpoint()
	if vm.gate.depth < nativeDepthMax { // the event was only held up
		vm.gate.depth++
		return
	}
	depth := vm.gate.depth
	vm.gate.depth = 0 // the error's constructor is a built-in too
	err := vm.newError("RangeError", "Maximum call stack size exceeded")
	vm.gate.depth = depth
	panic(err)
}

// guardIndex finds guards: by holder, such as "Array.prototype" or "" for globalThis, then
// by key, such as "fill" or "[Symbol.iterator]".
type guardIndex map[string]map[string]*guard

func indexGuards(guards []guard) guardIndex {
	index := make(guardIndex)
	for _, g := range guards {
		holder, key := splitPath(g.name)
		if index[holder] == nil {
			index[holder] = make(map[string]*guard)
		}
		index[holder][key] = &g
	}
	return index
}

// splitPath parts a built-in's path into its holder's and its key.
func splitPath(path string) (holder, key string) {
	if i := strings.IndexByte(path, '['); i >= 0 {
		return path[:i], path[i:]
	}
	i := strings.LastIndexByte(path, '.')
	return path[:max(i, 0)], path[i+1:]
}

// symbolKey is how a symbol stands in a path: "[Symbol.iterator]".
func symbolKey(s *goja.Symbol) string {
	return "[" + strings.TrimSuffix(strings.TrimPrefix(s.String(), "Symbol("), ")") + "]"
}

// guardedTemplates are goja's templates of intrinsics, by path.
var guardedTemplates = []struct {
	path     string
	template func() *objectTemplate
}{
	{"", getGlobalObjectTemplate},
	{"Array.prototype", arrayPrototypeTemplate},
	{"BigInt", bigIntTemplate},
	{"BigInt.prototype", bigIntPrototypeTemplate},
	{"DataView.prototype", dataViewPrototypeTemplate},
	{"Date", dateTemplate},
	{"Date.prototype", datePrototypeTemplate},
	{"Function.prototype", functionPrototypeTemplate},
	{"Math", mathTemplate},
	{"Number", numberTemplate},
	{"Number.prototype", numberPrototypeTemplate},
	{"Object", objectConstructorTemplate},
	{"Object.prototype", objectPrototypeTemplate},
	{"String.prototype", stringPrototypeTemplate},
	{"TypedArray.prototype", typedArrayPrototypeTemplate},
}

// hidden are intrinsics that have no name and come with one that has: who holds the first
// can get at the second.
var hidden = []struct {
	with      []string
	path      string
	intrinsic func(*goja.Runtime) *goja.Object
}{
	{[]string{
		"Array.prototype.values", "Array.prototype.keys", "Array.prototype.entries", "Array.prototype[Symbol.iterator]",
		"TypedArray.prototype.values", "TypedArray.prototype.keys", "TypedArray.prototype.entries", "TypedArray.prototype[Symbol.iterator]",
	}, arrayIteratorPath, arrayIteratorPrototype},
	{[]string{"String.prototype[Symbol.iterator]"}, "StringIterator.prototype", stringIteratorPrototype},
	{[]string{"Map"}, "MapIterator.prototype", mapIteratorPrototype},
	{[]string{"Set"}, "SetIterator.prototype", setIteratorPrototype},
	{[]string{"RegExp"}, "RegExpStringIterator.prototype", regExpStringIteratorPrototype},
}

const arrayIteratorPath = "ArrayIterator.prototype"

// guardTemplates puts the gate into goja's templates. It must run once in a process, before
// the first runtime reads them.
func (s *seam) guardTemplates() {
	guards := allGuards()
	s.guards, s.setters = indexGuards(guards), make(map[string]*guard)
	for _, g := range guards {
		if path, ok := strings.CutPrefix(g.name, "set "); ok {
			s.setters[path] = &g
		}
	}
	s.hidden = make(map[string]int)
	for i, h := range hidden {
		for _, name := range h.with {
			s.hidden[name] = i
		}
	}
	s.installIntrinsics()
	for _, t := range guardedTemplates {
		template := t.template()
		props := *s.propsOf(template)
		for name, factory := range props {
			props[name] = s.guardedFactory(t.path, name.String(), factory)
		}
		symbols := *s.symbolsOf(template)
		for symbol, factory := range symbols {
			symbols[symbol] = s.guardedFactory(t.path, symbolKey(symbol), factory)
		}
	}
}

// guardedFactory passes on what factory makes, with the gate in it where it belongs to one
// of our VMs.
func (s *seam) guardedFactory(holder, key string, factory propertyFactory) propertyFactory {
	if key == "constructor" {
		holder, key = "", strings.TrimSuffix(holder, ".prototype")
	}
	path := joinPath(holder, key)
	return func(rt *goja.Runtime) goja.Value {
		v := factory(rt)
		if vm := s.vmOf(rt); vm != nil {
			vm.gateProperty(path, s.guards[holder][key], v, holder == "")
		}
		return v
	}
}

func joinPath(holder, key string) string {
	if holder == "" || strings.HasPrefix(key, "[") {
		return holder + key
	}
	return holder + "." + key
}

// gateProperty puts the gate into the functions of a property that was just made, and into
// what can be reached through it. deep is for globals, whose properties are not made by
// templates of their own.
func (vm *VM) gateProperty(path string, g *guard, property goja.Value, deep bool) {
	s := vm.platform.seam
	if get, set, ok := s.accessorsOf(property); ok {
		if get != nil {
			vm.gateObject(path, g, get, false)
		}
		if set != nil {
			vm.gateObject(path, s.setters[path], set, false)
		}
	} else if o, ok := s.valueOf(property).(*goja.Object); ok {
		vm.gateObject(path, g, o, deep)
	}
	if path == "Promise" { // its callbacks get the errors of the engine
		vm.prepare(namelessErrors)
	}
	if i, ok := s.hidden[path]; ok {
		h := hidden[i]
		vm.gateObject(h.path, s.guards[""][h.path], h.intrinsic(vm.rt), true)
		if h.path == arrayIteratorPath && vm.gate.next == nil { // scripts can't have changed it yet
			vm.gate.next = s.getNamed(h.intrinsic(vm.rt), "next")
		}
	}
}

// gateObject puts the gate into o if it is a function that has none, and, if deep, into
// the properties of o.
func (vm *VM) gateObject(path string, g *guard, o *goja.Object, deep bool) {
	s := vm.platform.seam
	vm.direct.add(path, o)
	self := s.behind(o)
	switch self.tab {
	case s.nativeFunction.tab:
		if vm.gateFunction(self.data, s.nativeFunction, g) && deep {
			vm.gateProperties(path, o)
		}
	case s.templatedFunction.tab:
		vm.gateFunction(self.data, s.templatedFunction, g)
	case s.plain, s.boxed, s.regExps.prototype:
		if deep {
			vm.gateProperties(path, o)
		}
	}
}

// gateProperties puts the gate into the own properties of o, which a script has not seen
// yet, and of its prototype property.
func (vm *VM) gateProperties(path string, o *goja.Object) {
	s := vm.platform.seam
	base := s.behind(o).data
	holder := s.guards[path]
	for name, v := range *(*map[unistring.String]goja.Value)(unsafe.Add(base, s.baseValues)) {
		if v != nil && name != "constructor" && name != "name" && name != "length" {
			key := name.String()
			vm.gateProperty(joinPath(path, key), holder[key], v, key == "prototype")
		}
	}
	for _, v := range ownSymbols(base, true, nil) {
		symbol := v.(*goja.Symbol)
		key := symbolKey(symbol)
		if v := ownSymbol(base, symbol); v != nil {
			vm.gateProperty(joinPath(path, key), holder[key], v, false)
		}
	}
}

// functionShape says where goja keeps the Go functions of a kind of function object.
type functionShape struct {
	tab             unsafe.Pointer // what marks an interface that holds one
	call, construct uintptr
}

// gateFunction puts the gate into a function object, unless it is there.
func (vm *VM) gateFunction(function unsafe.Pointer, shape functionShape, g *guard) bool {
	call := (*native)(unsafe.Add(function, shape.call))
	if *call == nil || codeOf(unsafe.Pointer(call)) == vm.platform.seam.gateCode {
		return false
	}
	*call = vm.gated(g, *call)
	construct := (*constructor)(unsafe.Add(function, shape.construct))
	if *construct != nil {
		*construct = vm.gatedConstructor(g, *construct)
	}
	return true
}

// nameless are the intrinsics that scripts get at without naming a global: syntax makes
// them, or Go code hands out their instances. prepare makes and gates them first.
type nameless uint

const (
	namelessErrors nameless = 1 << iota
	namelessPromise
	namelessGenerator
	namelessArrayIterator
	namelessBuffer
	namelessRegExp

	// namelessAll is for code that is not known yet.
	namelessAll = namelessErrors | namelessPromise | namelessGenerator | namelessArrayIterator | namelessBuffer | namelessRegExp
)

// namelessOf says what the syntax of a script can make. A word may be written with escapes:
// where there are any, all may be.
func namelessOf(script string) (made nameless) {
	for _, w := range []struct {
		word  string
		makes nameless
	}{
		{"catch", namelessErrors},
		{"async", namelessPromise},
		{"await", namelessPromise},
		{"yield", namelessGenerator},
		{"arguments", namelessArrayIterator},
		{`\u`, namelessAll},
	} {
		if strings.Contains(script, w.word) {
			made |= w.makes
		}
	}
	return made
}

// prepare makes and gates these intrinsics, unless it has before.
func (vm *VM) prepare(made nameless) {
	made &^= vm.gate.prepared
	if made == 0 {
		return
	}
	vm.gate.prepared |= made
	if made&namelessErrors != 0 {
		vm.touch("Error", "TypeError", "RangeError", "ReferenceError", "SyntaxError")
	}
	if made&namelessPromise != 0 {
		vm.touch("Promise")
	}
	if made&namelessGenerator != 0 {
		vm.gateObject("Generator.prototype", nil, generatorPrototype(vm.rt), true)
	}
	if made&namelessArrayIterator != 0 {
		arrayPrototype(vm.rt).GetSymbol(goja.SymIterator)
	}
	if made&namelessBuffer != 0 {
		vm.touch("ArrayBuffer")
	}
	if made&namelessRegExp != 0 {
		vm.touch("RegExp")
	}
}

// touch makes globals of the language that a script has not touched yet.
func (vm *VM) touch(names ...string) {
	for _, name := range names {
		vm.Intrinsic(name)
	}
}

// gated returns original behind the gate, or what g has in its place. It is not inlined so
// that there is one code of the gate, which tells a function that has it.
//
//go:noinline
func (vm *VM) gated(g *guard, original native) native {
	call := callOriginal
	if g != nil && g.call != nil {
		call = g.call
	}
	return func(c goja.FunctionCall) goja.Value {
		vm.enter()
		defer vm.leave()
		return call(vm, original, c)
	}
}

func callOriginal(_ *VM, original native, c goja.FunctionCall) goja.Value { return original(c) }

func (vm *VM) gatedConstructor(g *guard, original constructor) constructor {
	construct := constructOriginal
	if g != nil && g.construct != nil {
		construct = g.construct
	}
	return func(args []goja.Value, newTarget *goja.Object) *goja.Object {
		vm.enter()
		defer vm.leave()
		return construct(vm, original, args, newTarget)
	}
}

func constructOriginal(_ *VM, original constructor, args []goja.Value, newTarget *goja.Object) *goja.Object {
	return original(args, newTarget)
}

// codeOf returns where the code of a function value begins.
func codeOf(f unsafe.Pointer) uintptr { return **(**uintptr)(f) }
