package replicate_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/bundles/replicate"
	"github.com/skerry-edge/skerry/kv/memory"
)

func TestPeersHearOfEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(memory.Config{})
		var here, there atomic.Int64
		at := func(revision *atomic.Int64, held ...replicate.Held) func() replicate.Status {
			return func() replicate.Status { return replicate.Status{Applied: revision.Load(), Held: held} }
		}
		a := replicate.StartPeers(store, "a", at(&here))
		b := replicate.StartPeers(store, "b", at(&there, replicate.Held{Function: "f"}))
		synctest.Wait()

		here.Store(5)
		a.Tell()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		peers, err := a.Await(ctx, 5)
		if err != nil || len(peers) != 2 || !peers[0].Serves(5, "f") || peers[1].Serves(5, "g") {
			t.Errorf("while b is behind: %v, %v", peers, err)
		}

		go func() {
			time.Sleep(300 * time.Millisecond)
			there.Store(5)
			b.Tell()
		}()
		peers, err = a.Await(t.Context(), 5)
		if err != nil || len(peers) != 2 || !peers[1].Serves(5, "g") || peers[1].Serves(5, "f") {
			t.Errorf("when b has switched: %v, %v", peers, err)
		}

		b.Close()
		if peers, err := a.List(t.Context()); err != nil || len(peers) != 1 {
			t.Errorf("when b is gone: %v, %v", peers, err)
		}
		a.Close()
	})
}
