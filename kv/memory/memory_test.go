package memory_test

import (
	"testing"
	"time"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/kvtest"
	"github.com/skerry-edge/skerry/kv/memory"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	kvtest.Run(t, func(*testing.T) kv.Store { return memory.New(memory.Config{}) })
	kvtest.RunWithClock(t, func(_ *testing.T, now func() time.Time) kv.Store {
		return memory.New(memory.Config{Now: now})
	})
}
