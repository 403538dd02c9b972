package js

import (
	"slices"
	"strings"

	"github.com/dop251/goja"
)

// regExpReplace is RegExp.prototype[Symbol.replace].
//
// Spec: https://tc39.es/ecma262/#sec-regexp.prototype-%symbol.replace%
func regExpReplace(vm *VM, _ native, c goja.FunctionCall) goja.Value {
	o, standard := vm.regExpOf(c.This)
	subject := vm.text(c.Argument(0))
	var replacer native
	var template goja.String
	if f, ok := callableOf(c.Argument(1)); ok {
		replacer = f
	} else {
		template = vm.text(c.Argument(1))
	}
	if !standard || standardRegExp(vm.rt, o) == nil { // the conversions may have changed it
		return vm.replaceStepwise(o, subject, template, replacer)
	}
	m := vm.newMatcher(vm.patternOf(o), subject)
	var found [][]int
	if m.p.global {
		vm.all(o, &m, func(f []int) {
			if found == nil {
				found = make([][]int, 0, 4)
			}
			found = append(found, f)
		})
	} else {
		var f []int
		if m, f = vm.builtinExec(o, subject); f != nil {
			found = [][]int{f}
		}
	}
	return vm.replaceFound(o, &m, found, template, replacer)
}

// replaceFound replaces these matches, which do not overlap.
func (vm *VM) replaceFound(o *goja.Object, m *matcher, found [][]int, template goja.String, replacer native) goja.Value {
	if len(found) == 0 {
		return m.subject
	}
	names := m.names()
	named := slices.ContainsFunc(names, func(n string) bool { return n != "" })
	out := textWriter{vm: vm}
	var parts []templatePart
	if replacer == nil {
		parts = parseTemplate(template, len(found[0])/2, named)
	}
	from := 0
	var lists argumentLists
	for _, f := range found {
		vm.checkpoint()
		out.slice(m.subject, from, f[0])
		if replacer != nil {
			args := vm.replacerArguments(lists.next(len(f)/2+3), o, m, f, named)
			out.write(vm.text(replacer(goja.FunctionCall{This: Undefined, Arguments: args})))
		} else {
			out.expand(parts, m.subject, f[0], f[1], func(i int) goja.Value { return m.group(f, i) }, func(name string) goja.Value {
				for i, n := range names {
					if n == name && captured(f, i) {
						return m.group(f, i)
					}
				}
				return Undefined
			})
		}
		from = f[1]
	}
	out.slice(m.subject, from, m.subject.Length())
	return out.finish()
}

// replacerArguments appends to args the match, its groups, its place, the subject, and the named
// groups, if there are any.
func (vm *VM) replacerArguments(args []goja.Value, o *goja.Object, m *matcher, found []int, named bool) []goja.Value {
	args = append(args, m.part(found[0], found[1]))
	for i := 1; i < len(found)/2; i++ {
		args = append(args, m.group(found, i))
	}
	args = append(args, vm.rt.ToValue(found[0]), m.subject)
	if named {
		args = append(args, vm.Get(vm.matchArray(o, m, found), "groups"))
	}
	return args
}

// replaceStepwise is replace with all that scripts can notice.
func (vm *VM) replaceStepwise(o *goja.Object, subject, template goja.String, replacer native) goja.Value {
	flags := vm.text(orUndefined(o.Get("flags"))).String()
	global := strings.Contains(flags, "g")
	m := matcher{vm: vm, p: &enginePattern{unicode: strings.Contains(flags, "u")}, subject: subject}
	if global {
		vm.Set(o, "lastIndex", 0)
	}
	var results []*goja.Object
	for {
		vm.checkpoint()
		result, ok := vm.exec(o, subject).(*goja.Object)
		if !ok {
			break
		}
		results = append(results, result)
		if !global {
			break
		}
		if vm.text(orUndefined(result.Get("0"))).Length() == 0 {
			at := toLength(orUndefined(o.Get("lastIndex")))
			next := at + 1
			if at < int64(subject.Length()) {
				next = int64(m.advance(int(at)))
			}
			vm.Set(o, "lastIndex", next)
		}
	}
	out := textWriter{vm: vm}
	length, from := subject.Length(), 0
	for _, result := range results {
		vm.checkpoint()
		groups := max(toLength(orUndefined(result.Get("length"))), 1)
		vm.allocate(groups*valueBytes, arrayTooLong)
		matched := vm.text(orUndefined(result.Get("0")))
		at := int(max(min(orUndefined(result.Get("index")).ToInteger(), int64(length)), 0))
		args := make([]goja.Value, 1, min(groups, 64)+3)
		args[0] = matched
		for i := int64(1); i < groups; i++ {
			vm.checkpoint()
			v := vm.Get(result, vm.rt.ToValue(i).String())
			if !IsUndefined(v) {
				v = vm.text(v)
			}
			args = append(args, v)
		}
		named := orUndefined(result.Get("groups"))
		var piece goja.String
		if replacer != nil {
			args = append(args, vm.rt.ToValue(at), subject)
			if !IsUndefined(named) {
				args = append(args, named)
			}
			piece = vm.text(replacer(goja.FunctionCall{This: Undefined, Arguments: args}))
		} else {
			if !IsUndefined(named) {
				named = named.ToObject(vm.rt)
			}
			b := textWriter{vm: vm}
			b.expand(parseTemplate(template, int(groups), !IsUndefined(named)), subject, at, min(at+matched.Length(), length),
				func(i int) goja.Value { return args[i] },
				func(name string) goja.Value {
					v := vm.Get(named, name)
					if !IsUndefined(v) {
						v = vm.text(v)
					}
					return v
				})
			piece = b.finish()
		}
		if at >= from {
			out.slice(subject, from, at)
			out.write(piece)
			from = at + matched.Length()
		}
	}
	if from < length {
		out.slice(subject, from, length)
	}
	return out.finish()
}

// slice writes a part of s.
func (w *textWriter) slice(s goja.String, from, to int) {
	if from < to {
		w.grow(int64(to - from))
		w.out.WriteSubstring(s, from, to)
	}
}

// templatePart is a piece of the text that replaces a match: text as it is, or what kind
// says.
type templatePart struct {
	kind byte        // 0: literal; '&', '`', '\'' as in a template; '1': group; '<': named
	text goja.String // literal, or the name
	n    int         // the group
}

// parseTemplate reads a replacement's text, for a pattern with so many groups, the match
// counted.
//
// Spec: https://tc39.es/ecma262/#sec-getsubstitution
func parseTemplate(template goja.String, groups int, named bool) []templatePart {
	var parts []templatePart
	length, from := template.Length(), 0
	literal := func(to int) {
		if from < to {
			parts = append(parts, templatePart{text: template.Substring(from, to)})
		}
	}
	if text, wide := codeUnits(template); wide == nil && strings.IndexByte(text, '$') < 0 {
		literal(length)
		return parts
	}
	for i := 0; i+1 < length; {
		if template.CharAt(i) != '$' {
			i++
			continue
		}
		part, width := templatePart{}, 2
		switch c := template.CharAt(i + 1); {
		case c == '$':
			part.text = template.Substring(i, i+1)
		case c == '&', c == '`', c == '\'':
			part.kind = byte(c)
		case '0' <= c && c <= '9':
			part.kind = '1'
			part.n, width = groupReference(template, i+1, groups)
		case c == '<' && named:
			end := indexOf(template, '>', i+2)
			if end < 0 {
				width = 0
				break
			}
			part, width = templatePart{kind: '<', text: template.Substring(i+2, end)}, end+1-i
		default:
			width = 0
		}
		if width == 0 {
			i++
			continue
		}
		literal(i)
		parts = append(parts, part)
		i += width
		from = i
	}
	literal(length)
	return parts
}

// groupReference reads "n" or "nn" at a place, and returns the group and the width with
// the "$", 0 if there is no such group.
func groupReference(template goja.String, at, groups int) (n, width int) {
	n = int(template.CharAt(at) - '0')
	if at+1 < template.Length() {
		if c := template.CharAt(at + 1); '0' <= c && c <= '9' {
			if two := n*10 + int(c-'0'); two >= 1 && two < groups {
				return two, 3
			}
		}
	}
	if n >= 1 && n < groups {
		return n, 2
	}
	return 0, 0
}

func indexOf(s goja.String, unit uint16, from int) int {
	for i := from; i < s.Length(); i++ {
		if s.CharAt(i) == unit {
			return i
		}
	}
	return -1
}

// expand writes parts for a match between two places.
func (w *textWriter) expand(parts []templatePart, subject goja.String, from, to int, group func(int) goja.Value, named func(string) goja.Value) {
	for _, part := range parts {
		var v goja.Value
		switch part.kind {
		case 0:
			w.write(part.text)
			continue
		case '&':
			v = group(0)
		case '`':
			w.slice(subject, 0, from)
			continue
		case '\'':
			w.slice(subject, to, subject.Length())
			continue
		case '1':
			v = group(part.n)
		case '<':
			v = named(part.text.String())
		}
		if s, ok := v.(goja.String); ok {
			w.write(s)
		}
	}
}
