package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skerry-edge/skerry/bundles"
)

// Conditions that a caller may act on, wrapped with what was being tried. A store that
// stands on a kv.Store also passes on kv.ErrUnavailable.
var (
	// ErrNotFound says that no bundle has this digest here.
	ErrNotFound = errors.New("bundle not found")
	// ErrMismatch says that the bytes given to Put are not those that the digest names.
	ErrMismatch = errors.New("bytes do not have the digest they were given with")
	// ErrCorrupt says that what is kept is not what was put. A Local has set the file
	// aside, and any Store takes the same bundle again.
	ErrCorrupt = errors.New("bundle is corrupt")
	// ErrFull says that there is no room; nothing was changed.
	ErrFull = errors.New("no space left for bundles")
	// ErrTooLarge says that the bundle has more than bundles.EncodedBytesMax bytes. The
	// error is a *bundles.SizeError too.
	ErrTooLarge = errors.New("the store takes no such bundle")
)

// Store keeps bundles by digest. All methods are safe for concurrent use and return ctx's
// error if ctx ends first.
type Store interface {
	// Put keeps data under d. When it returns nil, data is as durable as the store is,
	// and whole; before, it is not there at all. Putting a bundle that is there already
	// writes it anew, which mends a damaged one, and makes it young in the eyes of Sweep.
	// It does not keep data. It returns ErrMismatch, ErrTooLarge or ErrFull.
	Put(ctx context.Context, d bundles.Digest, data []byte) error

	// Get returns the bytes that d names, verified, and the caller's to keep. It returns
	// ErrNotFound or ErrCorrupt.
	Get(ctx context.Context, d bundles.Digest) ([]byte, error)

	// Sweep removes the bundles that keep says no to, unless they were put less than
	// grace ago, and what pushes that never ended have left behind. A bundle that is put
	// while Sweep runs stays. What was removed is counted even when an error ends it.
	Sweep(ctx context.Context, keep func(bundles.Digest) bool, grace time.Duration) (Swept, error)
}

// Swept counts what a Sweep removed.
type Swept struct {
	Bundles int
	Bytes   int64
}

func (s Swept) add(t Swept) Swept {
	return Swept{Bundles: s.Bundles + t.Bundles, Bytes: s.Bytes + t.Bytes}
}

// checkPut says why data may not be put under d.
func checkPut(d bundles.Digest, data []byte) error {
	if _, err := bundles.ParseDigest(string(d)); err != nil {
		return fmt.Errorf("put bundle: %w", err)
	}
	if len(data) > bundles.EncodedBytesMax {
		size := &bundles.SizeError{What: "the bundle", Bytes: len(data), BytesMax: bundles.EncodedBytesMax}
		return fmt.Errorf("put bundle %s: %w: %w", d, ErrTooLarge, size)
	}
	if got := bundles.DigestOf(data); got != d {
		return fmt.Errorf("put bundle %s: %w: theirs is %s", d, ErrMismatch, got)
	}
	return nil
}
