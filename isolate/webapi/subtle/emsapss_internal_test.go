package subtle

import (
	"crypto/rand"
	"crypto/rsa"
	"testing"
)

// TestSaltless holds RSA-PSS without a salt against the standard library, which verifies
// signatures with any salt.
func TestSaltless(t *testing.T) {
	t.Parallel()
	k, err := makeRSA(t.Context(), 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range []Hash{SHA1, SHA256, SHA384, SHA512} {
		digest := make([]byte, h.Size())
		rand.Read(digest)
		s, err := signSaltless(h, k, digest)
		if err != nil {
			t.Fatal(err)
		}
		if err := rsa.VerifyPSS(&k.PublicKey, h.std(), digest, s, nil); err != nil {
			t.Errorf("%s: %v", h, err)
		}
		if !verifySaltless(h, &k.PublicKey, digest, s) {
			t.Errorf("%s: refused", h)
		}
		s[100] ^= 1
		if verifySaltless(h, &k.PublicKey, digest, s) {
			t.Errorf("%s: a changed signature is accepted", h)
		}
		salted, err := rsa.SignPSS(rand.Reader, k, h.std(), digest, &rsa.PSSOptions{SaltLength: 1})
		if err != nil {
			t.Fatal(err)
		}
		if verifySaltless(h, &k.PublicKey, digest, salted) {
			t.Errorf("%s: a signature with a salt is accepted", h)
		}
	}
}
