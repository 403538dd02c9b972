package js

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// jsonGuards are the guards of JSON. JSON.parse is the platform's own, see language.go.
func jsonGuards() []guard {
	return []guard{{name: "JSON.stringify", call: jsonStringify}}
}

// jsonStringify is JSON.stringify(value, replacer, space).
//
// Spec: https://tc39.es/ecma262/#sec-json.stringify
func jsonStringify(vm *VM, _ native, c goja.FunctionCall) goja.Value {
	w := jsonWriter{vm: vm}
	w.setReplacer(c.Argument(1))
	w.setSpace(c.Argument(2))
	return w.document(c.Argument(0))
}

// StringifyJSON returns what JSON.stringify makes of v, or throws; false if v has no JSON
// (undefined, a function, a symbol).
func (vm *VM) StringifyJSON(v Value) (string, bool) {
	w := jsonWriter{vm: vm}
	if !w.property(jsonKey{}, nil, v) {
		return "", false
	}
	return string(w.out), true
}

// jsonWriter writes one document.
type jsonWriter struct {
	vm       *VM
	replacer native             // or
	list     []unistring.String // the names of the properties that are wanted, if listed
	listed   bool
	gap      string // what a level is indented by
	indent   string

	out   []byte // UTF-8
	asked int    // how long out may be without another look at what the event may hold

	stack  []*goja.Object // what is being written, from the outside in
	inside map[*goja.Object]struct{}
	names  []unistring.String // of those objects, that are still to be written
}

// jsonFewNested is how many objects in each other are compared one by one to find a cycle.
const jsonFewNested = 16

func (w *jsonWriter) get(o *goja.Object, name unistring.String) goja.Value {
	return w.vm.platform.seam.getNamed(o, name)
}

func (w *jsonWriter) document(v goja.Value) goja.Value {
	var holder *goja.Object
	if w.replacer != nil {
		holder = w.vm.rt.NewObject()
		w.vm.platform.seam.put(holder, "", v)
	}
	if !w.property(jsonKey{}, holder, v) {
		return Undefined
	}
	return stringValue(string(w.out))
}

func (w *jsonWriter) setReplacer(v goja.Value) {
	o, ok := v.(*goja.Object)
	if !ok {
		return
	}
	if f, ok := callableOf(o); ok {
		w.replacer = f
		return
	}
	if !isArray(o) {
		return
	}
	w.listed = true
	seen := make(map[unistring.String]bool)
	for i, length := int64(0), toLength(orUndefined(o.Get("length"))); i < length; i++ {
		w.vm.checkpoint()
		e := orUndefined(getKey(o, w.vm.rt.ToValue(i), nil))
		if box, ok := e.(*goja.Object); ok && box.ClassName() != "String" && box.ClassName() != "Number" {
			continue
		}
		if !IsObject(e) && !IsString(e) && !isNumberValue(e) {
			continue
		}
		if name := nameOf(w.vm.text(e)); !seen[name] {
			seen[name] = true
			w.list = append(w.list, name)
		}
	}
}

func isNumberValue(v goja.Value) bool {
	switch v.ExportType() {
	case int64Type, float64Type:
		return true
	}
	return false
}

func (w *jsonWriter) setSpace(v goja.Value) {
	if o, ok := v.(*goja.Object); ok {
		switch o.ClassName() {
		case "Number":
			v = o.ToNumber()
		case "String":
			v = w.vm.text(o)
		}
	}
	const widest = 10
	switch {
	case IsObject(v):
	case IsString(v):
		s := v.(goja.String)
		w.gap = s.Substring(0, min(s.Length(), widest)).String()
	case isNumberValue(v):
		w.gap = "          "[:max(0, min(v.ToInteger(), widest))]
	}
}

// jsonKey is a property's name, or an index.
type jsonKey struct {
	name    unistring.String
	index   int64
	indexed bool
}

func (k jsonKey) value(vm *VM) goja.Value {
	if k.indexed {
		return stringValue(strconv.FormatInt(k.index, 10))
	}
	return stringOfName(k.name)
}

// property writes a property's value and says whether it has JSON.
//
// Spec: https://tc39.es/ecma262/#sec-serializejsonproperty
func (w *jsonWriter) property(key jsonKey, holder *goja.Object, v goja.Value) bool {
	if IsObject(v) || isBigInt(v) {
		if f, ok := callableOf(w.toJSON(v)); ok {
			v = orUndefined(f(goja.FunctionCall{This: v, Arguments: []goja.Value{key.value(w.vm)}}))
		}
	}
	if w.replacer != nil {
		v = orUndefined(w.replacer(goja.FunctionCall{This: holder, Arguments: []goja.Value{key.value(w.vm), v}}))
	}
	if o, ok := v.(*goja.Object); ok {
		if v = w.unboxed(o); v == goja.Value(o) {
			return w.object(o)
		}
	}
	return w.primitive(v)
}

// toJSON returns the method of that name, or whatever there is.
func (w *jsonWriter) toJSON(v goja.Value) goja.Value {
	if o, ok := v.(*goja.Object); ok {
		return w.get(o, "toJSON")
	}
	return orUndefined(getOfValue(w.vm.rt, v, stringValue("toJSON")))
}

// unboxed returns the primitive value that o is a box of, o if it is none.
func (w *jsonWriter) unboxed(o *goja.Object) goja.Value {
	s := w.vm.platform.seam
	if tab := selfWord(o, s.objectSelf).tab; tab == s.plain || tab == s.array {
		return o
	}
	switch kindOf(o) {
	case "String":
		return w.vm.text(o)
	case "Boxed":
		switch v := o.Export().(type) {
		case bool:
			return w.vm.rt.ToValue(v)
		case int64, float64:
			return o.ToNumber()
		case *big.Int:
			return w.vm.rt.ToValue(v)
		}
	}
	return o
}

func (w *jsonWriter) primitive(v goja.Value) bool {
	if s, ok := v.(goja.String); ok {
		w.quote(s)
		return true
	}
	switch v.ExportType() {
	case int64Type:
		w.out = strconv.AppendInt(w.out, v.ToInteger(), 10)
	case float64Type:
		if f := v.ToFloat(); math.IsNaN(f) || math.IsInf(f, 0) {
			w.out = append(w.out, "null"...)
		} else {
			w.out = append(w.out, v.String()...)
		}
	case boolType:
		w.out = strconv.AppendBool(w.out, v.ToBoolean())
	case bigIntType:
		panic(w.vm.exception(TypeError("Do not know how to serialize a BigInt")))
	default:
		if v != Null {
			return false
		}
		w.out = append(w.out, "null"...)
	}
	return true
}

// object writes an object that is no box.
func (w *jsonWriter) object(o *goja.Object) bool {
	if o.ClassName() == "RawJSON" {
		w.out = append(w.out, w.get(o, "rawJSON").String()...)
		return true
	}
	if _, ok := callableOf(o); ok {
		return false
	}
	w.enter(o)
	outer := w.indent
	w.indent += w.gap
	if isArray(o) {
		w.array(o)
	} else {
		w.members(o)
	}
	w.indent = outer
	w.leave(o)
	return true
}

func (w *jsonWriter) enter(o *goja.Object) {
	w.grown()
	cyclic := false
	if w.inside == nil {
		cyclic = slices.Contains(w.stack, o)
	} else {
		_, cyclic = w.inside[o]
	}
	if cyclic {
		panic(w.vm.exception(TypeError("Converting circular structure to JSON")))
	}
	if len(w.stack) >= jsonDepthMax {
		panic(w.vm.exception(RangeError("JSON is nested more than %d deep", jsonDepthMax)))
	}
	w.stack = append(w.stack, o)
	if len(w.stack) == jsonFewNested {
		w.inside = make(map[*goja.Object]struct{})
		for _, s := range w.stack {
			w.inside[s] = struct{}{}
		}
	}
	if w.inside != nil {
		w.inside[o] = struct{}{}
	}
}

func (w *jsonWriter) leave(o *goja.Object) {
	w.stack = w.stack[:len(w.stack)-1]
	delete(w.inside, o)
}

// grown looks at the cut, and at what the event may hold, as out grows.
func (w *jsonWriter) grown() {
	w.vm.checkpoint()
	if len(w.out) > w.asked {
		w.vm.allocate(2*int64(len(w.out)), stringTooLong)
		w.asked = len(w.out) + chunkText
	}
}

func (w *jsonWriter) array(o *goja.Object) {
	s := w.vm.platform.seam
	w.out = append(w.out, '[')
	length := toLength(w.get(o, "length"))
	for i := range length {
		w.separate(i == 0)
		var v goja.Value
		if elements, ok := s.elementsOf(w.vm.rt, o); ok && i < int64(len(elements)) {
			v = elements[i]
		} else {
			v = getKey(o, w.vm.rt.ToValue(i), nil)
		}
		if !w.property(jsonKey{index: i, indexed: true}, o, orUndefined(v)) {
			w.out = append(w.out, "null"...)
		}
		if i&63 == 63 {
			w.grown()
		}
	}
	w.end(length > 0, ']')
}

func (w *jsonWriter) members(o *goja.Object) {
	w.out = append(w.out, '{')
	start, some := len(w.names), false
	switch n, typed := w.vm.platform.seam.typedLength(o); {
	case w.listed:
		w.names = append(w.names, w.list...)
	case typed:
		some = w.elements(o, int64(n))
		w.names = appendNames(w.names, selfWord(o, w.vm.platform.seam.objectSelf).data, w.vm.platform.seam)
	default:
		w.names = w.vm.enumerable(w.names, o)
	}
	end := len(w.names)
	for i := start; i < end; i++ {
		name, before := w.names[i], len(w.out)
		w.separate(!some)
		w.name(name)
		if w.property(jsonKey{name: name}, o, w.get(o, name)) {
			some = true
		} else {
			w.out = w.out[:before]
		}
		if i&63 == 63 {
			w.grown()
		}
	}
	w.names = w.names[:start]
	w.end(some, '}')
}

// elements writes the elements of a typed array, whose names would be too many to list.
func (w *jsonWriter) elements(o *goja.Object, n int64) (some bool) {
	for i := range n {
		before := len(w.out)
		w.separate(!some)
		w.name(unistring.String(strconv.FormatInt(i, 10)))
		if w.property(jsonKey{index: i, indexed: true}, o, orUndefined(getKey(o, w.vm.rt.ToValue(i), nil))) {
			some = true
		} else {
			w.out = w.out[:before]
		}
		if i&63 == 63 {
			w.grown()
		}
	}
	return some
}

// separate writes what is before a value in an object or an array.
func (w *jsonWriter) separate(first bool) {
	if !first {
		w.out = append(w.out, ',')
	}
	if w.gap != "" {
		w.out = append(append(w.out, '\n'), w.indent...)
	}
}

func (w *jsonWriter) end(some bool, bracket byte) {
	if some && w.gap != "" {
		w.out = append(append(w.out, '\n'), w.indent[:len(w.indent)-len(w.gap)]...)
	}
	w.out = append(w.out, bracket)
}

func (w *jsonWriter) name(name unistring.String) {
	if units := name.AsUtf16(); units != nil {
		w.quoteUnits(units[1:])
	} else {
		w.quoteText(string(name))
	}
	w.out = append(w.out, ':')
	if w.gap != "" {
		w.out = append(w.out, ' ')
	}
}

// quote writes a string.
//
// Spec: https://tc39.es/ecma262/#sec-quotejsonstring
func (w *jsonWriter) quote(s goja.String) {
	text, units := codeUnits(s)
	if units != nil {
		w.quoteUnits(units[1:])
		return
	}
	w.quoteText(text)
}

// quoteText writes a string of ASCII.
func (w *jsonWriter) quoteText(text string) {
	w.out = append(w.out, '"')
	from := 0
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' {
			w.out = append(w.out, text[from:i]...)
			w.escape(rune(c))
			from = i + 1
		}
		if i&(chunkText-1) == chunkText-1 {
			w.grown()
		}
	}
	w.out = append(append(w.out, text[from:]...), '"')
}

func (w *jsonWriter) quoteUnits(units []uint16) {
	w.out = append(w.out, '"')
	for i := 0; i < len(units); i++ {
		c := rune(units[i])
		if utf16.IsSurrogate(c) && i+1 < len(units) {
			if pair := utf16.DecodeRune(c, rune(units[i+1])); pair != utf8.RuneError {
				c = pair
				i++
			}
		}
		if c < ' ' || c == '"' || c == '\\' || utf16.IsSurrogate(c) {
			w.escape(c)
		} else {
			w.out = utf8.AppendRune(w.out, c)
		}
		if i&(chunkText-1) == chunkText-1 {
			w.grown()
		}
	}
	w.out = append(w.out, '"')
}

func (w *jsonWriter) escape(c rune) {
	switch c {
	case '"', '\\':
		w.out = append(w.out, '\\', byte(c))
	case '\b':
		w.out = append(w.out, `\b`...)
	case '\t':
		w.out = append(w.out, `\t`...)
	case '\n':
		w.out = append(w.out, `\n`...)
	case '\f':
		w.out = append(w.out, `\f`...)
	case '\r':
		w.out = append(w.out, `\r`...)
	default:
		const digits = "0123456789abcdef"
		w.out = append(w.out, '\\', 'u', digits[c>>12&15], digits[c>>8&15], digits[c>>4&15], digits[c&15])
	}
}

// enumerable appends the names of o's own enumerable string properties, in order.
func (vm *VM) enumerable(names []unistring.String, o *goja.Object) []unistring.String {
	s := vm.platform.seam
	self := selfWord(o, s.objectSelf)
	if self.tab != s.plain {
		for _, k := range vm.Keys(o) {
			names = append(names, unistring.NewFromString(k))
		}
		return names
	}
	vm.order(o)
	return appendNames(names, self.data, s)
}

// appendNames appends the names of a plain object's own enumerable string properties.
func appendNames(names []unistring.String, base unsafe.Pointer, s *seam) []unistring.String {
	orderNames(base)
	values := *(*map[unistring.String]goja.Value)(unsafe.Add(base, s.baseValues))
	for _, name := range *(*[]unistring.String)(unsafe.Add(base, s.baseNames)) {
		if s.isEnumerable(values[name]) {
			names = append(names, name)
		}
	}
	return names
}

// internalize gives a reviver each value of what was parsed, the inner ones first.
//
// Spec: https://tc39.es/ecma262/#sec-internalizejsonproperty
func (vm *VM) internalize(reviver native, holder *goja.Object, key goja.Value, depth int) goja.Value {
	if depth > jsonDepthMax {
		panic(vm.exception(RangeError("JSON is nested more than %d deep", jsonDepthMax)))
	}
	vm.checkpoint()
	v := orUndefined(getKey(holder, key, nil))
	if o, ok := v.(*goja.Object); ok {
		element := func(key goja.Value) {
			if e := vm.internalize(reviver, o, key, depth+1); IsUndefined(e) {
				deleteKey(o, key, false)
			} else {
				redefineKey(o, key, e)
			}
		}
		length, typed := vm.platform.seam.typedLength(o)
		if isArray(o) {
			length = int(toLength(vm.platform.seam.getNamed(o, "length")))
		}
		for i := range length {
			element(stringValue(strconv.Itoa(i)))
		}
		if !typed && !isArray(o) {
			for _, name := range vm.enumerable(nil, o) {
				element(stringOfName(name))
			}
		}
	}
	return orUndefined(reviver(goja.FunctionCall{This: holder, Arguments: []goja.Value{key, v}}))
}
