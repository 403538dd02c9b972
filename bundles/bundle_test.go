package bundles_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
)

func sample() *bundles.Bundle {
	return &bundles.Bundle{
		Manifest:  bundles.Manifest{Name: "shop", Vars: map[string]string{"B": "2", "A": "1"}, Routes: []string{"a.test/*"}},
		Script:    []byte("__register({})"),
		SourceMap: []byte(`{"version":3}`),
		Modules:   map[string][]byte{"b.wasm": {0, 'a', 's', 'm'}, "a.bin": nil, "c.bin": {}},
	}
}

func TestEncodeAndDecode(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]*bundles.Bundle{
		"everything":        sample(),
		"a manifest alone":  {Manifest: bundles.Manifest{Name: "a"}},
		"nothing":           {},
		"empty, not absent": {Script: []byte{}, SourceMap: []byte{}, Modules: map[string][]byte{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := bundles.Encode(b)
			if len(data) != b.EncodedBytes() {
				t.Errorf("%d bytes long, but EncodedBytes says %d", len(data), b.EncodedBytes())
			}
			if err := b.Check(); err != nil {
				t.Error(err)
			}
			got, err := bundles.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got.Manifest, b.Manifest) || !bytes.Equal(got.Script, b.Script) || !bytes.Equal(got.SourceMap, b.SourceMap) || len(got.Modules) != len(b.Modules) {
				t.Errorf("got %+v\nwant %+v", got, b)
			}
			for name, want := range b.Modules {
				if data, ok := got.Modules[name]; !ok || !bytes.Equal(data, want) {
					t.Errorf("module %s: %q", name, data)
				}
			}
			if d := bundles.DigestOf(data); d != b.Digest() || d != got.Digest() || !d.Valid() {
				t.Errorf("digests %s, %s, %s", d, b.Digest(), got.Digest())
			}
		})
	}
}

// The digests of bundles that nodes already keep must never change.
func TestDigestIsFixed(t *testing.T) {
	t.Parallel()
	const want = "9b8563d30a9de3d2a1af9a85975e81f3626188880b28d6246392a35862e541cd"
	if got := sample().Digest(); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

func TestDigestTellsBundlesApart(t *testing.T) {
	t.Parallel()
	seen := map[bundles.Digest]string{sample().Digest(): "as it was"}
	for name, edit := range map[string]func(*bundles.Bundle){
		"the manifest":                   func(b *bundles.Bundle) { b.Manifest.Eval = true },
		"the script":                     func(b *bundles.Bundle) { b.Script = append(b.Script, ';') },
		"the source map":                 func(b *bundles.Bundle) { b.SourceMap = nil },
		"a module":                       func(b *bundles.Bundle) { b.Modules["c.bin"] = []byte{1} },
		"a module's name":                func(b *bundles.Bundle) { delete(b.Modules, "c.bin"); b.Modules["d.bin"] = nil },
		"bytes between script and map":   func(b *bundles.Bundle) { b.Script, b.SourceMap = append(b.Script, '{'), b.SourceMap[1:] },
		"bytes between name and content": func(b *bundles.Bundle) { delete(b.Modules, "b.wasm"); b.Modules["b.wasm\x00"] = []byte("asm") },
	} {
		b := sample()
		edit(b)
		d := b.Digest()
		if other, ok := seen[d]; ok {
			t.Errorf("%s gives the digest of %s", name, other)
		}
		seen[d] = name
	}
}

// section returns p after its length, as a bundle has it.
func section(p string) string {
	return string(binary.BigEndian.AppendUint64(nil, uint64(len(p)))) + p
}

func count(n uint64) string { return string(binary.BigEndian.AppendUint64(nil, n)) }

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	const magic = "skerry\x00\x01"
	head := magic + section(`{"name":"a","limits":{}}`)
	for _, tc := range []struct{ name, data, want string }{
		{"nothing", "", "doesn't begin"},
		{"a zip archive", "PK\x03\x04aaaaaaaa", "doesn't begin"},
		{"a later version", "skerry\x00\x02", "version"},
		{"the beginning alone", magic, "ends before its manifest"},
		{"a manifest cut short", magic + count(50) + "{", "ends within its manifest"},
		{"a huge length", magic + count(1<<63), "at most"},
		{"a manifest that is not JSON", magic + section("x") + count(0) + count(0) + count(0), "not JSON"},
		{"an unknown key", magic + section(`{"name":"a","nom":"b","limits":{}}`) + count(0) + count(0) + count(0), "nom"},
		{"a manifest with a space", magic + section(`{"name": "a","limits":{}}`) + count(0) + count(0) + count(0), "canonical"},
		{"a manifest in another order", magic + section(`{"limits":{},"name":"a"}`) + count(0) + count(0) + count(0), "canonical"},
		{"a manifest with a zero", magic + section(`{"name":"a","prewarm":0,"limits":{}}`) + count(0) + count(0) + count(0), "canonical"},
		{"no script", head, "before its script"},
		{"a script cut short", head + count(2) + "x", "within its script"},
		{"no list of modules", head + section("x") + section(""), "list of modules"},
		{"too many modules", head + section("x") + section("") + count(10_001), "list of modules"},
		{"fewer modules than said", head + section("x") + section("") + count(9), "module's name"},
		{"a module without a name", head + section("x") + section("") + count(1) + section("") + section(""), "name"},
		{"a name that is not UTF-8", head + section("x") + section("") + count(1) + section("\xff") + section(""), "UTF-8"},
		{"a long name", head + section("x") + section("") + count(1) + section(strings.Repeat("a", 513)) + section(""), "512"},
		{"modules out of order", head + section("x") + section("") + count(2) + section("b") + section("") + section("a") + section(""), "out of order"},
		{"a module twice", head + section("x") + section("") + count(2) + section("b") + section("") + section("b") + section(""), "out of order"},
		{"what follows", head + section("x") + section("") + count(0) + "\x00", "1 bytes follow"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if _, err := bundles.Decode([]byte(tc.data)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v\nwant %q in it", err, tc.want)
			}
		})
	}
}

func TestDecodeRefusesEveryPrefix(t *testing.T) {
	t.Parallel()
	data := bundles.Encode(sample())
	for n := range data {
		if _, err := bundles.Decode(data[:n]); err == nil {
			t.Errorf("the first %d of %d bytes are a bundle", n, len(data))
		}
	}
}

func TestDecodeAllocatesNoMoreThanThereIs(t *testing.T) {
	// Not parallel: it measures the process.
	data := append([]byte(nil), bundles.Encode(&bundles.Bundle{})...)
	data = append(data[:len(data)-8], count(10_000)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		if _, err := bundles.Decode(data); err == nil {
			t.Fatal("no error")
		}
	}
	runtime.ReadMemStats(&after)
	if n := (after.TotalAlloc - before.TotalAlloc) / 100; n > 64<<10 {
		t.Errorf("%d bytes allocated for %d of input", n, len(data))
	}
}

func TestSizesAreChecked(t *testing.T) {
	t.Parallel()
	big := &bundles.Bundle{Manifest: bundles.Manifest{Name: "a"}, Script: make([]byte, bundles.EncodedBytesMax)}
	var size *bundles.SizeError
	if err := big.Check(); !errors.As(err, &size) || size.BytesMax != bundles.EncodedBytesMax {
		t.Errorf("Check: %v", err)
	}
	if _, err := bundles.Decode(bundles.Encode(big)); !errors.As(err, &size) {
		t.Errorf("Decode: %v", err)
	}
	if want := "the bundle is too large: 50.1 MB, and at most 50.0 MB are allowed"; size.Error() != want {
		t.Errorf("got %q", size)
	}
	if err := (&bundles.Bundle{Modules: map[string][]byte{"": nil}}).Check(); err == nil {
		t.Error("a module without a name passes")
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	good := bundles.DigestOf(nil)
	if good != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
		t.Errorf("digest of nothing: %s", good)
	}
	if d, err := bundles.ParseDigest(string(good)); err != nil || d != good || d.Short() != "e3b0c44298fc" {
		t.Errorf("got %s, %v", d, err)
	}
	for name, text := range map[string]string{
		"empty": "", "short": string(good[1:]), "long": string(good) + "0", "upper case": strings.ToUpper(string(good)),
		"a path": "../" + string(good[3:]), "huge": strings.Repeat("a", 1<<20),
	} {
		if d, err := bundles.ParseDigest(text); err == nil || d != "" || len(err.Error()) > 200 {
			t.Errorf("%s: %q, %v", name, d, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(bundles.Encode(sample()))
	f.Add(bundles.Encode(&bundles.Bundle{}))
	f.Add([]byte("skerry\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := bundles.Decode(data)
		if err != nil {
			return
		}
		if !bytes.Equal(bundles.Encode(b), data) {
			t.Error("two encodings for one bundle")
		}
		if err := b.Check(); err != nil {
			t.Errorf("decoded, but %v", err)
		}
	})
}

func BenchmarkDigest(b *testing.B) {
	bundle := sample()
	bundle.Script = make([]byte, 100<<10)
	b.SetBytes(int64(bundle.EncodedBytes()))
	b.ReportAllocs()
	for b.Loop() {
		bundle.Digest()
	}
}
