package bundles

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
)

// Digest names a bundle: 64 lower-case hexadecimal digits, the SHA-256 of its encoding.
type Digest string

// DigestOf returns the digest of encoded, the canonical encoding of a bundle.
func DigestOf(encoded []byte) Digest {
	sum := sha256.Sum256(encoded)
	return Digest(hex.EncodeToString(sum[:]))
}

// ParseDigest returns text as a digest, or an error that says what is wrong with it.
func ParseDigest(text string) (Digest, error) {
	if d := Digest(text); d.Valid() {
		return d, nil
	}
	if len(text) > 2*sha256.Size {
		text = text[:2*sha256.Size] + "…"
	}
	return "", fmt.Errorf("%q is not a digest: write all %d hexadecimal digits, lower-case", text, 2*sha256.Size)
}

// Valid reports whether d has the form of a digest. Other text must not become part of a
// path or a key.
func (d Digest) Valid() bool {
	if len(d) != 2*sha256.Size {
		return false
	}
	for i := range len(d) {
		if c := d[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Number returns the first 64 bits of d, for where there is no room for more: two bundles
// with the same are not to be met with. It is 0 if d is no digest.
func (d Digest) Number() uint64 {
	if !d.Valid() {
		return 0
	}
	n, err := strconv.ParseUint(string(d[:16]), 16, 64)
	if err != nil { // 16 digits always fit
		panic(err)
	}
	return n
}

// Short returns the first 12 digits, for people to read. It names no bundle.
func (d Digest) Short() string {
	if len(d) < 12 {
		return string(d)
	}
	return string(d[:12])
}
