package subtle

import (
	"crypto/ecdh"
	"crypto/elliptic"
)

// curve is one of the curves that ECDSA and ECDH know.
type curve struct {
	name    string // in key algorithms and in JWK
	bytes   int    // of a coordinate and of a private number
	alg     string // what a JWK calls an ECDSA key
	points  func() elliptic.Curve
	secrets func() ecdh.Curve
}

var curves = [...]curve{
	{"P-256", 32, "ES256", elliptic.P256, ecdh.P256},
	{"P-384", 48, "ES384", elliptic.P384, ecdh.P384},
	{"P-521", 66, "ES512", elliptic.P521, ecdh.P521},
}

// curveNamed returns the curve of that name, nil if there is none.
func curveNamed(name string) *curve {
	for i := range curves {
		if curves[i].name == name {
			return &curves[i]
		}
	}
	return nil
}
