package js

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/dop251/goja"
)

// What a script writes as an argument, and what the built-in that it calls shows to nobody,
// need not be an object as scripts see it: no one can tell. In
//
//	text.replace(/[&<>]/g, (c) => entities[c])
//	list.map((x) => x + 1)
//
// the engine would make a regular expression and a function with all their properties, each
// time. When the built-in is the one that the name stood for at first, a VM has one regular
// expression for all times, and makes a function without properties.
//
// That is decided when the argument is made, by instructions of ours in the compiled code, in
// place of the engine's: see seam_code.go. What is called stands on the machine's stack by then,
// and an argument counts only if nothing can run a script between it and the call. Where anything
// is not as it was at first, our instruction has the engine's do the work.
//
// Async functions and such as have a this of their own are made by other instructions, and left
// alone.

// direct says which of its arguments a built-in shows to nobody.
type direct uint8

const (
	directNothing   direct = iota
	directFirst            // a function that it calls
	directSecond           // the same, behind another argument
	directPair             // two of them
	directConstruct        // the first, of a constructor
	directMatch            // a regular expression, with which a method of it does the work
	directReplace          // the same, and a function behind it
	directSearch
)

// directs are the built-ins that have such arguments.
var directs = map[string]direct{
	"Array.from":                    directSecond,
	"Array.prototype.every":         directFirst,
	"Array.prototype.filter":        directFirst,
	"Array.prototype.find":          directFirst,
	"Array.prototype.findIndex":     directFirst,
	"Array.prototype.findLast":      directFirst,
	"Array.prototype.findLastIndex": directFirst,
	"Array.prototype.flatMap":       directFirst,
	"Array.prototype.forEach":       directFirst,
	"Array.prototype.map":           directFirst,
	"Array.prototype.reduce":        directFirst,
	"Array.prototype.reduceRight":   directFirst,
	"Array.prototype.some":          directFirst,
	"Array.prototype.sort":          directFirst,
	"Array.prototype.toSorted":      directFirst,
	"Map.prototype.forEach":         directFirst,
	"Set.prototype.forEach":         directFirst,
	"Promise":                       directConstruct,
	"Promise.prototype.then":        directPair,
	"String.prototype.match":        directMatch,
	"String.prototype.replace":      directReplace,
	"String.prototype.search":       directSearch,
}

// directMethods are the methods of RegExp.prototype that do the work of such built-ins.
var directMethods = map[direct]*goja.Symbol{
	directMatch:   goja.SymMatch,
	directReplace: goja.SymReplace,
	directSearch:  goja.SymSearch,
}

// directMethodPaths are where those are at first.
var directMethodPaths = map[string]direct{
	"RegExp.prototype[Symbol.match]":   directMatch,
	"RegExp.prototype[Symbol.replace]": directReplace,
	"RegExp.prototype[Symbol.search]":  directSearch,
}

// directState is what a VM knows of the above.
type directState struct {
	builtins []directBuiltin // those that scripts have touched
	methods  [directSearch + 1]*goja.Object
	regExps  map[*directRegExp]*goja.Object
	argument *goja.Object // the one of them that was an argument last
}

type directBuiltin struct {
	function *goja.Object
	does     direct
}

// add takes note of a built-in that was just made.
func (d *directState) add(path string, function *goja.Object) {
	if does := directs[path]; does != directNothing {
		d.builtins = append(d.builtins, directBuiltin{function, does})
	} else if does = directMethodPaths[path]; does != directNothing {
		d.methods[does] = function
	}
}

// of says what a value that is called does with its arguments.
func (d *directState) of(callee goja.Value) direct {
	function, ok := callee.(*goja.Object)
	if !ok {
		return directNothing
	}
	for _, b := range d.builtins {
		if b.function == function {
			return b.does
		}
	}
	return directNothing
}

// directTables are what makes instructions of the types below.
type directTables struct {
	regExp, arrow *instructionTable
}

func newDirectTables(s *codeSeam) directTables {
	return directTables{
		regExp: tableOf(new(directRegExp), (*directRegExp).exec, s.regExp),
		arrow:  tableOf(new(directArrow), (*directArrow).exec, s.arrow),
	}
}

// lowerArguments puts our instructions into a script that was just compiled.
func (s *seam) lowerArguments(p *goja.Program) {
	c := s.code
	c.each(p, func(code []iface, _ reflect.Value) {
		for i := range code {
			at := &code[i]
			if at.tab != c.arrow && at.tab != c.regExp {
				continue
			}
			switch behind, construct := c.behind(code[i+1:], 1); {
			case behind < 0:
			case at.tab == c.arrow:
				putInstruction(at, s.direct.arrow, unsafe.Pointer(&directArrow{s, *at, behind, construct}))
			case behind == 0 && !construct:
				putInstruction(at, s.direct.regExp, unsafe.Pointer(&directRegExp{s, *at}))
			}
		}
	})
}

// tryInstructions has rt execute instructions of ours, which do what those do whose places they
// took: rt is of no VM.
func (s *seam) tryInstructions(rt *goja.Runtime) error {
	p, err := goja.Compile("", codeExample, false)
	if err != nil {
		return err
	}
	s.lowerArguments(p)
	switch v, err := rt.RunProgram(p); {
	case err != nil:
		return err
	case v.String() != codeExampleResult:
		return fmt.Errorf("code with instructions of ours results in %s", v)
	}
	return nil
}

// behind returns how many arguments stand before one, if what follows it in code is the call,
// perhaps with values and functions between; -1 otherwise.
func (c *codeSeam) behind(code []iface, made int) (arguments int, construct bool) {
	for _, next := range code {
		if next.tab != c.text && next.tab != c.arrow {
			return c.argumentsOf(next) - made, next.tab == c.construct
		}
		made++
	}
	return -1, false
}

// directRegExp makes a regular expression for String.prototype.replace and its like.
type directRegExp struct {
	seam     *seam
	original iface
}

func (d *directRegExp) exec(m machine) {
	c := d.seam.code
	vm := d.seam.vmOf(c.runtimeOf(m))
	if vm == nil || !vm.takesRegExp(c.below(m, 0), c.below(m, 1)) {
		executed(&d.original).exec(m)
		return
	}
	o := vm.direct.regExps[d]
	switch {
	case o == nil:
		executed(&d.original).exec(m)
		o = c.below(m, 0).(*goja.Object)
		if vm.patternOf(o).sticky || standardRegExp(vm.rt, o) == nil {
			return // a sticky one would go on where it was the last time
		}
		if vm.direct.regExps == nil {
			vm.direct.regExps = make(map[*directRegExp]*goja.Object)
		}
		vm.direct.regExps[d] = o
	case standardRegExp(vm.rt, o) == nil: // a script would see it
		executed(&d.original).exec(m)
		return
	default:
		pushValue(m, o)
		c.proceed(m)
	}
	vm.direct.argument = o
}

// takesRegExp says whether to call callee with this receiver shows a regular expression, the first
// argument, to no script.
func (vm *VM) takesRegExp(callee, this goja.Value) bool {
	does := vm.direct.of(callee)
	symbol, method := directMethods[does], vm.direct.methods[does]
	if _, ok := this.(goja.String); !ok || symbol == nil || method == nil {
		return false
	}
	s := vm.platform.seam
	v := ownSymbol(selfWord(regExpPrototype(vm.rt), s.objectSelf).data, symbol)
	return v != nil && s.valueOf(v) == goja.Value(method)
}

// executed is an instruction of goja's.
func executed(i *iface) instruction { return *(*instruction)(unsafe.Pointer(i)) }

// directArrow makes an arrow function for a built-in that calls it.
type directArrow struct {
	seam      *seam
	original  iface
	behind    int // how many arguments stand before it
	construct bool
}

func (d *directArrow) exec(m machine) {
	c := d.seam.code
	vm := d.seam.vmOf(c.runtimeOf(m))
	if vm == nil || !d.taken(vm, m) {
		executed(&d.original).exec(m)
		return
	}
	f := reflect.New(c.arrowType).UnsafePointer()
	initArrow(vm.rt, f, *(*bool)(unsafe.Add(d.original.data, c.arrowStrict)))
	o := *(**goja.Object)(unsafe.Add(f, d.seam.baseVal))
	*selfWord(o, d.seam.objectSelf) = iface{c.arrowTab, f}
	pushArrow(d.original.data, m, f)
}

// taken says whether the built-in that is called next shows the function to no script.
func (d *directArrow) taken(vm *VM, m machine) bool {
	c := d.seam.code
	does := vm.direct.of(c.below(m, d.behind))
	if d.construct {
		return does == directConstruct && d.behind == 0
	}
	switch does {
	case directFirst:
		return d.behind == 0
	case directSecond:
		return d.behind == 1
	case directPair:
		return d.behind <= 1
	case directReplace:
		return d.behind == 1 && c.below(m, 0) == goja.Value(vm.direct.argument)
	}
	return false
}
