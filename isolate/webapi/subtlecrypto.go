package webapi

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
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

// digest resolves to an ArrayBuffer with the hash of its second argument. It is made in the
// turn: the time that it takes is the event's.
//
// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-digest
func (*subtleCrypto) digest(c *js.Call) (any, error) {
	data, ok := c.VM.BytesOf(c.Arg(1))
	if !ok {
		return nil, js.TypeError("digest: the data is neither an ArrayBuffer nor a view of one; encode a string with TextEncoder")
	}
	h, err := hashNamed(c.VM, c.Arg(0))
	if err != nil {
		return nil, err
	}
	for piece := range chunks(c.VM, viewString(data)) {
		h.Write(viewBytes(piece))
	}
	return js.Buffer(h.Sum(nil)), nil
}

// hashNamed returns the hash function that v names: a string, or an object with a name.
//
// Spec: https://w3c.github.io/webcrypto/#algorithm-normalization-normalize-an-algorithm
func hashNamed(vm *js.VM, v js.Value) (hash.Hash, error) {
	if js.IsObject(v) {
		if v = vm.Get(v, "name"); js.IsUndefined(v) {
			return nil, js.TypeError("digest: the algorithm has no name")
		}
	}
	name := clip(vm.String(v), 40)
	switch strings.ToUpper(name) {
	case "SHA-1":
		return sha1.New(), nil
	case "SHA-256":
		return sha256.New(), nil
	case "SHA-384":
		return sha512.New384(), nil
	case "SHA-512":
		return sha512.New(), nil
	}
	return nil, &js.DOMError{Name: "NotSupportedError", Message: "digest: " + name + " is not one of SHA-1, SHA-256, SHA-384 and SHA-512"}
}
