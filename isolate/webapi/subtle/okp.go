package subtle

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
)

// okpKey is a key of Ed25519 or X25519.
type okpKey struct {
	point []byte // the public key
	seed  []byte // the private key; nil: the public half

	signing  ed25519.PrivateKey // Ed25519, of the private half
	peer     *ecdh.PublicKey    // X25519
	agreeing *ecdh.PrivateKey   // X25519, of the private half
}

// okpBytes is the length of the two keys of either algorithm.
const okpBytes = 32

// okpUsages is what the halves of a pair can be used for.
func okpUsages(name string) (public, private Usages) {
	if name == "Ed25519" {
		return UseVerify, UseSign
	}
	return 0, UseDeriveKey | UseDeriveBits
}

func publicOKP(name string, point []byte) (*okpKey, error) {
	if len(point) != okpBytes {
		return nil, dataError("a public key for %s has %d bytes, not %d", name, okpBytes, len(point))
	}
	m := &okpKey{point: bytes.Clone(point)}
	if name == "X25519" {
		var err error
		if m.peer, err = ecdh.X25519().NewPublicKey(m.point); err != nil {
			return nil, dataError("X25519: %v", err)
		}
	}
	return m, nil
}

// privateOKP makes the private half. If point is not nil, it must be the public key.
func privateOKP(name string, seed, point []byte) (*okpKey, error) {
	if len(seed) != okpBytes {
		return nil, dataError("a private key for %s has %d bytes, not %d", name, okpBytes, len(seed))
	}
	m := &okpKey{seed: bytes.Clone(seed)}
	if name == "Ed25519" {
		m.signing = ed25519.NewKeyFromSeed(m.seed)
		m.point = m.signing.Public().(ed25519.PublicKey)
	} else {
		var err error
		if m.agreeing, err = ecdh.X25519().NewPrivateKey(m.seed); err != nil {
			return nil, dataError("X25519: %v", err)
		}
		m.point = m.agreeing.PublicKey().Bytes()
	}
	if point != nil && !bytes.Equal(point, m.point) {
		return nil, dataError("the private key does not belong to the public one")
	}
	return m, nil
}

func (m *okpKey) key(name string, u Usages) *Key {
	k := &Key{Type: Public, Extractable: true, Usages: u, material: m, Algorithm: KeyAlgorithm{Name: name}}
	if m.seed != nil {
		k.Type = Private
	}
	return k
}

// Spec: https://w3c.github.io/webcrypto/#ed25519-operations-generate-key
func generateOKP(_ context.Context, p *Params, extractable bool, u Usages) (Pair, error) {
	forPublic, forPrivate := okpUsages(p.Name)
	if err := u.within(forPublic|forPrivate, "a pair of keys for "+p.Name); err != nil {
		return Pair{}, err
	}
	private, err := privateOKP(p.Name, randomBytes(okpBytes), nil)
	if err != nil {
		return Pair{}, err
	}
	public, err := publicOKP(p.Name, private.point)
	if err != nil {
		return Pair{}, err
	}
	pair := Pair{Public: public.key(p.Name, u&forPublic), Private: private.key(p.Name, u&forPrivate)}
	pair.Private.Extractable = extractable
	return pair, pair.Private.usable()
}

// Spec: https://w3c.github.io/webcrypto/#ed25519-operations-import-key
func importOKP(p *Params, format Format, data KeyData, extractable bool, u Usages) (*Key, error) {
	forPublic, forPrivate := okpUsages(p.Name)
	allowed := forPublic
	if format == PKCS8 || format == JSONWebKey && data.JWK.has("d") {
		allowed = forPrivate
	}
	if err := u.within(allowed, "this key for "+p.Name); err != nil {
		return nil, err
	}
	var m *okpKey
	var err error
	switch format {
	case Raw:
		m, err = publicOKP(p.Name, data.Bytes)
	case SPKI:
		m, err = parseOKPPublic(p.Name, data.Bytes)
	case PKCS8:
		m, err = parseOKPPrivate(p.Name, data.Bytes)
	default:
		m, err = readOKP(p.Name, data.JWK, extractable, u)
	}
	if err != nil {
		return nil, err
	}
	return m.key(p.Name, u), nil
}

func parseOKPPublic(name string, der []byte) (*okpKey, error) {
	parsed, err := parseSPKI(der)
	if err != nil {
		return nil, err
	}
	switch k := parsed.(type) {
	case ed25519.PublicKey:
		if name == "Ed25519" {
			return publicOKP(name, k)
		}
	case *ecdh.PublicKey:
		if name == "X25519" && k.Curve() == ecdh.X25519() {
			return publicOKP(name, k.Bytes())
		}
	}
	return nil, dataError("the key is no key for %s", name)
}

func parseOKPPrivate(name string, der []byte) (*okpKey, error) {
	parsed, err := parsePKCS8(der)
	if err != nil {
		return nil, err
	}
	switch k := parsed.(type) {
	case ed25519.PrivateKey:
		if name == "Ed25519" {
			return privateOKP(name, k.Seed(), nil)
		}
	case *ecdh.PrivateKey:
		if name == "X25519" && k.Curve() == ecdh.X25519() {
			return privateOKP(name, k.Bytes(), nil)
		}
	}
	return nil, dataError("the key is no key for %s", name)
}

// readOKP reads a JWK.
//
// Spec: https://www.rfc-editor.org/rfc/rfc8037#section-2
func readOKP(name string, j *JWK, extractable bool, u Usages) (*okpKey, error) {
	if j.Text["kty"] != "OKP" {
		return nil, dataError("the JWK's kty is %q instead of %q", j.Text["kty"], "OKP")
	}
	if j.Text["crv"] != name {
		return nil, dataError("the JWK's crv is %q instead of %q", j.Text["crv"], name)
	}
	use := "enc"
	if name == "Ed25519" {
		use = "sig"
		if err := j.checkAlg("Ed25519", "EdDSA"); err != nil {
			return nil, err
		}
	}
	if err := j.check("OKP", use, extractable, u); err != nil {
		return nil, err
	}
	point, err := j.octets("x", okpBytes)
	if err != nil {
		return nil, err
	}
	if !j.has("d") {
		return publicOKP(name, point)
	}
	seed, err := j.octets("d", okpBytes)
	if err != nil {
		return nil, err
	}
	return privateOKP(name, seed, point)
}

// Spec: https://w3c.github.io/webcrypto/#ed25519-operations-export-key
func exportOKP(k *Key, format Format) (KeyData, error) {
	m, ed := k.material.(*okpKey), k.Algorithm.Name == "Ed25519"
	switch format {
	case Raw:
		return KeyData{Bytes: bytes.Clone(m.point)}, k.needType(Public, "the format raw")
	case SPKI:
		if ed {
			return exportSPKI(k, ed25519.PublicKey(m.point))
		}
		return exportSPKI(k, m.peer)
	case PKCS8:
		if ed {
			return exportPKCS8(k, m.signing)
		}
		return exportPKCS8(k, m.agreeing)
	}
	j := newJWK(k, "OKP")
	j.Text["crv"] = k.Algorithm.Name
	if ed {
		j.Text["alg"] = "Ed25519"
	}
	j.set("x", m.point)
	if m.seed != nil {
		j.set("d", m.seed)
	}
	return KeyData{JWK: j}, nil
}
