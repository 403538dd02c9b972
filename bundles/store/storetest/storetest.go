// Package storetest proves that a [store.Store] keeps its promises. Every implementation
// runs it.
package storetest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/store"
)

// Run tests the stores that open returns: each must be empty and independent of the
// others.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, tc := range []struct {
		name string
		run  func(t *testing.T, s store.Store)
	}{
		{"what was put comes back, whatever its size", roundTrip},
		{"an absent bundle is ErrNotFound", absent},
		{"bytes that are not the digest's are refused", mismatch},
		{"a bundle over the limit is refused", tooLarge},
		{"a malformed digest is refused", malformed},
		{"putting twice is the same as once", twice},
		{"nobody shares memory with the store", ownership},
		{"sweep removes what is not kept", sweep},
		{"sweep spares what was put a short while ago", sweepGrace},
		{"an ended context ends each call", canceled},
		{"parallel puts and gets see whole bundles or none", parallel},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.run(t, open(t))
		})
	}
}

// Data returns n bytes that are different for each seed, and their digest.
func Data(seed uint64, n int) (bundles.Digest, []byte) {
	data := make([]byte, n)
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	binary.LittleEndian.PutUint64(key[8:], uint64(n))
	_, _ = rand.NewChaCha8(key).Read(data) // never fails
	return bundles.DigestOf(data), data
}

func none(bundles.Digest) bool { return false }

func put(t *testing.T, s store.Store, d bundles.Digest, data []byte) {
	t.Helper()
	if err := s.Put(t.Context(), d, data); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, s store.Store, d bundles.Digest, data []byte) {
	t.Helper()
	got, err := s.Get(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, data) {
		t.Fatalf("get %s: %d bytes that are not the %d put", d, len(got), len(data))
	}
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error is %v, want %v", err, want)
	}
}

func roundTrip(t *testing.T, s store.Store) {
	for i, n := range []int{0, 1, 100, 1<<20 - 1, 1 << 20, 1<<20 + 1, 3<<20 + 17} {
		d, data := Data(uint64(i), n)
		put(t, s, d, data)
		want(t, s, d, data)
	}
	for i, n := range []int{0, 1, 100, 1<<20 - 1} {
		d, data := Data(uint64(i), n)
		want(t, s, d, data)
	}
}

func absent(t *testing.T, s store.Store) {
	d, _ := Data(1, 10)
	_, err := s.Get(t.Context(), d)
	wantErr(t, err, store.ErrNotFound)
}

func mismatch(t *testing.T, s store.Store) {
	d, _ := Data(1, 10)
	_, other := Data(2, 10)
	wantErr(t, s.Put(t.Context(), d, other), store.ErrMismatch)
	_, err := s.Get(t.Context(), d)
	wantErr(t, err, store.ErrNotFound)
}

func tooLarge(t *testing.T, s store.Store) {
	data := make([]byte, bundles.EncodedBytesMax+1)
	d := bundles.DigestOf(data)
	var size *bundles.SizeError
	err := s.Put(t.Context(), d, data)
	wantErr(t, err, store.ErrTooLarge)
	if !errors.As(err, &size) || size.Bytes != len(data) {
		t.Errorf("put: %v, want a SizeError", err)
	}
	_, err = s.Get(t.Context(), d)
	wantErr(t, err, store.ErrNotFound)
}

func malformed(t *testing.T, s store.Store) {
	for _, d := range []bundles.Digest{"", "ab", "../../../../etc/passwd"} {
		if err := s.Put(t.Context(), d, []byte("x")); err == nil {
			t.Errorf("put %q: no error", d)
		}
		if _, err := s.Get(t.Context(), d); err == nil {
			t.Errorf("get %q: no error", d)
		}
	}
}

func twice(t *testing.T, s store.Store) {
	d, data := Data(1, 2<<20)
	put(t, s, d, data)
	put(t, s, d, data)
	want(t, s, d, data)
	swept, err := s.Sweep(t.Context(), none, -time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if swept.Bundles < 1 || swept.Bytes < 2<<20 {
		t.Errorf("swept %+v", swept)
	}
	_, err = s.Get(t.Context(), d)
	wantErr(t, err, store.ErrNotFound)
}

func ownership(t *testing.T, s store.Store) {
	d, data := Data(1, 1000)
	given := bytes.Clone(data)
	put(t, s, d, given)
	clear(given)
	got, err := s.Get(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	clear(got)
	want(t, s, d, data)
}

func sweep(t *testing.T, s store.Store) {
	kept, keptData := Data(1, 1<<20+1)
	dropped, droppedData := Data(2, 1<<20+1)
	put(t, s, kept, keptData)
	put(t, s, dropped, droppedData)
	keep := func(d bundles.Digest) bool { return d == kept }
	// A grace below zero makes everything old without waiting.
	if _, err := s.Sweep(t.Context(), keep, -time.Hour); err != nil {
		t.Fatal(err)
	}
	want(t, s, kept, keptData)
	_, err := s.Get(t.Context(), dropped)
	wantErr(t, err, store.ErrNotFound)

	put(t, s, dropped, droppedData)
	want(t, s, dropped, droppedData)
}

func sweepGrace(t *testing.T, s store.Store) {
	d, data := Data(1, 1<<20+1)
	put(t, s, d, data)
	swept, err := s.Sweep(t.Context(), none, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if swept != (store.Swept{}) {
		t.Errorf("swept %+v, want nothing", swept)
	}
	want(t, s, d, data)
}

func canceled(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d, data := Data(1, 10)
	wantErr(t, s.Put(ctx, d, data), context.Canceled)
	_, err := s.Get(ctx, d)
	wantErr(t, err, context.Canceled)
	put(t, s, d, data)
	_, err = s.Sweep(ctx, none, -time.Hour)
	wantErr(t, err, context.Canceled)
	want(t, s, d, data)
}

func parallel(t *testing.T, s store.Store) {
	const writers, bundlesEach = 4, 3
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range bundlesEach {
				// Neighbours write the same bundles at the same time.
				d, data := Data(uint64(w/2*bundlesEach+i), 1<<20+i)
				if err := s.Put(t.Context(), d, data); err != nil {
					t.Error(err)
				}
				if got, err := s.Get(t.Context(), d); err != nil || !bytes.Equal(got, data) {
					t.Error(fmt.Errorf("get %s: %w", d, err))
				}
			}
		})
	}
	group.Wait()
}
