package jail

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// windowBytes bounds long messages under way in one direction of a channel. A longer one
	// goes when no other does.
	windowBytes = 8 << 20

	// creditMax is how long the peer may take to deal with what fills the window.
	creditMax = 30 * time.Second
)

// window is what may still be sent of long messages before the peer has dealt with some.
type window struct {
	free *semaphore.Weighted
	used atomic.Int64
}

func newWindow() window { return window{free: semaphore.NewWeighted(windowBytes)} }

// share is what a message of so many bytes takes of the window, on both sides alike.
func share(total int) int { return min(total, windowBytes) }

// take waits for room for a message.
func (w *window) take(ctx context.Context, total int) error {
	n := int64(share(total))
	if w.free.TryAcquire(n) {
		w.used.Add(n)
		return nil
	}
	wait, cancel := context.WithTimeout(ctx, creditMax)
	defer cancel()
	if err := w.free.Acquire(wait, n); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fault("nothing of %d bytes was read within %v", w.used.Load(), creditMax)
	}
	w.used.Add(n)
	return nil
}

// credit takes note that the peer has dealt with n bytes.
func (w *window) credit(n uint64) error {
	for {
		used := w.used.Load()
		if n == 0 || n > uint64(used) {
			return fault("credit for %d bytes, and %d are under way", n, used)
		}
		if w.used.CompareAndSwap(used, used-int64(n)) {
			w.free.Release(int64(n))
			return nil
		}
	}
}
