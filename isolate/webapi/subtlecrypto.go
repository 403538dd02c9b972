package webapi

import (
	"context"
	stdsubtle "crypto/subtle"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/subtle"
)

// SubtleCrypto is cryptography by promises. Its only instance is crypto.subtle.
//
// Spec: https://w3c.github.io/webcrypto/#subtlecrypto-interface
var SubtleCrypto = js.Class[subtleCrypto]{
	Name: "SubtleCrypto",
	Members: []js.Member[subtleCrypto]{
		js.PromiseMethod("encrypt", 3, encryptOrDecrypt("encrypt", subtle.OpEncrypt, subtle.Encrypt)),
		js.PromiseMethod("decrypt", 3, encryptOrDecrypt("decrypt", subtle.OpDecrypt, subtle.Decrypt)),
		js.PromiseMethod("sign", 3, (*subtleCrypto).sign),
		js.PromiseMethod("verify", 4, (*subtleCrypto).verify),
		js.PromiseMethod("digest", 2, (*subtleCrypto).digest),
		js.PromiseMethod("generateKey", 3, (*subtleCrypto).generateKey),
		js.PromiseMethod("deriveKey", 5, (*subtleCrypto).deriveKey),
		js.PromiseMethod("deriveBits", 2, (*subtleCrypto).deriveBits),
		js.PromiseMethod("importKey", 5, (*subtleCrypto).importKey),
		js.PromiseMethod("exportKey", 2, (*subtleCrypto).exportKey),
		js.PromiseMethod("wrapKey", 4, (*subtleCrypto).wrapKey),
		js.PromiseMethod("unwrapKey", 7, (*subtleCrypto).unwrapKey),
		js.Method("timingSafeEqual", 2, (*subtleCrypto).timingSafeEqual),
	},
}

type subtleCrypto struct{ js.Instance }

// encryptOrDecrypt is either method.
//
// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-encrypt
func encryptOrDecrypt(method string, op subtle.Operation, crypt func([]byte, *subtle.Params, *subtle.Key, []byte) ([]byte, error)) func(*subtleCrypto, *js.Call) (any, error) {
	return func(_ *subtleCrypto, c *js.Call) (any, error) {
		algorithm := identifier(c.VM, c.Arg(0))
		k, err := keyArgument(c, method, 1)
		if err != nil {
			return nil, err
		}
		if err := needBytes(c, method, 2); err != nil {
			return nil, err
		}
		p, err := normalize(c.VM, op, algorithm)
		if err != nil {
			return nil, err
		}
		data, _ := c.VM.BytesOf(c.Arg(2))
		room := cipherRoom(p, op, len(data))
		if op == subtle.OpDecrypt && p.TagLengthGiven && p.TagLength < 96 {
			c.VM.Allocate(2*int64(len(data)), "what is to be decrypted") // checking a short tag takes two copies
		}
		return compute(c.VM, subtle.Cost(op, p, k, len(data)), data, room, func(_ context.Context, dst, data []byte) (any, error) {
			out, err := crypt(dst, p, k, data)
			return js.Buffer(out), err
		})
	}
}

// cipherRoom is how long the result of a cipher may be, so that it is allocated in the turn;
// 0: it is short.
func cipherRoom(p *subtle.Params, op subtle.Operation, n int) int {
	switch {
	case p.Name == "RSA-OAEP":
		return 0
	case op == subtle.OpEncrypt:
		return n + 16 // a tag, or padding
	}
	return n
}

// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-sign
func (*subtleCrypto) sign(c *js.Call) (any, error) {
	algorithm := identifier(c.VM, c.Arg(0))
	k, err := keyArgument(c, "sign", 1)
	if err != nil {
		return nil, err
	}
	if err := needBytes(c, "sign", 2); err != nil {
		return nil, err
	}
	p, err := normalize(c.VM, subtle.OpSign, algorithm)
	if err != nil {
		return nil, err
	}
	data, _ := c.VM.BytesOf(c.Arg(2))
	return compute(c.VM, subtle.Cost(subtle.OpSign, p, k, len(data)), data, 0, func(ctx context.Context, _, data []byte) (any, error) {
		signature, err := subtle.Sign(ctx, p, k, data)
		return js.Buffer(signature), err
	})
}

// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-verify
func (*subtleCrypto) verify(c *js.Call) (any, error) {
	algorithm := identifier(c.VM, c.Arg(0))
	k, err := keyArgument(c, "verify", 1)
	if err != nil {
		return nil, err
	}
	for i := 2; i < 4; i++ {
		if err := needBytes(c, "verify", i); err != nil {
			return nil, err
		}
	}
	p, err := normalize(c.VM, subtle.OpVerify, algorithm)
	if err != nil {
		return nil, err
	}
	given, _ := c.VM.BytesOf(c.Arg(2))
	signature := cloneBytes(c.VM, given)
	data, _ := c.VM.BytesOf(c.Arg(3))
	return compute(c.VM, subtle.Cost(subtle.OpVerify, p, k, len(data)), data, 0, func(ctx context.Context, _, data []byte) (any, error) {
		return subtle.Verify(ctx, p, k, signature, data)
	})
}

// digest resolves to an ArrayBuffer with the hash of its second argument.
//
// Spec: https://w3c.github.io/webcrypto/#SubtleCrypto-method-digest
func (*subtleCrypto) digest(c *js.Call) (any, error) {
	algorithm := identifier(c.VM, c.Arg(0))
	if err := needBytes(c, "digest", 1); err != nil {
		return nil, err
	}
	h, err := hashOf(c.VM, algorithm)
	if err != nil {
		return nil, err
	}
	data, _ := c.VM.BytesOf(c.Arg(1))
	return compute(c.VM, subtle.DigestCost(h, len(data)), data, 0, func(ctx context.Context, _, data []byte) (any, error) {
		digest, err := subtle.Digest(ctx, h, data)
		return js.Buffer(digest), err
	})
}

// timingSafeEqual compares bytes in a time that depends on their number alone.
//
// Source: https://developers.cloudflare.com/workers/runtime-apis/web-crypto/#timingsafeequal
func (*subtleCrypto) timingSafeEqual(c *js.Call) (any, error) {
	a, ok := c.VM.BytesOf(c.Arg(0))
	b, ok2 := c.VM.BytesOf(c.Arg(1))
	if !ok || !ok2 {
		return nil, js.TypeError("timingSafeEqual: both arguments must be an ArrayBuffer or a view of one")
	}
	if len(a) != len(b) {
		return nil, js.TypeError("timingSafeEqual: what is compared has %d and %d bytes; it must be as long, which a digest of each is", len(a), len(b))
	}
	equal := 1
	for len(a) > chunkBytes {
		equal &= stdsubtle.ConstantTimeCompare(a[:chunkBytes], b[:chunkBytes])
		a, b = a[chunkBytes:], b[chunkBytes:]
		c.VM.Checkpoint()
	}
	return equal&stdsubtle.ConstantTimeCompare(a, b) == 1, nil
}
