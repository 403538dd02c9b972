package jail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"time"
)

// narrow returns the two ends of a connection of which the kernel holds little.
func narrow(t *testing.T) (a, b *net.UnixConn) {
	t.Helper()
	fa, fb, err := socketPair()
	if err != nil {
		t.Fatal(err)
	}
	end := func(file *os.File) *net.UnixConn {
		conn, err := unixConn(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if err := errors.Join(conn.SetWriteBuffer(4<<10), conn.SetReadBuffer(4<<10)); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	return end(fa), end(fb)
}

// TestALinkOutlivesAFullSocket has a link wait for its peer, and write again when it could not
// have waited any more.
func TestALinkOutlivesAFullSocket(t *testing.T) {
	t.Parallel()
	const most = 2 * time.Second
	near, far := narrow(t)
	l := newLink(near, most)
	var work sync.WaitGroup
	work.Go(l.flush)
	defer work.Wait()
	defer l.fail(ErrClosed)
	got := make(chan int)
	peer := newLink(far, 0)
	work.Go(func() {
		peer.fail(peer.receive(func(kind) int { return longestBytes }, func(m message) error {
			got <- len(m.payload)
			return nil
		}))
		close(got)
	})
	body := make([]byte, frameBytesMax/2) // more than the socket takes at once
	for i := range 2 {
		if i > 0 {
			time.Sleep(most + most/10)
		}
		if err := l.send(t.Context(), kindChunk, 1, nil, body); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
		if n := <-got; n != len(body)+1 {
			t.Fatalf("message %d came with %d bytes, and the link ended with %v", i, n, l.err())
		}
	}
}

// TestLinksThatBothHaveMuchToSay has both ends of a channel answer all that comes, while more
// is on its way in both directions than the socket and the queues hold: each must read while
// it can't write.
func TestLinksThatBothHaveMuchToSay(t *testing.T) {
	t.Parallel()
	const senders, each = 32, 40
	a, b := narrow(t)
	links := [2]*link{newLink(a, time.Minute), newLink(b, time.Minute)}
	var work sync.WaitGroup
	defer work.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ends := make(chan error, len(links))
	for i, l := range links {
		work.Go(l.flush)
		defer l.fail(ErrClosed)
		var said sync.WaitGroup
		for id := range uint32(senders) {
			said.Go(func() {
				body := make([]byte, chunkBytesMax)
				for range each {
					if err := l.sendPaced(kindChunk, id, nil, body); err != nil {
						return // who receives says why
					}
				}
			})
		}
		work.Go(func() {
			answers, questions := 0, 0
			err := l.receive(func(kind) int { return longestBytes }, func(m message) error {
				if m.kind == kindPull {
					answers++
				} else {
					questions++
					// As one that reads a body asks for more of it.
					if err := l.note(kindPull, m.id); err != nil {
						return err
					}
				}
				if answers == senders*each && questions == senders*each {
					return errDone
				}
				return nil
			})
			if err != nil && !errors.Is(err, errDone) {
				err = fmt.Errorf("end %d has had %d answers to %d messages, and %d messages: %w", i, answers, senders*each, questions, err)
			}
			said.Wait()
			ends <- err
		})
	}
	for range links {
		select {
		case err := <-ends:
			if !errors.Is(err, errDone) {
				t.Error(err)
			}
		case <-ctx.Done():
			t.Fatal("the ends wait for each other")
		}
	}
}

var errDone = errors.New("all is said")
