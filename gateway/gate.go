package gateway

import (
	"net"
	"os"
	"syscall"
	"time"
)

// gatePause is how often a busy process looks whether it is still busy.
const gatePause = time.Millisecond

// gate leaves connections to other processes that listen on the same socket while this one
// is busy. A nil gate is always open.
//
// A process that waits in accept takes the next connection whatever has happened since. So
// the gate waits until there is one, and asks only then.
type gate struct {
	busy   func() bool
	socket *os.File // a copy of the listener's: a listener has no way to wait without accepting
	raw    syscall.RawConn
}

// newGate returns a gate before ln; nil if there is nothing to ask, or no way to wait.
func newGate(ln net.Listener, busy func() bool) *gate {
	copied, ok := ln.(interface{ File() (*os.File, error) })
	if busy == nil || !ok {
		return nil
	}
	socket, err := copied.File()
	if err != nil {
		return nil // a listener that is closed: Accept says so
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		socket.Close()
		return nil
	}
	return &gate{busy, socket, raw}
}

// wait returns when a connection is there and this process is not busy, or after close.
func (g *gate) wait(stop <-chan struct{}) {
	if g == nil {
		return
	}
	for g.raw.Read(pending) == nil && g.busy() {
		select {
		case <-stop:
			return
		case <-time.After(gatePause):
		}
	}
}

func (g *gate) close() {
	if g != nil {
		g.socket.Close()
	}
}
