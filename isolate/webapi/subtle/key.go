package subtle

// KeyType tells secret keys from the two halves of a pair.
type KeyType string

// The types of keys.
const (
	Secret  KeyType = "secret"
	Public  KeyType = "public"
	Private KeyType = "private"
)

// Key is a key of one algorithm. It never changes.
type Key struct {
	Type        KeyType
	Extractable bool
	Algorithm   KeyAlgorithm
	Usages      Usages

	material any // []byte, *aesKey, *rsaKey, *ecKey or *okpKey
}

// KeyAlgorithm is what a key is for. Beside the name, only what the algorithm has is set.
//
// Spec: https://w3c.github.io/webcrypto/#key-algorithm-dictionary
type KeyAlgorithm struct {
	Name           string
	Length         int    // in bits: AES, HMAC
	Hash           Hash   // HMAC, RSA
	NamedCurve     string // ECDSA, ECDH
	ModulusLength  int    // in bits: RSA
	PublicExponent []byte // big-endian, without leading zeros: RSA
}

// Pair is what [Generate] makes: a secret key alone, or a public and a private one.
type Pair struct{ Secret, Public, Private *Key }

// allow says, with an InvalidAccessError, that k may not be used for an operation of the
// algorithm that name names.
func (k *Key) allow(name string, u Usages) error {
	if k.Algorithm.Name != name {
		return invalidAccess("the key is for %s, not for %s", k.Algorithm.Name, name)
	}
	if k.Usages&u == 0 {
		return invalidAccess("the key was not made to %s: its usages are %q", u.Names()[0], k.Usages.Names())
	}
	return nil
}

// needType says that only the other half of a pair can do that.
func (k *Key) needType(t KeyType, what string) error {
	if k.Type != t {
		return invalidAccess("%s needs the %s key, this is the %s key", what, t, k.Type)
	}
	return nil
}

// usable says that a key that nobody could use was asked for.
func (k *Key) usable() error {
	if k.Type != Public && k.Usages == 0 {
		return syntaxError("a %s key without usages is of no use; give it some", k.Type)
	}
	return nil
}
