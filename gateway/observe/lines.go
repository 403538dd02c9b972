package observe

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// relayBytes is how much of a process's output is taken at once, and the longest line that
// is passed on whole.
const relayBytes = 64 << 10

// linesBytesMax bounds the lines that wait for the writer, of all processes together.
const linesBytesMax = 4 << 20

// lastLinesMax is how long Wait lets the writer take the last lines.
const lastLinesMax = 5 * time.Second

// Lines writes the output of several processes to one writer, line by line: lines of
// different processes don't mix. It never makes a process wait: what a slow writer has no
// room for is dropped and counted, and said in a line of its own. It is safe for concurrent
// use.
type Lines struct {
	sink    *sink
	readers sync.WaitGroup
}

// NewLines returns Lines that writes to out, on a goroutine of its own until Wait.
func NewLines(out io.Writer) *Lines { return &Lines{sink: newSink(out, linesBytesMax)} }

// Pipe returns the end of a new pipe that a process is to write its lines to. It is the
// caller's, and the process's: when all have closed it, the pipe is no more.
func (l *Lines) Pipe() (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("observe: %w", err)
	}
	l.readers.Go(func() {
		defer r.Close()
		l.relay(r)
	})
	return w, nil
}

// Dropped is how many lines found no room.
func (l *Lines) Dropped() uint64 { return l.sink.dropped.Load() }

// Failed is how many lines could not be written.
func (l *Lines) Failed() uint64 { return l.sink.failed.Load() }

// Wait returns when all pipes are closed, and what they had is written or the writer has
// not taken it for 5 seconds. It may be called once, and Pipe no more after it.
func (l *Lines) Wait() {
	l.readers.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), lastLinesMax)
	defer cancel()
	_ = l.sink.close(ctx) // there is no place left to say that lines are lost
}

// relay passes on whole lines as long as r has any.
func (l *Lines) relay(r io.Reader) {
	buffer := make([]byte, relayBytes)
	kept := 0 // bytes of a line whose end has not come
	for {
		n, err := r.Read(buffer[kept:])
		kept += n
		rest := buffer[:kept]
		for {
			end := bytes.IndexByte(rest, '\n') + 1
			if end == 0 {
				break
			}
			l.sink.write(rest[:end])
			rest = rest[end:]
		}
		if len(rest) == len(buffer) || err != nil && len(rest) > 0 {
			// A line that is too long, or that its process did not live to end.
			l.sink.write(append(bytes.Clone(rest), '\n'))
			rest = nil
		}
		if err != nil {
			return
		}
		kept = copy(buffer, rest)
	}
}
