package webapi

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/skerry-edge/skerry/isolate/js"
)

func FuzzForgivingBase64(f *testing.F) {
	for _, seed := range []string{"", "aGk=", "aGk", " a\nG k\t=\r=", "aGl=", "aG=k", "====", "a", "/+9-", "aGk\u00a0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		data, ok := forgivingBase64(new(js.VM), s)
		if !ok {
			return
		}
		canonical := base64.StdEncoding.EncodeToString(data)
		again, ok := forgivingBase64(new(js.VM), canonical)
		if !ok || !bytes.Equal(again, data) {
			t.Errorf("%q gives %x, written %q, which gives %x, %v", s, data, canonical, again, ok)
		}
	})
}

// Decoding in pieces gives what decoding at once does, wherever the cuts are.
func FuzzTextDecoder(f *testing.F) {
	for _, seed := range []string{"", "aé€😀", "\xE2\x82", "\xF0\x9F\x98\xFF", "\xEF\xBB\xBFx", "\x3D\xD8\x00\xDE\x00\xDC", "\x82\xA0\x82", "\x1B$B$\"\x1B(B", "\x81\x30\x81\x30\xC4"} {
		for _, label := range []string{"utf-8", "utf-16le", "utf-16be", "windows-1252", "shift_jis", "gb18030", "iso-2022-jp", "big5", "euc-jp", "euc-kr"} {
			f.Add([]byte(seed), label, 1)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, label string, size int) {
		e, ok := encodingLabelled(new(js.VM), label)
		if !ok {
			return
		}
		whole, err := e.newDecoder().decode(data, true, false)
		if err != nil || !utf8.ValidString(whole) {
			t.Fatalf("%s of %x: %q, %v", e.name, data, whole, err)
		}
		var pieces strings.Builder
		d := e.newDecoder()
		for rest := data; ; {
			n := min(max(size, 1), len(rest))
			text, err := d.decode(rest[:n], n == len(rest), false)
			if err != nil {
				t.Fatal(err)
			}
			pieces.WriteString(text)
			if rest = rest[n:]; len(rest) == 0 {
				break
			}
		}
		if pieces.String() != whole {
			t.Errorf("%s of %x in pieces of %d gives %q, at once %q", e.name, data, size, pieces.String(), whole)
		}
		if fatal, err := e.newDecoder().decode(data, true, true); err == nil && fatal != whole {
			t.Errorf("%s of %x if fatal gives %q, otherwise %q", e.name, data, fatal, whole)
		}
	})
}

// silence is a Host that takes anything.
type silence struct{ longest int }

func (*silence) Fetch(context.Context, *HTTPRequest) (*HTTPResponse, error) { return nil, errMalformed }
func (s *silence) Console(_, message string)                                { s.longest = max(s.longest, len(message)) }

func FuzzConsole(f *testing.F) {
	for _, seed := range [][2]string{
		{"%s %d %i %f %j %o %O %c %%", `[1, "a", {"b": null}]`},
		{"%", `{}`},
		{"%x%s%", `"%s"`},
		{"é%s\x00", `{"é": [[[[[[1]]]]]], "a b": -0, "": 1e400}`},
		{"%o", `{"__proto__": 1, "constructor": {"name": "x"}, "length": 3}`},
		{"%s", `[[], {}, [null], "\ud800", "'\"` + "`" + `"]`},
	} {
		f.Add(seed[0], seed[1])
	}
	p, err := js.NewPlatform(All()...)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, pattern, json string) {
		var host silence
		vm := p.NewVM(js.Config{Host: &host})
		err := vm.Enter(t.Context(), func() {
			v, err := vm.ParseJSON(json)
			if err != nil {
				return
			}
			for _, method := range []string{"log", "table", "dir", "assert"} {
				vm.Invoke(vm.Get(vm.Global("console"), method), js.Undefined, pattern, v, v, v)
				vm.Invoke(vm.Get(vm.Global("console"), method), js.Undefined, v, pattern)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if host.longest > consoleBytesMax+len("…") {
			t.Errorf("a line has %d bytes", host.longest)
		}
	})
}
