package redis

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// batchesMax is how many batches of reads are under way at a time. As many reads at
	// once, or fewer, never wait for each other.
	batchesMax = 4
	// batchReads is the most reads in a batch: together they ask for no more than window.
	batchReads = 16
)

// reads sends the reads that many callers want at once in few batches: most of what a small
// read costs is the writing to a socket and the reading from it. A read is sent at once
// while fewer than batchesMax batches are under way; others wait, and go together as soon as
// one is over.
type reads struct {
	client redis.UniversalClient
	group  sync.WaitGroup // the goroutines that send what has waited
	mu     struct {
		sync.Mutex
		closed  bool
		running int // batches under way
		waiting *batch
		last    *batch // of those that wait; what is before it is full
	}
}

// batch is some reads that are sent together.
type batch struct {
	names []string
	end   time.Time     // when the last of them should have its reply
	done  chan struct{} // closed when cmds have their replies
	cmds  []*redis.StringCmd
	next  *batch
}

// get returns the beginning of the record of that name, and how much of it was asked for.
// bounded is ctx with the deadline of a call. A read that waits for others may take as long
// again as they do.
func (r *reads) get(ctx, bounded context.Context, name string) (b []byte, asked int, err error) {
	r.mu.Lock()
	if r.mu.running < batchesMax {
		r.mu.running++
		r.mu.Unlock()
		defer r.over()
		b, err = r.client.GetRange(bounded, name, 0, window-1).Bytes()
		return b, window, err
	}
	if r.mu.last == nil || len(r.mu.last.names) == batchReads {
		r.addLocked(&batch{done: make(chan struct{})})
	}
	mine := r.mu.last
	i := len(mine.names)
	mine.names = append(mine.names, name)
	mine.end, _ = bounded.Deadline()
	r.mu.Unlock()
	select {
	case <-mine.done:
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	b, err = mine.cmds[i].Bytes()
	return b, mine.share(), err
}

// addLocked puts b behind what waits.
func (r *reads) addLocked(b *batch) {
	if r.mu.last == nil {
		r.mu.waiting = b
	} else {
		r.mu.last.next = b
	}
	r.mu.last = b
}

// takeLocked takes out the batch that has waited longest; nil: nothing waits.
func (r *reads) takeLocked() *batch {
	b := r.mu.waiting
	if b == nil {
		return nil
	}
	if r.mu.waiting = b.next; b.next == nil {
		r.mu.last = nil
	}
	return b
}

// over begins the next batch in place of one that has ended.
func (r *reads) over() {
	r.mu.Lock()
	b, closed := r.takeLocked(), r.mu.closed
	switch {
	case b == nil:
		r.mu.running--
	case !closed:
		r.group.Go(func() { r.run(b) })
	}
	r.mu.Unlock()
	if b != nil && closed {
		r.run(b) // it fails at once
	}
}

// close has what waits fail, once client is closed, and waits for it.
func (r *reads) close() {
	r.mu.Lock()
	r.mu.closed = true
	r.mu.Unlock()
	r.group.Wait()
}

// run sends b, and then what waits, until nothing does.
func (r *reads) run(b *batch) {
	for b != nil {
		r.send(b)
		r.mu.Lock()
		if b = r.takeLocked(); b == nil {
			r.mu.running--
		}
		r.mu.Unlock()
	}
}

// share is how much is asked for of each record.
func (b *batch) share() int { return window / len(b.names) }

// send fills cmds with replies, or with what became of them.
func (r *reads) send(b *batch) {
	defer close(b.done)
	ctx := deadline{context.Background(), b.end}
	pipeline := r.client.Pipeline()
	b.cmds = make([]*redis.StringCmd, len(b.names))
	for i, name := range b.names {
		b.cmds[i] = pipeline.GetRange(ctx, name, 0, int64(b.share()-1))
	}
	_, _ = pipeline.Exec(ctx) // each command has its own error
}
