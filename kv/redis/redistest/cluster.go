package redistest

import (
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
		nodes[i] = Start(t, "--cluster-enabled", "yes", "--cluster-port", freePort(t), "--cluster-node-timeout", "2000")
	}
	for i, node := range nodes {
		node.MustDo(t, "CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(i*slots/n), strconv.Itoa((i+1)*slots/n-1))
		host, port, _ := net.SplitHostPort(nodes[0].Addr)
		if i > 0 {
			node.MustDo(t, "CLUSTER", "MEET", host, port, busPort(nodes[0]))
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

func busPort(s *Server) string {
	for i, arg := range s.args {
		if arg == "--cluster-port" {
			return s.args[i+1]
		}
	}
	return ""
}

// StartSentinel starts a Sentinel that watches master under the given name, and alone
// decides that it is down.
func StartSentinel(t testing.TB, name string, master *Server) *Server {
	t.Helper()
	host, port, _ := net.SplitHostPort(master.Addr)
	config := filepath.Join(t.TempDir(), "sentinel.conf") // which Sentinel itself writes to
	if err := os.WriteFile(config, []byte("sentinel monitor "+name+" "+host+" "+port+" 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &Server{config: config, args: []string{"--sentinel"}}
	s.start(t)
	return s
}
