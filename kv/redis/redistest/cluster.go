package redistest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const slots = 16384

// StartCluster starts a Redis Cluster of n masters, each with its share of the slots and
// without a replica, and waits until all of them serve.
func StartCluster(t testing.TB, n int) []*Server {
	t.Helper()
	nodes := make([]*Server, n)
	for i := range nodes {
		// The port that nodes talk to each other on is by default too high to exist
		// beside a port that the kernel has chosen.
		_, port, _ := net.SplitHostPort(FreeAddr(t))
		nodes[i] = Start(t, "--cluster-enabled", "yes", "--cluster-port", port, "--cluster-node-timeout", "2000")
	}
	for i, node := range nodes {
		node.MustDo(t, "CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(i*slots/n), strconv.Itoa((i+1)*slots/n-1))
		host, port, _ := net.SplitHostPort(nodes[0].Addr)
		if i > 0 {
			node.MustDo(t, "CLUSTER", "MEET", host, port, nodes[0].arg("--cluster-port"))
		}
	}
	deadline := time.Now().Add(startWait)
	for _, node := range nodes {
		for {
			info := node.MustDo(t, "CLUSTER", "INFO")
			if strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:"+strconv.Itoa(n)+"\r\n") {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("redistest: the cluster does not come up: %s", info)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return nodes
}

// StartSentinel starts a Sentinel that knows primary by the given name, and alone decides
// that it is down, when it has not answered for half a second.
func StartSentinel(t testing.TB, name string, primary *Server) *Server {
	t.Helper()
	host, port, _ := net.SplitHostPort(primary.Addr)
	config := filepath.Join(t.TempDir(), "sentinel.conf") // which Sentinel itself writes to
	text := fmt.Sprintf("sentinel monitor %[1]s %[2]s %[3]s 1\nsentinel down-after-milliseconds %[1]s 500\nsentinel failover-timeout %[1]s 5000\n", name, host, port)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &Server{config: config, args: []string{"--sentinel"}}
	s.start(t)
	return s
}
