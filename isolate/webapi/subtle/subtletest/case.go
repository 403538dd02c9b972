// Package subtletest reads tables of test vectors for cryptography, in the terms of the Web
// Cryptography API: each row is an operation and whether it must succeed.
package subtletest

import (
	"bytes"
	"context"

	"github.com/skerry-edge/skerry/isolate/webapi/subtle"
)

// Case is one row of a table.
type Case struct {
	Name   string
	Result string // "valid", "invalid", "acceptable": either is right

	Do     Do
	Key    Key
	Peer   *Key // of an agreement
	Params subtle.Params
	Data   []byte
	Proof  []byte // the signature that Verify checks
	Want   []byte // what else comes out
	Bits   int    // to derive
}

// Do is what is done in a case.
type Do string

// What can be done.
const (
	Encrypt    Do = "encrypt" // gives Want
	Decrypt    Do = "decrypt"
	Verify     Do = "verify"
	Prefix     Do = "sign" // gives what begins with Want
	DeriveBits Do = "deriveBits"
	Unwrap     Do = "unwrapKey" // of a key for HMAC, whose bytes are Want
)

// Key is a key that is imported.
type Key struct {
	Format subtle.Format
	Bytes  []byte
	JWK    map[string]string
	Params subtle.Params
	Usages subtle.Usages
}

// Import imports k.
func (k *Key) Import() (*subtle.Key, error) {
	data := subtle.KeyData{Bytes: k.Bytes}
	if k.JWK != nil {
		data.JWK = &subtle.JWK{Text: k.JWK}
	}
	return subtle.Import(&k.Params, k.Format, data, false, k.Usages)
}

// Holds says whether the operation succeeds; if not, an error may say why.
func (c *Case) Holds(ctx context.Context) (bool, error) {
	key, err := c.Key.Import()
	if err != nil {
		return false, err
	}
	p := c.Params
	if c.Peer != nil {
		if p.Public, err = c.Peer.Import(); err != nil {
			return false, err
		}
	}
	var got []byte
	switch c.Do {
	case Encrypt:
		got, err = subtle.Encrypt(nil, &p, key, c.Data)
	case Decrypt:
		got, err = subtle.Decrypt(nil, &p, key, c.Data)
	case Verify:
		return subtle.Verify(ctx, &p, key, c.Proof, c.Data)
	case Prefix:
		if got, err = subtle.Sign(ctx, &p, key, c.Data); err == nil && len(got) > len(c.Want) {
			got = got[:len(c.Want)]
		}
	case DeriveBits:
		got, err = subtle.DeriveBits(ctx, &p, key, c.Bits)
	case Unwrap:
		as := subtle.Params{Name: "HMAC", Hash: subtle.SHA256}
		var k *subtle.Key
		if k, err = subtle.Unwrap(&p, key, subtle.Raw, c.Data, &as, true, subtle.UseSign); err == nil {
			var data subtle.KeyData
			data, err = subtle.Export(subtle.Raw, k)
			got = data.Bytes
		}
	}
	return err == nil && bytes.Equal(got, c.Want), err
}
