package js

import (
	"math/big"
	"slices"
	"strconv"
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
	w := newJSONWriter(vm)
	w.setReplacer(c.Argument(1))
	w.setSpace(c.Argument(2))
	return w.document(c.Argument(0))
}

// StringifyJSON returns what JSON.stringify makes of v, or throws; false if v has no JSON
// (undefined, a function, a symbol).
func (vm *VM) StringifyJSON(v Value) (string, bool) {
	w := newJSONWriter(vm)
	if !w.property(jsonKey{}, nil, v) {
		return "", false
	}
	return w.text(), true
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

	stack   []*goja.Object // what is being written, from the outside in
	inside  map[*goja.Object]struct{}
	members []jsonMember // of those objects, that are still to be written

	// ran counts what can have run a script, which can have changed anything. What was seen
	// when it was less must be looked at again.
	ran      int
	noToJSON int // ran + 1, when objects and arrays were last seen to inherit no toJSON; -1: not yet, 0: nobody has asked
}

// jsonMember is a property as it was when its object was begun.
type jsonMember struct {
	name  unistring.String
	value goja.Value // what a plain object keeps for it: a value, or a property with its attributes; nil: to be read
}

// newJSONWriter returns a writer with room for a small document.
func newJSONWriter(vm *VM) jsonWriter {
	return jsonWriter{vm: vm, out: make([]byte, 0, 64), members: make([]jsonMember, 0, 4)}
}

// jsonFewNested is how many objects in each other are compared one by one to find a cycle.
const jsonFewNested = 16

// get reads a property as scripts do, whose code may run.
func (w *jsonWriter) get(o *goja.Object, name unistring.String) goja.Value {
	w.ran++
	return w.vm.platform.seam.getNamed(o, name)
}

// call calls what a script gave, or what it put in place of a built-in.
func (w *jsonWriter) call(f native, c goja.FunctionCall) goja.Value {
	w.ran++
	return orUndefined(f(c))
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
	return w.vm.Text(w.text())
}

// text returns what was written.
func (w *jsonWriter) text() string {
	if cap(w.out)-len(w.out) > len(w.out)/4 {
		return string(w.out)
	}
	return unsafe.String(unsafe.SliceData(w.out), len(w.out))
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
			v = w.call(f, goja.FunctionCall{This: v, Arguments: []goja.Value{key.value(w.vm)}})
		}
	}
	if w.replacer != nil {
		v = w.call(w.replacer, goja.FunctionCall{This: holder, Arguments: []goja.Value{key.value(w.vm), v}})
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
	o, ok := v.(*goja.Object)
	if !ok {
		w.ran++
		return orUndefined(getOfValue(w.vm.rt, v, stringValue("toJSON")))
	}
	if s := w.vm.platform.seam; s.inheritsOnly(w.vm.rt, o) && s.ownRaw(o, "toJSON") == nil && w.withoutToJSON() {
		return goja.Undefined()
	}
	return w.get(o, "toJSON")
}

var toJSONKey = stringValue("toJSON")

// withoutToJSON says whether objects and arrays as literals make them are known to inherit no
// toJSON. To find out takes longer than to read one: it is worth it when there is more than one.
func (w *jsonWriter) withoutToJSON() bool {
	switch w.noToJSON {
	case w.ran + 1:
		return true
	case 0:
		w.noToJSON = -1
		return false
	}
	objects, arrays := w.vm.platform.seam.objectPrototypeOf(w.vm.rt), arrayPrototype(w.vm.rt)
	if objects.Prototype() != nil || arrays.Prototype() != objects || ownKey(objects, toJSONKey) != nil || ownKey(arrays, toJSONKey) != nil {
		return false
	}
	w.noToJSON = w.ran + 1
	return true
}

// unboxed returns the primitive value that o is a box of, o if it is none.
func (w *jsonWriter) unboxed(o *goja.Object) goja.Value {
	s := w.vm.platform.seam
	if tab := s.behind(o).tab; tab == s.plain || tab == s.array {
		return o
	}
	w.ran++
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
	switch s := w.vm.platform.seam; (*iface)(unsafe.Pointer(&v)).tab {
	case s.integer:
		w.out = strconv.AppendInt(w.out, integerOf(v), 10)
		return true
	case s.float:
		w.number(floatOf(v))
		return true
	}
	switch v := v.(type) {
	case goja.String:
		w.quote(v)
		return true
	case nil:
		return false
	}
	switch {
	case v == trueValue:
		w.out = append(w.out, "true"...)
	case v == falseValue:
		w.out = append(w.out, "false"...)
	case v == Null:
		w.out = append(w.out, "null"...)
	case v.ExportType() == bigIntType:
		panic(w.vm.exception(TypeError("Do not know how to serialize a BigInt")))
	default:
		return false
	}
	return true
}

// object writes an object that is no box.
func (w *jsonWriter) object(o *goja.Object) bool {
	s := w.vm.platform.seam
	tab := s.behind(o).tab
	if tab != s.array && !(tab == s.plain && o.ClassName() == "Object") {
		if o.ClassName() == "RawJSON" {
			w.out = append(w.out, w.get(o, "rawJSON").String()...)
			return true
		}
		if _, ok := callableOf(o); ok {
			return false
		}
	}
	w.enter(o)
	outer := w.indent
	w.indent += w.gap
	if tab == s.array || isArray(o) {
		w.array(o)
	} else {
		w.properties(o)
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
	var length int64
	if elements, ok := s.elementsOf(w.vm.rt, o); ok {
		length = int64(len(elements))
	} else {
		length = toLength(w.get(o, "length"))
	}
	for i := range length {
		w.separate(i == 0)
		var v goja.Value
		if elements, ok := s.elementsOf(w.vm.rt, o); ok && i < int64(len(elements)) {
			v = elements[i]
		} else {
			w.ran++
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

// properties writes the properties of an object. What each is, is seen at the beginning; their
// values count when it is their turn.
func (w *jsonWriter) properties(o *goja.Object) {
	w.out = append(w.out, '{')
	start, some := len(w.members), false
	s := w.vm.platform.seam
	switch n, typed := s.typedLength(o); {
	case w.listed:
		w.note(w.list)
	case typed:
		some = w.elements(o, int64(n))
		w.note(appendNames(nil, s.behind(o).data, s))
	case s.behind(o).tab == s.plain:
		w.vm.order(o)
		w.members = s.appendMembers(w.members, o)
	default:
		w.ran++
		w.note(w.vm.enumerable(nil, o))
	}
	end, ran := len(w.members), w.ran
	for i := start; i < end; i++ {
		m, before := w.members[i], len(w.out)
		if m.value == nil || w.ran != ran || s.hasAttributes(m.value) {
			m.value = w.get(o, m.name)
		}
		w.separate(!some)
		w.name(m.name)
		if w.property(jsonKey{name: m.name}, o, m.value) {
			some = true
		} else {
			w.out = w.out[:before]
		}
		if i&63 == 63 {
			w.grown()
		}
	}
	clear(w.members[start:end])
	w.members = w.members[:start]
	w.end(some, '}')
}

// note lists properties that are to be read.
func (w *jsonWriter) note(names []unistring.String) {
	for _, name := range names {
		w.members = append(w.members, jsonMember{name: name})
	}
}

// elements writes the elements of a typed array, whose names would be too many to list.
func (w *jsonWriter) elements(o *goja.Object, n int64) (some bool) {
	for i := range n {
		before := len(w.out)
		w.separate(!some)
		w.name(unistring.String(strconv.FormatInt(i, 10)))
		w.ran++
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

// enumerable appends the names of o's own enumerable string properties, in order.
func (vm *VM) enumerable(names []unistring.String, o *goja.Object) []unistring.String {
	s := vm.platform.seam
	self := s.behind(o)
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
