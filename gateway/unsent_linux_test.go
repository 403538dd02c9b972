package gateway

import (
	"net"
	"testing"
	"time"
)

// A client that reads nothing is given what its own kernel and a bound of ours hold.
func TestUnsentIsBounded(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := client.(*net.TCPConn).SetReadBuffer(64 << 10); err != nil {
		t.Fatal(err)
	}
	boundUnsent(c)
	taken := 0
	for {
		_ = c.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		n, err := c.Write(make([]byte, writePiece))
		if taken += n; err != nil {
			break
		}
	}
	if taken > 1<<20 {
		t.Errorf("the kernel took %d bytes", taken)
	}
}
