package subtle

import (
	"context"
	"crypto/rsa"
	"math/big"
	"strings"
)

const (
	rsaBitsMin    = 1024 // of a key that is imported
	rsaBitsMax    = 4096
	rsaNewBitsMin = 2048 // of a key that is made
)

// rsaKey is a key of one of the RSA algorithms.
type rsaKey struct {
	public  *rsa.PublicKey
	private *rsa.PrivateKey // nil: the public half
}

// rsaUsages is what the halves of a pair can be used for.
func rsaUsages(name string) (public, private Usages) {
	if name == "RSA-OAEP" {
		return UseEncrypt | UseWrapKey, UseDecrypt | UseUnwrapKey
	}
	return UseVerify, UseSign
}

// newRSA makes a key; it must be within what this package takes.
func newRSA(p *Params, m *rsaKey, u Usages) (*Key, error) {
	bits := m.public.N.BitLen()
	if bits < rsaBitsMin || bits > rsaBitsMax {
		return nil, dataError("an RSA key has %d to %d bits, not %d", rsaBitsMin, rsaBitsMax, bits)
	}
	if m.public.N.Bit(0) == 0 || m.public.E < 3 || m.public.E%2 == 0 || m.public.E > 1<<31-1 {
		return nil, dataError("an RSA key has an odd modulus and an odd exponent from 3 to 2^31-1")
	}
	k := &Key{Type: Public, Extractable: true, Usages: u, material: m, Algorithm: KeyAlgorithm{
		Name:           p.Name,
		Hash:           p.Hash,
		ModulusLength:  bits,
		PublicExponent: big.NewInt(int64(m.public.E)).Bytes(),
	}}
	if m.private != nil {
		k.Type = Private
	}
	return k, nil
}

// Spec: https://w3c.github.io/webcrypto/#rsa-pss-operations-generate-key
func generateRSA(ctx context.Context, p *Params, extractable bool, u Usages) (Pair, error) {
	forPublic, forPrivate := rsaUsages(p.Name)
	if err := u.within(forPublic|forPrivate, "a pair of keys for "+p.Name); err != nil {
		return Pair{}, err
	}
	if p.ModulusLength < rsaNewBitsMin || p.ModulusLength > rsaBitsMax || p.ModulusLength%8 != 0 {
		return Pair{}, operationError("a new RSA key has %d to %d bits, a multiple of 8, not %d", rsaNewBitsMin, rsaBitsMax, p.ModulusLength)
	}
	if new(big.Int).SetBytes(p.PublicExponent).Cmp(big.NewInt(rsaExponent)) != 0 {
		return Pair{}, operationError("a new RSA key has the publicExponent 65537, which is new Uint8Array([1, 0, 1])")
	}
	if u&forPrivate == 0 {
		return Pair{}, (&Key{Type: Private}).usable()
	}
	private, err := makeRSA(ctx, p.ModulusLength)
	if err != nil {
		return Pair{}, err
	}
	m := &rsaKey{public: &private.PublicKey, private: private}
	var pair Pair
	if pair.Public, err = newRSA(p, &rsaKey{public: m.public}, u&forPublic); err != nil {
		return Pair{}, err
	}
	if pair.Private, err = newRSA(p, m, u&forPrivate); err != nil {
		return Pair{}, err
	}
	pair.Private.Extractable = extractable
	return pair, nil
}

// Spec: https://w3c.github.io/webcrypto/#rsa-pss-operations-import-key
func importRSA(p *Params, format Format, data KeyData, extractable bool, u Usages) (*Key, error) {
	forPublic, forPrivate := rsaUsages(p.Name)
	allowed := forPublic
	if format == PKCS8 || format == JSONWebKey && data.JWK.has("d") {
		allowed = forPrivate
	}
	var m *rsaKey
	var err error
	switch format {
	case SPKI, PKCS8, JSONWebKey:
		if err := u.within(allowed, "this key for "+p.Name); err != nil {
			return nil, err
		}
	}
	switch format {
	case SPKI:
		m, err = parseRSAPublic(data.Bytes)
	case PKCS8:
		m, err = parseRSAPrivate(data.Bytes)
	case JSONWebKey:
		m, err = readRSA(p, data.JWK, extractable, u)
	default:
		return nil, unfit(p.Name, format)
	}
	if err != nil {
		return nil, err
	}
	return newRSA(p, m, u)
}

func parseRSAPublic(der []byte) (*rsaKey, error) {
	parsed, err := parseSPKI(der)
	if err != nil {
		return nil, err
	}
	public, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, dataError("the key is no RSA key")
	}
	return &rsaKey{public: public}, nil
}

func parseRSAPrivate(der []byte) (*rsaKey, error) {
	parsed, err := parsePKCS8(der)
	if err != nil {
		return nil, err
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, dataError("the key is no RSA key")
	}
	if len(private.Primes) != 2 || private.Precomputed.Dp == nil {
		return nil, dataError("an RSA key has two primes here")
	}
	return &rsaKey{public: &private.PublicKey, private: private}, nil
}

// rsaAlg is what a JWK calls a key for one of the RSA algorithms with h.
func rsaAlg(name string, h Hash) string {
	switch {
	case name == "RSA-PSS":
		return "PS" + h.digits()
	case name != "RSA-OAEP":
		return "RS" + h.digits()
	case h == SHA1:
		return "RSA-OAEP"
	}
	return "RSA-OAEP-" + h.digits()
}

// readRSA reads a JWK.
func readRSA(p *Params, j *JWK, extractable bool, u Usages) (*rsaKey, error) {
	use := "sig"
	if p.Name == "RSA-OAEP" {
		use = "enc"
	}
	if err := j.check("RSA", use, extractable, u); err != nil {
		return nil, err
	}
	if err := j.checkAlg(rsaAlg(p.Name, p.Hash)); err != nil {
		return nil, err
	}
	n, err := j.number("n")
	if err != nil {
		return nil, err
	}
	e, err := j.number("e")
	if err != nil {
		return nil, err
	}
	if e.BitLen() > 31 {
		return nil, dataError("an RSA key has an exponent of at most 31 bits")
	}
	public := rsa.PublicKey{N: n, E: int(e.Int64())}
	if !j.has("d") {
		return &rsaKey{public: &public}, nil
	}
	private, err := readRSAPrivate(j, public)
	if err != nil {
		return nil, err
	}
	return &rsaKey{public: &private.PublicKey, private: private}, nil
}

// readRSAPrivate reads the private members of a JWK, of which all must be there.
func readRSAPrivate(j *JWK, public rsa.PublicKey) (*rsa.PrivateKey, error) {
	if j.Oth {
		return nil, notSupported("an RSA key of more than two primes can't be used")
	}
	var v [6]*big.Int
	for i, member := range []string{"d", "p", "q", "dp", "dq", "qi"} {
		var err error
		if v[i], err = j.number(member); err != nil {
			return nil, err
		}
	}
	k := &rsa.PrivateKey{PublicKey: public, D: v[0], Primes: []*big.Int{v[1], v[2]}}
	if err := k.Validate(); err != nil {
		return nil, dataError("the parts of the RSA key do not fit: %s", strings.TrimPrefix(err.Error(), "crypto/rsa: "))
	}
	k.Precompute()
	if c := k.Precomputed; c.Dp == nil || c.Dp.Cmp(v[3]) != 0 || c.Dq.Cmp(v[4]) != 0 || c.Qinv.Cmp(v[5]) != 0 {
		return nil, dataError("the parts of the RSA key do not fit: dp, dq or qi is wrong")
	}
	return k, nil
}

// number reads a member that is a positive number, and no longer than any that a key may have.
func (j *JWK) number(member string) (*big.Int, error) {
	b, err := j.bytes(member)
	if err != nil {
		return nil, err
	}
	if n := new(big.Int).SetBytes(b); len(b) <= 2*rsaBitsMax/8 && n.Sign() > 0 {
		return n, nil
	}
	return nil, dataError("the JWK's %q is no number that an RSA key of at most %d bits has", member, rsaBitsMax)
}

// Spec: https://w3c.github.io/webcrypto/#rsa-pss-operations-export-key
func exportRSA(k *Key, format Format) (KeyData, error) {
	m := k.material.(*rsaKey)
	switch format {
	case SPKI:
		return exportSPKI(k, m.public)
	case PKCS8:
		return exportPKCS8(k, m.private)
	case JSONWebKey:
		j := newJWK(k, "RSA")
		j.Text["alg"] = rsaAlg(k.Algorithm.Name, k.Algorithm.Hash)
		j.set("n", m.public.N.Bytes())
		j.set("e", big.NewInt(int64(m.public.E)).Bytes())
		if p := m.private; p != nil {
			j.set("d", p.D.Bytes())
			j.set("p", p.Primes[0].Bytes())
			j.set("q", p.Primes[1].Bytes())
			j.set("dp", p.Precomputed.Dp.Bytes())
			j.set("dq", p.Precomputed.Dq.Bytes())
			j.set("qi", p.Precomputed.Qinv.Bytes())
		}
		return KeyData{JWK: j}, nil
	}
	return KeyData{}, unfit(k.Algorithm.Name, format)
}
