package js

import (
	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/unistring"
)

// To spread a value in an object literal, or to gather the rest of one in a pattern, is one
// instruction of the engine, however many properties there are. What is spread therefore goes
// through a helper that refuses a value with too many elements: {...x} becomes
// {...listed(x)}. The rest in a pattern of a parameter is left: it has no expression. The
// source of a for-in loop, which takes one name after the other, goes through it only for
// their order: see order.go.

// helperListed is the first parameter of the function of a script that spreads. No script can
// spell the name.
const helperListed unistring.String = "%listed"

// lowerSpread puts the helper around what node spreads, and says whether it did.
func lowerSpread(node any) (lowered bool) {
	wrap := func(e *ast.Expression) {
		if *e != nil && !makesObject(*e) {
			*e = helperCall(helperListed, *e)
			lowered = true
		}
	}
	switch node := node.(type) {
	case *ast.ForInStatement:
		node.Source = helperCall(helperListed, node.Source, &ast.BooleanLiteral{Literal: "true", Value: true})
		return true
	case *ast.ObjectLiteral:
		for _, p := range node.Value {
			if spread, ok := p.(*ast.SpreadElement); ok {
				wrap(&spread.Expression)
			}
		}
	case *ast.AssignExpression:
		if hasRest(node.Left) {
			wrap(&node.Right)
		}
	case *ast.Binding:
		if hasRest(node.Target) {
			wrap(&node.Initializer)
		}
	}
	return lowered
}

// hasRest says whether target is a pattern of an object with a rest.
func hasRest(target any) bool {
	pattern, ok := target.(*ast.ObjectPattern)
	return ok && pattern.Rest != nil
}

// makesObject says whether e makes an object of a script's own size, or nothing to spread.
func makesObject(e ast.Expression) bool {
	switch e := e.(type) {
	case *ast.ObjectLiteral, *ast.NullLiteral, *ast.BooleanLiteral, *ast.NumberLiteral:
		return true
	case *ast.ConditionalExpression:
		return makesObject(e.Consequent) && makesObject(e.Alternate)
	case *ast.BinaryExpression:
		return e.Operator.String() == "&&" && makesObject(e.Right)
	}
	return false
}

// listed returns the helper in vm.
func (vm *VM) listed() *goja.Object {
	if vm.gate.listed == nil {
		p := vm.platform // no gate: it calls no script
		vm.gate.listed = p.seam.object(newTemplatedFunction(vm.rt, p.signatures.of(p, "", 0), nil, func(c goja.FunctionCall) goja.Value {
			v := c.Argument(0)
			if o, ok := v.(*goja.Object); ok {
				vm.order(o)
			}
			if oneByOne := c.Argument(1).ToBoolean(); !oneByOne && vm.elementCount(v) > copiesMax {
				panic(vm.newError("RangeError", tooManyKeys))
			}
			return v
		}, nil))
	}
	return vm.gate.listed
}
