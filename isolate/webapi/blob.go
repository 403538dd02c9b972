package webapi

import (
	"math"
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// Blob is bytes that never change, with a MIME type.
//
// Spec: https://w3c.github.io/FileAPI/#blob-section
var Blob = js.Class[blob]{
	Name:        "Blob",
	Constructor: newBlob,
	As: func(v any) (*blob, bool) {
		f, ok := v.(*file)
		if !ok {
			return nil, false
		}
		return &f.blob, true
	},
	Members: []js.Member[blob]{
		js.Getter("size", func(b *blob, _ *js.Call) (any, error) { return len(b.data), nil }),
		js.Getter("type", func(b *blob, _ *js.Call) (any, error) { return b.typ, nil }),
		js.Method("slice", 0, (*blob).slice),
		js.Method("stream", 0, func(b *blob, _ *js.Call) (any, error) { return &stream{data: b.data, shared: true}, nil }),
		js.PromiseMethod("text", 0, func(b *blob, c *js.Call) (any, error) { return decodeUTF8(c.VM, viewString(b.data)), nil }),
		js.PromiseMethod("arrayBuffer", 0, func(b *blob, c *js.Call) (any, error) { return js.Buffer(owned(c.VM, b.data, true)), nil }),
		js.PromiseMethod("bytes", 0, func(b *blob, c *js.Call) (any, error) { return js.Bytes(owned(c.VM, b.data, true)), nil }),
	},
}

// blobBytesMax bounds what a script can put together of bytes that it has only once: a
// Blob of a Blob, repeated, or a form.
const blobBytesMax = 128 << 20

func errBlobTooLarge(what string) error {
	return js.RangeError("%s is larger than %d bytes", what, blobBytesMax)
}

// blob shares data with its slices and streams: nobody writes to it.
type blob struct {
	js.Instance
	data []byte
	typ  string // lower case; empty: unknown
}

func newBlob(c *js.Call) (*blob, error) {
	b := new(blob)
	native, err := b.options(c.VM, c.Arg(1))
	if err != nil || !c.Given(0) {
		return b, err
	}
	return b, b.join(c.VM, c.Arg(0), native)
}

// options reads the type of b, and whether lines of text parts are to end as they do on
// this system.
//
// Spec: https://w3c.github.io/FileAPI/#dfn-BlobPropertyBag
func (b *blob) options(vm *js.VM, v js.Value) (native bool, err error) {
	if err := dictionary("the options", v); err != nil {
		return false, err
	}
	if endings := vm.Get(v, "endings"); !js.IsUndefined(endings) {
		switch e := vm.String(endings); e {
		case "native":
			native = true
		case "transparent":
		default:
			return false, js.TypeError("endings: %q is neither \"transparent\" nor \"native\"", clip(e, 40))
		}
	}
	if typ := vm.Get(v, "type"); !js.IsUndefined(typ) {
		b.typ = blobType(vm, vm.String(typ))
	}
	return native, nil
}

// dictionary refuses a v that can't be the dictionary that what names.
//
// Spec: https://webidl.spec.whatwg.org/#js-dictionary
func dictionary(what string, v js.Value) error {
	if js.IsNullish(v) || js.IsObject(v) {
		return nil
	}
	return js.TypeError("%s must be an object", what)
}

// blobType is how a Blob keeps the type it is given.
func blobType(vm *js.VM, typ string) string {
	lower := true
	for piece := range chunks(vm, typ) {
		for i := range len(piece) {
			if piece[i] < ' ' || piece[i] > '~' {
				return ""
			}
			lower = lower && (piece[i] < 'A' || piece[i] > 'Z')
		}
	}
	if lower {
		return typ
	}
	out := newBuffer(vm, len(typ))
	for piece := range chunks(vm, typ) {
		out.data = append(out.data, strings.ToLower(piece)...)
	}
	return out.text()
}

// join makes data of a sequence of parts.
//
// Spec: https://w3c.github.io/FileAPI/#process-blob-parts
func (b *blob) join(vm *js.VM, parts js.Value, native bool) error {
	if !vm.Iterable(parts) {
		return js.TypeError("the parts of a Blob must be an array or another iterable object")
	}
	fits, out := true, &buffer{vm: vm}
	vm.ForOf(parts, func(part js.Value) bool {
		data := partBytes(vm, part, native)
		if fits = len(out.data)+len(data) <= blobBytesMax; fits {
			out.write(viewString(data))
		}
		return fits
	})
	b.data = out.data
	if !fits {
		return errBlobTooLarge("the Blob")
	}
	return nil
}

// partBytes returns the bytes of one part, to be copied.
func partBytes(vm *js.VM, part js.Value, native bool) []byte {
	if b := js.As[blob](vm, part); b != nil {
		return b.data
	}
	if data, ok := vm.BytesOf(part); ok {
		return data
	}
	text := vm.String(part)
	if native {
		text = withLineEnds(vm, text, "\n")
	}
	return viewBytes(text)
}

// slice makes a Blob of a part of b.
//
// Spec: https://w3c.github.io/FileAPI/#slice-method-algo
func (b *blob) slice(c *js.Call) (any, error) {
	size := int64(len(b.data))
	clamp := func(i, fallback int64) int64 {
		if i = clampOf(c, int(i), fallback); i < 0 {
			return max(size+i, 0)
		}
		return min(i, size)
	}
	start, end := clamp(0, 0), clamp(1, size)
	part := &blob{data: b.data[start:max(start, end)]}
	if c.Given(2) {
		part.typ = blobType(c.VM, c.String(2))
	}
	return part, nil
}

// clampOf converts argument i as Web IDL's [Clamp] long long: rounded to the nearest, to the
// even one between two, and not past the ends. An argument that is not there is fallback.
//
// Spec: https://webidl.spec.whatwg.org/#Clamp
func clampOf(c *js.Call, i int, fallback int64) int64 {
	if !c.Given(i) {
		return fallback
	}
	const safeMax = 1<<53 - 1
	f := c.Float(i)
	if math.IsNaN(f) {
		return 0
	}
	return int64(math.RoundToEven(min(max(f, -safeMax), safeMax)))
}
