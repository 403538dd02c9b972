package js

import "github.com/dop251/goja"

// stringReplaceFirst is String.prototype.replace.
func stringReplaceFirst(vm *VM, original native, c goja.FunctionCall) goja.Value {
	return vm.replaceText(original, c, 1)
}

// stringReplaceAll is String.prototype.replaceAll.
func stringReplaceAll(vm *VM, original native, c goja.FunctionCall) goja.Value {
	return vm.replaceText(original, c, maxSafeInteger)
}

// replaceText replaces the first matches of a string in a string. The original finds all
// matches before the first is replaced, and writes however much comes out.
//
// Spec: https://tc39.es/ecma262/#sec-string.prototype.replaceall
func (vm *VM) replaceText(original native, c goja.FunctionCall, matches int) goja.Value {
	if o, ok := c.Argument(0).(*goja.Object); ok {
		if o == vm.direct.argument { // whose method has not been changed, and which has the gate
			vm.enter()
			defer vm.leave()
			return regExpReplace(vm, nil, goja.FunctionCall{This: o, Arguments: []goja.Value{c.This, c.Argument(1)}})
		}
		return original(c) // a replacer's affair, or a conversion whose order counts
	}
	s, ok := vm.receiverText(&c)
	if !ok {
		return original(c)
	}
	search := vm.text(c.Argument(0))
	quick := quickSearch(s, search) && search.Length() > 0 // the original finds nothing forever
	replacer, isFunction := callableOf(c.Argument(1))
	var template goja.String
	if !isFunction {
		template = vm.text(c.Argument(1))
		short := s.Length()*(template.Length()+1) <= quickText || matches == 1 && !hasDollar(template)
		if short && quick {
			if IsString(c.Argument(0)) && IsString(c.Argument(1)) {
				return original(c)
			}
			return original(goja.FunctionCall{This: s, Arguments: []goja.Value{search, template}})
		}
	} else if quick && s.Length() <= quickString {
		return original(goja.FunctionCall{This: s, Arguments: []goja.Value{search, c.Argument(1)}})
	}
	w, last := textWriter{vm: vm}, 0
	for at := vm.indexText(s, search, 0); at >= 0 && matches > 0; matches-- {
		w.write(s.Substring(last, at))
		if isFunction {
			w.write(vm.text(orUndefined(replacer(goja.FunctionCall{
				This: Undefined, Arguments: []goja.Value{search, vm.rt.ToValue(at), s},
			}))))
		} else {
			w.substitute(s, template, at, at+search.Length())
		}
		last = at + search.Length()
		next := max(last, at+1)
		if next > s.Length() {
			break
		}
		at = vm.indexText(s, search, next)
	}
	w.write(s.Substring(last, s.Length()))
	return w.finish()
}

func hasDollar(s goja.String) bool {
	for i := range s.Length() {
		if s.CharAt(i) == '$' {
			return true
		}
	}
	return false
}

// substitute writes template in place of what s has from start to end.
//
// Spec: https://tc39.es/ecma262/#sec-getsubstitution
func (w *textWriter) substitute(s, template goja.String, start, end int) {
	literal, n := 0, template.Length()
	for i := 0; i+1 < n; i++ {
		if template.CharAt(i) != '$' {
			continue
		}
		var with goja.String
		switch template.CharAt(i + 1) {
		case '$':
			with = stringValue("$")
		case '&':
			with = s.Substring(start, end)
		case '`':
			with = s.Substring(0, start)
		case '\'':
			with = s.Substring(end, s.Length())
		default:
			continue
		}
		w.write(template.Substring(literal, i))
		w.write(with)
		i++
		literal = i + 1
	}
	w.write(template.Substring(literal, n))
}
