package js

import (
	"errors"

	"github.com/dop251/goja"
)

// Expression is a regular expression of the language, for Go code that matches as a script
// would. It belongs to the VM that made it, and what a script has changed about RegExp does
// not change it. Matching ends with the turn.
type Expression struct {
	vm      *VM
	pattern *enginePattern
}

// Expression compiles source, of a regular expression with these flags. It returns the
// SyntaxError that new RegExp would throw if it is none, or too large.
func (vm *VM) Expression(source, flags string) (*Expression, error) {
	vm.prepare(namelessRegExp)
	o, err := vm.rt.New(intrinsicRegExp(vm.rt), vm.rt.ToValue(source), vm.rt.ToValue(flags))
	if err != nil {
		var exception *goja.Exception
		if errors.As(err, &exception) {
			return nil, err
		}
		panic(err)
	}
	return &Expression{vm: vm, pattern: vm.patternOf(o)}, nil
}

// Groups looks for the first match in text and returns what each group of the expression
// holds in it, a string or undefined; false if there is none.
//
// Spec: https://tc39.es/ecma262/#sec-regexpbuiltinexec
func (e *Expression) Groups(text string) ([]Value, bool) {
	m := e.vm.newMatcher(e.pattern, e.vm.text(e.vm.Text(text)))
	found := m.match(0, false)
	if found == nil {
		return nil, false
	}
	groups := make([]Value, len(found)/2-1)
	for i := range groups {
		groups[i] = m.group(found, i+1)
	}
	return groups, true
}

// Matches says whether there is a match in text.
func (e *Expression) Matches(text string) bool {
	m := e.vm.newMatcher(e.pattern, e.vm.text(e.vm.Text(text)))
	return m.match(0, false) != nil
}
