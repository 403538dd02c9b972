package subtle

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
)

// ecKey is a key of ECDSA or ECDH, ready for use by the one or the other.
type ecKey struct {
	curve  *curve
	point  []byte // the public key: 4 and the two coordinates
	scalar []byte // the private number, as long as a coordinate; nil: the public half

	verifying *ecdsa.PublicKey  // ECDSA
	signing   *ecdsa.PrivateKey // ECDSA, of the private half
	peer      *ecdh.PublicKey   // ECDH
	agreeing  *ecdh.PrivateKey  // ECDH, of the private half
}

// ecUsages is what the halves of a pair can be used for.
func ecUsages(name string) (public, private Usages) {
	if name == "ECDSA" {
		return UseVerify, UseSign
	}
	return 0, UseDeriveKey | UseDeriveBits
}

// publicEC makes the public half of what an algorithm uses, if point is on the curve.
func publicEC(name string, c *curve, point []byte) (*ecKey, error) {
	m := &ecKey{curve: c, point: point}
	var err error
	if name == "ECDSA" {
		m.verifying, err = ecdsa.ParseUncompressedPublicKey(c.points(), point)
	} else {
		m.peer, err = c.secrets().NewPublicKey(point)
	}
	if err != nil {
		return nil, dataError("the key is no point on %s", c.name)
	}
	return m, nil
}

// privateEC makes the private half. If point is not nil, it must be the public key.
func privateEC(name string, c *curve, scalar, point []byte) (*ecKey, error) {
	m := &ecKey{curve: c, scalar: scalar}
	var err error
	if name == "ECDSA" {
		if m.signing, err = ecdsa.ParseRawPrivateKey(c.points(), scalar); err == nil {
			m.point, err = m.signing.PublicKey.Bytes()
		}
	} else {
		if m.agreeing, err = c.secrets().NewPrivateKey(scalar); err == nil {
			m.point = m.agreeing.PublicKey().Bytes()
		}
	}
	if err != nil {
		return nil, dataError("the key is no private number for %s", c.name)
	}
	if point != nil && !bytes.Equal(point, m.point) {
		return nil, dataError("the private key does not belong to the public one")
	}
	return m, nil
}

// key makes a key of m.
func (m *ecKey) key(name string, u Usages) *Key {
	k := &Key{Type: Public, Extractable: true, Usages: u, material: m, Algorithm: KeyAlgorithm{Name: name, NamedCurve: m.curve.name}}
	if m.scalar != nil {
		k.Type = Private
	}
	return k
}

// Spec: https://w3c.github.io/webcrypto/#ecdsa-operations-generate-key
func generateEC(_ context.Context, p *Params, extractable bool, u Usages) (Pair, error) {
	forPublic, forPrivate := ecUsages(p.Name)
	if err := u.within(forPublic|forPrivate, "a pair of keys for "+p.Name); err != nil {
		return Pair{}, err
	}
	c := curveNamed(p.NamedCurve)
	if c == nil {
		return Pair{}, notSupported("%s: the curve is P-256, P-384 or P-521, not %q", p.Name, p.NamedCurve)
	}
	made, err := c.secrets().GenerateKey(rand.Reader)
	if err != nil {
		return Pair{}, operationError("%s: %v", p.Name, err)
	}
	private, err := privateEC(p.Name, c, made.Bytes(), nil)
	if err != nil {
		return Pair{}, err
	}
	public, err := publicEC(p.Name, c, private.point)
	if err != nil {
		return Pair{}, err
	}
	pair := Pair{Public: public.key(p.Name, u&forPublic), Private: private.key(p.Name, u&forPrivate)}
	pair.Private.Extractable = extractable
	return pair, pair.Private.usable()
}

// Spec: https://w3c.github.io/webcrypto/#ecdsa-operations-import-key
func importEC(p *Params, format Format, data KeyData, extractable bool, u Usages) (*Key, error) {
	c := curveNamed(p.NamedCurve)
	if c == nil && format == Raw {
		return nil, dataError("%s: the curve is P-256, P-384 or P-521, not %q", p.Name, p.NamedCurve)
	}
	forPublic, forPrivate := ecUsages(p.Name)
	allowed := forPublic
	if format == PKCS8 || format == JSONWebKey && data.JWK.has("d") {
		allowed = forPrivate
	}
	if err := u.within(allowed, "this key for "+p.Name); err != nil {
		return nil, err
	}
	var m *ecKey
	var err error
	switch {
	case format == Raw:
		m, err = parsePoint(p.Name, c, data.Bytes)
	case format == SPKI:
		m, err = parseECPublic(p, data.Bytes)
	case format == PKCS8:
		m, err = parseECPrivate(p, data.Bytes)
	default:
		m, err = readEC(p, data.JWK, extractable, u)
	}
	if err != nil {
		return nil, err
	}
	return m.key(p.Name, u), nil
}

// parsePoint reads a public key, compressed or not.
//
// Spec: SEC 1, section 2.3.4, https://www.secg.org/sec1-v2.pdf
func parsePoint(name string, c *curve, b []byte) (*ecKey, error) {
	if len(b) == 1+c.bytes && (b[0] == 2 || b[0] == 3) {
		x, y := elliptic.UnmarshalCompressed(c.points(), b)
		if x == nil {
			return nil, dataError("the key is no point on %s", c.name)
		}
		b = make([]byte, 1+2*c.bytes)
		b[0] = 4
		x.FillBytes(b[1 : 1+c.bytes])
		y.FillBytes(b[1+c.bytes:])
	}
	return publicEC(name, c, bytes.Clone(b))
}

func parseECPublic(p *Params, der []byte) (*ecKey, error) {
	parsed, err := parseSPKI(der)
	if err != nil {
		return nil, err
	}
	public, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return nil, dataError("the key is no key of an elliptic curve")
	}
	c := curveNamed(public.Params().Name)
	if c == nil || c.name != p.NamedCurve {
		return nil, otherCurve(public.Params().Name, p)
	}
	point, err := public.Bytes()
	if err != nil {
		return nil, dataError("the key is no point on %s", c.name)
	}
	return publicEC(p.Name, c, point)
}

func otherCurve(is string, p *Params) error {
	return dataError("the key is one of %s, not of %s", is, p.NamedCurve)
}

func parseECPrivate(p *Params, der []byte) (*ecKey, error) {
	parsed, err := parsePKCS8(der)
	if err != nil {
		return nil, err
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, dataError("the key is no key of an elliptic curve")
	}
	c := curveNamed(private.Params().Name)
	if c == nil || c.name != p.NamedCurve {
		return nil, otherCurve(private.Params().Name, p)
	}
	scalar, err := private.Bytes()
	if err != nil {
		return nil, dataError("the key is no private number for %s", c.name)
	}
	return privateEC(p.Name, c, scalar, nil)
}

// readEC reads a JWK.
func readEC(p *Params, j *JWK, extractable bool, u Usages) (*ecKey, error) {
	use := "enc"
	if p.Name == "ECDSA" {
		use = "sig"
	}
	if err := j.check("EC", use, extractable, u); err != nil {
		return nil, err
	}
	c := curveNamed(p.NamedCurve)
	if j.Text["crv"] != p.NamedCurve || c == nil {
		return nil, otherCurve(j.Text["crv"], p)
	}
	if p.Name == "ECDSA" {
		if err := j.checkAlg(c.alg); err != nil {
			return nil, err
		}
	}
	point := []byte{4}
	for _, member := range []string{"x", "y"} {
		b, err := j.octets(member, c.bytes)
		if err != nil {
			return nil, err
		}
		point = append(point, b...)
	}
	if !j.has("d") {
		return publicEC(p.Name, c, point)
	}
	scalar, err := j.octets("d", c.bytes)
	if err != nil {
		return nil, err
	}
	return privateEC(p.Name, c, scalar, point)
}

// Spec: https://w3c.github.io/webcrypto/#ecdsa-operations-export-key
func exportEC(k *Key, format Format) (KeyData, error) {
	m := k.material.(*ecKey)
	switch format {
	case Raw:
		return KeyData{Bytes: bytes.Clone(m.point)}, k.needType(Public, "the format raw")
	case SPKI:
		if m.verifying != nil {
			return exportSPKI(k, m.verifying)
		}
		return exportSPKI(k, m.peer)
	case PKCS8:
		if m.signing != nil {
			return exportPKCS8(k, m.signing)
		}
		return exportPKCS8(k, m.agreeing)
	}
	j := newJWK(k, "EC")
	j.Text["crv"] = m.curve.name
	j.set("x", m.point[1:1+m.curve.bytes])
	j.set("y", m.point[1+m.curve.bytes:])
	if m.scalar != nil {
		j.set("d", m.scalar)
	}
	return KeyData{JWK: j}, nil
}
