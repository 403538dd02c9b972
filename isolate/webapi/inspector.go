package webapi

import (
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/skerry-edge/skerry/isolate/js"
)

const (
	inspectDepth      = 4   // how deep objects are shown
	inspectDepthLimit = 20  // how deep console.dir can ask for
	inspectItemsMax   = 100 // how much of a list or an object is shown
	inspectWidth      = 72  // what is longer takes several lines
)

// inspector writes values for people to read, as their constructors and literals look. It
// runs no getter and no handler of a proxy, shows a cycle as [Circular], and stops when
// it has spent what a line of console may be long.
type inspector struct {
	vm       *js.VM
	depthMax int
	left     int          // bytes that may still be written
	path     []*js.Object // the objects that the current one is in
}

func newInspector(vm *js.VM) *inspector {
	return &inspector{vm: vm, depthMax: inspectDepth, left: consoleBytesMax}
}

// spend returns as much of s as may still be written.
func (in *inspector) spend(s string) string {
	if len(s) > in.left {
		s = clip(s, max(in.left, 0))
	}
	in.left -= len(s)
	return s
}

// inspect writes v. What goes wrong on the way leaves "[object]".
func (in *inspector) inspect(v js.Value) string {
	out := "[object]"
	if err := in.vm.Try(func() { out = in.value(v) }); err != nil {
		in.path = in.path[:0]
	}
	return out
}

func (in *inspector) value(v js.Value) string {
	switch {
	case js.IsObject(v):
		return in.object(v.(*js.Object))
	case js.IsString(v):
		return in.spend(quote(clip(in.vm.String(v), max(in.left, 0))))
	case js.IsSymbol(v):
		return in.spend("Symbol(" + v.String() + ")")
	case js.IsBigInt(v):
		return in.spend(v.String() + "n")
	case js.IsNumber(v) && v.ToFloat() == 0 && math.Signbit(v.ToFloat()):
		return in.spend("-0")
	default:
		return in.spend(v.String())
	}
}

// quote writes a string literal, in whichever quotes need no escape.
func quote(s string) string {
	delimiter := byte('\'')
	if strings.IndexByte(s, '\'') >= 0 {
		for _, other := range []byte("\"`") {
			if strings.IndexByte(s, other) < 0 {
				delimiter = other
				break
			}
		}
	}
	out := []byte{delimiter}
	for _, r := range s {
		switch {
		case r == rune(delimiter), r == '\\':
			out = append(out, '\\', byte(r))
		case r == '\n':
			out = append(out, `\n`...)
		case r == '\r':
			out = append(out, `\r`...)
		case r == '\t':
			out = append(out, `\t`...)
		case r < ' ' || r >= 0x7F && r < 0xA0:
			out = append(out, `\x`...)
			out = hex.AppendEncode(out, []byte{byte(r)})
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return string(append(out, delimiter))
}

// shape is how an object is written: a head, such as its class, then its items in
// brackets.
type shape struct {
	head     string
	brackets string // "{}", "[]", or none if the head says all where there is no item
	items    []string
}

// object writes o, unless it is too deep or around itself.
func (in *inspector) object(o *js.Object) string {
	kind := in.vm.Kind(o)
	for kind == "Proxy" {
		target, ok := in.vm.ProxyTarget(o).(*js.Object)
		if !ok {
			return in.spend("<Revoked Proxy>")
		}
		o, kind = target, in.vm.Kind(target)
	}
	for _, around := range in.path {
		if around == o {
			return in.spend("[Circular]")
		}
	}
	if len(in.path) > in.depthMax {
		return in.spend("[" + in.className(o, kind) + "]")
	}
	in.path = append(in.path, o)
	s := in.shape(o, kind)
	in.path = in.path[:len(in.path)-1]
	return s.String()
}

// shape finds out how an object of a kind is written.
func (in *inspector) shape(o *js.Object, kind string) shape {
	if kind == "Error" || kind == "DOMException" {
		return in.error(o)
	}
	switch name := in.className(o, kind); kind {
	case "Array":
		return in.list(o, name)
	case "Arguments":
		return in.list(o, "[Arguments]")
	case "Function":
		return shape{head: in.spend(in.function(o)), items: in.properties(o)}
	case "Date":
		return shape{head: in.spend(dateText(in.vm.Unboxed(o))), items: in.properties(o)}
	case "RegExp":
		return shape{head: in.spend("/" + in.vm.String(in.vm.Get(o, "source")) + "/" + in.vm.String(in.vm.Get(o, "flags"))), items: in.properties(o)}
	case "Boolean", "Number", "String", "BigInt", "Symbol":
		return shape{head: in.spend("["+kind+": ") + in.value(in.vm.Unboxed(o)) + "]"}
	case "Map", "Set":
		return in.elements(o, name, kind == "Map")
	case "WeakMap", "WeakSet":
		return shape{head: name, brackets: "{}", items: []string{in.spend("<items unknown>")}}
	case "Promise":
		return shape{head: name, brackets: "{}", items: append([]string{in.promise(o)}, in.properties(o)...)}
	case "ArrayBuffer", "DataView":
		return in.buffer(o, name)
	case "Object":
		if name == "Object" {
			name = ""
		}
		return shape{head: name, brackets: "{}", items: in.properties(o)}
	default:
		if strings.HasSuffix(kind, "Array") {
			return in.typedArray(o, name)
		}
		return shape{head: name, brackets: "{}", items: append(in.platform(o, kind), in.properties(o)...)}
	}
}

// className is the name of o's constructor, which a subclass has of its own, or its kind.
func (in *inspector) className(o *js.Object, kind string) string {
	for p := o; p != nil; p = p.Prototype() {
		if in.vm.Kind(p) == "Proxy" {
			return kind
		}
		constructor, ok := in.own(p, "constructor").(*js.Object)
		if !ok || in.vm.Kind(constructor) != "Function" {
			continue
		}
		if name := in.own(constructor, "name"); p != o && name != nil && js.IsString(name) {
			if name.String() == "Object" {
				return kind // what has no class of its own, a generator say
			}
			return clip(name.String(), 100)
		}
	}
	if o.Prototype() == nil {
		return "[" + kind + ": null prototype]"
	}
	return kind
}

// own is the value of an own property; nil if there is none, or a getter.
func (in *inspector) own(o *js.Object, name string) js.Value {
	d, _ := in.vm.Own(o, name)
	return d.Value
}

func (in *inspector) function(o *js.Object) string {
	name := in.own(o, "name")
	if name == nil || !js.IsString(name) || name.String() == "" {
		return "[Function (anonymous)]"
	}
	return "[Function: " + clip(name.String(), 100) + "]"
}

func dateText(ms js.Value) string {
	f := ms.ToFloat()
	if math.IsNaN(f) {
		return "Invalid Date"
	}
	return time.UnixMilli(int64(f)).UTC().Format("2006-01-02T15:04:05.000Z")
}

// list writes an array: its elements, holes counted, then its other properties.
func (in *inspector) list(o *js.Object, name string) shape {
	s := shape{head: name, brackets: "[]"}
	if name == "Array" {
		s.head = ""
	}
	length := in.length(o)
	if name != "Array" && name != "[Arguments]" {
		s.head += "(" + strconv.Itoa(length) + ")"
	}
	holes := 0
	endHoles := func() {
		if holes > 0 {
			s.items = append(s.items, in.spend(emptyItems(holes)))
			holes = 0
		}
	}
	i := 0
	for ; i < length && len(s.items) < inspectItemsMax && in.left > 0; i++ {
		d, ok := in.vm.Own(o, strconv.Itoa(i))
		if !ok {
			if holes++; holes <= inspectItemsMax {
				continue
			}
			i++
			break // it may go on for billions
		}
		endHoles()
		s.items = append(s.items, in.descriptor(d))
	}
	endHoles()
	if i < length {
		s.items = append(s.items, in.spend(more(length-i)))
	}
	if length <= inspectItemsMax {
		s.items = append(s.items, in.named(o, func(name string) bool { return !isIndex(name) })...)
	}
	return s
}

func (in *inspector) length(o *js.Object) int {
	v := in.own(o, "length")
	if v == nil || !js.IsNumber(v) {
		return 0
	}
	return int(v.ToInteger())
}

// more stands for the n items that are not shown, emptyItems for n holes in a row.
func more(n int) string { return "… " + strconv.Itoa(n) + " more" }

func emptyItems(n int) string {
	if n == 1 {
		return "<1 empty item>"
	}
	return "<" + strconv.Itoa(n) + " empty items>"
}

func isIndex(name string) bool {
	for i := range len(name) {
		if name[i] < '0' || name[i] > '9' {
			return false
		}
	}
	return name != ""
}

// properties writes the enumerable properties of o's own.
func (in *inspector) properties(o *js.Object) []string {
	return in.named(o, func(string) bool { return true })
}

// named writes those properties whose names show accepts.
func (in *inspector) named(o *js.Object, show func(string) bool) []string {
	var items []string
	add := func(label string, d js.Descriptor) {
		items = append(items, in.spend(label+": ")+in.descriptor(d))
	}
	full := func() bool { return len(items) >= inspectItemsMax || in.left <= 0 }
	names := in.vm.Keys(o)
	for i, name := range names {
		if !show(name) {
			continue
		}
		if full() {
			return append(items, in.spend(more(len(names)-i)))
		}
		if d, ok := in.vm.Own(o, name); ok {
			if !isIdentifier(name) {
				name = quote(clip(name, in.left))
			}
			add(name, d)
		}
	}
	for _, symbol := range o.Symbols() {
		if d, ok := in.vm.Own(o, symbol); ok && d.Enumerable && !full() {
			add("[Symbol("+symbol.String()+")]", d)
		}
	}
	return items
}

func isIdentifier(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == '$' || c >= utf8.RuneSelf
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

func (in *inspector) descriptor(d js.Descriptor) string {
	switch {
	case d.Get && d.Set:
		return in.spend("[Getter/Setter]")
	case d.Get:
		return in.spend("[Getter]")
	case d.Set:
		return in.spend("[Setter]")
	default:
		return in.value(d.Value)
	}
}

// error writes an error's name and message, its stack in terms of the author's files, and
// what it carries. Looking at an error's properties can run a getter of the script, since
// the engine writes the stack then: what throws is left out.
func (in *inspector) error(o *js.Object) shape {
	report := in.vm.ReportValue(o)
	head := report.Message
	if stack := report.Stack(); stack != "" {
		head += "\n" + stack
	}
	s := shape{head: in.spend(head)}
	_ = in.vm.Try(func() {
		if v := in.own(o, "cause"); v != nil {
			s.items = append(s.items, in.spend("[cause]: ")+in.value(v))
		}
		if v := in.own(o, "errors"); v != nil && js.IsArray(v) {
			s.items = append(s.items, in.spend("[errors]: ")+in.value(v))
		}
		s.items = append(s.items, in.named(o, func(name string) bool {
			return !slices.Contains([]string{"cause", "errors", "message", "name", "stack"}, name)
		})...)
	})
	return s
}

// elements writes what a Map or a Set holds.
func (in *inspector) elements(o *js.Object, name string, pairs bool) shape {
	elements := in.vm.Elements(o)
	step := 1
	if pairs {
		step = 2
	}
	count := len(elements) / step
	s := shape{head: in.spend(name + "(" + strconv.Itoa(count) + ")"), brackets: "{}"}
	for i := 0; i < len(elements); i += step {
		if len(s.items) == inspectItemsMax || in.left <= 0 {
			s.items = append(s.items, in.spend(more(count-i/step)))
			break
		}
		item := in.value(elements[i])
		if pairs {
			item += in.spend(" => ") + in.value(elements[i+1])
		}
		s.items = append(s.items, item)
	}
	s.items = append(s.items, in.properties(o)...)
	return s
}

func (in *inspector) promise(o *js.Object) string {
	switch state, v := js.Peek(o); state {
	case js.Pending:
		return in.spend("<pending>")
	case js.Rejected:
		return in.spend("<rejected> ") + in.value(v)
	default:
		return in.value(v)
	}
}

// buffer writes the size of an ArrayBuffer or a DataView and its first bytes.
func (in *inspector) buffer(o *js.Object, name string) shape {
	const shown = 32
	data, _ := in.vm.BytesOf(o)
	bytes := hex.EncodeToString(data[:min(len(data), shown)])
	if len(data) > shown {
		bytes += "…"
	}
	return shape{head: name, brackets: "{}", items: []string{
		in.spend("bytes: <" + bytes + ">"),
		in.spend("byteLength: " + strconv.Itoa(len(data))),
	}}
}

func (in *inspector) typedArray(o *js.Object, name string) shape {
	length := int(in.vm.Int(in.vm.Get(o, "length")))
	s := shape{head: in.spend(name + "(" + strconv.Itoa(length) + ")"), brackets: "[]"}
	for i := range length {
		if i == inspectItemsMax || in.left <= 0 {
			s.items = append(s.items, in.spend(more(length-i)))
			break
		}
		s.items = append(s.items, in.value(in.vm.Index(o, i)))
	}
	return s
}

// platform writes what is worth knowing of an instance of one of this package's classes.
func (in *inspector) platform(o *js.Object, kind string) []string {
	attribute := func(name, value string) string { return in.spend(name+": ") + in.spend(quote(value)) }
	switch kind {
	case "URL":
		return []string{attribute("href", js.As[url](in.vm, o).record.href)}
	case "URLSearchParams":
		var items []string
		for _, p := range js.As[urlSearchParams](in.vm, o).list {
			items = append(items, in.spend(quote(p.name))+" => "+in.spend(quote(p.value)))
			if len(items) == inspectItemsMax || in.left <= 0 {
				break
			}
		}
		return items
	case "Event", "CustomEvent":
		return []string{attribute("type", js.As[event](in.vm, o).kind)}
	case "AbortSignal":
		return []string{in.spend("aborted: " + strconv.FormatBool(js.As[abortSignal](in.vm, o).aborted))}
	default:
		return nil
	}
}

// String writes the whole, on one line if that is short.
func (s shape) String() string {
	if s.brackets == "" && len(s.items) == 0 {
		return s.head
	}
	head, open, end := s.head, "{", "}"
	if s.brackets == "[]" {
		open, end = "[", "]"
	}
	if head != "" {
		head += " "
	}
	if len(s.items) == 0 {
		return head + open + end
	}
	width, flat := len(head)+2, !strings.Contains(s.head, "\n")
	for _, item := range s.items {
		width += len(item) + 2
		flat = flat && !strings.Contains(item, "\n")
	}
	if flat && width <= inspectWidth {
		return head + open + " " + strings.Join(s.items, ", ") + " " + end
	}
	return head + open + "\n  " + strings.ReplaceAll(s.lines(), "\n", "\n  ") + "\n" + end
}

// lines puts each item on a line of its own, except that short ones of a list share lines.
func (s shape) lines() string {
	if s.brackets != "[]" {
		return strings.Join(s.items, ",\n")
	}
	var out strings.Builder
	column := 0
	for i, item := range s.items {
		if i > 0 {
			out.WriteByte(',')
			if column+len(item) > inspectWidth || len(item) > inspectWidth/4 || strings.Contains(item, "\n") {
				out.WriteByte('\n')
				column = 0
			} else {
				out.WriteByte(' ')
			}
		}
		out.WriteString(item)
		column += len(item) + 2
		if strings.Contains(item, "\n") {
			column = inspectWidth
		}
	}
	return out.String()
}
