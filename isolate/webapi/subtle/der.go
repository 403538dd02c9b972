package subtle

import (
	"crypto/x509"
	"encoding/asn1"
)

// derBytesMax is more than any key that this package takes has in DER.
const derBytesMax = 8 << 10

// parseSPKI reads a public key in DER.
//
// Spec: https://www.rfc-editor.org/rfc/rfc5280#section-4.1
func parseSPKI(der []byte) (any, error) {
	if err := oneValue(der); err != nil {
		return nil, err
	}
	k, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, dataError("the key is no SubjectPublicKeyInfo of a known algorithm in DER")
	}
	return k, nil
}

// parsePKCS8 reads a private key in DER.
//
// Spec: https://www.rfc-editor.org/rfc/rfc5208#section-5
func parsePKCS8(der []byte) (any, error) {
	if err := oneValue(der); err != nil {
		return nil, err
	}
	k, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, dataError("the key is no PrivateKeyInfo of a known algorithm in DER")
	}
	return k, nil
}

// oneValue holds that der is one value and nothing more, which the standard library passes
// over in places.
func oneValue(der []byte) error {
	if len(der) > derBytesMax {
		return dataError("the key has %d bytes, and no key in DER has more than %d here", len(der), derBytesMax)
	}
	var v asn1.RawValue
	rest, err := asn1.Unmarshal(der, &v)
	if err != nil {
		return dataError("the key is not in DER")
	}
	if len(rest) > 0 {
		return dataError("there are %d bytes after the key", len(rest))
	}
	return nil
}

// exportSPKI writes the public key of k down.
func exportSPKI(k *Key, public any) (KeyData, error) {
	if err := k.needType(Public, "the format spki"); err != nil {
		return KeyData{}, err
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return KeyData{}, operationError("spki: %v", err)
	}
	return KeyData{Bytes: der}, nil
}

// exportPKCS8 writes the private key of k down.
func exportPKCS8(k *Key, private any) (KeyData, error) {
	if err := k.needType(Private, "the format pkcs8"); err != nil {
		return KeyData{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return KeyData{}, operationError("pkcs8: %v", err)
	}
	return KeyData{Bytes: der}, nil
}
