package subtle

import (
	"encoding/base64"
	"slices"
)

// JWK is a JSON Web Key.
//
// Spec: https://w3c.github.io/webcrypto/#JsonWebKey-dictionary
type JWK struct {
	Text   map[string]string // the members in [JWKTextMembers] that are there
	KeyOps []string          // nil: not there
	Ext    *bool             // nil: not there
	Oth    bool              // whether there are more than two primes, which nothing here takes
}

// JWKTextMembers lists the members of a JWK that are strings, in order.
var JWKTextMembers = [...]string{"alg", "crv", "d", "dp", "dq", "e", "k", "kty", "n", "p", "q", "qi", "use", "x", "y"}

// has says whether a member is there.
func (j *JWK) has(member string) bool { _, ok := j.Text[member]; return ok }

// bytes decodes a member that must be there.
//
// Spec: https://www.rfc-editor.org/rfc/rfc7515#section-2
func (j *JWK) bytes(member string) ([]byte, error) {
	text, ok := j.Text[member]
	if !ok {
		return nil, dataError("the JWK has no %q", member)
	}
	if base64.RawURLEncoding.DecodedLen(len(text)) > secretBytesMax {
		return nil, dataError("the JWK's %q has more than %d bytes", member, secretBytesMax)
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != base64.RawURLEncoding.DecodedLen(len(text)) { // line breaks, which the decoder skips
		return nil, dataError("the JWK's %q is not base64url", member)
	}
	return b, nil
}

// octets is bytes for a member of a fixed length.
func (j *JWK) octets(member string, n int) ([]byte, error) {
	b, err := j.bytes(member)
	if err == nil && len(b) != n {
		return nil, dataError("the JWK's %q has %d bytes instead of %d", member, len(b), n)
	}
	return b, err
}

// set writes a member that is bytes.
func (j *JWK) set(member string, b []byte) {
	j.Text[member] = base64.RawURLEncoding.EncodeToString(b)
}

// newJWK begins the JWK of k.
func newJWK(k *Key, kty string) *JWK {
	ext := k.Extractable
	return &JWK{Text: map[string]string{"kty": kty}, KeyOps: k.Usages.Names(), Ext: &ext}
}

// check compares what a JWK says that it is for with what it shall be for: its kty, use,
// key_ops and ext.
func (j *JWK) check(kty, use string, extractable bool, u Usages) error {
	if j.Text["kty"] != kty {
		return dataError("the JWK's kty is %q instead of %q", j.Text["kty"], kty)
	}
	if is, ok := j.Text["use"]; ok && u != 0 && is != use {
		return dataError("the JWK's use is %q instead of %q", is, use)
	}
	if j.KeyOps != nil {
		if err := j.checkKeyOps(u); err != nil {
			return err
		}
	}
	if j.Ext != nil && !*j.Ext && extractable {
		return dataError("the JWK is not extractable: its ext is false")
	}
	return nil
}

// checkKeyOps holds that key_ops has all of u, and nothing twice.
//
// Spec: https://www.rfc-editor.org/rfc/rfc7517#section-4.3
func (j *JWK) checkKeyOps(u Usages) error {
	var may Usages
	for _, op := range j.KeyOps {
		known, ok := UsageNamed(op)
		if ok && may&known != 0 {
			return dataError("the JWK's key_ops has %q twice", op)
		}
		may |= known
	}
	if missing := u &^ may; missing != 0 {
		return dataError("the JWK's key_ops lacks %q", missing.Names())
	}
	return nil
}

// checkAlg holds that alg, if it is there, is one of those given.
func (j *JWK) checkAlg(want ...string) error {
	if alg, ok := j.Text["alg"]; ok && !slices.Contains(want, alg) {
		return dataError("the JWK's alg is %q instead of %q", alg, want)
	}
	return nil
}
