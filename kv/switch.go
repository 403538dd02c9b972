package kv

import (
	"context"
	"fmt"
	"sync"
)

// Switch is a Store that passes its calls on to another, which can be exchanged while calls
// come: those that are under way end first, and those that come meanwhile wait. It is a
// Swapper and a Counter, as every store that it is given must be.
type Switch struct {
	mu struct {
		sync.Mutex
		store abilities
		calls int           // under way
		idle  chan struct{} // closed when there are none left; nil: nobody waits for that
		open  chan struct{} // closed when the exchange is over; nil: there is none
	}
}

// abilities are those of every backend.
type abilities interface {
	Store
	Swapper
	Counter
}

// NewSwitch returns a Switch that passes calls on to s.
func NewSwitch(s Store) (*Switch, error) {
	w := new(Switch)
	store, err := allOf(s)
	w.mu.store = store
	return w, err
}

func allOf(s Store) (abilities, error) {
	if all, ok := s.(abilities); ok {
		return all, nil
	}
	return nil, fmt.Errorf("kv: a Switch can't pass on to %T, which lacks Swap or Add", s)
}

// Exchange waits until no call is under way, and then calls next, which returns the store
// for the calls that come. If next fails, so does Exchange, and calls go on to the store
// before: it must still work. ctx bounds the wait alone.
func (w *Switch) Exchange(ctx context.Context, next func() (Store, error)) error {
	w.mu.Lock()
	if w.mu.open != nil {
		w.mu.Unlock()
		return fmt.Errorf("kv: an exchange is under way")
	}
	w.mu.open = make(chan struct{})
	w.mu.idle = make(chan struct{})
	if w.mu.calls == 0 {
		close(w.mu.idle)
	}
	idle := w.mu.idle
	w.mu.Unlock()

	var store abilities
	var err error
	select {
	case <-idle:
		var s Store
		if s, err = next(); err == nil {
			store, err = allOf(s)
		}
	case <-ctx.Done():
		err = ctx.Err()
	}

	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		w.mu.store = store
	}
	close(w.mu.open)
	w.mu.open, w.mu.idle = nil, nil
	return err
}

// begin returns the store for one call, after which end must be called.
func (w *Switch) begin(ctx context.Context) (abilities, error) {
	for {
		w.mu.Lock()
		open := w.mu.open
		if open == nil {
			w.mu.calls++
			store := w.mu.store
			w.mu.Unlock()
			return store, nil
		}
		w.mu.Unlock()
		select {
		case <-open:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (w *Switch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mu.calls--
	if w.mu.calls == 0 && w.mu.idle != nil {
		close(w.mu.idle)
	}
}

// Get is Store's.
func (w *Switch) Get(ctx context.Context, ns, key string) (Entry, error) {
	s, err := w.begin(ctx)
	if err != nil {
		return Entry{}, err
	}
	defer w.end()
	return s.Get(ctx, ns, key)
}

// Put is Store's.
func (w *Switch) Put(ctx context.Context, ns, key string, e Entry) (Version, error) {
	s, err := w.begin(ctx)
	if err != nil {
		return "", err
	}
	defer w.end()
	return s.Put(ctx, ns, key, e)
}

// Delete is Store's.
func (w *Switch) Delete(ctx context.Context, ns, key string) error {
	s, err := w.begin(ctx)
	if err != nil {
		return err
	}
	defer w.end()
	return s.Delete(ctx, ns, key)
}

// List is Store's.
func (w *Switch) List(ctx context.Context, ns string, q Query) (Page, error) {
	s, err := w.begin(ctx)
	if err != nil {
		return Page{}, err
	}
	defer w.end()
	return s.List(ctx, ns, q)
}

// Swap is Swapper's.
func (w *Switch) Swap(ctx context.Context, ns, key string, old Version, e Entry) (Version, error) {
	s, err := w.begin(ctx)
	if err != nil {
		return "", err
	}
	defer w.end()
	return s.Swap(ctx, ns, key, old, e)
}

// Add is Counter's.
func (w *Switch) Add(ctx context.Context, ns, key string, delta int64) (int64, error) {
	s, err := w.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer w.end()
	return s.Add(ctx, ns, key, delta)
}
