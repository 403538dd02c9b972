package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/gateway/supervise/control"
)

const (
	// tailBatch is how many items go to the supervisor at once, and tailDelay how long they
	// wait for others.
	tailBatch = 100
	tailDelay = 20 * time.Millisecond
)

// tailed passes on what somebody follows at the supervisor.
type tailed struct {
	observer *observe.Observer
	conn     *control.Conn
	wanted   atomic.Pointer[workerTail]
	changing sync.Mutex
	stop     func() // nil: nothing is passed on
	work     sync.WaitGroup
}

func (t *tailed) start(o *observe.Observer, conn *control.Conn) { t.observer, t.conn = o, conn }

// set passes on from now what w wants, unless something newer is wanted.
func (t *tailed) set(w workerTail) {
	t.changing.Lock()
	defer t.changing.Unlock()
	if now := t.wanted.Load(); now != nil && now.Generation >= w.Generation {
		return
	}
	t.wanted.Store(&w)
	switch anything := w.All || len(w.Functions) > 0; {
	case anything && t.stop == nil:
		items := t.observer.Subscribe("")
		ctx, cancel := context.WithCancel(context.Background())
		t.stop = func() {
			cancel()
			items.Close()
		}
		t.work.Go(func() { t.pass(ctx, items) })
	case !anything && t.stop != nil:
		t.stop()
		t.stop = nil
	}
}

// pass sends items until ctx ends.
func (t *tailed) pass(ctx context.Context, items *observe.Subscription) {
	var batch [][]byte
	var due <-chan time.Time // set while batch has something
	for {
		select {
		case <-ctx.Done():
			return
		case item := <-items.C:
			if !t.wanted.Load().wants(item.Function()) {
				continue
			}
			encoded, err := item.Encode()
			if err != nil {
				continue // such an item can't be
			}
			batch = append(batch, encoded)
			if len(batch) < tailBatch {
				if due == nil {
					due = time.After(tailDelay)
				}
				continue
			}
		case <-due:
		}
		// A supervisor that is gone takes this process with it.
		_ = t.conn.Call(ctx, askItems, workerItems{batch}, nil)
		batch, due = nil, nil
	}
}

func (t *tailed) close() error {
	t.changing.Lock()
	if t.stop != nil {
		t.stop()
		t.stop = nil
	}
	t.changing.Unlock()
	t.work.Wait()
	return nil
}
