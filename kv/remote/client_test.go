package remote_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
	"github.com/skerry-edge/skerry/kv/remote"
)

func TestClientEndsBrokenConversations(t *testing.T) {
	t.Parallel()
	notFound := "\x01" + text("kv: key not found")
	for _, tc := range []struct {
		name   string
		answer string // to a Get, which is call 1
		want   string // of the error
	}{
		{"nothing", "", "EOF"},
		{"half a frame", rawHeader(whole, 1, 10) + "x", "unexpected EOF"},
		{"a frame that is too long", rawHeader(whole, 1, 64<<10+1), "65537 bytes"},
		{"an answer to nobody", frame(whole, 2, notFound), "call 2, which is not under way"},
		{"two answers", frame(whole, 1, notFound, "x"), "garbled"},
		{"no such kind", frame(9, 1, "x"), "kind 9"},
		{"a hello", frame(hello, 1, "skerry kv\x01"), "kind 1"},
		{"an empty answer", frame(whole, 1), "a part of 0 bytes"},
		{"no such code", frame(whole, 1, "\x63", text("?")), "garbled"},
		{"half a failure", frame(whole, 1, "\x01\x09x"), "garbled"},
		{"half an entry", frame(whole, 1, "\x00", varint(0), text("1")), "garbled"},
		{"a part of nothing", frame(more, 1, "x"), "out of order"},
		{"two first parts", frame(first, 1, total(20), "x") + frame(first, 1, total(20), "x"), "out of order"},
		{"a whole after a part", frame(first, 1, total(20), "x") + frame(whole, 1, "x"), "out of order"},
		{"parts past the end", frame(first, 1, total(3), "x") + frame(more, 1, "123"), "where 2 are missing"},
		{"an answer past every limit", frame(first, 1, total(26<<20), "x"), "more than the"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			near, far := net.Pipe()
			var wg sync.WaitGroup
			wg.Go(func() {
				p := peer{far, t}
				p.welcome(serverHello)
				p.receive()
				io.WriteString(far, tc.answer) // the client may have had enough of it before
				if !strings.Contains(tc.want, "EOF") {
					io.Copy(io.Discard, far)
				}
				far.Close()
			})
			defer wg.Wait()
			c := open(t, near)
			s := c.Store()
			_, err := s.Get(t.Context(), "ns", "k")
			if !errors.Is(err, kv.ErrUnavailable) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Get: %v, want ErrUnavailable because of %q", err, tc.want)
			}
			if broken := !strings.Contains(tc.want, "EOF"); errors.Is(err, remote.ErrProtocol) != broken {
				t.Errorf("Get: %v; is it an ErrProtocol? want %t", err, broken)
			}
			<-c.Done()
			again := s.Delete(t.Context(), "ns", "k")
			if again == nil || again.Error() != err.Error() {
				t.Errorf("the next call fails with %v, and not with %v", again, err)
			}
		})
	}
}

func TestClientRefusesOtherServers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		greeting string
		want     string
	}{
		{"another protocol", frame(hello, 0, "SSH-2.0-OpenSSH"), `begins with "SSH-2.0-O"`},
		{"another version", frame(hello, 0, "skerry kv\x02\x00\x00\x00"), "it speaks version 2, and this is version 1"},
		{"no window", frame(hello, 0, "skerry kv\x01\x03", uvarint(0)), "garbled"},
		{"a small window", frame(hello, 0, "skerry kv\x01\x03", uvarint(25<<20)), "garbled"},
		{"a large window", frame(hello, 0, "skerry kv\x01\x03", uvarint(1<<63)), "garbled"},
		{"half a hello", frame(hello, 0, "skerry kv\x01\x03"), "garbled"},
		{"more than a hello", frame(hello, 0, "skerry kv\x01\x03", uvarint(64<<20), "x"), "garbled"},
		{"no hello", frame(whole, 0, "skerry kv\x01\x03"), "no hello"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			near, far := net.Pipe()
			var wg sync.WaitGroup
			wg.Go(func() { peer{far, t}.welcome(tc.greeting) })
			_, err := remote.Open(t.Context(), near, remote.Config{})
			if !errors.Is(err, remote.ErrProtocol) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Open: %v, want an ErrProtocol with %q", err, tc.want)
			}
			wg.Wait()
			if _, err := far.Write([]byte("x")); err == nil {
				t.Error("the connection is open")
			}
		})
	}
}

func TestOpenEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		late, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		gone, leave := context.WithCancel(t.Context())
		leave()
		for _, tc := range []struct {
			name   string
			ctx    context.Context
			cfg    remote.Config
			server func(far net.Conn)
			want   error // nil: any
		}{
			{"a server that is silent", late, remote.Config{}, func(far net.Conn) { io.Copy(io.Discard, far) }, context.DeadlineExceeded},
			{"a server that does not even read", late, remote.Config{}, func(net.Conn) {}, context.DeadlineExceeded},
			{"a context that has ended", gone, remote.Config{}, func(net.Conn) {}, context.Canceled},
			{"a server that leaves", t.Context(), remote.Config{}, func(far net.Conn) { far.Close() }, kv.ErrUnavailable},
			{"no room for a value", t.Context(), remote.Config{RequestBytesMax: 1 << 20}, func(net.Conn) {}, nil},
		} {
			near, far := net.Pipe()
			var wg sync.WaitGroup
			wg.Go(func() { tc.server(far) })
			c, err := remote.Open(tc.ctx, near, tc.cfg)
			if err == nil || tc.want != nil && !errors.Is(err, tc.want) || c != nil {
				t.Errorf("%s: Open = %v, %v; want %v", tc.name, c, err, tc.want)
			}
			wg.Wait()
			if _, err := far.Write([]byte("x")); err == nil {
				t.Errorf("%s: the connection is open", tc.name)
			}
		}
	})
}

func TestErrorsKeepTheirIdentity(t *testing.T) {
	t.Parallel()
	invalid := &kv.InvalidError{Field: "cursor", Reason: "is stale"}
	for _, tc := range []struct {
		name string
		err  error
		is   error // nil: none of kv's
	}{
		{"absent", kv.ErrNotFound, kv.ErrNotFound},
		{"conflict", kv.ErrConflict, kv.ErrConflict},
		{"no number", kv.ErrNotInteger, kv.ErrNotInteger},
		{"overflow", kv.ErrOverflow, kv.ErrOverflow},
		{"away", kv.ErrUnavailable, kv.ErrUnavailable},
		{"full", kv.ErrFull, kv.ErrFull},
		{"corrupt", kv.ErrCorrupt, kv.ErrCorrupt},
		{"wrapped", fmt.Errorf("bolt: get %q: %w", "k\x00", kv.ErrCorrupt), kv.ErrCorrupt},
		{"opaque", errors.New("the dog ate it"), nil},
		{"empty", errors.New(""), nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := through(t, stub{get: func(context.Context, string, string) (kv.Entry, error) { return kv.Entry{}, tc.err }})
			_, err := s.Get(t.Context(), "ns", "k")
			if err == nil || err.Error() != tc.err.Error() {
				t.Errorf("got %v, want the text of %v", err, tc.err)
			}
			for _, known := range []error{kv.ErrNotFound, kv.ErrConflict, kv.ErrNotInteger, kv.ErrOverflow, kv.ErrUnavailable, kv.ErrFull, kv.ErrCorrupt} {
				if errors.Is(err, known) != (known == tc.is) {
					t.Errorf("is %v %q? want %t", err, known, known == tc.is)
				}
			}
		})
	}
	for _, sent := range []error{invalid, fmt.Errorf("while listing: %w", invalid)} {
		s := through(t, stub{get: func(context.Context, string, string) (kv.Entry, error) { return kv.Entry{}, sent }})
		_, err := s.Get(t.Context(), "ns", "k")
		var got *kv.InvalidError
		if !errors.As(err, &got) || *got != *invalid || err.Error() != sent.Error() {
			t.Errorf("%q arrived as %v", sent, err)
		}
	}
	for _, sent := range []error{context.Canceled, context.DeadlineExceeded} {
		s := through(t, stub{get: func(context.Context, string, string) (kv.Entry, error) { return kv.Entry{}, sent }})
		if _, err := s.Get(t.Context(), "ns", "k"); !errors.Is(err, kv.ErrUnavailable) || errors.Is(err, sent) {
			t.Errorf("%q, which is not of the caller's context, arrived as %v", sent, err)
		}
	}
	long := through(t, stub{get: func(context.Context, string, string) (kv.Entry, error) {
		return kv.Entry{}, fmt.Errorf("%s: %w", strings.Repeat("x", 1<<20), kv.ErrFull)
	}})
	if _, err := long.Get(t.Context(), "ns", "k"); !errors.Is(err, kv.ErrFull) || len(err.Error()) != 4<<10 {
		t.Errorf("an error of a megabyte arrived with %d bytes", len(err.Error()))
	}
}

func TestStoreHasTheAbilitiesBehindIt(t *testing.T) {
	t.Parallel()
	full := memory.New(memory.Config{})
	for _, tc := range []struct {
		name  string
		store kv.Store
	}{
		{"none", stub{}},
		{"both", full},
		{"swap", struct {
			stub
			kv.Swapper
		}{stub{}, full}},
		{"add", struct {
			stub
			kv.Counter
		}{stub{}, full}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := through(t, tc.store)
			sw, swaps := s.(kv.Swapper)
			if _, want := tc.store.(kv.Swapper); swaps != want {
				t.Errorf("is it a Swapper? %t, want %t", swaps, want)
			}
			n, adds := s.(kv.Counter)
			if _, want := tc.store.(kv.Counter); adds != want {
				t.Errorf("is it a Counter? %t, want %t", adds, want)
			}
			if swaps {
				if _, err := sw.Swap(t.Context(), tc.name, "k", "", kv.Entry{}); err != nil {
					t.Error(err)
				}
				if _, err := sw.Swap(t.Context(), tc.name, "k", kv.Version(strings.Repeat("v", 30<<20)), kv.Entry{}); err != kv.ErrConflict {
					t.Errorf("Swap of a version of 30 MiB: %v", err)
				}
			}
			if adds {
				if sum, err := n.Add(t.Context(), tc.name, "n", -7); err != nil || sum != -7 {
					t.Errorf("Add = %d, %v", sum, err)
				}
			}
			if err := s.Delete(t.Context(), "ns", "k"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestManyCallsAtOnce(t *testing.T) {
	t.Parallel()
	s := through(t, memory.New(memory.Config{}))
	var wg sync.WaitGroup
	for i := range 1000 {
		wg.Go(func() {
			key := fmt.Sprint("key ", i)
			value := bytes.Repeat([]byte{byte(i)}, i)
			if i%100 == 0 {
				value = bytes.Repeat(value, 500) // in parts
			}
			v, err := s.Put(t.Context(), "ns", key, kv.Entry{Value: value})
			if err != nil {
				t.Error(err)
				return
			}
			e, err := s.Get(t.Context(), "ns", key)
			if err != nil || !bytes.Equal(e.Value, value) || e.Version != v {
				t.Errorf("%s: got %d bytes of version %q, %v; want %d of %q", key, len(e.Value), e.Version, err, len(value), v)
			}
		})
	}
	wg.Wait()
}

func TestCallEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		told := make(chan error, 1)
		slow := stub{get: func(ctx context.Context, _, key string) (kv.Entry, error) {
			if key == "quick" {
				return kv.Entry{Value: []byte("v")}, nil
			}
			<-ctx.Done()
			told <- ctx.Err()
			time.Sleep(time.Minute)
			return kv.Entry{}, ctx.Err()
		}}
		near, far := net.Pipe()
		serve(t, far, slow, remote.ServerConfig{})
		c := open(t, near)
		s := c.Store()
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.Get(ctx, "ns", "slow"); err != context.DeadlineExceeded {
			t.Errorf("Get: %v", err)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("Get took %v", took)
		}
		if err := <-told; err != context.Canceled {
			t.Errorf("the store was told %v", err)
		}
		if e, err := s.Get(t.Context(), "ns", "quick"); err != nil || string(e.Value) != "v" {
			t.Errorf("Get after a call that was canceled = %q, %v", e.Value, err)
		}
		time.Sleep(2 * time.Minute) // the late answer comes
		if _, err := s.Get(t.Context(), "ns", "quick"); err != nil {
			t.Errorf("Get after a late answer: %v", err)
		}
		c.Close()
	})
}

// A large Put that ends early leaves its value alone, and the rest of what is sent whole.
func TestCancelOfLargePut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		p := peer{far, t}
		go p.welcome(serverHello)
		c := open(t, near)
		s := c.Store()
		value := make([]byte, 20<<20)
		put := func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := s.Put(ctx, "ns", "k", kv.Entry{Value: value}); err != context.DeadlineExceeded {
				t.Errorf("Put: %v", err)
			}
			rand.NewChaCha8([32]byte{}).Read(value) // the race detector sees who else reads it
		}
		put() // the first part waits to be read
		if kind, call, payload := p.receive(); kind != first || call != 1 || len(payload) != 64<<10 {
			t.Errorf("received kind %d, call %d, %d bytes; want the first part", kind, call, len(payload))
		}
		if kind, call, _ := p.receive(); kind != cancelCall || call != 1 {
			t.Errorf("received kind %d, call %d; want the cancel", kind, call)
		}
		p.send(frame(whole, 1, "\x05", text("canceled")))

		// The window is free again, all of it: there is room for two such requests.
		var wg sync.WaitGroup
		wg.Go(put)
		wg.Go(func() {
			other := make([]byte, 20<<20)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			s.Put(ctx, "ns", "k", kv.Entry{Value: other})
		})
		seen := make(map[uint32]bool)
		for len(seen) < 2 {
			kind, call, _ := p.receive()
			if kind == first {
				seen[call] = true
			}
		}
		go io.Copy(io.Discard, far)
		wg.Wait()
		c.Close()
	})
}

// A call that is canceled before anything of it was sent leaves no trace.
func TestCancelBeforeSending(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		p := peer{far, t}
		go p.welcome(serverHello)
		c := open(t, near)
		go c.Store().Delete(t.Context(), "ns", "k") // its frame waits to be read
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Store().Put(ctx, "ns", "k", kv.Entry{Value: make([]byte, 1<<20)}); err != context.DeadlineExceeded {
			t.Errorf("Put: %v", err)
		}
		go func() {
			time.Sleep(time.Second)
			c.Close()
		}()
		for {
			kind, call, _, err := receive(far)
			if err != nil {
				break
			}
			if call != 1 {
				t.Errorf("received kind %d of call %d", kind, call)
			}
		}
	})
}

func TestClientInterleavesRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		p := peer{far, t}
		go p.welcome(serverHello)
		c := open(t, near)
		s := c.Store()
		go s.Put(t.Context(), "ns", "k", kv.Entry{Value: make([]byte, 20<<20)})
		p.receive()
		go s.Put(t.Context(), "ns", "k", kv.Entry{Value: make([]byte, 20<<20)})
		go s.Delete(t.Context(), "ns", "k")
		synctest.Wait()
		calls := make(map[uint32]bool)
		for range 4 { // a part that was being written, then everyone's turn
			_, call, _ := p.receive()
			calls[call] = true
		}
		if len(calls) != 3 {
			t.Errorf("calls %v were sent, want all three", calls)
		}
		c.Close()
	})
}

// A client keeps within the window by letting callers wait, and large requests leave room
// for small ones.
func TestClientKeepsWithinTheWindow(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		window uint64
		own    int64
		large  int // of 25 MiB that are under way at once
		small  int
	}{
		{"the server's", 64 << 20, 0, 1, 16 << 20 / (8<<10 + 69)},
		{"the server's, of more", 140 << 20, 0, 4, 35 << 20 / (8<<10 + 69)},
		{"the client's, which is less", 140 << 20, 36 << 20, 1, 9 << 20 / (8<<10 + 69)},
		{"the server's, which is less", 36 << 20, 140 << 20, 1, 9 << 20 / (8<<10 + 69)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				go peer{far, t}.welcome(frame(hello, 0, "skerry kv\x01\x00", uvarint(tc.window)))
				c, err := remote.Open(t.Context(), near, remote.Config{RequestBytesMax: tc.own})
				if err != nil {
					t.Fatal(err)
				}
				s := c.Store()
				ctx, cancel := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				value := make([]byte, kv.ValueBytesMax)
				for range tc.large + 3 {
					wg.Go(func() { s.Put(ctx, "ns", "k", kv.Entry{Value: value}) })
				}
				synctest.Wait()
				for range tc.small + 3 {
					wg.Go(func() { s.Delete(ctx, "ns", "key") })
				}
				synctest.Wait()
				large, small := 0, 0
				wg.Go(func() {
					for parts := 0; parts < 50; { // by then everyone has had a turn
						kind, _, _, err := receive(far)
						switch {
						case err != nil:
							return
						case kind == first:
							large++
						case kind == whole:
							small++
						default:
							parts++
						}
					}
				})
				synctest.Wait()
				if large != tc.large || small != tc.small {
					t.Errorf("%d large and %d small requests were sent, want %d and %d", large, small, tc.large, tc.small)
				}
				cancel() // also those who wait for room
				synctest.Wait()
				c.Close()
				wg.Wait()
			})
		})
	}
}

func TestCloseWhileBusy(t *testing.T) {
	t.Parallel()
	near, far := socketPair(t)
	serve(t, far, memory.New(memory.Config{}), remote.ServerConfig{})
	c := open(t, near)
	s := c.Store()
	var wg sync.WaitGroup
	busy := make(chan struct{}, 1000)
	for i := range 50 {
		wg.Go(func() {
			for {
				_, err := s.Put(t.Context(), "ns", fmt.Sprint(i), kv.Entry{Value: make([]byte, i*5000)})
				if err != nil {
					if !errors.Is(err, kv.ErrUnavailable) {
						t.Errorf("Put: %v, want ErrUnavailable", err)
					}
					return
				}
				select {
				case busy <- struct{}{}:
				default:
				}
			}
		})
	}
	for range cap(busy) {
		<-busy
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if err := c.Close(); err != nil {
		t.Errorf("the second Close: %v", err)
	}
	if _, err := s.Get(t.Context(), "ns", "k"); !errors.Is(err, kv.ErrUnavailable) || !strings.Contains(err.Error(), "closed") {
		t.Errorf("Get after Close: %v", err)
	}
}

// The end of the server's process is the end of all calls.
func TestServerDies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		p := peer{far, t}
		go p.welcome(frame(hello, 0, "skerry kv\x01\x03", uvarint(36<<20)))
		c := open(t, near)
		s := c.Store()
		var wg sync.WaitGroup
		for i := range 1200 { // more than the window holds: some wait for room
			wg.Go(func() {
				err := s.Delete(t.Context(), "ns", fmt.Sprint(i))
				if !errors.Is(err, kv.ErrUnavailable) || errors.Is(err, remote.ErrProtocol) {
					t.Errorf("Delete: %v", err)
				}
			})
		}
		for range 10 {
			p.receive()
		}
		far.Close()
		wg.Wait()
		<-c.Done()
		c.Close()
	})
}

// An answer that comes before the request is out breaks the protocol: what is left of the
// request would be a surprise to the server.
func TestAnswerBeforeRequest(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	p := peer{far, t}
	var wg sync.WaitGroup
	wg.Go(func() {
		p.welcome(serverHello)
		p.receive()
		p.send(frame(whole, 1, "\x00", text("1")))
		// Nothing more is received: else the request might be complete before the answer is seen.
	})
	c := open(t, near)
	if _, err := c.Store().Put(t.Context(), "ns", "k", kv.Entry{Value: make([]byte, 20<<20)}); !errors.Is(err, remote.ErrProtocol) || !errors.Is(err, kv.ErrUnavailable) {
		t.Errorf("Put: %v", err)
	}
	wg.Wait()
}
