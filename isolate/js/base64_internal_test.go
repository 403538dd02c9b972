package js

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

// FuzzBase64 holds the codec against the standard library's.
func FuzzBase64(f *testing.F) {
	for _, seed := range []string{"", "a", "ab", "abc", "abcdefghijklmnopqrstuvwxyz", "\x00\xff\xfe\x80\x7f\n", "AP+A", "aGk", "aG=k", "aGkaa", "a\u00a0a", strings.Repeat("Zm9v", 9) + "-"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		vm := new(VM)
		text := base64.StdEncoding.EncodeToString(data)
		if got := string(vm.EncodeBase64(data)); got != text {
			t.Errorf("%x is %q, want %q", data, got, text)
		}
		if got, ok := vm.DecodeBase64(strings.TrimRight(text, "=")); !ok || !bytes.Equal(got, data) {
			t.Errorf("%q is %x, %v, want %x", text, got, ok, data)
		}
		got, ok := vm.DecodeBase64(string(data))
		want, err := base64.RawStdEncoding.DecodeString(string(data))
		if bytes.ContainsAny(data, "\r\n") { // which the library skips
			if ok {
				t.Errorf("%q is base64: %x", data, got)
			}
		} else if ok != (err == nil) || ok && !bytes.Equal(got, want) {
			t.Errorf("%q is %x, %v, want %x, %v", data, got, ok, want, err)
		}
	})
}

// TestLongBase64 goes through more than one piece.
func TestLongBase64(t *testing.T) {
	t.Parallel()
	for _, size := range []int{base64Chunk - 1, base64Chunk, base64Chunk + 1, 3*chunkText - 4, 3 * chunkText, 3*chunkText + 5} {
		data := bytes.Repeat([]byte("The quick brown fox \xff\x00"), size/20)[:size]
		text := base64.StdEncoding.EncodeToString(data)
		if got := new(VM).EncodeBase64(data); string(got) != text {
			t.Errorf("%d bytes are encoded wrongly", size)
		}
		if got, ok := new(VM).DecodeBase64(strings.TrimRight(text, "=")); !ok || !bytes.Equal(got, data) {
			t.Errorf("%d bytes are decoded wrongly", size)
		}
		if _, ok := new(VM).DecodeBase64(text[:len(text)/8*4] + "*" + text[:3]); ok {
			t.Errorf("%d bytes with a star are base64", size)
		}
	}
}

// FuzzLatin1 holds that bytes become code units of their values, and these bytes again.
func FuzzLatin1(f *testing.F) {
	for _, seed := range []string{"", "abc", "\xff", "abcdefgh\x80", "0123456789abcdefghijklmnopqrstuvwxyz\xe9", strings.Repeat("a", 40)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		vm := new(VM)
		s := vm.latin1(bytes.Clone(data))
		if s.Length() != len(data) {
			t.Fatalf("%x makes %d characters", data, s.Length())
		}
		for i, c := range data {
			if s.CharAt(i) != uint16(c) {
				t.Fatalf("character %d of %x is %x", i, data, s.CharAt(i))
			}
		}
		if got, ok := vm.Latin1Of(s); !ok || !bytes.Equal(got, data) {
			t.Errorf("%x comes back as %x, %v", data, got, ok)
		}
		if got, ok := vm.Latin1Of(vm.Text(string(data) + "aĀ")); ok {
			t.Errorf("U+0100 is %x", got)
		}
	})
}

func BenchmarkBase64(b *testing.B) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	text := base64.RawStdEncoding.EncodeToString(data)
	odd := bytes.Repeat([]byte("0123456789abcde\xff"), 4096)
	wide := new(VM).latin1(odd)
	for _, bc := range []struct {
		name string
		run  func(*VM)
	}{
		{"encode", func(vm *VM) { vm.EncodeBase64(data) }},
		{"decode", func(vm *VM) { vm.DecodeBase64(text) }},
		{"widen", func(vm *VM) { vm.latin1(odd) }},
		{"narrow", func(vm *VM) { vm.Latin1Of(wide) }},
		{"ascii", func(*VM) { isASCII(text) }},
	} {
		b.Run(bc.name, func(b *testing.B) {
			vm := new(VM)
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				bc.run(vm)
			}
		})
	}
}
