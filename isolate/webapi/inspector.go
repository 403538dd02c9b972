package webapi

import (
	"encoding/hex"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/skerry-edge/skerry/isolate/js"
)

const (
	inspectDepth      = 4   // how deep objects are shown
	inspectDepthLimit = 20  // how deep console.dir can ask for
	inspectItemsMax   = 100 // how much of a list or an object is shown
	inspectChainMax   = 100 // how many prototypes, or proxies of proxies, are followed
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
		return in.spend("Symbol(" + clip(v.String(), max(in.left, 0)) + ")")
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

// object writes o, unless it is too deep or around itself.
func (in *inspector) object(o *js.Object) string {
	kind := in.vm.Kind(o)
	for range inspectChainMax {
		if kind != "Proxy" {
			break
		}
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
	case "Proxy":
		return shape{head: in.spend("[Proxy]")}
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
	for p, n := o, 0; p != nil; p, n = p.Prototype(), n+1 {
		if n == inspectChainMax || in.vm.Kind(p) == "Proxy" {
			return kind
		}
		constructor, ok := in.own(p, "constructor").(*js.Object)
		if !ok || in.vm.Kind(constructor) != "Function" {
			continue
		}
		if name := in.own(constructor, "name"); p != o && name != nil && js.IsString(name) {
			text := in.vm.String(name)
			if text == "Object" {
				return kind // what has no class of its own, a generator say
			}
			return clip(text, 100)
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
	if name := in.own(o, "name"); name != nil && js.IsString(name) {
		if text := in.vm.String(name); text != "" {
			return "[Function: " + clip(text, 100) + "]"
		}
	}
	return "[Function (anonymous)]"
}

func dateText(ms js.Value) string {
	f := ms.ToFloat()
	if math.IsNaN(f) {
		return "Invalid Date"
	}
	return time.UnixMilli(int64(f)).UTC().Format("2006-01-02T15:04:05.000Z")
}
