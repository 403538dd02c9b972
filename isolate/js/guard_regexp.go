package js

import (
	"slices"
	"strings"
	"unsafe"

	"github.com/dop251/goja"
)

// regExpGuards are the guards of regular expressions: bounds on what is compiled, and the
// methods written anew over [matcher], which ends with the turn. The engine's own can't be
// stopped, and when its matcher that backtracks gives up they report that nothing matched.
//
// Where a script has changed what a method is specified to call (exec, flags, the species),
// the method does it step by step; the engine's own of match and matchAll are good for that.
func regExpGuards() []guard {
	return []guard{
		{name: "RegExp", call: callRegExp, construct: constructRegExp},
		{name: "RegExp.prototype.compile", call: recompileRegExp},
		{name: "RegExp.prototype.exec", call: regExpExec},
		{name: "RegExp.prototype.test", call: regExpTest},
		{name: "RegExp.prototype[Symbol.match]", call: regExpMatch},
		{name: "RegExp.prototype[Symbol.replace]", call: regExpReplace},
		{name: "RegExp.prototype[Symbol.search]", call: regExpSearch},
		{name: "RegExp.prototype[Symbol.split]", call: regExpSplit},
		{name: "String.prototype.match", call: byRegExp{method: goja.SymMatch}.call},
		{name: "String.prototype.matchAll", call: byRegExp{method: goja.SymMatchAll, flags: "g"}.call},
		{name: "String.prototype.search", call: byRegExp{method: goja.SymSearch}.call},
	}
}

// byRegExp is a method of strings that hands the work to a method of regular expressions,
// and makes a regular expression of what is none.
//
// Spec: https://tc39.es/ecma262/#sec-string.prototype.match
type byRegExp struct {
	method *goja.Symbol
	flags  string
}

func (b byRegExp) call(vm *VM, original native, c goja.FunctionCall) goja.Value {
	vm.prepare(namelessRegExp)
	pattern := c.Argument(0)
	if o, ok := pattern.(*goja.Object); ok && !IsNullish(orUndefined(o.GetSymbol(b.method))) || IsNullish(c.This) {
		return original(c)
	}
	subject := vm.text(c.This)
	args := []goja.Value{pattern, stringValue(b.flags)}
	rx, err := vm.rt.New(intrinsicRegExp(vm.rt), args...)
	if err != nil {
		panic(err)
	}
	return toCallable(vm.rt, orUndefined(rx.GetSymbol(b.method)))(goja.FunctionCall{This: rx, Arguments: []goja.Value{subject}})
}

// patternsMax and patternKept bound the patterns that a process keeps compiled: how many,
// and how long each is.
const (
	patternsMax = 500
	patternKept = 1 << 10
)

// callRegExp is RegExp(pattern, flags).
//
// Spec: https://tc39.es/ecma262/#sec-regexp-pattern-flags
func callRegExp(vm *VM, _ native, c goja.FunctionCall) goja.Value {
	pattern, flags := c.Argument(0), c.Argument(1)
	constructor := intrinsicRegExp(vm.rt)
	if o, ok := pattern.(*goja.Object); ok && IsUndefined(flags) && isRegExp(pattern) && o.Get("constructor") == goja.Value(constructor) {
		return pattern
	}
	o, err := vm.rt.New(constructor, c.Arguments...)
	if err != nil {
		panic(err)
	}
	return o
}

// constructRegExp is new RegExp(pattern, flags).
func constructRegExp(vm *VM, original constructor, args []goja.Value, newTarget *goja.Object) *goja.Object {
	var pattern, flags goja.Value = Undefined, Undefined
	if len(args) > 0 {
		pattern = args[0]
	}
	if len(args) > 1 {
		flags = args[1]
	}
	if o, ok := pattern.(*goja.Object); ok {
		like := isRegExp(pattern)
		p := vm.patternOf(o)
		switch {
		case p != nil:
			pattern = vm.sourceOf(o)
			if IsUndefined(flags) {
				flags = vm.rt.ToValue(p.flags())
			}
		case like:
			pattern = orUndefined(o.Get("source"))
			if IsUndefined(flags) {
				flags = orUndefined(o.Get("flags"))
			}
		}
	}
	source, options := stringValue(""), ""
	if !IsUndefined(pattern) {
		source = vm.text(pattern)
	}
	if !IsUndefined(flags) {
		options = vm.text(flags).String()
	}
	return vm.newRegExp(original, source, options, newTarget)
}

// newRegExp makes a regular expression, of a pattern that the process has compiled before
// if it can.
func (vm *VM) newRegExp(original constructor, source goja.String, flags string, newTarget *goja.Object) *goja.Object {
	if source.Length() > patternBytes {
		panic(vm.exception(errPatternSize))
	}
	text := source.String()
	repaired, repairedFlags := repairRegExp(text, flags)
	if err := checkPattern(repaired); err != nil {
		panic(vm.exception(err))
	}
	s := vm.platform.seam.regExps
	key := patternKey{repaired, repairedFlags}
	if p := s.compiled(key); p != nil {
		o := original([]goja.Value{stringValue(""), stringValue(repairedFlags)}, newTarget)
		vm.setPattern(o, clonePattern(p), source)
		return o
	}
	var given goja.Value = source
	if repaired != text {
		given = stringValue(repaired)
	}
	o := original([]goja.Value{given, stringValue(repairedFlags)}, newTarget)
	p := vm.patternOf(o)
	vm.setPattern(o, p, source)
	if len(repaired) <= patternKept && !strings.ContainsRune(repaired, '\ufffd') { // it may stand for what is no character
		s.keep(key, clonePattern(p))
	}
	return o
}

func (s *regExpSeam) compiled(key patternKey) *enginePattern {
	s.cache.Lock()
	defer s.cache.Unlock()
	return s.cache.patterns[key]
}

func (s *regExpSeam) keep(key patternKey, p *enginePattern) {
	s.cache.Lock()
	defer s.cache.Unlock()
	if len(s.cache.patterns) >= patternsMax {
		clear(s.cache.patterns)
	}
	s.cache.patterns[key] = p
}

// flags are what the engine's getter of that name makes of p.
func (p *enginePattern) flags() string {
	var flags []byte
	for _, f := range []struct {
		set  bool
		flag byte
	}{{p.global, 'g'}, {p.ignoreCase, 'i'}, {p.multiline, 'm'}, {p.dotAll, 's'}, {p.unicode, 'u'}, {p.sticky, 'y'}} {
		if f.set {
			flags = append(flags, f.flag)
		}
	}
	return string(flags)
}

func (vm *VM) sourceOf(o *goja.Object) goja.String {
	s := vm.platform.seam
	return *(*goja.String)(unsafe.Add(s.behind(o).data, s.regExps.source))
}

// recompileRegExp is RegExp.prototype.compile.
//
// Spec: https://tc39.es/ecma262/#sec-regexp.prototype.compile
func recompileRegExp(vm *VM, original native, c goja.FunctionCall) goja.Value {
	o, ok := c.This.(*goja.Object)
	if !ok || vm.patternOf(o) == nil {
		return original(c)
	}
	if p, ok := c.Argument(0).(*goja.Object); ok && vm.patternOf(p) != nil {
		return original(c)
	}
	fresh, err := vm.rt.New(intrinsicRegExp(vm.rt), c.Arguments...)
	if err != nil {
		panic(err)
	}
	return original(goja.FunctionCall{This: o, Arguments: []goja.Value{fresh}})
}

// regExpOf returns the receiver as a regular expression that the spec's shortcuts are not
// noticed with: neither it nor its prototype has been changed.
func (vm *VM) regExpOf(this goja.Value) (o *goja.Object, standard bool) {
	o, ok := this.(*goja.Object)
	if !ok {
		panic(vm.exception(TypeError("the receiver is not an object")))
	}
	return o, standardRegExp(vm.rt, o) != nil
}

// regExpExec is RegExp.prototype.exec.
func regExpExec(vm *VM, original native, c goja.FunctionCall) goja.Value {
	o, ok := c.This.(*goja.Object)
	if !ok || vm.patternOf(o) == nil {
		return original(c) // it throws
	}
	m, found := vm.builtinExec(o, vm.text(c.Argument(0)))
	if found == nil {
		return Null
	}
	return vm.matchArray(o, &m, found)
}

// builtinExec looks for the next match, from lastIndex on if the flags ask for it.
//
// Spec: https://tc39.es/ecma262/#sec-regexpbuiltinexec
func (vm *VM) builtinExec(o *goja.Object, subject goja.String) (matcher, []int) {
	self := vm.platform.seam.behind(o).data
	start := toLength(getOfPlain(self, "lastIndex", nil))
	p := vm.patternOf(o)
	m := vm.newMatcher(p, subject)
	moves := p.global || p.sticky
	if !moves {
		start = 0
	}
	var found []int
	if start <= int64(subject.Length()) {
		found = m.match(int(start), p.sticky)
	}
	if moves {
		last := 0
		if found != nil {
			last = found[1]
		}
		setOfRegExp(self, "lastIndex", vm.rt.ToValue(last), true)
	}
	return m, found
}

// matchArray makes what exec returns.
func (vm *VM) matchArray(o *goja.Object, m *matcher, found []int) goja.Value {
	names := m.names()
	array := newMatchArray(vm.platform.seam.behind(o).data, m.subject, matchResult{found, names})
	if groups, ok := array.(*goja.Object).Get("groups").(*goja.Object); ok {
		vm.nameGroups(groups, array.(*goja.Object), names)
	}
	return array
}

// nameGroups gives a name that more than one group has the value of the one that matched.
func (vm *VM) nameGroups(groups, array *goja.Object, names []string) {
	for i, name := range names {
		if name == "" || slices.Index(names, name) == i {
			continue
		}
		for j, other := range names {
			if v := vm.Index(array, j); other == name && !IsUndefined(v) {
				vm.Set(groups, name, v)
			}
		}
	}
}

// exec calls the exec of any object, as the spec's methods do.
//
// Spec: https://tc39.es/ecma262/#sec-regexpexec
func (vm *VM) exec(o *goja.Object, subject goja.String) goja.Value {
	if f, ok := callableOf(orUndefined(o.Get("exec"))); ok {
		v := f(goja.FunctionCall{This: o, Arguments: []goja.Value{subject}})
		if _, ok := v.(*goja.Object); !ok && v != Null {
			panic(vm.exception(TypeError("RegExp exec method returned something other than an Object or null")))
		}
		return v
	}
	if vm.patternOf(o) == nil {
		panic(vm.exception(TypeError("the receiver is not a RegExp")))
	}
	m, found := vm.builtinExec(o, subject)
	if found == nil {
		return Null
	}
	return vm.matchArray(o, &m, found)
}

// regExpTest is RegExp.prototype.test.
//
// Spec: https://tc39.es/ecma262/#sec-regexp.prototype.test
func regExpTest(vm *VM, _ native, c goja.FunctionCall) goja.Value {
	o, standard := vm.regExpOf(c.This)
	subject := vm.text(c.Argument(0))
	if !standard {
		return vm.rt.ToValue(vm.exec(o, subject) != Null)
	}
	_, found := vm.builtinExec(o, subject)
	return vm.rt.ToValue(found != nil)
}

// regExpSearch is RegExp.prototype[Symbol.search].
//
// Spec: https://tc39.es/ecma262/#sec-regexp.prototype-%symbol.search%
func regExpSearch(vm *VM, original native, c goja.FunctionCall) goja.Value {
	o, standard := vm.regExpOf(c.This)
	if !standard {
		return original(c)
	}
	subject := vm.text(c.Argument(0))
	p := vm.patternOf(o)
	m := vm.newMatcher(p, subject)
	found := m.match(0, p.sticky)
	if found == nil {
		return vm.rt.ToValue(-1)
	}
	return vm.rt.ToValue(found[0])
}

// regExpMatch is RegExp.prototype[Symbol.match].
//
// Spec: https://tc39.es/ecma262/#sec-regexp.prototype-%symbol.match%
func regExpMatch(vm *VM, original native, c goja.FunctionCall) goja.Value {
	o, standard := vm.regExpOf(c.This)
	if !standard {
		return original(c)
	}
	subject := vm.text(c.Argument(0))
	m := vm.newMatcher(vm.patternOf(o), subject)
	if !m.p.global {
		return regExpExec(vm, original, goja.FunctionCall{This: o, Arguments: []goja.Value{subject}})
	}
	var matches []goja.Value
	vm.all(o, &m, func(found []int) { matches = append(matches, subject.Substring(found[0], found[1])) })
	if matches == nil {
		return Null
	}
	return newArrayOf(vm.rt, matches)
}

// all calls each with every match of a global pattern.
func (vm *VM) all(o *goja.Object, m *matcher, each func(found []int)) {
	self := vm.platform.seam.behind(o).data
	zero := vm.rt.ToValue(0)
	setOfRegExp(self, "lastIndex", zero, true)
	length := m.subject.Length()
	for at := 0; at <= length; {
		found := m.match(at, m.p.sticky)
		if found == nil {
			break
		}
		each(found)
		if at = found[1]; found[0] == found[1] {
			at = m.advance(at)
		}
	}
	setOfRegExp(self, "lastIndex", zero, true)
}

// advance returns the place after the character at a place.
//
// Spec: https://tc39.es/ecma262/#sec-advancestringindex
func (m *matcher) advance(place int) int {
	if m.p.unicode && !m.ascii && place+1 < m.subject.Length() &&
		m.subject.CharAt(place)&0xfc00 == 0xd800 && m.subject.CharAt(place+1)&0xfc00 == 0xdc00 {
		return place + 2
	}
	return place + 1
}

// regExpSplit is RegExp.prototype[Symbol.split].
//
// Spec: https://tc39.es/ecma262/#sec-regexp.prototype-%symbol.split%
func regExpSplit(vm *VM, _ native, c goja.FunctionCall) goja.Value {
	o, standard := vm.regExpOf(c.This)
	subject := vm.text(c.Argument(0))
	intrinsic := intrinsicRegExp(vm.rt)
	species := speciesConstructor(vm.rt, o, intrinsic)
	if !standard || species != intrinsic {
		return vm.splitStepwise(o, species, subject, c.Argument(1))
	}
	p := vm.patternOf(o)
	m := vm.newMatcher(p, subject)
	limit := splitLimit(c.Argument(1))
	var parts []goja.Value
	if limit == 0 {
		return newArrayOf(vm.rt, parts)
	}
	length := subject.Length()
	if length == 0 {
		if m.match(0, true) == nil {
			parts = append(parts, subject)
		}
		return newArrayOf(vm.rt, parts)
	}
	from := 0 // where the part begins
	for at := 0; at < length; {
		found := m.match(at, false)
		if found == nil || found[0] >= length {
			break
		}
		if found[1] == from {
			at = m.advance(found[0])
			continue
		}
		parts = append(parts, subject.Substring(from, found[0]))
		for i := 0; i < len(found)/2; i++ {
			if int64(len(parts)) == limit {
				return newArrayOf(vm.rt, parts)
			}
			if i+1 < len(found)/2 {
				parts = append(parts, m.group(found, i+1))
			}
		}
		from = found[1]
		if at = from; found[0] == found[1] {
			at = m.advance(at)
		}
	}
	return newArrayOf(vm.rt, append(parts, subject.Substring(from, length)))
}

// splitLimit is ToUint32(limit), or as many as there may be.
func splitLimit(v goja.Value) int64 {
	if IsUndefined(v) {
		return 1<<32 - 1
	}
	return int64(toUint32(v))
}

// splitStepwise is split with all that scripts can notice.
func (vm *VM) splitStepwise(o, species *goja.Object, subject goja.String, limitValue goja.Value) goja.Value {
	flags := vm.text(orUndefined(o.Get("flags"))).String()
	unicode := strings.Contains(flags, "u")
	if !strings.Contains(flags, "y") {
		flags += "y"
	}
	splitter := constructorOf(vm.rt, species)([]goja.Value{o, stringValue(flags)}, nil)
	limit := splitLimit(limitValue)
	var parts []goja.Value
	if limit == 0 {
		return newArrayOf(vm.rt, parts)
	}
	length := subject.Length()
	if length == 0 {
		if vm.exec(splitter, subject) == Null {
			parts = append(parts, subject)
		}
		return newArrayOf(vm.rt, parts)
	}
	m := matcher{vm: vm, p: &enginePattern{unicode: unicode}, subject: subject}
	from := 0
	for at := 0; at < length; {
		vm.checkpoint()
		vm.Set(splitter, "lastIndex", at)
		match, ok := vm.exec(splitter, subject).(*goja.Object)
		if !ok {
			at = m.advance(at)
			continue
		}
		end := int(min(toLength(orUndefined(splitter.Get("lastIndex"))), int64(length)))
		if end == from {
			at = m.advance(at)
			continue
		}
		parts = append(parts, subject.Substring(from, at))
		groups := toLength(orUndefined(match.Get("length")))
		for i := int64(1); i < groups && int64(len(parts)) < limit; i++ {
			vm.checkpoint()
			parts = append(parts, vm.Get(match, vm.rt.ToValue(i).String()))
		}
		if int64(len(parts)) >= limit {
			return newArrayOf(vm.rt, parts)
		}
		from, at = end, end
	}
	return newArrayOf(vm.rt, append(parts, subject.Substring(from, length)))
}

// group returns what group i matched.
func (m *matcher) group(found []int, i int) goja.Value {
	if !captured(found, i) {
		return Undefined
	}
	return m.part(found[2*i], found[2*i+1])
}

// part returns what the subject has between two places.
func (m *matcher) part(from, to int) goja.Value {
	if m.ascii && to == from+1 {
		return characters[m.text[from]]
	}
	return m.subject.Substring(from, to)
}

// characters are the strings of one character of ASCII.
var characters = func() (all [0x80]goja.Value) {
	for c := range all {
		all[c] = stringValue(string(rune(c)))
	}
	return all
}()

// captured says whether group i holds something. Go's matcher keeps what a group held in
// an earlier round of the loop around it, where the language forgets it.
func captured(found []int, i int) bool {
	if found[2*i] < 0 {
		return false
	}
	low := 0
	for j := 1; j < i; j++ {
		if found[2*j] >= 0 && found[2*j+1] >= low {
			low = found[2*j]
		}
	}
	return found[2*i+1] >= low
}
