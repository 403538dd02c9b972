package webapi

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// SubtleCrypto is cryptography by promises. Its only instance is crypto.subtle.
//
// Spec: https://w3c.github.io/webcrypto/#subtlecrypto-interface
var SubtleCrypto = js.Class[subtleCrypto]{
	Name: "SubtleCrypto",
	Members: []js.Member[subtleCrypto]{
		js.PromiseMethod("digest", 2, (*subtleCrypto).digest),
	},
}

type subtleCrypto struct{ js.Instance }

// digestInTurnBytes is what is hashed at once: a goroutine for less would cost more than
// the hash.
const digestInTurnBytes = 16 << 10

// digest resolves to an ArrayBuffer with the hash of its second argument.
//
// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-digest
func (*subtleCrypto) digest(c *js.Call) (any, error) {
	data, ok := c.VM.BytesOf(c.Arg(1))
	if !ok {
		return nil, js.TypeError("digest: the data is neither an ArrayBuffer nor a view of one; encode a string with TextEncoder")
	}
	hash, err := hashNamed(c.VM, c.Arg(0))
	if err != nil {
		return nil, err
	}
	if len(data) <= digestInTurnBytes {
		return js.Buffer(hash(data)), nil
	}
	data = bytes.Clone(data) // the script may write to its own meanwhile
	return c.Async(func(context.Context) (any, error) { return js.Buffer(hash(data)), nil })
}

// hashNamed returns the hash function that v names: a string, or an object with a name.
//
// Spec: https://w3c.github.io/webcrypto/#algorithm-normalization-normalize-an-algorithm
func hashNamed(vm *js.VM, v js.Value) (func([]byte) []byte, error) {
	if js.IsObject(v) {
		if v = vm.Get(v, "name"); js.IsUndefined(v) {
			return nil, js.TypeError("digest: the algorithm has no name")
		}
	}
	name := vm.String(v)
	switch strings.ToUpper(name) {
	case "SHA-1":
		return func(data []byte) []byte { h := sha1.Sum(data); return h[:] }, nil
	case "SHA-256":
		return func(data []byte) []byte { h := sha256.Sum256(data); return h[:] }, nil
	case "SHA-384":
		return func(data []byte) []byte { h := sha512.Sum384(data); return h[:] }, nil
	case "SHA-512":
		return func(data []byte) []byte { h := sha512.Sum512(data); return h[:] }, nil
	}
	return nil, &js.DOMError{Name: "NotSupportedError", Message: "digest: " + clip(name, 40) + " is not one of SHA-1, SHA-256, SHA-384 and SHA-512"}
}
