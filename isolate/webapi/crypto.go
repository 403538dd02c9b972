package webapi

import (
	"crypto/rand"
	"encoding/hex"

	"github.com/skerry-edge/skerry/isolate/js"
)

// Crypto gives random numbers and, as subtle, cryptography. Its only instance is the
// global crypto.
//
// Spec: https://w3c.github.io/webcrypto/#crypto-interface
var Crypto = js.Class[crypto]{
	Name: "Crypto",
	Members: []js.Member[crypto]{
		js.Getter("DigestStream", func(_ *crypto, c *js.Call) (any, error) { return js.ConstructorOf[digestStream](c.VM), nil }),
		js.Getter("subtle", func(r *crypto, c *js.Call) (any, error) {
			c.VM.Varies("keys")
			return &r.subtle, nil
		}),
		js.Method("getRandomValues", 1, (*crypto).getRandomValues),
		js.Method("randomUUID", 0, func(_ *crypto, c *js.Call) (any, error) {
			c.VM.Varies("a random UUID")
			return randomUUID(), nil
		}),
	},
}

// cryptoGlobal is the global crypto.
var cryptoGlobal = js.Lazy{Name: "crypto", Make: func(*js.VM) any { return new(crypto) }}

type crypto struct {
	js.Instance
	subtle subtleCrypto
}

// randomBytesMax is what one call of getRandomValues may ask for.
const randomBytesMax = 65536

// getRandomValues fills a typed array of integers and returns it.
//
// Spec: https://w3c.github.io/webcrypto/#Crypto-method-getRandomValues
func (*crypto) getRandomValues(c *js.Call) (any, error) {
	array := c.Arg(0)
	switch kind := c.VM.Kind(array); kind {
	case "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array",
		"BigInt64Array", "BigUint64Array":
	case "Float32Array", "Float64Array", "DataView":
		return nil, &js.DOMError{Name: "TypeMismatchError", Message: "getRandomValues: a " + kind + " does not hold integers"}
	default:
		return nil, js.TypeError("getRandomValues: the argument is not a typed array of integers")
	}
	data, _ := c.VM.BytesOf(array)
	if len(data) > randomBytesMax {
		return nil, &js.DOMError{Name: "QuotaExceededError", Message: "getRandomValues: at most 65536 bytes can be asked for at once"}
	}
	c.VM.Varies("random bytes")
	rand.Read(data)
	return array, nil
}

// randomUUID returns a version 4 UUID.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9562#section-5.4
func randomUUID() string {
	var id [16]byte
	rand.Read(id[:])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	out := make([]byte, 0, 36)
	for i, group := range [][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:]} {
		if i > 0 {
			out = append(out, '-')
		}
		out = hex.AppendEncode(out, group)
	}
	return string(out)
}
