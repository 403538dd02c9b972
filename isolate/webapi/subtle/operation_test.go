package subtle_test

import (
	"context"
	"errors"
	"testing"

	"github.com/skerry-edge/skerry/isolate/webapi/subtle"
)

// TestWorkStops: what can take long ends with its context.
func TestWorkStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	much := make([]byte, 2<<20)
	secret := func(p subtle.Params, u subtle.Usages) *subtle.Key {
		k, err := subtle.Import(&p, subtle.Raw, subtle.KeyData{Bytes: []byte("secret")}, false, u)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	pbkdf2 := subtle.Params{Name: "PBKDF2", Hash: subtle.SHA256, Iterations: 1000}
	hmac := subtle.Params{Name: "HMAC", Hash: subtle.SHA256}
	rsa := subtle.Params{Name: "RSA-PSS", Hash: subtle.SHA256, ModulusLength: 4096, PublicExponent: []byte{1, 0, 1}}
	for _, tc := range []struct {
		name string
		work func() error
	}{
		{"PBKDF2", func() error {
			_, err := subtle.DeriveBits(ctx, &pbkdf2, secret(pbkdf2, subtle.UseDeriveBits), 256)
			return err
		}},
		{"HMAC", func() error { _, err := subtle.Sign(ctx, &hmac, secret(hmac, subtle.UseSign), much); return err }},
		{"a digest", func() error { _, err := subtle.Digest(ctx, subtle.SHA512, much); return err }},
		{"a new RSA key", func() error { _, err := subtle.Generate(ctx, &rsa, true, subtle.UseSign); return err }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if err := tc.work(); !errors.Is(err, context.Canceled) {
				t.Errorf("it ends with %v", err)
			}
		})
	}
}

// TestInPlace: encrypting and decrypting over the data gives what it gives elsewhere.
func TestInPlace(t *testing.T) {
	t.Parallel()
	iv := make([]byte, 16)
	for _, p := range []subtle.Params{
		{Name: "AES-CBC", IV: iv},
		{Name: "AES-CTR", Counter: iv, Length: 64},
		{Name: "AES-GCM", IV: iv[:12]},
		{Name: "AES-GCM", IV: iv, TagLength: 32, TagLengthGiven: true},
		{Name: "AES-GCM", IV: iv, TagLength: 96, TagLengthGiven: true},
	} {
		k, err := subtle.Import(&p, subtle.Raw, subtle.KeyData{Bytes: make([]byte, 32)}, false, subtle.UseEncrypt|subtle.UseDecrypt)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 70 {
			data := make([]byte, n, n+16)
			for i := range data {
				data[i] = byte(i)
			}
			plain := string(data)
			want, err := subtle.Encrypt(nil, &p, k, data)
			if err != nil {
				t.Fatal(err)
			}
			got, err := subtle.Encrypt(data[:0], &p, k, data)
			if err != nil || string(got) != string(want) {
				t.Fatalf("%s: %d bytes are encrypted in place as %x, not %x (%v)", p.Name, n, got, want, err)
			}
			back, err := subtle.Decrypt(got[:0], &p, k, got)
			if err != nil || string(back) != plain {
				t.Fatalf("%s: %d bytes are decrypted in place as %x (%v)", p.Name, n, back, err)
			}
		}
	}
}

func TestSupports(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		op   subtle.Operation
		name string
		want string
		ok   bool
	}{
		{subtle.OpEncrypt, "aes-gcm", "AES-GCM", true},
		{subtle.OpEncrypt, "HMAC", "HMAC", false},
		{subtle.OpDigest, "sha-256", "SHA-256", true},
		{subtle.OpDigest, "SHA256", "", false},
		{subtle.OpExportKey, "HKDF", "HKDF", false},
		{subtle.OpWrapKey, "AES-KW", "AES-KW", true},
		{subtle.OpSign, "ed25519", "Ed25519", true},
		{subtle.OpSign, "HMA\u017f", "", false},
	} {
		if name, ok := subtle.Supports(tc.op, tc.name); name != tc.want || ok != tc.ok {
			t.Errorf("Supports(%d, %q) is %q, %v", tc.op, tc.name, name, ok)
		}
	}
}
