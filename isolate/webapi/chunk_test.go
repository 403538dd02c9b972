package webapi

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

// TestCheckpoints calls what works on long texts and lists in a turn that has been cut: each
// must notice on the way, whatever it is given.
func TestCheckpoints(t *testing.T) {
	t.Parallel()
	const long = 4 * chunkBytes
	text, wide, broken := strings.Repeat("a", long), strings.Repeat("é", long), strings.Repeat("\xff", long)
	params := make([]param, long)
	fields := make([]Field, long)
	for i := range fields {
		params[i], fields[i] = param{"a", "b"}, Field{"a", "b"}
	}
	h, f := &headers{list: fields}, &formData{list: make([]entry, long)}
	for _, tc := range []struct {
		name string
		work func(vm *js.VM)
	}{
		{"String of a wide text", func(vm *js.VM) { vm.String(vm.Text(strings.Repeat("é", 1<<20))) }},
		{"Text", func(vm *js.VM) { vm.Text(strings.Repeat("a", 2<<20)) }},
		{"ParseJSON of a string", func(vm *js.VM) { _, _ = vm.ParseJSON(`"` + text + `"`) }},
		{"ParseJSON of an escaped string", func(vm *js.VM) { _, _ = vm.ParseJSON(`"\n` + text + `"`) }},
		{"ParseJSON of spaces", func(vm *js.VM) { _, _ = vm.ParseJSON(strings.Repeat(" ", long) + "1") }},
		{"ParseJSON of a number", func(vm *js.VM) { _, _ = vm.ParseJSON(strings.Repeat("1", long)) }},
		{"chunks", func(vm *js.VM) {
			for range chunks(vm, text) {
			}
		}},
		{"wholeChunks", func(vm *js.VM) {
			for range wholeChunks(vm, wide) {
			}
		}},
		{"cloneBytes", func(vm *js.VM) { cloneBytes(vm, []byte(text)) }},
		{"trim from the left", func(vm *js.VM) { trim(vm, strings.Repeat(" ", long)+"a", " ") }},
		{"trim from the right", func(vm *js.VM) { trim(vm, "a"+strings.Repeat(" ", long), " ") }},
		{"decodeUTF8", func(vm *js.VM) { decodeUTF8(vm, wide) }},
		{"decodeUTF8 of what is none", func(vm *js.VM) { decodeUTF8(vm, broken) }},
		{"decodeChunks", func(vm *js.VM) { _, _ = decodeChunks(vm, new(utf16Decoder), []byte(text), true, false) }},
		{"forgivingBase64", func(vm *js.VM) { forgivingBase64(vm, text) }},
		{"forgivingBase64 of spaces", func(vm *js.VM) { forgivingBase64(vm, strings.Repeat(" ", long)) }},
		{"Latin1", func(vm *js.VM) { vm.ToValue(js.Latin1(broken)) }},
		{"Latin1Of", func(vm *js.VM) { vm.Latin1Of(vm.ToValue(js.Latin1(broken))) }},
		{"EncodeBase64", func(vm *js.VM) { vm.EncodeBase64([]byte(text)) }},
		{"byteString", func(vm *js.VM) { _, _ = byteString(vm, "", wide) }},
		{"blobType", func(vm *js.VM) { blobType(vm, text) }},
		{"withLineEnds", func(vm *js.VM) { withLineEnds(vm, strings.Repeat("\n", long), "\r\n") }},
		{"escapeName", func(vm *js.VM) { escapeName(vm, strings.Repeat(`"`, long)) }},
		{"a header", func(vm *js.VM) { _ = h.add(vm, "a", text) }},
		{"the value of headers", func(vm *js.VM) { h.value(vm, "a") }},
		{"headers of other names", func(vm *js.VM) { h.value(vm, "bb") }},
		{"headers in order", func(vm *js.VM) { sortAndCombine(vm, fields) }},
		{"a form", func(vm *js.VM) { _, _, _ = f.multipart(vm) }},
		{"a form that is read", func(vm *js.VM) { _, _ = parseMultipart(vm, []byte("--b\r\n\r\n"+text), "b", 0) }},
		{"parseURLEncoded", func(vm *js.VM) { parseURLEncoded(vm, text) }},
		{"parseURLEncoded of many", func(vm *js.VM) { parseURLEncoded(vm, strings.Repeat("&", long)) }},
		{"decodeURLEncoded", func(vm *js.VM) { decodeURLEncoded(vm, "%"+text) }},
		{"serializeURLEncoded", func(vm *js.VM) { serializeURLEncoded(vm, params) }},
		{"serializeURLEncoded of a long text", func(vm *js.VM) { serializeURLEncoded(vm, []param{{name: text}}) }},
		{"a matcher", func(vm *js.VM) {
			m := matching(vm, text)
			for range 1000 {
				m.is(text)
			}
		}},
		{"compareUTF16", func(vm *js.VM) {
			steps := vm.Steps()
			compareUTF16(&steps, text, text)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			turns := js.NewTurns(js.TurnsConfig{Grace: time.Minute})
			defer turns.Close()
			p, err := js.NewPlatform()
			if err != nil {
				t.Fatal(err)
			}
			vm := p.NewVM(js.Config{Turns: turns})
			vm.Meter().Reset(js.Account{CPU: time.Nanosecond})
			cut, finished := false, false
			err = vm.Enter(context.Background(), func() {
				defer func() {
					if recover() == nil {
						t.Error("the turn was not cut")
					}
					cut = true
					tc.work(vm)
					finished = true
				}()
				for {
					vm.Checkpoint()
				}
			})
			if !cut || finished || !errors.Is(err, js.ErrCPU) {
				t.Errorf("cut: %v, finished: %v, %v", cut, finished, err)
			}
		})
	}
}
