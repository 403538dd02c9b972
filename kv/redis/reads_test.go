package redis_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/redis"
	"github.com/skerry-edge/skerry/kv/redis/redistest"
)

// TestManyReadsAtOnce reads keys with values of all sizes, and keys that are not there, more
// at a time than are sent one by one.
func TestManyReadsAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t, redis.Config{URL: redistest.Start(t).URL, Timeout: time.Minute})
	sizes := []int{0, 1, 100, 15 << 10, 17 << 10, 100 << 10, 300 << 10}
	for _, size := range sizes {
		if _, err := s.Put(t.Context(), "ns", fmt.Sprint(size), kv.Entry{Value: valueOf(size)}); err != nil {
			t.Fatal(err)
		}
	}
	var group sync.WaitGroup
	for i := range 300 {
		group.Go(func() {
			size := sizes[i%len(sizes)]
			e, err := s.Get(t.Context(), "ns", fmt.Sprint(size))
			if err != nil || !bytes.Equal(e.Value, valueOf(size)) {
				t.Errorf("Get of %d bytes = %d bytes, %v", size, len(e.Value), err)
			}
		})
		group.Go(func() {
			if _, err := s.Get(t.Context(), "ns", fmt.Sprint("missing-", i)); !errors.Is(err, kv.ErrNotFound) {
				t.Errorf("Get of a key that is not there: %v", err)
			}
		})
	}
	group.Wait()
}

// TestManyAskAServerThatHangs asks more than is sent at once of a server that does not answer,
// and of one that has been closed.
func TestManyAskAServerThatHangs(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s, err := redis.Open(redis.Config{URL: server.URL, Timeout: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	server.Freeze()
	answers := make(chan error, 200)
	ask := func() { s.Ask("ns", "k", func(_ kv.Entry, err error) { answers <- err }) }
	for range cap(answers) {
		ask()
	}
	for range cap(answers) {
		if err := <-answers; !errors.Is(err, kv.ErrUnavailable) {
			t.Errorf("Ask: %v", err)
		}
	}
	for range cap(answers) {
		ask()
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if len(answers) != cap(answers) {
		t.Errorf("%d of %d have an answer when the store is closed", len(answers), cap(answers))
	}
	for range cap(answers) {
		if err := <-answers; !errors.Is(err, kv.ErrUnavailable) {
			t.Errorf("Ask of a store that is closed meanwhile: %v", err)
		}
	}
	ask()
	if err := <-answers; !errors.Is(err, kv.ErrUnavailable) {
		t.Errorf("Ask of a closed store: %v", err)
	}
}

func valueOf(size int) []byte { return bytes.Repeat([]byte(fmt.Sprint(size)), size)[:size] }

// TestManyReadsOfAServerThatHangs has more reads wait than are sent, for a server that does
// not answer: all end, those whose contexts end with theirs.
func TestManyReadsOfAServerThatHangs(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, redis.Config{URL: server.URL, Timeout: 200 * time.Millisecond})
	server.Freeze()
	var group sync.WaitGroup
	for range 200 {
		group.Go(func() {
			if _, err := s.Get(t.Context(), "ns", "k"); !errors.Is(err, kv.ErrUnavailable) {
				t.Errorf("Get: %v", err)
			}
		})
	}
	canceled, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	for range 50 {
		group.Go(func() {
			if _, err := s.Get(canceled, "ns", "k"); !errors.Is(err, context.Canceled) {
				t.Errorf("Get with a context canceled meanwhile: %v", err)
			}
		})
	}
	group.Wait()
	server.Thaw()
	put(t, open(t, redis.Config{URL: server.URL, Timeout: time.Minute}), "n", "1")
}

// TestCloseDuringReads closes a store that is being read from.
func TestCloseDuringReads(t *testing.T) {
	t.Parallel()
	s, err := redis.Open(redis.Config{URL: redistest.Start(t).URL, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			for {
				_, err := s.Get(t.Context(), "ns", "k")
				if errors.Is(err, kv.ErrUnavailable) {
					return
				}
				if !errors.Is(err, kv.ErrNotFound) {
					t.Errorf("Get: %v", err)
					return
				}
			}
		})
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	group.Wait()
}
