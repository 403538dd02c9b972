package webapi

import (
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// format makes one line of the arguments of a console method. If the first is a string,
// it may have directives, each of which takes an argument:
//
//	%s  as String gives it           %o  inspected
//	%d  a number (also %i: whole,    %O  inspected
//	    %f: with a fraction)         %j  as JSON
//	%c  nothing: style is for browsers
//	%%  a percent sign
//
// What is left over follows, strings as they are and other values inspected.
//
// Spec: https://console.spec.whatwg.org/#formatter
func format(vm *js.VM, args []js.Value) string {
	s := js.Local[console](vm)
	if s.nested == consoleNestedMax {
		return "…" // what is shown shows itself
	}
	s.nested++
	defer func() { s.nested-- }()
	in := newInspector(vm)
	if len(args) < 2 || !js.IsString(args[0]) {
		return in.join(args)
	}
	pattern := clip(vm.String(args[0]), 2*consoleBytesMax) // all that is shown, and more
	if strings.IndexByte(pattern, '%') < 0 {
		return in.join(args)
	}
	var out strings.Builder
	rest := args[1:]
	for {
		i := strings.IndexByte(pattern, '%')
		if i < 0 || i+1 == len(pattern) {
			out.WriteString(pattern)
			break
		}
		out.WriteString(pattern[:i])
		directive := pattern[i+1]
		pattern = pattern[i+2:]
		switch {
		case directive == '%':
			out.WriteByte('%')
		case len(rest) == 0 || strings.IndexByte("sdifjoOc", directive) < 0:
			out.WriteByte('%')
			out.WriteByte(directive)
		default:
			out.WriteString(in.directive(directive, rest[0]))
			rest = rest[1:]
		}
		if out.Len() > consoleBytesMax {
			return out.String()
		}
	}
	if len(rest) > 0 {
		out.WriteByte(' ')
		out.WriteString(in.join(rest))
	}
	return out.String()
}

// directive formats v as one directive asks for.
func (in *inspector) directive(directive byte, v js.Value) string {
	switch directive {
	case 's':
		return in.text(v)
	case 'd', 'i', 'f':
		return in.number(directive, v)
	case 'j':
		return in.json(v)
	case 'c':
		return ""
	default:
		return in.inspect(v)
	}
}

// text is what String makes of v, or, where that throws, what inspect does.
func (in *inspector) text(v js.Value) string {
	if js.IsSymbol(v) {
		return in.inspect(v)
	}
	var s string
	if err := in.vm.Try(func() { s = in.vm.String(v) }); err != nil {
		return in.inspect(v)
	}
	return in.spend(s)
}

func (in *inspector) json(v js.Value) string {
	s := "undefined"
	if err := in.vm.Try(func() {
		if text, ok := in.vm.StringifyJSON(v); ok {
			s = text
		}
	}); err != nil {
		return in.inspect(v) // it has a cycle, or its toJSON throws
	}
	return in.spend(s)
}

// number is what parseFloat, and for %i parseInt, makes of v.
func (in *inspector) number(directive byte, v js.Value) string {
	if js.IsSymbol(v) {
		return "NaN"
	}
	parse := "parseFloat"
	if directive == 'i' {
		parse = "parseInt"
	}
	s := "NaN"
	_ = in.vm.Try(func() {
		s = in.vm.String(in.vm.Invoke(in.vm.Intrinsic("Number").Get(parse), js.Undefined, v))
	})
	return in.spend(s)
}

// join inspects values, strings aside, and puts a space between them.
func (in *inspector) join(values []js.Value) string {
	if len(values) == 1 && js.IsString(values[0]) {
		return in.vm.String(values[0])
	}
	var out strings.Builder
	for i, v := range values {
		if i > 0 {
			out.WriteByte(' ')
		}
		if js.IsString(v) {
			out.WriteString(in.spend(in.vm.String(v)))
		} else {
			out.WriteString(in.inspect(v))
		}
		if in.left <= 0 {
			break
		}
	}
	return out.String()
}
