// Package subtle is the cryptography behind crypto.subtle: algorithms, keys and their
// formats, without any JavaScript.
//
// A [Key] is made by [Generate], [Import], [DeriveKey] or [Unwrap] and never changes. [Params] say
// which algorithm an operation uses and how: what the Web Cryptography API calls a
// normalized algorithm. Which key may do what, and which error says so, follows that
// standard; the mathematics is the standard library's, but for a few things that it does not
// offer:
//
//   - AES-KW, and GCM tags under 96 bits, from its AES;
//   - CTR mode with a counter of less than 128 bits;
//   - RSA-PSS without a salt (emsapss.go);
//   - PBKDF2 and the search for RSA primes, which must stop when their context ends.
//
// Keys and parameters may be shared: functions of this package may be called by many
// goroutines at once.
//
// # Time
//
// [Cost] estimates what an operation takes, so that the caller can do it on the spot or
// elsewhere. One that can take more than some ten milliseconds looks at its context on the way.
//
// # Limits
//
// RSA keys have 1024 to 4096 bits, new ones at least 2048 and the exponent 65537. PBKDF2 does
// at most a million iterations. A key for it, for HKDF or HMAC has at most 1 MiB, one in a DER
// format 8 KiB.
//
// # Errors
//
// Every error is an [*Error] with the name of a DOMException, or the context's.
//
// Spec: https://w3c.github.io/webcrypto/
package subtle
