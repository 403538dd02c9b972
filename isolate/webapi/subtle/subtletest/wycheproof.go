package subtletest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/webapi/subtle"
)

// Table is a file of Wycheproof's, and what it is about.
type Table struct {
	File string // without _test.json
	rows func(g *group, t *vector) []Case
}

// Tables lists the tables of algorithms that the Web Cryptography API has. Of those that are
// shared, the others are about key wrapping with padding, hash functions of 224 bits or cut
// to 256, and RSA with two hash functions, none of which it has; and about JOSE, which
// package jose of npm does with it.
func Tables() []Table {
	tables := []Table{
		{"aes_cbc_pkcs5", aesCBC},
		{"aes_gcm", aesGCM},
		{"aes_wrap", aesWrap},
		{"ed25519", ed25519},
		{"x25519", x25519},
		{"x25519_jwk", x25519JWK},
	}
	for _, h := range []string{"1", "256", "384", "512"} {
		tables = append(tables,
			Table{"hmac_sha" + h, hmac("SHA-" + subtle.Hash(h))},
			Table{"hkdf_sha" + h, hkdf("SHA-" + subtle.Hash(h))},
			Table{"pbkdf2_hmacsha" + h, pbkdf2("SHA-" + subtle.Hash(h))})
	}
	for _, c := range []string{"256", "384", "521"} {
		tables = append(tables, Table{"ecdh_secp" + c + "r1_webcrypto", ecdh})
	}
	for _, name := range []string{"256r1_sha256", "256r1_sha512", "384r1_sha384", "384r1_sha512", "521r1_sha512"} {
		tables = append(tables, Table{"ecdsa_secp" + name + "_p1363", ecdsa})
	}
	for _, name := range []string{
		"2048_sha1_mgf1sha1", "2048_sha256_mgf1sha256", "2048_sha384_mgf1sha384", "2048_sha512_mgf1sha512",
		"3072_sha256_mgf1sha256", "3072_sha512_mgf1sha512", "4096_sha256_mgf1sha256", "4096_sha512_mgf1sha512",
	} {
		tables = append(tables, Table{"rsa_oaep_" + name, rsaOAEP})
	}
	for _, name := range []string{
		"2048_sha1_mgf1_20", "2048_sha256_mgf1_0", "2048_sha256_mgf1_32", "2048_sha384_mgf1_48", "3072_sha256_mgf1_32",
		"4096_sha256_mgf1_32", "4096_sha384_mgf1_48", "4096_sha512_mgf1_32", "4096_sha512_mgf1_64",
	} {
		tables = append(tables, Table{"rsa_pss_" + name, rsaPSS})
	}
	for _, bits := range []string{"2048", "3072", "4096"} {
		for _, h := range []string{"256", "384", "512"} {
			tables = append(tables, Table{"rsa_signature_" + bits + "_sha" + h, rsaPKCS1})
		}
	}
	return tables
}

// Cases reads the table. The tables are shared data: without SKERRY_SHARED the test is skipped.
func (table Table) Cases(t testing.TB) []Case {
	t.Helper()
	shared := os.Getenv("SKERRY_SHARED")
	if shared == "" {
		t.Skip("SKIPPED: Wycheproof's vectors did not run: SKERRY_SHARED, the folder of shared test data, is not set")
	}
	text, err := os.ReadFile(filepath.Join(shared, "vectors", "wycheproof", table.File+"_test.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ TestGroups []group }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	var cases []Case
	for i := range file.TestGroups {
		g := &file.TestGroups[i]
		for j := range g.Tests {
			v := &g.Tests[j]
			for k, c := range table.rows(g, v) {
				c.Name = fmt.Sprintf("%s %d.%d: %s %s", table.File, v.ID, k, v.Comment, strings.Join(v.Flags, " "))
				if c.Result == "" {
					c.Result = v.Result
				}
				cases = append(cases, c)
			}
		}
	}
	return cases
}

// group is a group of rows with what they share.
type group struct {
	TagSize         int // in bits
	SHA             subtle.Hash
	SLen            int
	Curve           string
	PublicKey       struct{ PK hexBytes }
	PublicKeyDER    hexBytes
	PublicKeyJWK    map[string]any
	PrivateKeyPKCS8 hexBytes
	PrivateKeyJWK   map[string]any
	KeyJWK          map[string]any
	Tests           []vector
}

// vector is a row. Public and Private are hexadecimal bytes or a JWK.
type vector struct {
	ID                    int `json:"tcId"`
	Comment, Result       string
	Flags                 []string
	Key, IV, AAD, Msg, CT hexBytes
	Tag, Sig, Label, IKM  hexBytes
	Salt, Info, OKM, DK   hexBytes
	Password, Shared      hexBytes
	Size, IterationCount  int
	DKLen                 int
	Public, Private       json.RawMessage
}

// hexBytes is bytes that JSON has as hexadecimal digits. What is none stays empty: some rows
// have a JWK where others have bytes.
type hexBytes []byte

func (h *hexBytes) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	b, err := hex.DecodeString(s)
	*h = b
	return err
}

// jwk reads a JWK: its members that are strings.
func jwk(v any) map[string]string {
	if text, ok := v.(json.RawMessage); ok {
		var parsed map[string]any
		if json.Unmarshal(text, &parsed) != nil {
			return nil
		}
		v = parsed
	}
	out := make(map[string]string)
	for name, value := range v.(map[string]any) {
		if s, ok := value.(string); ok && name != "kid" {
			out[name] = s
		}
	}
	return out
}

func raw(p subtle.Params, b []byte, u subtle.Usages) Key {
	return Key{Format: subtle.Raw, Bytes: b, Params: p, Usages: u}
}

func jwkKey(p subtle.Params, j map[string]string, u subtle.Usages) Key {
	return Key{Format: subtle.JSONWebKey, JWK: j, Params: p, Usages: u}
}

// both are a case that decrypts and, if that must succeed, one that encrypts.
func both(c Case, v *vector, ciphertext []byte) []Case {
	c.Key.Usages = subtle.UseEncrypt | subtle.UseDecrypt
	c.Do, c.Data, c.Want = Decrypt, ciphertext, v.Msg
	if v.Result != "valid" {
		return []Case{c}
	}
	e := c
	e.Do, e.Data, e.Want = Encrypt, v.Msg, ciphertext
	return []Case{c, e}
}

func aesCBC(_ *group, v *vector) []Case {
	p := subtle.Params{Name: "AES-CBC", IV: v.IV}
	return both(Case{Key: raw(p, v.Key, 0), Params: p}, v, v.CT)
}

func aesGCM(g *group, v *vector) []Case {
	p := subtle.Params{Name: "AES-GCM", IV: v.IV, AdditionalData: v.AAD, TagLength: g.TagSize, TagLengthGiven: true}
	return both(Case{Key: raw(p, v.Key, 0), Params: p}, v, append(append([]byte(nil), v.CT...), v.Tag...))
}

func aesWrap(_ *group, v *vector) []Case {
	p := subtle.Params{Name: "AES-KW"}
	return []Case{{Do: Unwrap, Key: raw(p, v.Key, subtle.UseUnwrapKey), Params: p, Data: v.CT, Want: v.Msg}}
}

func ed25519(g *group, v *vector) []Case {
	p := subtle.Params{Name: "Ed25519"}
	c := Case{Do: Verify, Params: p, Data: v.Msg, Proof: v.Sig}
	return publics(c, raw(p, g.PublicKey.PK, subtle.UseVerify), g.PublicKeyDER, g.PublicKeyJWK)
}

// publics are cases of c with each of the forms that its key is given in.
func publics(c Case, key Key, der []byte, j map[string]any) []Case {
	var cases []Case
	if key.Bytes != nil {
		c.Key = key
		cases = append(cases, c)
	}
	if der != nil {
		c.Key = Key{Format: subtle.SPKI, Bytes: der, Params: key.Params, Usages: subtle.UseVerify}
		cases = append(cases, c)
	}
	if j != nil {
		c.Key = jwkKey(key.Params, jwk(j), subtle.UseVerify)
		cases = append(cases, c)
	}
	return cases
}

func x25519(_ *group, v *vector) []Case {
	p := subtle.Params{Name: "X25519"}
	var public, private hexBytes
	if json.Unmarshal(v.Public, &public) != nil || json.Unmarshal(v.Private, &private) != nil {
		return nil
	}
	// PrivateKeyInfo of version 0, with the algorithm 1.3.101.110 and an octet string in an
	// octet string.
	pkcs8, _ := hex.DecodeString("302e020100300506032b656e04220420")
	peer := raw(p, public, 0)
	return []Case{{
		Do: DeriveBits, Params: p, Bits: 256, Want: v.Shared, Peer: &peer,
		Key: Key{Format: subtle.PKCS8, Bytes: append(pkcs8, private...), Params: p, Usages: subtle.UseDeriveBits},
	}}
}

func x25519JWK(_ *group, v *vector) []Case { return agreement(subtle.Params{Name: "X25519"}, v) }

func ecdh(g *group, v *vector) []Case {
	return agreement(subtle.Params{Name: "ECDH", NamedCurve: g.Curve}, v)
}

func agreement(p subtle.Params, v *vector) []Case {
	peer := jwkKey(p, jwk(v.Public), 0)
	return []Case{{
		Do: DeriveBits, Params: p, Bits: subtle.NoLength, Want: v.Shared, Peer: &peer,
		Key: jwkKey(p, jwk(v.Private), subtle.UseDeriveBits),
	}}
}

// hmac checks a tag, and what is a part of one by signing.
func hmac(h subtle.Hash) func(*group, *vector) []Case {
	return func(g *group, v *vector) []Case {
		p := subtle.Params{Name: "HMAC", Hash: h}
		c := Case{Do: Verify, Key: raw(p, v.Key, subtle.UseVerify), Params: p, Data: v.Msg, Proof: v.Tag}
		if g.TagSize < 8*h.Size() {
			c.Do, c.Key.Usages, c.Want = Prefix, subtle.UseSign, v.Tag
		}
		return []Case{c}
	}
}

func hkdf(h subtle.Hash) func(*group, *vector) []Case {
	return func(_ *group, v *vector) []Case {
		p := subtle.Params{Name: "HKDF", Hash: h, Salt: v.Salt, Info: v.Info}
		return []Case{{Do: DeriveBits, Key: raw(p, v.IKM, subtle.UseDeriveBits), Params: p, Bits: 8 * v.Size, Want: v.OKM}}
	}
}

func pbkdf2(h subtle.Hash) func(*group, *vector) []Case {
	return func(_ *group, v *vector) []Case {
		p := subtle.Params{Name: "PBKDF2", Hash: h, Salt: v.Salt, Iterations: v.IterationCount}
		return []Case{{Do: DeriveBits, Key: raw(p, v.Password, subtle.UseDeriveBits), Params: p, Bits: 8 * v.DKLen, Want: v.DK}}
	}
}

func ecdsa(g *group, v *vector) []Case {
	p := subtle.Params{Name: "ECDSA", Hash: g.SHA}
	for _, c := range []string{"P-256", "P-384", "P-521"} {
		if g.PublicKeyJWK["crv"] == c {
			p.NamedCurve = c
		}
	}
	if p.NamedCurve == "" { // a group without a JWK tells the curve in DER alone
		p.NamedCurve = map[int]string{91: "P-256", 120: "P-384", 158: "P-521"}[len(g.PublicKeyDER)]
	}
	if v.ID%4 != 0 && g.PublicKeyJWK != nil { // one form of a key does for most
		g = &group{PublicKeyJWK: g.PublicKeyJWK}
	}
	return publics(Case{Do: Verify, Params: p, Data: v.Msg, Proof: v.Sig}, Key{Params: p}, g.PublicKeyDER, g.PublicKeyJWK)
}

func rsaOAEP(g *group, v *vector) []Case {
	p := subtle.Params{Name: "RSA-OAEP", Hash: g.SHA, Label: v.Label}
	c := Case{Do: Decrypt, Params: p, Data: v.CT, Want: v.Msg}
	c.Key = Key{Format: subtle.PKCS8, Bytes: g.PrivateKeyPKCS8, Params: p, Usages: subtle.UseDecrypt}
	cases := []Case{c}
	if g.PrivateKeyJWK != nil && v.ID%5 == 0 {
		c.Key = jwkKey(p, jwk(g.PrivateKeyJWK), subtle.UseDecrypt)
		cases = append(cases, c)
	}
	return cases
}

func rsaPSS(g *group, v *vector) []Case {
	p := subtle.Params{Name: "RSA-PSS", Hash: g.SHA, SaltLength: g.SLen}
	return publics(Case{Do: Verify, Params: p, Data: v.Msg, Proof: v.Sig}, Key{Params: p}, g.PublicKeyDER, g.PublicKeyJWK)
}

func rsaPKCS1(g *group, v *vector) []Case {
	p := subtle.Params{Name: "RSASSA-PKCS1-v1_5", Hash: g.SHA}
	return publics(Case{Do: Verify, Params: p, Data: v.Msg, Proof: v.Sig}, Key{Params: p}, g.PublicKeyDER, g.KeyJWK)
}
