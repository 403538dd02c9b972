package storetest

import (
	"context"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/kv"
)

// Fault is how a call of a kv.Store fails.
type Fault struct {
	Name  string
	Err   error
	After bool // whether the call has taken effect nevertheless
}

// Faults are the ways in which a store that is elsewhere can fail: not reached, answer
// lost, and answer lost with a client that tried again and was told of a conflict with
// itself.
var Faults = [...]Fault{
	{Name: "a call is lost", Err: kv.ErrUnavailable},
	{Name: "an answer is lost", Err: kv.ErrUnavailable, After: true},
	{Name: "an answer is lost and the call repeated", Err: kv.ErrConflict, After: true},
}

// Faulty is a kv.Store and kv.Swapper that passes calls on to another, except that it lets
// chosen ones fail. A Fault with kv.ErrConflict is for Swap alone, the only call that can
// fail so: others pass.
type Faulty struct {
	store kv.Store

	mu struct {
		sync.Mutex
		calls  int
		from   int // the first call that fails; 0: none
		to     int // the last one
		fault  Fault
		failed bool
		takes  time.Duration // how long each call waits before it begins
	}
}

// NewFaulty returns a Faulty in front of s, which must be a kv.Swapper too. Nothing fails
// until FailAt or FailFrom.
func NewFaulty(s kv.Store) *Faulty { return &Faulty{store: s} }

// FailAt lets the nth call from now fail, counting from 1.
func (f *Faulty) FailAt(n int, fault Fault) { f.fail(n, n, fault) }

// FailFrom lets the nth call from now and all after it fail.
func (f *Faulty) FailFrom(n int, fault Fault) { f.fail(n, int(^uint(0)>>1), fault) }

// Heal lets no call fail any more.
func (f *Faulty) Heal() { f.fail(0, -1, Fault{}) }

func (f *Faulty) fail(from, to int, fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.calls, f.mu.from, f.mu.to, f.mu.fault, f.mu.failed = 0, from, to, fault, false
}

// Takes lets each call from now take d longer, whether it fails or not. Under synctest all
// callers that can have come by then.
func (f *Faulty) Takes(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.takes = d
}

// Failed reports whether a call has reached the point set by FailAt or FailFrom.
func (f *Faulty) Failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mu.failed
}

// next says how the call that begins now fails, after the time that it takes; nil: it
// doesn't fail.
func (f *Faulty) next(swap bool) *Fault {
	f.mu.Lock()
	takes := f.mu.takes
	f.mu.Unlock()
	time.Sleep(takes)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.calls++
	if f.mu.calls < f.mu.from || f.mu.calls > f.mu.to {
		return nil
	}
	f.mu.failed = true
	if fault := f.mu.fault; swap || fault.Err != kv.ErrConflict {
		return &fault
	}
	return nil
}

// call makes one call, or lets it fail.
func call[T any](f *Faulty, swap bool, do func() (T, error)) (T, error) {
	fault := f.next(swap)
	if fault == nil {
		return do()
	}
	var zero T
	if fault.After {
		if _, err := do(); err != nil {
			return zero, err
		}
	}
	return zero, fault.Err
}

// Get is kv.Store's.
func (f *Faulty) Get(ctx context.Context, ns, key string) (kv.Entry, error) {
	return call(f, false, func() (kv.Entry, error) { return f.store.Get(ctx, ns, key) })
}

// Put is kv.Store's.
func (f *Faulty) Put(ctx context.Context, ns, key string, e kv.Entry) (kv.Version, error) {
	return call(f, false, func() (kv.Version, error) { return f.store.Put(ctx, ns, key, e) })
}

// Delete is kv.Store's.
func (f *Faulty) Delete(ctx context.Context, ns, key string) error {
	_, err := call(f, false, func() (struct{}, error) { return struct{}{}, f.store.Delete(ctx, ns, key) })
	return err
}

// List is kv.Store's.
func (f *Faulty) List(ctx context.Context, ns string, q kv.Query) (kv.Page, error) {
	return call(f, false, func() (kv.Page, error) { return f.store.List(ctx, ns, q) })
}

// Swap is kv.Swapper's.
func (f *Faulty) Swap(ctx context.Context, ns, key string, old kv.Version, e kv.Entry) (kv.Version, error) {
	return call(f, true, func() (kv.Version, error) {
		return f.store.(kv.Swapper).Swap(ctx, ns, key, old, e)
	})
}

// Calls returns how many calls there were since FailAt, FailFrom or Heal.
func (f *Faulty) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mu.calls
}
