package bolt

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/skerry-edge/skerry/kv"
)

// Bounds of one transaction. Its pages are in memory until it is committed, and whoever
// comes next waits for it.
const (
	batchWritesMax = 1000
	batchBytesMax  = 64 << 20
	sweepMax       = 1000
)

// writer makes all changes to a file, on one goroutine. While it commits, writes queue up;
// the next transaction takes them all. The more writers there are, the more of them share
// a sync of the disk.
type writer struct {
	db            *bbolt.DB
	now           func() time.Time
	sweepInterval time.Duration

	wake    chan struct{} // holds one token while something is queued
	closing chan struct{}
	done    chan struct{} // closed when the goroutine has ended

	// broken is why nothing can be written any more, or nil. It is the goroutine's own.
	broken error

	mu struct {
		sync.Mutex
		queue  []*write
		closed bool
	}
}

// write is a change that someone waits for.
type write struct {
	size  int                      // about what it needs, in bytes
	apply func(*transaction) error // may run more than once; returns an error only before it changes anything
	err   error                    // of the last apply or commit; valid when done is closed
	done  chan struct{}
}

// startWriter starts the goroutine; close ends it.
func startWriter(db *bbolt.DB, cfg Config) *writer {
	w := &writer{
		db:            db,
		now:           cfg.Now,
		sweepInterval: cfg.SweepInterval,
		wake:          make(chan struct{}, 1),
		closing:       make(chan struct{}),
		done:          make(chan struct{}),
	}
	go w.run()
	return w
}

// close lets the goroutine finish what is queued and waits for its end.
func (w *writer) close() {
	w.mu.Lock()
	if !w.mu.closed {
		w.mu.closed = true
		close(w.closing)
	}
	w.mu.Unlock()
	<-w.done
}

// do runs apply in a transaction, shared with others, and returns its error, or that of
// the commit. If ctx ends first, the write may still happen.
func (w *writer) do(ctx context.Context, size int, apply func(*transaction) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	item := &write{size: size, apply: apply, done: make(chan struct{})}
	w.mu.Lock()
	if w.mu.closed {
		w.mu.Unlock()
		return errClosed
	}
	w.mu.queue = append(w.mu.queue, item)
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default: // it knows already
	}
	select {
	case <-item.done:
		return item.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *writer) run() {
	defer close(w.done)
	sweep := time.NewTimer(w.sweepInterval)
	defer sweep.Stop()
	for {
		select {
		case <-w.wake:
			w.commitQueued()
		case <-sweep.C:
			if w.sweep() {
				sweep.Reset(0) // there is more, but writers get their turn first
			} else {
				sweep.Reset(w.sweepInterval)
			}
		case <-w.closing:
			w.commitQueued()
			return
		}
	}
}

func (w *writer) commitQueued() {
	for {
		batch := w.take()
		if len(batch) == 0 {
			return
		}
		w.commit(batch)
		for _, item := range batch {
			close(item.done)
		}
		runtime.Gosched() // who was waiting often has another write: let it come along
	}
}

// take returns the writes queued first, as many as fit in one transaction.
func (w *writer) take() []*write {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, size := 0, 0
	for n < len(w.mu.queue) && n < batchWritesMax && (n == 0 || size+w.mu.queue[n].size <= batchBytesMax) {
		size += w.mu.queue[n].size
		n++
	}
	batch := w.mu.queue[:n:n]
	w.mu.queue = w.mu.queue[n:]
	if len(w.mu.queue) == 0 {
		w.mu.queue = nil
	}
	return batch
}

// commit sets the err of every write in batch.
func (w *writer) commit(batch []*write) {
	err := w.update(func(t *transaction) {
		for _, item := range batch {
			item.err = item.apply(t)
		}
	})
	switch {
	case err == nil:
	case len(batch) == 1:
		batch[0].err = err
	default:
		// One by one, so that a value which doesn't fit takes nobody with it.
		for _, item := range batch {
			w.commit([]*write{item})
		}
	}
}

// sweep removes some of what has expired, and says whether there may be more.
func (w *writer) sweep() (more bool) {
	now := w.now().UnixMilli()
	due := false
	err := guardedView(w.db, func(tx *bbolt.Tx) error {
		line, _ := tx.Bucket(expiringBucket).Cursor().First()
		due = line != nil && expiryOf(line) <= now
		return nil
	})
	if err != nil || !due {
		return false
	}
	swept := 0
	// Nobody waits for the outcome, and the next look tries again.
	err = w.update(func(t *transaction) { swept = t.sweep(sweepMax) })
	return err == nil && swept == sweepMax
}

// update runs fn in a transaction and commits it, if fn changed anything.
func (w *writer) update(fn func(*transaction)) error {
	if w.broken != nil {
		return w.broken
	}
	err := w.guardedUpdate(func(tx *bbolt.Tx) error {
		t := newTransaction(tx, w.now().UnixMilli())
		fn(t)
		if t.err == nil && !t.changed {
			return errUnchanged
		}
		return t.err
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	err = diskError(err)
	if err != nil && !errors.Is(err, kv.ErrFull) {
		// A sync that failed may have been the disk's only word about pages it then
		// dropped, and a panic may have left bbolt's free pages half counted: writing on
		// could overwrite what is still in use.
		w.broken = fmt.Errorf("%w: bolt: writing stopped because a write failed, until the file is opened anew: %v", kv.ErrUnavailable, err)
		return w.broken
	}
	return err
}

// errUnchanged makes bbolt roll back a transaction that has nothing to sync.
var errUnchanged = errors.New("bolt: nothing changed")

// guardedUpdate is db.Update, with kv.ErrCorrupt for the panics and memory faults by
// which bbolt shows that it has met a damaged page.
func (w *writer) guardedUpdate(fn func(*bbolt.Tx) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = damaged(p)
		}
	}()
	return w.db.Update(fn)
}

// diskError marks the errors that say there is no room with kv.ErrFull.
func diskError(err error) error {
	if err == nil {
		return nil
	}
	full := errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, bbolterrors.ErrMaxSizeReached) ||
		strings.HasSuffix(err.Error(), syscall.ENOSPC.Error()) // bbolt flattens the errors of growing to text
	if full && !errors.Is(err, kv.ErrFull) {
		return fmt.Errorf("%w: %w", kv.ErrFull, err)
	}
	return err
}
