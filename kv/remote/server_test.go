package remote_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
	"github.com/skerry-edge/skerry/kv/remote"
)

func TestServerEndsBrokenConversations(t *testing.T) {
	t.Parallel()
	get := "\x01" + text("ns") + text("k")
	part := strings.Repeat("x", 100)
	for _, tc := range []struct {
		name string
		sent string // after the hello, unless it is one
		want string // of the error; empty: the client may
	}{
		{"no hello", frame(whole, 1, get), "no hello"},
		{"a hello of another protocol", frame(hello, 0, "skerry fs\x01"), `begins with "skerry fs"`},
		{"a hello of another version", frame(hello, 0, "skerry kv\x07"), "it speaks version 7, and this is version 1"},
		{"a hello that goes on", frame(hello, 0, "skerry kv\x01more"), "4 bytes too many"},
		{"a hello without a version", frame(hello, 0, "skerry kv"), "no hello"},
		{"a hello for a call", frame(hello, 1, "skerry kv\x01"), "no hello"},
		{"a hello of many bytes", rawHeader(hello, 0, 65), "no hello"},
		{"a second hello", clientHello + clientHello, "kind 1"},
		{"no such kind", clientHello + frame(6, 1, "x"), "kind 6"},
		{"kind 0", clientHello + frame(0, 1, "x"), "kind 0"},
		{"a frame that is too long", clientHello + rawHeader(whole, 1, 64<<10+1), "65537 bytes"},
		{"a frame of the greatest length", clientHello + rawHeader(whole, 1, 1<<24-1), "16777215 bytes"},
		{"an empty request", clientHello + frame(whole, 1), "a part of 0 bytes"},
		{"no such operation", clientHello + frame(whole, 1, "\x07", text("ns"), text("k")), "garbled"},
		{"operation 0", clientHello + frame(whole, 1, "\x00", text("ns"), text("k")), "garbled"},
		{"a request that ends early", clientHello + frame(whole, 1, "\x01", text("ns")), "garbled"},
		{"a request that goes on", clientHello + frame(whole, 1, get, "x"), "garbled"},
		{"text past the end", clientHello + frame(whole, 1, "\x01", text("ns"), uvarint(1<<63), "k"), "garbled"},
		{"a number without end", clientHello + frame(whole, 1, "\x01", strings.Repeat("\xff", 20)), "garbled"},
		{"a limit past the limit", clientHello + frame(whole, 1, "\x04", text("ns"), text(""), text(""), uvarint(1001)), "garbled"},
		{"two calls of one number", clientHello + frame(first, 1, total(200), part) + frame(whole, 1, get), "another of that number"},
		{"a part of nothing", clientHello + frame(more, 1, "x"), "no first part"},
		{"a first part without a length", clientHello + frame(first, 1, "123"), "empty"},
		{"a first part that is empty", clientHello + frame(first, 1, total(100)), "empty"},
		{"a first part that is all", clientHello + frame(first, 1, total(100), part), "all of it"},
		{"a message past every limit", clientHello + frame(first, 1, total(26<<20), part), "more than the"},
		{"a part that is empty", clientHello + frame(first, 1, total(200), part) + frame(more, 1), "a part of 0 bytes"},
		{"a part that is too long", clientHello + frame(first, 1, total(150), part) + frame(more, 1, part), "where 50 are missing"},
		{"a part of a canceled request", clientHello + frame(first, 1, total(200), part) + frame(cancelCall, 1) + frame(more, 1, part), "no first part"},
		{"a cancel with a payload", clientHello + frame(cancelCall, 1, "x"), "a cancel frame of 1 bytes"},
		{"more than the window", clientHello + frame(first, 1, total(25<<20), part) + frame(first, 2, total(25<<20), part), "more than the 37748736 bytes"},
		{"a swap where there is none", clientHello + frame(whole, 1, "\x05", text("ns"), text("k"), text(""), varint(0), text("")), "garbled"},
		{"an add where there is none", clientHello + frame(whole, 1, "\x06", text("ns"), text("k"), varint(1)), "garbled"},

		{"nothing", "", ""},
		{"a hello", clientHello, ""},
		{"a cancel of what never was", clientHello + frame(cancelCall, 77), ""},
		{"a number used again", clientHello + frame(whole, 1, "\x03", text("ns"), text("k")) + frame(whole, 2, get), ""},
		{"two cancels of one request", clientHello + frame(first, 1, total(200), part) + frame(cancelCall, 1) + frame(cancelCall, 1), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := serveBytes(t, tc.sent)
			if tc.want == "" {
				if err != nil {
					t.Errorf("Serve: %v, want nil", err)
				}
				return
			}
			if !errors.Is(err, remote.ErrProtocol) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Serve: %v, want an ErrProtocol with %q", err, tc.want)
			}
		})
	}
}

// serveBytes serves a client that sends sent, reads whatever comes, and leaves. The store
// has no abilities.
func serveBytes(t testing.TB, sent string) error {
	t.Helper()
	near, far := socketPair(t)
	done := make(chan error, 1)
	go func() {
		done <- remote.Serve(context.Background(), far, stub{}, remote.ServerConfig{RequestBytesMax: 36 << 20})
	}()
	io.WriteString(near, sent) // fails if the server has had enough of it before
	near.(*net.UnixConn).CloseWrite()
	io.Copy(io.Discard, near)
	return <-done
}

func TestServerMeetsAnEndInAFrame(t *testing.T) {
	t.Parallel()
	request := frame(whole, 1, "\x01", text("ns"), text("k"))
	for n := 1; n < len(clientHello+request); n++ {
		if err := serveBytes(t, (clientHello + request)[:n]); err != nil {
			t.Errorf("after %d bytes: %v, want nil", n, err)
		}
	}
}

func TestServerEndsWithItsConnection(t *testing.T) {
	t.Parallel()
	for name, which := range map[string]int{"the client's end": 0, "its own": 1} {
		near, far := socketPair(t)
		done := make(chan error, 1)
		go func() { done <- remote.Serve(context.Background(), far, stub{}, remote.ServerConfig{}) }()
		peer{near, t}.greet()
		[]net.Conn{near, far}[which].Close()
		if err := <-done; err != nil {
			t.Errorf("%s was closed: Serve: %v, want nil", name, err)
		}
	}
}

func TestServerTellsOtherVersionsItsOwn(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	done := make(chan error, 1)
	go func() { done <- remote.Serve(context.Background(), far, stub{}, remote.ServerConfig{}) }()
	p := peer{near, t}
	p.send(frame(hello, 0, "skerry kv\x09what version 9 has to say"))
	if kind, _, payload := p.receive(); kind != hello || !strings.HasPrefix(payload, "skerry kv\x01") {
		t.Errorf("the server answered with kind %d, %q", kind, payload)
	}
	if err := <-done; !errors.Is(err, remote.ErrProtocol) {
		t.Errorf("Serve: %v", err)
	}
}

// A client that asks for much and reads nothing makes the server hold AnswerBytesMax, and
// not more.
func TestServerBoundsUnreadAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var reads atomic.Int64
		value := make([]byte, 1<<20)
		store := stub{get: func(context.Context, string, string) (kv.Entry, error) {
			reads.Add(1)
			return kv.Entry{Value: value, Version: "1"}, nil
		}}
		near, far := net.Pipe()
		done := make(chan error, 1)
		go func() {
			done <- remote.Serve(context.Background(), far, store, remote.ServerConfig{AnswerBytesMax: 30 << 20})
		}()
		p := peer{near, t}
		p.greet()
		const calls = 12
		for i := range calls {
			p.send(frame(whole, uint32(i), "\x01", text("ns"), text("k")))
		}
		synctest.Wait() // all that can happen without a read has happened
		// A read starts while there is room for the largest value beside what is held.
		if n := reads.Load(); n != 5 {
			t.Errorf("the server read %d MiB from the store for a client that reads nothing, want 5", n)
		}
		got := make(map[uint32]int)
		for range calls * 17 {
			kind, call, payload := p.receive()
			if kind == first {
				payload = payload[4:]
			}
			got[call] += len(payload)
		}
		for call, n := range got {
			if n < len(value) || n > len(value)+100 {
				t.Errorf("call %d was answered with %d bytes", call, n)
			}
		}
		if len(got) != calls {
			t.Errorf("%d calls of %d were answered", len(got), calls)
		}
		near.Close()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}

// Answers that are small count too, in the window, until they begin to be sent.
func TestServerBoundsUnreadSmallAnswers(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	defer near.Close()
	done := make(chan error, 1)
	go func() {
		done <- remote.Serve(context.Background(), far, stub{}, remote.ServerConfig{RequestBytesMax: 36 << 20})
	}()
	p := peer{near, t}
	p.greet()
	sent := 0
	for ; sent < 10_000; sent++ {
		var err error
		if sent%2 == 0 {
			_, err = io.WriteString(near, frame(whole, uint32(sent), "\x03", text("ns"), text("k")))
		} else {
			_, err = io.WriteString(near, frame(first, uint32(sent), total(1000), "x")+frame(cancelCall, uint32(sent)))
		}
		if err != nil {
			break
		}
	}
	if err := <-done; !errors.Is(err, remote.ErrProtocol) || !strings.Contains(err.Error(), "more than the 37748736 bytes") {
		t.Errorf("Serve: %v", err)
	}
	// What is in the write that waits for the client no longer counts.
	if sent < 36<<20/(8<<10+1000)-1 || sent > 2*36<<20/(8<<10) {
		t.Errorf("the server took %d calls without sending an answer", sent)
	}
}

func TestServerInterleavesAnswers(t *testing.T) {
	t.Parallel()
	store := memory.New(memory.Config{})
	if _, err := store.Put(t.Context(), "ns", "large", kv.Entry{Value: make([]byte, kv.ValueBytesMax)}); err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	serve(t, far, store, remote.ServerConfig{})
	defer near.Close()
	p := peer{near, t}
	p.greet()
	p.send(frame(whole, 1, "\x01", text("ns"), text("large")))
	if kind, call, payload := p.receive(); kind != first || call != 1 || len(payload) != 64<<10 {
		t.Fatalf("the answer begins with kind %d, call %d, %d bytes", kind, call, len(payload))
	}
	p.send(frame(whole, 2, "\x03", text("ns"), text("k")))
	for parts := 0; ; parts++ {
		_, call, payload := p.receive()
		if call == 2 {
			if payload != "\x00" {
				t.Errorf("Delete was answered with %q", payload)
			}
			break
		}
		// One part was being written, and the call may take as long as some more.
		if parts == 300 {
			t.Fatal("a small answer waits for a large one")
		}
	}
}

func TestServerCancels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		canceled := make(chan struct{})
		store := stub{get: func(ctx context.Context, _, _ string) (kv.Entry, error) {
			<-ctx.Done()
			close(canceled)
			return kv.Entry{Value: make([]byte, 1<<20)}, nil
		}}
		near, far := net.Pipe()
		serve(t, far, store, remote.ServerConfig{})
		p := peer{near, t}
		p.greet()
		p.send(frame(whole, 9, "\x01", text("ns"), text("k")))
		synctest.Wait()
		p.send(frame(cancelCall, 9))
		if kind, call, payload := p.receive(); kind != whole || call != 9 || len(payload) > 200 || payload[0] == 0 {
			t.Errorf("a canceled call was answered with kind %d, call %d, %.200q", kind, call, payload)
		}
		<-canceled
		near.Close()
	})
}

func TestServerEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("the node is going down")
		ctx, cancel := context.WithCancelCause(t.Context())
		stopped := false
		store := stub{get: func(ctx context.Context, _, _ string) (kv.Entry, error) {
			<-ctx.Done()
			time.Sleep(time.Second) // what it does to stop
			stopped = true
			return kv.Entry{}, ctx.Err()
		}}
		near, far := net.Pipe()
		done := make(chan error, 1)
		go func() { done <- remote.Serve(ctx, far, store, remote.ServerConfig{}) }()
		c := open(t, near)
		called := make(chan error, 1)
		go func() {
			_, err := c.Store().Get(context.Background(), "ns", "k")
			called <- err
		}()
		synctest.Wait()
		cancel(why)
		if err := <-called; !errors.Is(err, kv.ErrUnavailable) {
			t.Errorf("Get: %v, want ErrUnavailable", err)
		}
		<-c.Done()
		if err := <-done; err != why || !stopped {
			t.Errorf("Serve returned %v; the call was over: %t", err, stopped)
		}
		if err := remote.Serve(ctx, far, store, remote.ServerConfig{}); err != why {
			t.Errorf("Serve with a context that has ended: %v", err)
		}
		c.Close()
	})
}

func TestAllow(t *testing.T) {
	t.Parallel()
	refusal := &kv.InvalidError{Field: "namespace", Reason: "is another tenant's"}
	near, far := net.Pipe()
	serve(t, far, memory.New(memory.Config{}), remote.ServerConfig{Allow: func(ns string) error {
		if strings.HasPrefix(ns, "mine") {
			return nil
		}
		return refusal
	}})
	s := open(t, near).Store()
	ctx := t.Context()
	if _, err := s.Put(ctx, "mine", "k", kv.Entry{}); err != nil {
		t.Error(err)
	}
	for name, call := range map[string]func(ns string) error{
		"Get":    func(ns string) error { _, err := s.Get(ctx, ns, "k"); return err },
		"Put":    func(ns string) error { _, err := s.Put(ctx, ns, "k", kv.Entry{}); return err },
		"Delete": func(ns string) error { return s.Delete(ctx, ns, "k") },
		"List":   func(ns string) error { _, err := s.List(ctx, ns, kv.Query{}); return err },
		"Swap":   func(ns string) error { _, err := s.(kv.Swapper).Swap(ctx, ns, "k", "", kv.Entry{}); return err },
		"Add":    func(ns string) error { _, err := s.(kv.Counter).Add(ctx, ns, "k", 1); return err },
	} {
		for _, ns := range []string{"yours", "Mine", "\x00mine"} {
			var invalid *kv.InvalidError
			if err := call(ns); !errors.As(err, &invalid) || *invalid != *refusal {
				t.Errorf("%s in %q: %v, want the refusal", name, ns, err)
			}
		}
	}
}

func TestServerConfig(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		cfg  remote.ServerConfig
		want string // a part of the error; empty: none
	}{
		{"nothing", remote.ServerConfig{}, ""},
		{"the least", remote.ServerConfig{RequestBytesMax: 36 << 20, AnswerBytesMax: 26 << 20}, ""},
		{"a window without room", remote.ServerConfig{RequestBytesMax: 25 << 20}, "ServerConfig.RequestBytesMax is 26214400"},
		{"a negative window", remote.ServerConfig{RequestBytesMax: -1}, "ServerConfig.RequestBytesMax is -1"},
		{"a window past all memory", remote.ServerConfig{RequestBytesMax: 1 << 41}, "ServerConfig.RequestBytesMax"},
		{"no room for an answer", remote.ServerConfig{AnswerBytesMax: 1}, "ServerConfig.AnswerBytesMax is 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			near, far := net.Pipe()
			near.Close()
			err := remote.Serve(t.Context(), far, stub{}, tc.cfg)
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("Serve: %v, want %q", err, tc.want)
			}
			if _, err := far.Write(nil); err == nil {
				t.Error("the connection is open")
			}
		})
	}
}
