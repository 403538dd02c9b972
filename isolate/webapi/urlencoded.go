package webapi

import (
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// param is one name and value of a query or a form.
type param struct{ name, value string }

// parseURLEncoded reads application/x-www-form-urlencoded text.
//
// Spec: https://url.spec.whatwg.org/#urlencoded-parsing
func parseURLEncoded(vm *js.VM, s string) []param {
	if s == "" {
		return nil
	}
	list, steps := make([]param, 0, min(1+strings.Count(s, "&"), paramsAtOnce)), vm.Steps()
	for sequence := range strings.SplitSeq(s, "&") {
		steps.Done(1 + len(sequence)/4)
		if sequence == "" {
			continue
		}
		name, value, _ := strings.Cut(sequence, "=")
		list = appendTo(vm, list, param{decodeURLEncoded(vm, name), decodeURLEncoded(vm, value)})
	}
	return list
}

// paramsAtOnce is how many names and values there is room for before they are read.
const paramsAtOnce = 1000

// decodeURLEncoded replaces plus signs and percent-encoded bytes.
func decodeURLEncoded(vm *js.VM, s string) string {
	first := 0
	for piece := range chunks(vm, s) {
		if i := strings.IndexAny(piece, "+%"); i >= 0 {
			first += i
			break
		}
		first += len(piece)
	}
	if first == len(s) {
		return s
	}
	vm.Allocate(int64(len(s)), "what is to be decoded")
	out := make([]byte, first, len(s))
	copy(out, s)
	for i := first; i < len(s); i++ {
		if i%chunkBytes == 0 {
			vm.Checkpoint()
		}
		switch c := s[i]; {
		case c == '+':
			out = append(out, ' ')
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return decodeUTF8(vm, viewString(out))
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	default:
		return (c | 0x20 - 'a') + 10
	}
}

// serializeURLEncoded writes application/x-www-form-urlencoded text.
//
// Spec: https://url.spec.whatwg.org/#urlencoded-serializing
func serializeURLEncoded(vm *js.VM, list []param) string {
	out, steps := buffer{vm: vm}, vm.Steps()
	for i, p := range list {
		steps.Done(8)
		if i > 0 {
			out.grow(1)
			out.data = append(out.data, '&')
		}
		out.writeURLEncoded(p.name)
		out.grow(1)
		out.data = append(out.data, '=')
		out.writeURLEncoded(p.value)
	}
	return out.text()
}

// writeURLEncoded writes s percent-encoded, each space a plus sign.
func (b *buffer) writeURLEncoded(s string) {
	for piece := range chunks(b.vm, s) {
		b.grow(len(piece))
		for {
			i := strings.IndexByte(piece, ' ')
			if i < 0 {
				b.data = appendPercent(b.data, piece, percentForm)
				break
			}
			b.data = append(appendPercent(b.data, piece[:i], percentForm), '+')
			piece = piece[i+1:]
		}
	}
}
