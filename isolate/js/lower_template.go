package js

import (
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
)

// templateParts is how many values one template puts together. The engine does that in one
// instruction, in which a long string counts as often as it is mentioned.
const templateParts = 4

// lowerTemplate returns what stands for a template of many values: `${a}…${z}` becomes
// `${a}…` + `…${z}`, in which everything happens in the same order. nil: e stays.
func lowerTemplate(e *ast.TemplateLiteral) ast.Expression {
	if e.Tag != nil || len(e.Expressions) <= templateParts {
		return nil
	}
	var result ast.Expression
	for n := 0; n < len(e.Expressions); n += templateParts {
		end := min(n+templateParts, len(e.Expressions))
		part := &ast.TemplateLiteral{OpenQuote: e.OpenQuote, CloseQuote: e.CloseQuote}
		part.Expressions = e.Expressions[n:end]
		part.Elements = append(part.Elements, e.Elements[n:end]...)
		last := &ast.TemplateElement{Idx: e.Elements[end].Idx, Valid: true}
		if end == len(e.Expressions) {
			last = e.Elements[end]
		}
		part.Elements = append(part.Elements, last)
		if result == nil {
			result = part
		} else {
			result = &ast.BinaryExpression{Operator: token.PLUS, Left: result, Right: part}
		}
	}
	return result
}
