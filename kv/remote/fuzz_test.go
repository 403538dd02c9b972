package remote_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
	"github.com/skerry-edge/skerry/kv/remote"
)

// FuzzServer is a hostile client: whatever it sends, the server returns, and answers
// nobody else.
func FuzzServer(f *testing.F) {
	put := frame(whole, 1, "\x02", text("ns"), text("k"), varint(0), text(`{"a":1}`), "value")
	for _, seed := range []string{
		"", clientHello,
		clientHello + put + frame(whole, 2, "\x01", text("ns"), text("k")) + frame(whole, 3, "\x03", text("ns"), text("k")),
		clientHello + put + frame(whole, 2, "\x04", text("ns"), text(""), text(""), uvarint(10)),
		clientHello + frame(whole, 1, "\x05", text("ns"), text("k"), text(""), varint(1<<60), text(""), "v"),
		clientHello + frame(whole, 1, "\x06", text("ns"), text("k"), varint(-5)) + frame(cancelCall, 1),
		clientHello + frame(first, 1, total(40), put[8:20]) + frame(more, 1, put[20:]) + frame(cancelCall, 1),
		frame(hello, 0, "skerry kv\x02"),
	} {
		f.Add([]byte(seed))
		f.Add([]byte(strings.TrimPrefix(seed, clientHello)))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		for _, greeting := range []string{"", clientHello} {
			conn := &scripted{in: strings.NewReader(greeting + string(sent))}
			err := remote.Serve(context.Background(), conn, memory.New(memory.Config{}), remote.ServerConfig{RequestBytesMax: 36 << 20})
			if err != nil && !errors.Is(err, remote.ErrProtocol) {
				t.Errorf("Serve: %v, want nil or an ErrProtocol", err)
			}
			if !conn.closed() {
				t.Error("the connection is open")
			}
		}
	})
}

// FuzzClient is a broken server: whatever it answers, all calls return, and the client
// can be closed.
func FuzzClient(f *testing.F) {
	entry := "\x00" + varint(1<<41) + text("v1") + text(`"m"`) + "value"
	page := "\x00" + text("cursor") + uvarint(1) + text("k") + text("") + varint(0) + text("v")
	for _, seed := range []string{
		"", frame(whole, 1, entry), frame(whole, 4, page), frame(whole, 2, "\x00"+text("v")), frame(whole, 3, "\x00"),
		frame(whole, 6, "\x00"+varint(3)), frame(whole, 1, "\x01", text("kv: key not found")),
		frame(whole, 2, "\xfe", text("kv: key is empty"), text("key"), text("is empty")),
		frame(first, 1, total(30), entry) + frame(more, 1, entry[:9]),
		frame(whole, 1, entry) + frame(whole, 2, "\xff", text("opaque")) + frame(whole, 3, "\x05", text("gone")),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answers []byte) {
		near, far := net.Pipe()
		served := make(chan struct{})
		go func() {
			defer close(served)
			defer far.Close()
			p := peer{far, t}
			p.welcome(serverHello)
			for range 6 {
				if _, _, _, err := receive(far); err != nil {
					return
				}
			}
			go io.Copy(io.Discard, far)
			far.Write(answers)
		}()
		c, err := remote.Open(context.Background(), near, remote.Config{})
		if err != nil {
			t.Fatal(err)
		}
		s, ctx := c.Store(), context.Background()
		var calls sync.WaitGroup
		for _, call := range []func(){
			func() {
				if e, err := s.Get(ctx, "ns", "k"); err == nil && e.Value == nil {
					t.Error("Get returned a nil value")
				}
			},
			func() { s.Put(ctx, "ns", "k", kv.Entry{}) },
			func() { s.Delete(ctx, "ns", "k") },
			func() { s.List(ctx, "ns", kv.Query{}) },
			func() { s.(kv.Swapper).Swap(ctx, "ns", "k", "v", kv.Entry{}) },
			func() { s.(kv.Counter).Add(ctx, "ns", "k", 1) },
		} {
			calls.Go(call)
		}
		calls.Wait()
		<-served
		c.Close()
	})
}

// scripted is a connection whose other end sends in, and reads nothing but takes all.
type scripted struct {
	net.Conn
	in *strings.Reader
	mu struct {
		sync.Mutex
		closed bool
	}
}

func (s *scripted) Read(b []byte) (int, error) {
	if s.closed() {
		return 0, net.ErrClosed
	}
	return s.in.Read(b)
}

func (s *scripted) Write(b []byte) (int, error) { return len(b), nil }

func (s *scripted) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.closed = true
	return nil
}

func (s *scripted) closed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.closed
}
