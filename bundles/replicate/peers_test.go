package replicate_test

import (
	"context"
	"slices"
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
		a := replicate.StartPeers(store, "a", here.Load)
		b := replicate.StartPeers(store, "b", there.Load)
		synctest.Wait()

		here.Store(5)
		a.Tell()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		peers, err := a.Await(ctx, 5)
		if err != nil || !slices.Equal(peers, []replicate.Peer{{ID: "a", Applied: 5}, {ID: "b"}}) {
			t.Errorf("while b is behind: %v, %v", peers, err)
		}

		go func() {
			time.Sleep(300 * time.Millisecond)
			there.Store(5)
			b.Tell()
		}()
		peers, err = a.Await(t.Context(), 5)
		if err != nil || !slices.Equal(peers, []replicate.Peer{{ID: "a", Applied: 5}, {ID: "b", Applied: 5}}) {
			t.Errorf("when b has switched: %v, %v", peers, err)
		}

		b.Close()
		if peers, err := a.List(t.Context()); err != nil || len(peers) != 1 {
			t.Errorf("when b is gone: %v, %v", peers, err)
		}
		a.Close()
	})
}
