package subtle

import (
	"context"
)

// Operation is one of those that an algorithm may have.
type Operation int

// The operations.
const (
	OpEncrypt Operation = iota
	OpDecrypt
	OpSign
	OpVerify
	OpDigest
	OpDeriveBits
	OpWrapKey
	OpUnwrapKey
	OpGenerateKey
	OpImportKey
	OpExportKey
	OpKeyLength
)

// algorithm is what one algorithm can do; what is nil it can't.
type algorithm struct {
	name       string
	encrypt    func(dst []byte, p *Params, k *Key, data []byte) ([]byte, error)
	decrypt    func(dst []byte, p *Params, k *Key, data []byte) ([]byte, error)
	wrap       func(k *Key, data []byte) ([]byte, error)
	unwrap     func(k *Key, data []byte) ([]byte, error)
	sign       func(ctx context.Context, p *Params, k *Key, data []byte) ([]byte, error)
	verify     func(ctx context.Context, p *Params, k *Key, signature, data []byte) (bool, error)
	deriveBits func(ctx context.Context, p *Params, k *Key, bits int) ([]byte, error)
	keyLength  func(p *Params) (bits int, err error)
	generate   func(ctx context.Context, p *Params, extractable bool, u Usages) (Pair, error)
	importKey  func(p *Params, format Format, data KeyData, extractable bool, u Usages) (*Key, error)
	exportKey  func(k *Key, format Format) (KeyData, error)
	hash       Hash // of an algorithm that is a hash function
}

// algorithms is every algorithm there is.
var algorithms = [...]algorithm{
	{name: "SHA-1", hash: SHA1},
	{name: "SHA-256", hash: SHA256},
	{name: "SHA-384", hash: SHA384},
	{name: "SHA-512", hash: SHA512},
	{
		name: "AES-CBC", encrypt: encryptCBC, decrypt: decryptCBC,
		keyLength: aesKeyLength, generate: generateAES, importKey: importAES, exportKey: exportSecret,
	},
	{
		name: "AES-CTR", encrypt: cryptCTR, decrypt: cryptCTR,
		keyLength: aesKeyLength, generate: generateAES, importKey: importAES, exportKey: exportSecret,
	},
	{
		name: "AES-GCM", encrypt: encryptGCM, decrypt: decryptGCM,
		keyLength: aesKeyLength, generate: generateAES, importKey: importAES, exportKey: exportSecret,
	},
	{
		name: "AES-KW", wrap: wrapKW, unwrap: unwrapKW,
		keyLength: aesKeyLength, generate: generateAES, importKey: importAES, exportKey: exportSecret,
	},
	{
		name: "HMAC", sign: signHMAC, verify: verifyHMAC,
		keyLength: hmacKeyLength, generate: generateHMAC, importKey: importHMAC, exportKey: exportSecret,
	},
	{
		name: "RSASSA-PKCS1-v1_5", sign: signPKCS1, verify: verifyPKCS1,
		generate: generateRSA, importKey: importRSA, exportKey: exportRSA,
	},
	{
		name: "RSA-PSS", sign: signPSS, verify: verifyPSS,
		generate: generateRSA, importKey: importRSA, exportKey: exportRSA,
	},
	{
		name: "RSA-OAEP", encrypt: encryptOAEP, decrypt: decryptOAEP,
		generate: generateRSA, importKey: importRSA, exportKey: exportRSA,
	},
	{
		name: "ECDSA", sign: signECDSA, verify: verifyECDSA,
		generate: generateEC, importKey: importEC, exportKey: exportEC,
	},
	{
		name: "ECDH", deriveBits: deriveECDH,
		generate: generateEC, importKey: importEC, exportKey: exportEC,
	},
	{
		name: "Ed25519", sign: signEd25519, verify: verifyEd25519,
		generate: generateOKP, importKey: importOKP, exportKey: exportOKP,
	},
	{
		name: "X25519", deriveBits: deriveX25519,
		generate: generateOKP, importKey: importOKP, exportKey: exportOKP,
	},
	{name: "HKDF", deriveBits: deriveHKDF, keyLength: noKeyLength, importKey: importSecret},
	{name: "PBKDF2", deriveBits: derivePBKDF2, keyLength: noKeyLength, importKey: importSecret},
}

// can says whether a has op.
func (a *algorithm) can(op Operation) bool {
	switch op {
	case OpEncrypt:
		return a.encrypt != nil
	case OpDecrypt:
		return a.decrypt != nil
	case OpSign:
		return a.sign != nil
	case OpVerify:
		return a.verify != nil
	case OpDigest:
		return a.hash != ""
	case OpDeriveBits:
		return a.deriveBits != nil
	case OpWrapKey:
		return a.wrap != nil
	case OpUnwrapKey:
		return a.unwrap != nil
	case OpGenerateKey:
		return a.generate != nil
	case OpImportKey:
		return a.importKey != nil
	case OpExportKey:
		return a.exportKey != nil
	case OpKeyLength:
		return a.keyLength != nil
	}
	return false
}

// Supports says whether the algorithm that name names, in any case, has op, and returns the
// name as it is written.
func Supports(op Operation, name string) (canonical string, ok bool) {
	for i := range algorithms {
		if a := &algorithms[i]; equalASCII(a.name, name) {
			return a.name, a.can(op)
		}
	}
	return "", false
}

// equalASCII compares without regard to the case of letters from A to Z.
func equalASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	lower := func(c byte) byte {
		if 'A' <= c && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// find returns the algorithm of that name, with a NotSupportedError if it has not op.
func find(op Operation, name string) (*algorithm, error) {
	for i := range algorithms {
		if a := &algorithms[i]; a.name == name && a.can(op) {
			return a, nil
		}
	}
	return nil, notSupported("%q is no algorithm for this", name)
}
