package js

import (
	"math"

	"github.com/dop251/goja"
)

// stringGuards are the guards of String, its prototype and the global functions of strings.
// A receiver or an argument is converted once, in the order that the language asks for,
// and the original gets the result.
func stringGuards() []guard {
	guards := []guard{
		{name: "String.raw", call: stringRaw},
		{name: "String.prototype.concat", call: stringConcat},
		{name: "String.prototype.endsWith", call: stringEndsWith},
		{name: "String.prototype.includes", call: stringSearch{regexp: true}.call},
		{name: "String.prototype.indexOf", call: stringSearch{}.call},
		{name: "String.prototype.lastIndexOf", call: stringLastIndexOf},
		{name: "String.prototype.localeCompare", call: stringLocaleCompare},
		{name: "String.prototype.normalize", call: stringNormalize},
		{name: "String.prototype.padEnd", call: stringPadEnd},
		{name: "String.prototype.padStart", call: stringPadStart},
		{name: "String.prototype.repeat", call: stringRepeat},
		{name: "String.prototype.replace", call: stringReplaceFirst},
		{name: "String.prototype.replaceAll", call: stringReplaceAll},
		{name: "String.prototype.split", call: stringSplit},
		{name: "String.prototype.startsWith", call: stringStartsWith},
		{name: "String.prototype.toLowerCase", call: stringCase},
		{name: "String.prototype.toLocaleLowerCase", call: stringCase},
		{name: "String.prototype.toUpperCase", call: stringCase},
		{name: "String.prototype.toLocaleUpperCase", call: stringCase},
		{name: "String.prototype.trim", call: stringTrim{start: true, end: true}.call},
		{name: "String.prototype.trimEnd", call: stringTrim{end: true}.call},
		{name: "String.prototype.trimStart", call: stringTrim{start: true}.call},
		{name: "decodeURI", call: decodeURI},
		{name: "decodeURIComponent", call: decodeURI},
		{name: "encodeURI", call: encodeURI},
		{name: "encodeURIComponent", call: encodeURI},
		{name: "escape", call: encodeURI},
		{name: "unescape", call: unescape},
		{name: "parseFloat", call: parseNumber},
		{name: "parseInt", call: parseNumber},
	}
	return guards
}

// receiverText converts the receiver of a method of strings. ok is false if there is none to
// convert: the original throws.
func (vm *VM) receiverText(c *goja.FunctionCall) (s goja.String, ok bool) {
	if s, ok := c.This.(goja.String); ok {
		return s, true
	}
	if goja.IsUndefined(c.This) || goja.IsNull(c.This) {
		return nil, false
	}
	s = vm.text(c.This)
	c.This = s
	return s, true
}

// setArgument puts v in place of argument i. The arguments of a call are the engine's
// stack: they are copied before.
func setArgument(c *goja.FunctionCall, i int, v goja.Value) {
	args := make([]goja.Value, max(i+1, len(c.Arguments)))
	for j := copy(args, c.Arguments); j < len(args); j++ {
		args[j] = Undefined
	}
	args[i] = v
	c.Arguments = args
}

// stringRepeat is String.prototype.repeat.
func stringRepeat(vm *VM, original native, c goja.FunctionCall) goja.Value {
	s, ok := vm.receiverText(&c)
	if !ok {
		return original(c)
	}
	count := vm.numberArgument(&c, 0)
	n := count.ToFloat()
	if !(n >= 1) || math.IsInf(n, 0) || n*float64(s.Length()) <= quickText {
		return original(c)
	}
	if n > maxSafeInteger {
		n = maxSafeInteger
	}
	return vm.repeatText(s, int64(n))
}

// numberArgument converts argument i to a number, once.
func (vm *VM) numberArgument(c *goja.FunctionCall, i int) goja.Value {
	v := c.Argument(i)
	if goja.IsNumber(v) {
		return v
	}
	n := v.ToNumber()
	setArgument(c, i, n)
	return n
}

func stringPadStart(vm *VM, original native, c goja.FunctionCall) goja.Value {
	return vm.pad(original, c, true)
}

func stringPadEnd(vm *VM, original native, c goja.FunctionCall) goja.Value {
	return vm.pad(original, c, false)
}

// pad is StringPaddingBuiltinsImpl.
func (vm *VM) pad(original native, c goja.FunctionCall, start bool) goja.Value {
	s, ok := vm.receiverText(&c)
	if !ok {
		return original(c)
	}
	n := toLength(vm.numberArgument(&c, 0))
	if n <= quickText {
		return original(c)
	}
	length := int64(s.Length())
	if n <= length {
		return s
	}
	filler := stringValue(" ")
	if arg := c.Argument(1); !goja.IsUndefined(arg) {
		filler = vm.text(arg)
	}
	if filler.Length() == 0 {
		return s
	}
	missing := n - length
	vm.allocate(n, stringTooLong)
	padding := vm.repeatText(filler, (missing+int64(filler.Length())-1)/int64(filler.Length())).Substring(0, int(missing))
	if start {
		return padding.Concat(s)
	}
	return s.Concat(padding)
}

// stringConcat is String.prototype.concat.
func stringConcat(vm *VM, original native, c goja.FunctionCall) goja.Value {
	s, ok := vm.receiverText(&c)
	if !ok {
		return original(c)
	}
	total, converted := int64(s.Length()), false
	for i, arg := range c.Arguments {
		text, ok := arg.(goja.String)
		if !ok {
			text = vm.text(arg)
			if !converted {
				setArgument(&c, i, text)
				converted = true
			}
			c.Arguments[i] = text
		}
		total += int64(text.Length())
	}
	if total > quickText {
		vm.allocate(total, stringTooLong)
	}
	return original(c)
}

// stringSearch guards the search for a string from the left.
type stringSearch struct {
	regexp bool // a regular expression is refused, and the result is whether it was found
}

func (g stringSearch) call(vm *VM, original native, c goja.FunctionCall) goja.Value {
	s, ok := vm.receiverText(&c)
	if !ok {
		return original(c)
	}
	search := vm.searchArgument(&c, g.regexp)
	if quickSearch(s, search) {
		return original(c)
	}
	from := min(max(vm.numberArgument(&c, 1).ToInteger(), 0), int64(s.Length()))
	at := vm.indexText(s, search, int(from))
	if g.regexp {
		return vm.rt.ToValue(at >= 0)
	}
	return vm.rt.ToValue(at)
}

// searchArgument converts argument 0 to a string, once. strict refuses a regular expression.
func (vm *VM) searchArgument(c *goja.FunctionCall, strict bool) goja.String {
	arg := c.Argument(0)
	if s, ok := arg.(goja.String); ok {
		return s
	}
	if strict && isRegExp(arg) {
		panic(vm.newError("TypeError", "First argument must not be a regular expression"))
	}
	s := vm.text(arg)
	setArgument(c, 0, s)
	return s
}

// quickSearch says whether to look for search in s takes no time, however often it nearly
// matches.
func quickSearch(s, search goja.String) bool {
	return s.Length() <= quickText && (search.Length() <= quickPattern || s.Length() <= quickString)
}

// quickPattern is the length of a string for which others are searched without a table.
const quickPattern = 64

// stringLastIndexOf is String.prototype.lastIndexOf, chunk by chunk from the right.
func stringLastIndexOf(vm *VM, original native, c goja.FunctionCall) goja.Value {
	s, ok := vm.receiverText(&c)
	if !ok {
		return original(c)
	}
	search := vm.searchArgument(&c, false)
	if quickSearch(s, search) {
		return original(c)
	}
	n := int64(s.Length())
	from := n
	if position := c.Argument(1).ToNumber(); !math.IsNaN(position.ToFloat()) {
		from = min(max(position.ToInteger(), 0), n)
	}
	if from = min(from, n-int64(search.Length())); from < 0 {
		return vm.rt.ToValue(-1)
	}
	// The last match at from or before, found among the matches in a chunk of starts.
	for end := int(from) + 1; end > 0; {
		start := max(0, end-max(chunkText, search.Length()))
		part := s.Substring(start, end-1+search.Length())
		last := -1
		for at := vm.indexText(part, search, 0); at >= 0; at = vm.indexText(part, search, at+1) {
			vm.checkpoint()
			last = at
			if at+1 > part.Length() {
				break
			}
		}
		if last >= 0 {
			return vm.rt.ToValue(start + last)
		}
		end = start
	}
	return vm.rt.ToValue(-1)
}

// stringStartsWith is String.prototype.startsWith, which the original finds out character by
// character.
func stringStartsWith(vm *VM, original native, c goja.FunctionCall) goja.Value {
	s, ok := vm.receiverText(&c)
	if !ok {
		return original(c)
	}
	search := vm.searchArgument(&c, true)
	if quickSearch(s, search) {
		return original(c)
	}
	n := int64(s.Length())
	start := min(max(vm.numberArgument(&c, 1).ToInteger(), 0), n)
	end := start + int64(search.Length())
	return vm.rt.ToValue(end <= n && s.Substring(int(start), int(end)).CompareTo(search) == 0)
}

// stringEndsWith is String.prototype.endsWith.
func stringEndsWith(vm *VM, original native, c goja.FunctionCall) goja.Value {
	s, ok := vm.receiverText(&c)
	if !ok {
		return original(c)
	}
	search := vm.searchArgument(&c, true)
	if quickSearch(s, search) {
		return original(c)
	}
	end := int64(s.Length())
	if !goja.IsUndefined(c.Argument(1)) {
		end = min(max(vm.numberArgument(&c, 1).ToInteger(), 0), end)
	}
	start := end - int64(search.Length())
	return vm.rt.ToValue(start >= 0 && s.Substring(int(start), int(end)).CompareTo(search) == 0)
}

// stringLocaleCompare compares long strings piece by piece.
func stringLocaleCompare(vm *VM, original native, c goja.FunctionCall) goja.Value {
	s, ok := vm.receiverText(&c)
	if !ok {
		return original(c)
	}
	that := vm.text(c.Argument(0))
	for s.Length() > chunkText || that.Length() > chunkText {
		a, b := min(s.Length(), chunkText), min(that.Length(), chunkText)
		order := original(goja.FunctionCall{This: s.Substring(0, a), Arguments: []goja.Value{that.Substring(0, b)}})
		if order.ToInteger() != 0 {
			return order
		}
		s, that = s.Substring(a, s.Length()), that.Substring(b, that.Length())
		vm.checkpoint()
	}
	return original(goja.FunctionCall{This: s, Arguments: []goja.Value{that}})
}

// stringNormalize normalizes a long string in pieces that begin with a character no other is
// ever composed with.
func stringNormalize(vm *VM, original native, c goja.FunctionCall) goja.Value {
	s, ok := vm.receiverText(&c)
	if !ok || s.Length() <= quickText {
		return original(c)
	}
	if _, wide := codeUnits(s); wide == nil {
		return original(c)
	}
	form := c.Argument(0)
	if !goja.IsUndefined(form) {
		form = vm.text(form)
	}
	return vm.inChunks(s, func(i int) int {
		for start := i - chunkText; i > start; i-- {
			if composesAlone(s.CharAt(i)) {
				return i
			}
		}
		// Some megabytes of characters that all may belong together are no text.
		panic(vm.newError("RangeError", stringTooLong))
	}, func(s goja.String) goja.String {
		return vm.text(original(goja.FunctionCall{This: s, Arguments: []goja.Value{form}}))
	})
}

// composesAlone says whether c, whatever stands before it, begins a new composition.
func composesAlone(c uint16) bool {
	for _, r := range independent {
		if c >= r[0] && c <= r[1] {
			return true
		}
	}
	return false
}

// independent are letters and signs that no normal form joins to what stands before them:
// not all there are, but some of each script. Emoji are here by their first surrogates.
var independent = [...][2]uint16{
	{0x0000, 0x02ff}, {0x0370, 0x0482}, {0x048a, 0x058f}, {0x05d0, 0x05ea}, {0x0620, 0x064a}, {0x0904, 0x0939},
	{0x0e01, 0x0e30}, {0x10a0, 0x10ff}, {0x1e00, 0x20cf}, {0x3041, 0x3096}, {0x30a1, 0x30fa}, {0x3400, 0x9fff},
	{0xac00, 0xd7a3}, {0xd83c, 0xd83e}, {0xfb50, 0xfdfd}, {0xff01, 0xff9d},
}

// stringCase changes the case of a long string in pieces.
func stringCase(vm *VM, original native, c goja.FunctionCall) goja.Value {
	s, ok := vm.receiverText(&c)
	if !ok || s.Length() <= quickText {
		return original(c)
	}
	whole := wholeCharacters(s)
	return vm.inChunks(s, func(i int) int {
		// What a sigma becomes depends on what is around it: a piece ends at a space.
		for j := i; j > i-chunkText/2; j-- {
			if isSpace(s.CharAt(j)) {
				return j
			}
		}
		return whole(i)
	}, func(s goja.String) goja.String {
		return vm.text(original(goja.FunctionCall{This: s}))
	})
}

// stringTrim is String.prototype.trim and its kind.
type stringTrim struct{ start, end bool }

func (t stringTrim) call(vm *VM, original native, c goja.FunctionCall) goja.Value {
	s, ok := vm.receiverText(&c)
	if !ok || s.Length() <= quickText {
		return original(c)
	}
	steps, start, end := work{vm: vm}, 0, s.Length()
	for t.start && start < end && isSpace(s.CharAt(start)) {
		steps.done(1)
		start++
	}
	for t.end && end > start && isSpace(s.CharAt(end-1)) {
		steps.done(1)
		end--
	}
	return s.Substring(start, end)
}

// stringRaw is String.raw.
//
// Spec: https://tc39.es/ecma262/#sec-string.raw
func stringRaw(vm *VM, original native, c goja.FunctionCall) goja.Value {
	template := c.Argument(0)
	if goja.IsUndefined(template) || goja.IsNull(template) {
		return original(c) // throws
	}
	raw := orUndefined(getOfValue(vm.rt, template, stringValue("raw"))).ToObject(vm.rt)
	n := vm.lengthOf(raw)
	w := textWriter{vm: vm}
	for i := range n {
		w.write(vm.text(orUndefined(getKey(raw, vm.rt.ToValue(i), raw))))
		if i+1 < n && i+1 < int64(len(c.Arguments)) {
			w.write(vm.text(c.Arguments[i+1]))
		}
	}
	return w.finish()
}

// stringSplit is String.prototype.split; the original makes all pieces before it can be
// stopped.
//
// Spec: https://tc39.es/ecma262/#sec-string.prototype.split
func stringSplit(vm *VM, original native, c goja.FunctionCall) goja.Value {
	if _, ok := c.Argument(0).(*goja.Object); ok {
		return original(c) // a splitter's affair, or a conversion whose order counts
	}
	s, ok := vm.receiverText(&c)
	if !ok || goja.IsUndefined(c.Argument(0)) {
		return original(c)
	}
	limit := int64(math.MaxUint32)
	if arg := c.Argument(1); !goja.IsUndefined(arg) {
		limit = int64(uint32(vm.numberArgument(&c, 1).ToInteger()))
	}
	separator := vm.searchArgument(&c, false)
	if quickSearch(s, separator) || limit == 0 {
		return original(c)
	}
	steps, n, width := work{vm: vm}, s.Length(), separator.Length()
	var pieces []goja.Value
	add := func(start, end int) bool {
		steps.done(8)
		pieces = append(pieces, s.Substring(start, end))
		if len(pieces)%stepsPerCheckpoint == 0 {
			vm.bound(int64(len(pieces))*pieceBytes, arrayTooLong)
		}
		return int64(len(pieces)) < limit
	}
	if width == 0 {
		for i := 0; i < n && add(i, i+1); i++ {
		}
		return newArrayOf(vm.rt, pieces)
	}
	start := 0
	for {
		at := vm.indexText(s, separator, start)
		if at < 0 {
			add(start, n)
			return newArrayOf(vm.rt, pieces)
		}
		if !add(start, at) {
			return newArrayOf(vm.rt, pieces)
		}
		start = at + width
	}
}

// pieceBytes is what a short string in an array takes.
const pieceBytes = 48

// shortText says whether v is a string that the originals deal with at once.
func shortText(v goja.Value) bool {
	s, ok := v.(goja.String)
	return ok && s.Length() <= quickText
}

// encodeURI escapes a long string in pieces.
func encodeURI(vm *VM, original native, c goja.FunctionCall) goja.Value {
	if shortText(c.Argument(0)) {
		return original(c)
	}
	s := vm.text(c.Argument(0))
	if s.Length() <= quickText {
		return original(goja.FunctionCall{This: c.This, Arguments: []goja.Value{s}})
	}
	return vm.inChunks(s, wholeCharacters(s), func(s goja.String) goja.String {
		return vm.text(original(goja.FunctionCall{This: c.This, Arguments: []goja.Value{s}}))
	})
}

// decodeURI takes the escapes out of a long string in pieces.
func decodeURI(vm *VM, original native, c goja.FunctionCall) goja.Value {
	vm.touch("URIError") // which the original may be the first to make
	return vm.decode(original, c, func(s goja.String, i int) bool {
		return !(s.CharAt(i) == '%' || s.CharAt(i-1) == '%' || s.CharAt(i-2) == '%')
	})
}

// unescape is the global function of that name.
func unescape(vm *VM, original native, c goja.FunctionCall) goja.Value {
	return vm.decode(original, c, func(s goja.String, i int) bool {
		for j := i - 5; j < i; j++ {
			if s.CharAt(j) == '%' {
				return false
			}
		}
		return true
	})
}

// decode applies original to pieces of a long string, which end where ends says that they
// may. A piece of escapes alone is refused: nothing writes that.
func (vm *VM) decode(original native, c goja.FunctionCall, ends func(s goja.String, i int) bool) goja.Value {
	if shortText(c.Argument(0)) {
		return original(c)
	}
	s := vm.text(c.Argument(0))
	if s.Length() <= quickText {
		return original(goja.FunctionCall{This: c.This, Arguments: []goja.Value{s}})
	}
	whole := wholeCharacters(s)
	return vm.inChunks(s, func(i int) int {
		for j := i; j > i-chunkText+6; j-- {
			if ends(s, j) && whole(j) == j {
				return j
			}
		}
		return escapeStart(s, i)
	}, func(s goja.String) goja.String {
		return vm.text(original(goja.FunctionCall{This: c.This, Arguments: []goja.Value{s}}))
	})
}

// escapeStart returns where, at i or a little before, an escape begins that no other before
// it needs: one of ASCII, or the first of a character.
func escapeStart(s goja.String, i int) int {
	for j := i; j > i-16; j-- {
		if s.CharAt(j) != '%' || j+1 >= s.Length() {
			continue
		}
		if c := s.CharAt(j + 1); c >= '8' && c <= '9' || c >= 'A' && c <= 'B' || c >= 'a' && c <= 'b' {
			continue // the next byte of a character
		}
		return j
	}
	return i
}

// parseNumber guards parseInt and parseFloat: of a long text, what counts stands at its
// beginning, behind spaces and zeros.
func parseNumber(vm *VM, original native, c goja.FunctionCall) goja.Value {
	if shortText(c.Argument(0)) {
		return original(c)
	}
	s := vm.text(c.Argument(0))
	if s.Length() > quickText {
		steps, start := work{vm: vm}, 0
		for start < s.Length() && isSpace(s.CharAt(start)) {
			steps.done(1)
			start++
		}
		s = s.Substring(start, min(s.Length(), start+quickText))
	}
	setArgument(&c, 0, s)
	return original(c)
}
