//go:build linux

package supervise_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/gateway/supervise"
)

func TestListenersKeepTheSocketOpen(t *testing.T) {
	t.Parallel()
	in, err := supervise.Adopt()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	l := in.Listeners("http")
	if _, err := l.File("http"); err == nil || !strings.Contains(err.Error(), `"http" is not open`) {
		t.Errorf("a file before Listen: %v", err)
	}
	if _, err := l.Listen("other", "127.0.0.1:0"); err == nil || !strings.Contains(err.Error(), `called "other"`) {
		t.Errorf("an unknown name: %v", err)
	}
	ln, err := l.Listen("http", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if o := l.Origin("http"); o != supervise.FromAddress {
		t.Errorf("it comes from %s", o)
	}
	busy := in.Listeners("busy")
	if _, err := busy.Listen("busy", ln.Addr().String()); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("a busy port: %v", err)
	}
	address := ln.Addr().String()
	ln.Close()
	c, err := net.Dial("tcp", address) // nobody accepts, and it is not refused
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	again, err := l.Listen("http", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	accepted, err := again.Accept()
	if err != nil {
		t.Fatal(err)
	}
	accepted.Close()
	again.Close()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	// A child that another test has just forked holds the socket until it executes its program.
	for range 100 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		c.Close()
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("after Close somebody listens")
}

// where is what a process finds that systemd started.
type where struct {
	Address string
	Origin  supervise.Origin
	Err     string
}

// activated listens and says where.
func activated() int {
	in, err := supervise.Adopt()
	if err != nil {
		return fail(err)
	}
	defer in.Close()
	l := in.Listeners("http", "admin")
	defer l.Close()
	found := make(map[string]where)
	for _, name := range []string{"admin", "http"} {
		ln, err := l.Listen(name, "127.0.0.1:0")
		if err != nil {
			found[name] = where{Err: err.Error()}
			continue
		}
		found[name] = where{ln.Addr().String(), l.Origin(name), ""}
		ln.Close()
	}
	if left := os.Getenv("LISTEN_FDS"); left != "" {
		return fail(fmt.Errorf("children would see LISTEN_FDS=%s", left))
	}
	json.NewEncoder(os.Stdout).Encode(found)
	return 0
}

func TestSocketActivation(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name        string
		names       string // LISTEN_FDNAMES
		http, admin int    // which of the sockets, -1: none
		datagram    bool   // whether the first is no stream
	}{
		{"by name", "admin:http", 1, 0, false},
		{"by order, when no name is ours", "skerry.socket:skerry.socket", 0, 1, false},
		{"by order, without names", "", 0, 1, false},
		{"one of two", "other:admin", -1, 1, false},
		{"a socket of another kind", "", -2, 1, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var addresses []string
			cmd := role("activated")
			// systemd says whom it means by a pid that is known only after the fork.
			run := &exec.Cmd{Path: "/bin/sh", Args: []string{"sh", "-c", `LISTEN_PID=$$ exec "$0"`, cmd.Path}, Stderr: os.Stderr,
				Env: append(cmd.Env, "LISTEN_FDS=2", "LISTEN_FDNAMES="+tc.names)}
			for i := range 2 {
				f, address := listenAs(t, tc.datagram && i == 0)
				addresses = append(addresses, address)
				run.ExtraFiles = append(run.ExtraFiles, f)
			}
			out, err := run.Output()
			if err != nil {
				t.Fatal(err)
			}
			var found map[string]where
			if err := json.Unmarshal(out, &found); err != nil {
				t.Fatal(err)
			}
			for name, i := range map[string]int{"http": tc.http, "admin": tc.admin} {
				got := found[name]
				switch {
				case i == -2:
					if !strings.Contains(got.Err, "not a listening stream socket") {
						t.Errorf("%s: %+v", name, got)
					}
				case i == -1:
					if got.Origin != supervise.FromAddress {
						t.Errorf("%s: %+v", name, got)
					}
				case got.Origin != supervise.FromSystemd || got.Address != addresses[i]:
					t.Errorf("%s: %+v, want %s", name, got, addresses[i])
				}
			}
		})
	}
}

// listenAs opens a socket for a child.
func listenAs(t *testing.T, datagram bool) (*os.File, string) {
	t.Helper()
	var f *os.File
	var address string
	if datagram {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		address = c.LocalAddr().String()
		if f, err = c.(*net.UDPConn).File(); err != nil {
			t.Fatal(err)
		}
	} else {
		s := listenFile(t)
		f, address = s.file, s.address
	}
	t.Cleanup(func() { f.Close() })
	return f, address
}

// TestSharedListener shows that closing a listener in a child leaves the others theirs.
func TestSharedListener(t *testing.T) {
	t.Parallel()
	socket := listenFile(t)
	p := supervised(t, supervise.Config{Count: 2, DrainMax: time.Second}, withSocket(socket))
	children := p.ready(t)
	children[0].Call(within(t), "supervise.drain", map[string]any{"patience": time.Second}, nil)
	<-children[0].Gone()
	for range 10 {
		c := dial(t, socket.address)
		c.ask(t)
		c.Close()
	}
}
