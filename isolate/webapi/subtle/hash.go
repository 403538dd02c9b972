package subtle

import (
	"context"
	"crypto"
	_ "crypto/sha1" // registers SHA-1
	_ "crypto/sha256"
	_ "crypto/sha512"
	"hash"
)

// Hash names a hash function; "" is none.
type Hash string

// The hash functions there are.
const (
	SHA1   Hash = "SHA-1"
	SHA256 Hash = "SHA-256"
	SHA384 Hash = "SHA-384"
	SHA512 Hash = "SHA-512"
)

// std is the same for the standard library.
func (h Hash) std() crypto.Hash {
	switch h {
	case SHA1:
		return crypto.SHA1
	case SHA256:
		return crypto.SHA256
	case SHA384:
		return crypto.SHA384
	default:
		return crypto.SHA512
	}
}

// New returns the function at its start.
func (h Hash) New() hash.Hash { return h.std().New() }

// Size is the length of a digest in bytes.
func (h Hash) Size() int { return h.std().Size() }

// blockBits is the length of the function's blocks in bits, which is that of an HMAC key
// unless something else is asked for.
func (h Hash) blockBits() int {
	if h == SHA1 || h == SHA256 {
		return 512
	}
	return 1024
}

// digits is how the function is named within the names that JOSE has for algorithms: the
// 256 of HS256.
func (h Hash) digits() string { return string(h[len("SHA-"):]) }

// Digest hashes data.
//
// Spec: https://w3c.github.io/webcrypto/#sha-operations-digest
func Digest(ctx context.Context, h Hash, data []byte) ([]byte, error) {
	f := h.New()
	if err := feed(ctx, f, data); err != nil {
		return nil, err
	}
	return f.Sum(nil), nil
}

// feedBytes is how much is hashed between two looks at the context.
const feedBytes = 1 << 20

// feed writes data to a hash function.
func feed(ctx context.Context, to hash.Hash, data []byte) error {
	for len(data) > feedBytes {
		to.Write(data[:feedBytes])
		data = data[feedBytes:]
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	to.Write(data)
	return nil
}
