package bundles

// Digest names a bundle: 64 lower-case hexadecimal digits, the SHA-256 of its encoding.
type Digest string
