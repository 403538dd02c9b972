package subtle_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/skerry-edge/skerry/isolate/webapi/subtle"
)

// imports are ways to import what a fuzzer makes: keys of each kind.
var imports = []subtle.Params{
	{Name: "RSA-PSS", Hash: subtle.SHA256},
	{Name: "RSA-OAEP", Hash: subtle.SHA1},
	{Name: "ECDSA", NamedCurve: "P-256"},
	{Name: "ECDH", NamedCurve: "P-521"},
	{Name: "Ed25519"},
	{Name: "X25519"},
	{Name: "AES-GCM"},
	{Name: "HMAC", Hash: subtle.SHA512},
}

// usagesOf are what the private, or only, half of a key may be for.
func usagesOf(p subtle.Params) []subtle.Usages {
	switch p.Name {
	case "RSA-OAEP":
		return []subtle.Usages{0, subtle.UseDecrypt}
	case "ECDH", "X25519":
		return []subtle.Usages{0, subtle.UseDeriveBits}
	case "AES-GCM":
		return []subtle.Usages{subtle.UseEncrypt}
	}
	return []subtle.Usages{0, subtle.UseSign, subtle.UseVerify}
}

// fuzzImport imports data as keys of each kind. What is one must come out again as it was
// read.
func fuzzImport(t *testing.T, format subtle.Format, data subtle.KeyData) {
	t.Helper()
	for _, p := range imports {
		for _, u := range usagesOf(p) {
			k, err := subtle.Import(&p, format, data, true, u)
			if err != nil {
				var known *subtle.Error
				if !errors.As(err, &known) {
					t.Fatalf("%s: a foreign error: %v", p.Name, err)
				}
				continue
			}
			out, err := subtle.Export(format, k)
			if err != nil {
				t.Fatalf("%s: export: %v", p.Name, err)
			}
			again, err := subtle.Import(&p, format, out, true, u)
			if err != nil {
				t.Fatalf("%s: import again: %v", p.Name, err)
			}
			twice, err := subtle.Export(format, again)
			if err != nil || !bytes.Equal(out.Bytes, twice.Bytes) || out.JWK != nil && !bytes.Equal(out.JWK.JSON(), twice.JWK.JSON()) {
				t.Fatalf("%s: %v: exported differently the second time", p.Name, err)
			}
		}
	}
}

// seeds gives f a key of each kind in a format.
func seeds(f *testing.F, format subtle.Format, add func(subtle.KeyData)) {
	f.Helper()
	for _, p := range imports {
		p.Length, p.LengthGiven = 256, true
		p.ModulusLength, p.PublicExponent = 2048, []byte{1, 0, 1}
		all := usagesOf(p)
		pair, err := subtle.Generate(f.Context(), &p, true, all[len(all)-1]|all[len(all)/2])
		if err != nil {
			f.Fatal(err)
		}
		for _, k := range []*subtle.Key{pair.Secret, pair.Public, pair.Private} {
			if k == nil {
				continue
			}
			if data, err := subtle.Export(format, k); err == nil {
				add(data)
			}
		}
	}
}

func FuzzSPKI(f *testing.F) {
	seeds(f, subtle.SPKI, func(d subtle.KeyData) { f.Add(d.Bytes) })
	f.Fuzz(func(t *testing.T, der []byte) { fuzzImport(t, subtle.SPKI, subtle.KeyData{Bytes: der}) })
}

func FuzzPKCS8(f *testing.F) {
	seeds(f, subtle.PKCS8, func(d subtle.KeyData) { f.Add(d.Bytes) })
	f.Fuzz(func(t *testing.T, der []byte) { fuzzImport(t, subtle.PKCS8, subtle.KeyData{Bytes: der}) })
}

func FuzzJWK(f *testing.F) {
	seeds(f, subtle.JSONWebKey, func(d subtle.KeyData) { f.Add(d.JWK.JSON()) })
	f.Fuzz(func(t *testing.T, text []byte) {
		j, err := subtle.ParseJWK(text)
		if err != nil {
			return
		}
		again, err := subtle.ParseJWK(j.JSON())
		if err != nil || !bytes.Equal(again.JSON(), j.JSON()) {
			t.Fatalf("%s is read back as %v, %v", j.JSON(), again, err)
		}
		fuzzImport(t, subtle.JSONWebKey, subtle.KeyData{JWK: j})
	})
}

func FuzzRaw(f *testing.F) {
	seeds(f, subtle.Raw, func(d subtle.KeyData) { f.Add(d.Bytes) })
	f.Fuzz(func(t *testing.T, data []byte) { fuzzImport(t, subtle.Raw, subtle.KeyData{Bytes: data}) })
}
