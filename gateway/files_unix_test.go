//go:build unix

package gateway_test

import (
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// TestOutOfFiles has the kernel refuse connections for real.
func TestOutOfFiles(t *testing.T) {
	n := start(t, echo)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Skipf("no limit on files here: %v", err)
	}
	lower := limit
	lower.Cur = 128
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lower); err != nil {
		t.Skipf("the limit on files can't be changed: %v", err)
	}
	spare, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	var held []net.Conn
	for tries := 0; len(held) < 200 && tries < 2; {
		c, err := net.Dial("tcp", n.addr)
		if err != nil { // we are out of files ourselves: the last one goes to a client
			tries++
			spare.Close()
			continue
		}
		held = append(held, c)
	}
	for metric(t, n.observer, "skerry_accept_failures_total") == "0" {
		time.Sleep(time.Millisecond)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	for _, c := range held {
		c.Close()
	}
	if r := n.get(t, "/"); r.status != 200 {
		t.Errorf("afterwards got %d", r.status)
	}
}
