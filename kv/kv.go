// Package kv is the one door to shared state: namespaces of keys, each with a value,
// metadata, an expiry and a version.
//
// A [Store] does what every backend can do. What only some can do are further small
// interfaces, [Swapper], [Counter] and [Asker], that a caller asks for by type assertion. The
// backends are the subpackages bolt (one file on this node's disk), redis (shared by
// many nodes) and memory (tests and throw-away nodes); kvtest proves that all of them
// behave alike.
//
// # Names
//
// A namespace and a key are each 1 to 512 bytes, any bytes: neither needs to be UTF-8, and
// no character in them means anything. Keys sort by their bytes, which for UTF-8 is the
// order of code points.
//
// # Consistency
//
// One store, one primary: a write that returned nil is seen by every later read through
// any node on the same store, and operations on one key are linearizable. What a write
// that returned nil survives is said by each backend's Open.
package kv

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Limits of what a store accepts, the same for every backend.
const (
	KeyBytesMax       = 512
	NamespaceBytesMax = 512
	ValueBytesMax     = 25 << 20
	MetadataBytesMax  = 1024
	ListLimitMax      = 1000
)

// Conditions that a caller may act on. Backends wrap them with what was being tried.
var (
	// ErrNotFound says that the key is absent or expired.
	ErrNotFound = errors.New("kv: key not found")
	// ErrConflict says that the key's version is not the one that was expected.
	ErrConflict = errors.New("kv: version conflict")
	// ErrNotInteger says that a counter's key holds something that is not a decimal int64.
	ErrNotInteger = errors.New("kv: value is not an integer")
	// ErrOverflow says that a counter would leave the range of int64; nothing was changed.
	ErrOverflow = errors.New("kv: counter overflow")
	// ErrUnavailable says that the backend could not be reached, refuses to work, or did
	// not answer in time.
	ErrUnavailable = errors.New("kv: store unavailable")
	// ErrFull says that the backend has no room; nothing was changed.
	ErrFull = errors.New("kv: no space left in store")
	// ErrCorrupt says that what is stored under the key is not what was written.
	ErrCorrupt = errors.New("kv: corrupt entry")
)

// InvalidError says which argument of a call breaks which limit.
type InvalidError struct {
	Field  string // "key", "namespace", "value", "metadata", "limit", "prefix", "cursor", "expiry"
	Reason string // "is 600 bytes long, more than the 512 allowed"
}

func (e *InvalidError) Error() string { return fmt.Sprintf("kv: %s %s", e.Field, e.Reason) }

// Version names one write of one key. It is opaque: versions can be compared for
// equality only, and a key that was deleted and written again gets a version it never
// had. The empty Version stands for "the key is absent".
type Version string

// Entry is what a key holds.
type Entry struct {
	Value     []byte    // never nil when returned
	Metadata  []byte    // JSON text; nil or empty: none, which is returned as nil
	ExpiresAt time.Time // zero: never. Kept to the millisecond, rounded down; returned in UTC
	Version   Version   // set by the store; ignored when writing
}

// Store is what every backend does. All methods are safe for concurrent use, take what
// they need from their arguments before they return, and give the caller what they
// return. Each returns an *InvalidError for arguments past the limits above,
// ErrUnavailable when the backend is out of reach, and ctx's error if ctx ends first;
// after one of the latter two, whether a write took effect is unknown.
type Store interface {
	// Get returns what key holds in namespace ns, or ErrNotFound.
	Get(ctx context.Context, ns, key string) (Entry, error)

	// Put writes e under key, replacing what was there, and returns its new version.
	// An ExpiresAt that is not in the future leaves the key absent, and the version empty.
	Put(ctx context.Context, ns, key string, e Entry) (Version, error)

	// Delete makes key absent. A key that is absent already is no error.
	Delete(ctx context.Context, ns, key string) error

	// List returns the keys of ns in order, a page at a time.
	List(ctx context.Context, ns string, q Query) (Page, error)
}

// Query selects keys for List.
type Query struct {
	Prefix string // empty: all keys
	Cursor string // Page.Cursor of the page before, with the same Prefix; empty: from the start
	Limit  int    // 1 to ListLimitMax; 0: ListLimitMax
}

// Page is a part of a namespace's keys, in order. A page may be shorter than the limit,
// even empty, without being the last. While others write, a key that exists during the
// whole listing is returned exactly once. An entry that is corrupt fails the page.
type Page struct {
	Keys   []Key
	Cursor string // where the next page starts; empty: this is the last page
}

// Key is one line of a listing.
type Key struct {
	Name      string
	Metadata  []byte    // JSON text; nil: none
	ExpiresAt time.Time // zero: never
	Version   Version
}

// Swapper is the ability to write only if nobody else has.
type Swapper interface {
	// Swap writes e under key if the key's version is old, and returns the new version;
	// otherwise it returns ErrConflict and changes nothing. An empty old asks for the
	// key to be absent. As with Put, an ExpiresAt that is not in the future leaves it
	// absent: that is how to delete a key only if nobody has changed it.
	Swap(ctx context.Context, ns, key string, old Version, e Entry) (Version, error)
}

// Counter is the ability to add to a number without a lost update.
type Counter interface {
	// Add adds delta to the decimal int64 that key holds, an absent key counting as 0,
	// and returns the sum. Metadata and expiry are kept; the version is a new one. It
	// returns ErrNotInteger or ErrOverflow, changing nothing, when it cannot. A value
	// is a decimal int64 only as strconv.FormatInt writes it: "+1", "01" and " 1" are not.
	Add(ctx context.Context, ns, key string, delta int64) (int64, error)
}

// Asker is the ability to read without a goroutine that waits.
type Asker interface {
	// Ask calls done once with what Get would return: on a goroutine of the store's, or
	// before Ask returns. done must not block. There is no context: what a store does for a
	// read ends within a time of its own.
	Ask(ns, key string, done func(Entry, error))
}
