package webapi

import (
	"encoding/hex"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/skerry-edge/skerry/isolate/js"
)

// This file is how each kind of object is inspected.

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
		in.vm.Checkpoint()
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
			add("[Symbol("+clip(symbol.String(), max(in.left, 0))+")]", d)
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
	count, elements := in.vm.Size(o), in.vm.Elements(o, inspectItemsMax)
	s := shape{head: in.spend(name + "(" + strconv.Itoa(count) + ")"), brackets: "{}"}
	shown := 0
	for len(elements) > 0 && in.left > 0 {
		item := in.value(elements[0])
		elements = elements[1:]
		if pairs {
			item += in.spend(" => ") + in.value(elements[0])
			elements = elements[1:]
		}
		s.items = append(s.items, item)
		shown++
	}
	if shown < count {
		s.items = append(s.items, in.spend(more(count-shown)))
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
	attribute := func(name, value string) string {
		return in.spend(name+": ") + in.spend(quote(clip(value, max(in.left, 0))))
	}
	switch kind {
	case "URL":
		return []string{attribute("href", js.As[url](in.vm, o).record.href)}
	case "URLSearchParams":
		var items []string
		for _, p := range js.As[urlSearchParams](in.vm, o).list {
			items = append(items, in.spend(quote(clip(p.name, max(in.left, 0))))+" => "+in.spend(quote(clip(p.value, max(in.left, 0)))))
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
