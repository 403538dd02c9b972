package subtle

// Format is how a key is written down.
type Format string

// The formats of keys.
const (
	Raw        Format = "raw"
	SPKI       Format = "spki"  // a public key in DER
	PKCS8      Format = "pkcs8" // a private key in DER
	JSONWebKey Format = "jwk"
)

// FormatNamed returns the format of that name, and false if there is none.
func FormatNamed(name string) (Format, bool) {
	switch f := Format(name); f {
	case Raw, SPKI, PKCS8, JSONWebKey:
		return f, true
	}
	return "", false
}

// KeyData is a key as it is written down: JWK for [JSONWebKey], else Bytes.
type KeyData struct {
	Bytes []byte
	JWK   *JWK
}

// unfit says that an algorithm's keys are not written down like that.
func unfit(name string, f Format) error {
	return notSupported("a key for %s has no format %q", name, f)
}
