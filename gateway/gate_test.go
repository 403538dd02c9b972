package gateway_test

import (
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/gateway"
	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
)

// TestBusyServerLeavesConnectionsToOthers: of two servers on one socket, the one that is busy
// accepts nothing, and both together lose nothing.
func TestBusyServerLeavesConnectionsToOthers(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	file, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	defer file.Close()
	var busy [2]atomic.Bool
	busy[0].Store(true)
	names := [2]string{"busy", "idle"}
	for i := range names {
		serveOn(t, file, names[i], busy[i].Load)
	}
	n := &node{addr: ln.Addr().String()}
	for range 50 {
		if got := n.get(t, "/").body; got != "idle" {
			t.Fatalf("the %s server answered", got)
		}
	}
	busy[1].Store(true)
	time.AfterFunc(20*time.Millisecond, func() { busy[0].Store(false) })
	if got := n.get(t, "/").body; got != "busy" {
		t.Errorf("while all were busy the %s server answered", got)
	}
}

// serveOn runs a server on a copy of a listening socket. Its functions answer with name.
func serveOn(t *testing.T, socket *os.File, name string, busy func() bool) {
	t.Helper()
	ln, err := net.FileListener(socket)
	if err != nil {
		t.Fatal(err)
	}
	s, err := gateway.New(gateway.Config{
		Dispatcher: answer(isolate.Response{Status: 200, Body: []byte(name)}), Observer: observe.New(observe.Config{}), Busy: busy,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetRoutes(live("f", "*/*")); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	t.Cleanup(func() {
		if err := s.Shutdown(t.Context()); err != nil && t.Context().Err() == nil {
			t.Errorf("Shutdown: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}
