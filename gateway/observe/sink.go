package observe

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// flushDelay is how long lines gather before they are written together, and flushBytes
	// how many may do so.
	flushDelay = 10 * time.Millisecond
	flushBytes = 256 << 10

	// spareMax bounds the buffer that is kept for reuse after a burst.
	spareMax = 4 * flushBytes
)

// sink writes lines to out on a goroutine of its own. Lines that come while bytesMax bytes
// wait are dropped and counted.
type sink struct {
	out      io.Writer
	bytesMax int
	dropped  atomic.Uint64 // lines that found no room
	failed   atomic.Uint64 // lines that out refused

	wake chan struct{} // has one element when there may be lines, or the end has come
	full chan struct{} // has one element when they should not wait
	done chan struct{} // closed when the goroutine is over
	mu   struct {
		sync.Mutex
		pending []byte // whole lines
		lines   int    // in pending
		missing uint64 // dropped since the last batch
		closed  bool
	}
}

func newSink(out io.Writer, bytesMax int) *sink {
	s := &sink{out: out, bytesMax: bytesMax, wake: make(chan struct{}, 1), full: make(chan struct{}, 1), done: make(chan struct{})}
	go s.run()
	return s
}

// write queues line, which ends in a line feed and stays the caller's. It never waits for
// out.
func (s *sink) write(line []byte) {
	s.mu.Lock()
	room := !s.mu.closed && len(s.mu.pending)+len(line) <= s.bytesMax
	first, full := room && s.mu.lines == 0, false
	if room {
		before := len(s.mu.pending)
		s.mu.pending = append(s.mu.pending, line...)
		s.mu.lines++
		full = before < flushBytes && len(s.mu.pending) >= flushBytes
	} else {
		s.mu.missing++
	}
	s.mu.Unlock()
	if !room {
		s.dropped.Add(1)
	}
	if first {
		signal(s.wake)
	}
	if full {
		signal(s.full)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// close writes what is left and stops the goroutine. It returns ctx's error if out takes
// longer than that; the goroutine then ends with out's call.
func (s *sink) close(ctx context.Context) error {
	s.mu.Lock()
	s.mu.closed = true
	s.mu.Unlock()
	signal(s.wake)
	signal(s.full)
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("write the last log lines: %w", ctx.Err())
	}
}

func (s *sink) run() {
	defer close(s.done)
	var batch []byte
	for range s.wake {
		select {
		case <-s.full:
		case <-time.After(flushDelay):
		}
		var lines int
		var closed bool
		batch, lines, closed = s.take(batch[:0])
		if len(batch) > 0 {
			if _, err := s.out.Write(batch); err != nil {
				s.failed.Add(uint64(lines))
			}
		}
		if cap(batch) > spareMax {
			batch = nil
		}
		if closed {
			return
		}
	}
}

// take swaps the pending lines for the empty buffer spare, and adds a line about those that
// were dropped.
func (s *sink) take(spare []byte) (batch []byte, lines int, closed bool) {
	s.mu.Lock()
	batch, lines, closed = s.mu.pending, s.mu.lines, s.mu.closed
	missing := s.mu.missing
	s.mu.pending, s.mu.lines, s.mu.missing = spare, 0, 0
	s.mu.Unlock()
	if missing > 0 {
		o := object{dst: append(batch, '{')}
		o.time("time", time.Now())
		o.kind("dropped")
		o.int("lines", int64(missing))
		batch = append(o.dst, '}', '\n')
	}
	return batch, lines, closed
}
