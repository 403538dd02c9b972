package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/kv"
)

// Namespace is where a Shared keeps bundles. No function and no user of the control API
// may reach it.
const Namespace = "skerry:bundles"

// chunkBytes is how much of a bundle one key holds: small enough that a store that does
// one thing at a time stays responsive to others.
const chunkBytes = 1 << 20

// abandonTime bounds how long a failed Put may take to clear up behind itself.
const abandonTime = 5 * time.Second

// Shared keeps bundles in a [kv.Store] that many nodes use. A bundle is several chunks and
// one index entry that names them:
//
//	index/<digest>                      metadata: which upload, how many chunks and bytes
//	chunk/<digest>/<upload>/<number>    a part of the bundle
//
// Chunks are written first and belong to one Put alone. The index entry changes by
// compare-and-swap, so that a bundle is there as a whole or not at all, whoever writes,
// reads or sweeps at the same time. Put is as durable as the kv.Store is.
type Shared struct {
	kv   kv.Store
	swap kv.Swapper
}

var _ Store = (*Shared)(nil)

// NewShared returns a store of bundles in s, which must be a [kv.Swapper] too. The caller
// keeps s open for as long as the Shared is used.
func NewShared(s kv.Store) (*Shared, error) {
	swap, ok := s.(kv.Swapper)
	if !ok {
		return nil, fmt.Errorf("shared bundle store: %T cannot compare and swap", s)
	}
	return &Shared{kv: s, swap: swap}, nil
}

func indexKey(d bundles.Digest) string { return "index/" + string(d) }

func chunksPrefix(d bundles.Digest, u uploadID) string {
	return "chunk/" + string(d) + "/" + string(u) + "/"
}

func chunkKey(d bundles.Digest, u uploadID, number int) string {
	return fmt.Sprintf("%s%04d", chunksPrefix(d, u), number)
}

// Put keeps data under d; see [Store]. After kv.ErrUnavailable it is unknown whether the
// bundle is there; putting it again settles that.
func (s *Shared) Put(ctx context.Context, d bundles.Digest, data []byte) error {
	if err := checkPut(d, data); err != nil {
		return err
	}
	x := index{Format: indexFormat, Upload: newUploadID(time.Now()), Chunks: chunkCount(len(data)), Bytes: len(data)}
	if err := s.writeChunks(ctx, d, x, data); err != nil {
		s.abandon(ctx, d, x.Upload)
		return fmt.Errorf("put bundle %s: %w", d, noRoom(err))
	}
	if err := s.publish(ctx, d, x); err != nil {
		return fmt.Errorf("put bundle %s: %w", d, noRoom(err))
	}
	return nil
}

func (s *Shared) writeChunks(ctx context.Context, d bundles.Digest, x index, data []byte) error {
	for number := range x.Chunks {
		part := data[number*chunkBytes : min((number+1)*chunkBytes, len(data))]
		if _, err := s.kv.Put(ctx, Namespace, chunkKey(d, x.Upload, number), kv.Entry{Value: part}); err != nil {
			return err
		}
	}
	return nil
}

// abandon removes the chunks of a Put that failed, even if ctx has ended: a store that is
// full needs the room now. What cannot be removed waits for Sweep.
func (s *Shared) abandon(ctx context.Context, d bundles.Digest, u uploadID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTime)
	defer cancel()
	_ = s.dropChunks(ctx, d, u)
}

// publish makes x the index of d, and removes the chunks of the one it replaces.
func (s *Shared) publish(ctx context.Context, d bundles.Digest, x index) error {
	encoded, err := x.encode()
	if err != nil {
		return err
	}
	for {
		old, version, err := s.index(ctx, d)
		if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrCorrupt) {
			return err
		}
		if old.Upload == x.Upload {
			return nil // an earlier round was done, although the store said otherwise
		}
		_, err = s.swap.Swap(ctx, Namespace, indexKey(d), version, kv.Entry{Metadata: encoded})
		if errors.Is(err, kv.ErrConflict) {
			continue // somebody else has published d meanwhile: the last one stays
		}
		if err == nil && old.Upload != "" {
			_ = s.dropChunks(ctx, d, old.Upload) // what remains waits for Sweep
		}
		return err
	}
}

// index returns the index entry of d and its version, which is empty if there is none.
// The version is right with ErrNotFound and ErrCorrupt too, not with kv.ErrCorrupt.
func (s *Shared) index(ctx context.Context, d bundles.Digest) (index, kv.Version, error) {
	e, err := s.kv.Get(ctx, Namespace, indexKey(d))
	if errors.Is(err, kv.ErrNotFound) {
		return index{}, "", ErrNotFound
	}
	if err != nil {
		return index{}, "", err
	}
	x, err := decodeIndex(e.Metadata)
	return x, e.Version, err
}

// Get returns the bundle that d names; see [Store].
func (s *Shared) Get(ctx context.Context, d bundles.Digest) ([]byte, error) {
	if _, err := bundles.ParseDigest(string(d)); err != nil {
		return nil, fmt.Errorf("get bundle: %w", err)
	}
	data, err := s.get(ctx, d)
	if errors.Is(err, kv.ErrCorrupt) {
		err = fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if err != nil {
		return nil, fmt.Errorf("get bundle %s: %w", d, err)
	}
	return data, nil
}

func (s *Shared) get(ctx context.Context, d bundles.Digest) ([]byte, error) {
	for previous := (index{}); ; {
		x, _, err := s.index(ctx, d)
		if err != nil {
			return nil, err
		}
		data, err := s.readChunks(ctx, d, x)
		if !errors.Is(err, kv.ErrNotFound) {
			return data, err
		}
		if x == previous {
			return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		// A chunk is gone: lost, or put anew or swept since the index was read. Another
		// look at the index tells.
		previous = x
	}
}

// readChunks returns what the chunks of x hold, verified, or kv.ErrNotFound if one is gone.
func (s *Shared) readChunks(ctx context.Context, d bundles.Digest, x index) ([]byte, error) {
	data := make([]byte, 0, x.Bytes)
	for number := range x.Chunks {
		e, err := s.kv.Get(ctx, Namespace, chunkKey(d, x.Upload, number))
		if err != nil {
			return nil, err
		}
		if len(data)+len(e.Value) > x.Bytes {
			return nil, fmt.Errorf("%w: its chunks are too long", ErrCorrupt)
		}
		data = append(data, e.Value...)
	}
	if bundles.DigestOf(data) != d {
		return nil, fmt.Errorf("%w: its chunks make another bundle", ErrCorrupt)
	}
	return data, nil
}

// Sweep removes what keep says no to; see [Store].
func (s *Shared) Sweep(ctx context.Context, keep func(bundles.Digest) bool, grace time.Duration) (Swept, error) {
	before := time.Now().Add(-grace)
	swept, live, err := s.sweepBundles(ctx, keep, before)
	if err == nil {
		err = s.sweepChunks(ctx, live, before)
	}
	if err != nil {
		return swept, fmt.Errorf("sweep shared bundles: %w", err)
	}
	return swept, nil
}

// sweepBundles removes bundles, and returns the uploads that the remaining ones consist of.
func (s *Shared) sweepBundles(ctx context.Context, keep func(bundles.Digest) bool, before time.Time) (Swept, map[uploadID]bool, error) {
	var swept Swept
	live := make(map[uploadID]bool)
	for key, err := range kv.Keys(ctx, s.kv, Namespace, "index/") {
		if err != nil {
			return swept, nil, err
		}
		x, err := decodeIndex(key.Metadata)
		if err != nil && !errors.Is(err, ErrCorrupt) {
			return swept, nil, err
		}
		d := bundles.Digest(strings.TrimPrefix(key.Name, "index/"))
		if put, _ := x.Upload.time(); keep(d) || !put.Before(before) {
			live[x.Upload] = true
			continue
		}
		removed, err := s.remove(ctx, d, key.Version, x.Upload)
		if err != nil {
			return swept, nil, err
		}
		if removed {
			swept = swept.add(Swept{Bundles: 1, Bytes: int64(x.Bytes)})
		}
	}
	return swept, live, nil
}

// remove makes d absent if its index entry still has the version given.
func (s *Shared) remove(ctx context.Context, d bundles.Digest, version kv.Version, u uploadID) (bool, error) {
	_, err := s.swap.Swap(ctx, Namespace, indexKey(d), version, kv.Entry{ExpiresAt: time.Unix(0, 0)})
	if errors.Is(err, kv.ErrConflict) {
		return false, nil // put anew since it was listed
	}
	if err != nil {
		return false, err
	}
	return true, s.dropChunks(ctx, d, u)
}

// sweepChunks removes the chunks of uploads that are not live.
func (s *Shared) sweepChunks(ctx context.Context, live map[uploadID]bool, before time.Time) error {
	for key, err := range kv.Keys(ctx, s.kv, Namespace, "chunk/") {
		if err != nil {
			return err
		}
		_, rest, _ := strings.Cut(strings.TrimPrefix(key.Name, "chunk/"), "/")
		id, _, _ := strings.Cut(rest, "/")
		upload := uploadID(id)
		if put, _ := upload.time(); live[upload] || !put.Before(before) {
			continue
		}
		if err := s.kv.Delete(ctx, Namespace, key.Name); err != nil {
			return err
		}
	}
	return nil
}

func (s *Shared) dropChunks(ctx context.Context, d bundles.Digest, u uploadID) error {
	if u == "" {
		return nil
	}
	for key, err := range kv.Keys(ctx, s.kv, Namespace, chunksPrefix(d, u)) {
		if err != nil {
			return err
		}
		if err := s.kv.Delete(ctx, Namespace, key.Name); err != nil {
			return err
		}
	}
	return nil
}

// noRoom marks the errors of a kv.Store that has no room.
func noRoom(err error) error {
	if errors.Is(err, kv.ErrFull) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
