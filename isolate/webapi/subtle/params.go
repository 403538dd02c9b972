package subtle

// Params are a normalized algorithm: which one, and what an operation of it needs. The bytes
// are not changed and not kept.
//
// Spec: https://w3c.github.io/webcrypto/#algorithm-normalization
type Params struct {
	Name           string // as [Supports] returns it
	Hash           Hash
	IV             []byte // AES-CBC, AES-GCM
	Counter        []byte // AES-CTR
	AdditionalData []byte // AES-GCM
	Label          []byte // RSA-OAEP
	Salt           []byte // HKDF, PBKDF2
	Info           []byte // HKDF
	PublicExponent []byte // RSA, big-endian
	Length         int    // of a key or a counter, in bits; 0 unless Given
	LengthGiven    bool
	TagLength      int // AES-GCM, in bits
	TagLengthGiven bool
	SaltLength     int // RSA-PSS, in bytes
	Iterations     int // PBKDF2
	ModulusLength  int // RSA, in bits
	NamedCurve     string
	Public         *Key // ECDH, X25519: the other side's
}
