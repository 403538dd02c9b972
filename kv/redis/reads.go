package redis

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// batchesMax is how many batches of reads are under way at a time.
	batchesMax = 4
	// batchReads is the most reads in a batch: together they ask for no more than window.
	batchReads = 16
)

// reads sends the reads that many callers want at once in few batches: most of what a small
// read costs is the writing to a socket and the reading from it. Reads wait for those who are
// about to want another, if any are, and while batchesMax batches are under way.
type reads struct {
	client  redis.UniversalClient
	timeout time.Duration  // of a batch from when it is sent
	group   sync.WaitGroup // the goroutines that send, and what background runs
	mu      struct {
		sync.Mutex
		closed   bool
		senders  int  // goroutines that send, and callers of get that do so themselves
		gathered bool // one of the goroutines is about to take what waits
		waiting  []read
	}
}

// read is one that waits. done is given the beginning of the record of that name, and how
// much of it was asked for.
type read struct {
	name string
	end  time.Time // when it should have been sent
	done func(b []byte, asked int, err error)
}

// ask has done called with what is read, on another goroutine or, once reads is closed, before
// it returns.
func (r *reads) ask(name string, done func(b []byte, asked int, err error)) {
	r.mu.Lock()
	r.mu.waiting = append(r.mu.waiting, read{name, time.Now().Add(r.timeout), done})
	r.next()
}

// get is ask for a caller that waits, no longer than ctx. bounded is ctx with the deadline of
// a call.
func (r *reads) get(ctx, bounded context.Context, name string) (b []byte, asked int, err error) {
	r.mu.Lock()
	if r.mu.senders < batchesMax {
		r.mu.senders++
		r.mu.Unlock()
		b, err = r.client.GetRange(bounded, name, 0, window-1).Bytes()
		r.mu.Lock()
		r.mu.senders--
		r.next()
		return b, window, err
	}
	r.mu.Unlock()
	done := make(chan struct{})
	var (
		got   []byte
		of    int
		fault error
	)
	r.ask(name, func(b []byte, asked int, err error) {
		got, of, fault = b, asked, err
		close(done)
	})
	select {
	case <-done:
		return got, of, fault
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
}

// next sees to it that what waits is sent. It is called with mu held, and unlocks it.
func (r *reads) next() {
	if len(r.mu.waiting) == 0 || r.mu.gathered || r.mu.senders >= batchesMax {
		r.mu.Unlock()
		return
	}
	r.mu.gathered = true
	r.mu.senders++
	if r.mu.closed {
		r.mu.Unlock()
		r.run() // what is sent fails at once
		return
	}
	r.group.Go(r.run)
	r.mu.Unlock()
}

// run sends what waits, until nothing does or another is about to.
func (r *reads) run() {
	var late error // why the batch before had no replies
	for {
		// Whoever can run may want something too.
		runtime.Gosched()
		batch := r.take()
		if late != nil {
			batch = refuse(batch, late)
		}
		late = r.send(batch)
		r.mu.Lock()
		if len(r.mu.waiting) == 0 || r.mu.gathered {
			r.mu.senders--
			r.mu.Unlock()
			return
		}
		r.mu.gathered = true
		r.mu.Unlock()
	}
}

// take takes out a batch of those that have waited longest. For what is left another
// goroutine is begun.
func (r *reads) take() []read {
	r.mu.Lock()
	n := min(len(r.mu.waiting), batchReads)
	batch := r.mu.waiting[:n:n]
	if r.mu.waiting = r.mu.waiting[n:]; len(r.mu.waiting) == 0 {
		r.mu.waiting = nil
	}
	r.mu.gathered = false
	r.next()
	return batch
}

// refuse ends reads that have waited for too long because Redis did not answer others, as
// those ended, and returns what is left.
func refuse(batch []read, late error) []read {
	now := time.Now()
	for len(batch) > 0 && now.After(batch[0].end) {
		batch[0].done(nil, 0, late)
		batch = batch[1:]
	}
	return batch
}

// send sends a batch and passes on the replies, or what became of each. The error is why
// there are none.
func (r *reads) send(batch []read) error {
	if len(batch) == 0 {
		return nil
	}
	ctx := deadline{context.Background(), time.Now().Add(r.timeout)}
	share := window / len(batch)
	pipeline := r.client.Pipeline()
	cmds := make([]*redis.StringCmd, len(batch))
	for i := range batch {
		cmds[i] = pipeline.GetRange(ctx, batch[i].name, 0, int64(share-1))
	}
	_, err := pipeline.Exec(ctx) // each command has its own error too
	for i := range batch {
		b, err := cmds[i].Bytes()
		batch[i].done(b, share, err)
	}
	var reply redis.Error
	if errors.As(err, &reply) {
		return nil
	}
	return err
}

// background runs f on a goroutine that close waits for, or at once when reads is closed.
func (r *reads) background(f func()) {
	r.mu.Lock()
	closed := r.mu.closed
	if !closed {
		r.group.Go(f)
	}
	r.mu.Unlock()
	if closed {
		f()
	}
}

// close has what waits fail, once client is closed, and waits for it.
func (r *reads) close() {
	r.mu.Lock()
	r.mu.closed = true
	r.mu.Unlock()
	r.group.Wait()
}
