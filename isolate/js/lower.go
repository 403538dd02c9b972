package js

import (
	"math/big"
	"reflect"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// A BigInt grows by operators, which are instructions of the engine that no guard stands in
// front of. In scripts that mention BigInts the operators that let one grow fast are
// therefore calls of helpers: a*b becomes bounded(a*b), a**b becomes power(a, b), and a<<b
// becomes bounded(a << count(b)); assignments by the same operators likewise. In other
// scripts nothing changes, and they have no BigInts: see guard_bigint.go.
//
// An operation that has a number on one side can't give a BigInt, and stays as it is; so
// do + and -, by which a BigInt grows one bit at a time.

// The helpers are the first parameters of a script's function. No script can spell these
// names.
const (
	helperBounded = "%bounded"
	helperPower   = "%power"
	helperCount   = "%count"
	helperSmall   = "%small"
)

// helperNames are the helpers in the order in which [VM.helpers] gives them.
var helperNames = []unistring.String{helperBounded, helperPower, helperCount, helperSmall}

// addHelpers makes helpers of these names the first parameters of the function that tree
// consists of.
func addHelpers(tree *ast.Program, names []unistring.String) {
	statement, ok := tree.Body[0].(*ast.ExpressionStatement)
	if !ok {
		return
	}
	f, ok := statement.Expression.(*ast.FunctionLiteral)
	if !ok {
		return
	}
	var parameters []*ast.Binding
	for _, name := range names {
		parameters = append(parameters, &ast.Binding{Target: &ast.Identifier{Name: name, Idx: f.ParameterList.Opening}})
	}
	f.ParameterList.List = append(parameters, f.ParameterList.List...)
}

// lowerExpression returns what stands for e, nil for e itself.
func lowerExpression(e ast.Expression) ast.Expression {
	switch e := e.(type) {
	case *ast.BinaryExpression:
		return lowerBinary(e)
	case *ast.AssignExpression:
		return lowerAssign(e)
	}
	return nil
}

func lowerBinary(e *ast.BinaryExpression) ast.Expression {
	if isNumber(e.Left) || isNumber(e.Right) {
		return nil
	}
	switch e.Operator {
	case token.MULTIPLY:
		if !isSmall(e.Left) && !isSmall(e.Right) {
			return helperCall(helperBounded, e)
		}
	case token.EXPONENT:
		return helperCall(helperPower, e.Left, e.Right)
	case token.SHIFT_LEFT, token.SHIFT_RIGHT:
		if !isSmall(e.Right) {
			e.Right = helperCall(helperCount, e.Right)
			return helperCall(helperBounded, e)
		}
	}
	return nil
}

// lowerAssign makes x op= y of an operator that needs it x = x op y, where nothing is
// evaluated twice by that, or bounds y.
func lowerAssign(e *ast.AssignExpression) ast.Expression {
	switch e.Operator {
	case token.MULTIPLY, token.EXPONENT, token.SHIFT_LEFT, token.SHIFT_RIGHT:
	default:
		return nil
	}
	if isNumber(e.Right) || isSmall(e.Right) && e.Operator != token.EXPONENT {
		return nil
	}
	if again := copyTarget(e.Left); again != nil {
		e.Right = lowerBinary(&ast.BinaryExpression{Operator: e.Operator, Left: again, Right: e.Right})
		e.Operator = token.ASSIGN
		return nil
	}
	if object, key, assign := splitTarget(e.Left); object != nil && movable(e.Right) {
		return assignInArrow(e, object, key, assign)
	}
	e.Right = helperCall(helperSmall, e.Right, &ast.BooleanLiteral{Value: e.Operator == token.EXPONENT, Literal: "true"})
	return nil
}

// copyTarget returns a second expression for what can be assigned to, nil if evaluating it
// twice would be noticed.
func copyTarget(e ast.Expression) ast.Expression {
	switch e := e.(type) {
	case *ast.Identifier:
		return &ast.Identifier{Name: e.Name, Idx: e.Idx}
	case *ast.DotExpression:
		if left := copySimple(e.Left); left != nil {
			return &ast.DotExpression{Left: left, Identifier: e.Identifier}
		}
	case *ast.PrivateDotExpression:
		if left := copySimple(e.Left); left != nil {
			return &ast.PrivateDotExpression{Left: left, Identifier: e.Identifier}
		}
	case *ast.BracketExpression:
		left, member := copySimple(e.Left), copyKey(e.Member)
		if left != nil && member != nil {
			return &ast.BracketExpression{Left: left, Member: member, LeftBracket: e.LeftBracket, RightBracket: e.RightBracket}
		}
	}
	return nil
}

func copySimple(e ast.Expression) ast.Expression {
	switch e := e.(type) {
	case *ast.Identifier:
		return &ast.Identifier{Name: e.Name, Idx: e.Idx}
	case *ast.ThisExpression:
		return &ast.ThisExpression{Idx: e.Idx}
	case *ast.SuperExpression:
		return &ast.SuperExpression{Idx: e.Idx}
	}
	return nil
}

// copyKey takes a name for a primitive value: an object would be converted twice.
func copyKey(e ast.Expression) ast.Expression {
	switch e := e.(type) {
	case *ast.Identifier:
		return &ast.Identifier{Name: e.Name, Idx: e.Idx}
	case *ast.StringLiteral:
		c := *e
		return &c
	case *ast.NumberLiteral:
		c := *e
		return &c
	}
	return nil
}

// splitTarget parts object.name and object[key], and returns how to write the two over
// what they are replaced by. key is nil where there is none to evaluate.
func splitTarget(e ast.Expression) (object, key ast.Expression, join func(object, key ast.Expression) ast.Expression) {
	switch e := e.(type) {
	case *ast.DotExpression:
		return e.Left, nil, func(object, _ ast.Expression) ast.Expression {
			return &ast.DotExpression{Left: object, Identifier: e.Identifier}
		}
	case *ast.PrivateDotExpression:
		return e.Left, nil, func(object, _ ast.Expression) ast.Expression {
			return &ast.PrivateDotExpression{Left: object, Identifier: e.Identifier}
		}
	case *ast.BracketExpression:
		if _, ok := e.Left.(*ast.SuperExpression); ok {
			return nil, nil, nil
		}
		return e.Left, e.Member, func(object, key ast.Expression) ast.Expression {
			return &ast.BracketExpression{Left: object, Member: key, LeftBracket: e.LeftBracket, RightBracket: e.RightBracket}
		}
	}
	return nil, nil, nil
}

// assignInArrow makes o[k] op= y
//
//	((object, key) => object[key] = object[key] op y)(o, k)
func assignInArrow(e *ast.AssignExpression, object, key ast.Expression, join func(object, key ast.Expression) ast.Expression) ast.Expression {
	at := e.Idx0()
	name := func(n unistring.String) *ast.Identifier { return &ast.Identifier{Name: n, Idx: at} }
	target := func() ast.Expression { return join(name("%object"), name("%key")) }
	parameters := []*ast.Binding{{Target: name("%object")}}
	arguments := []ast.Expression{object}
	if key != nil {
		parameters = append(parameters, &ast.Binding{Target: name("%key")})
		arguments = append(arguments, key)
	}
	value := lowerBinary(&ast.BinaryExpression{Operator: e.Operator, Left: target(), Right: e.Right})
	return &ast.CallExpression{
		Callee: &ast.ArrowFunctionLiteral{
			Start:         at,
			ParameterList: &ast.ParameterList{Opening: at, List: parameters, Closing: at},
			Body:          &ast.ExpressionBody{Expression: &ast.AssignExpression{Operator: token.ASSIGN, Left: target(), Right: value}},
		},
		LeftParenthesis: at, ArgumentList: arguments, RightParenthesis: at,
	}
}

// movable says whether e means the same in an arrow function around it: whether it has no
// yield, await or arguments.
func movable(e ast.Expression) bool {
	m := true
	var look func(reflect.Value)
	look = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Interface, reflect.Pointer:
			if v.IsNil() || !m {
				return
			}
			switch node := v.Interface().(type) {
			case *ast.YieldExpression, *ast.AwaitExpression:
				m = false
			case *ast.Identifier:
				m = node.Name != "arguments"
			case *ast.FunctionLiteral, *file.File:
			default:
				look(v.Elem())
			}
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					look(v.Field(i))
				}
			}
		case reflect.Slice:
			for i := range v.Len() {
				look(v.Index(i))
			}
		}
	}
	look(reflect.ValueOf(&e).Elem())
	return m
}

func helperCall(name unistring.String, arguments ...ast.Expression) ast.Expression {
	at := arguments[0].Idx0()
	return &ast.CallExpression{
		Callee:          &ast.Identifier{Name: name, Idx: at},
		LeftParenthesis: at, ArgumentList: arguments, RightParenthesis: at,
	}
}

// isNumber says whether e can only be a number, or throws.
func isNumber(e ast.Expression) bool {
	switch e := e.(type) {
	case *ast.NumberLiteral:
		_, big := e.Value.(*big.Int)
		return !big
	case *ast.UnaryExpression:
		switch e.Operator {
		case token.PLUS:
			return true
		case token.MINUS, token.BITWISE_NOT, token.INCREMENT, token.DECREMENT:
			return isNumber(e.Operand)
		}
	case *ast.BinaryExpression:
		switch e.Operator {
		case token.UNSIGNED_SHIFT_RIGHT:
			return true
		case token.MINUS, token.MULTIPLY, token.SLASH, token.REMAINDER, token.EXPONENT,
			token.AND, token.OR, token.EXCLUSIVE_OR, token.SHIFT_LEFT, token.SHIFT_RIGHT:
			return isNumber(e.Left) || isNumber(e.Right)
		case token.PLUS:
			return isNumber(e.Left) || isNumber(e.Right) // or a string
		}
	}
	return false
}

// smallBits is the size of a BigInt in a script's text by which others may grow unasked:
// as a factor, or as the number of places of a shift.
const smallBits = 10

// isSmall says whether e is a BigInt of few bits.
func isSmall(e ast.Expression) bool {
	n, ok := e.(*ast.NumberLiteral)
	if !ok {
		return false
	}
	value, ok := n.Value.(*big.Int)
	return ok && value.BitLen() <= smallBits
}
