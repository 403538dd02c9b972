package main_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// writer stores what it is sent under the path.
const writer = `
export default {
  async fetch(request, env) {
    const key = new URL(request.url).pathname.slice(1);
    if (request.method === "PUT") {
      await env.KV.put(key, await request.text());
      return new Response("stored");
    }
    const value = await env.KV.get(key);
    return value === null ? new Response("gone", { status: 404 }) : new Response(value);
  },
};`

const writerConfig = "name = \"writer\"\nmain = \"index.js\"\n[[kv]]\nbinding = \"KV\"\nnamespace = \"writer\"\n"

// crashCycles is how often TestKillsLoseNothing kills the node: SKERRY_CRASH_CYCLES, or a
// few, because each takes about a second.
func crashCycles(t *testing.T) int {
	text := os.Getenv("SKERRY_CRASH_CYCLES")
	if text == "" {
		return 5
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestKillsLoseNothing kills a node again and again while clients write KV and push: what
// was acknowledged must be there afterwards.
func TestKillsLoseNothing(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"index.js": writer, "skerry.toml": writerConfig})
	s := startServer(t)
	s.push(dir)
	var writes, pushes int
	for cycle := range crashCycles(t) {
		acked := s.writeUntilKilled(t, cycle, dir)
		s.start()
		s.waitReady()
		for key, value := range acked.values {
			status, body, err := s.get("writer", "/"+key)
			if err != nil || status != http.StatusOK || body != value {
				t.Errorf("cycle %d: %s was acknowledged as %q, and is %d %q, %v", cycle, key, value, status, body, err)
			}
		}
		if live := s.liveVersion(t, "pushed"); live < acked.version {
			t.Errorf("cycle %d: version %d was acknowledged, and %d is live", cycle, acked.version, live)
		}
		if acked.version > 0 {
			if body := s.mustGet("pushed", "/"); body < fmt.Sprintf("%06d", acked.version) {
				t.Errorf("cycle %d: version %d was acknowledged, and %q answers", cycle, acked.version, body)
			}
		}
		writes += len(acked.values)
		pushes = max(pushes, acked.version)
	}
	t.Logf("%d acknowledged writes and %d acknowledged pushes, none lost", writes, pushes)
	if writes == 0 {
		t.Error("nothing was acknowledged: the test shows nothing")
	}
}

// acknowledged is what a node has promised.
type acknowledged struct {
	mu      sync.Mutex
	values  map[string]string
	version int // of the function "pushed"
}

// writeUntilKilled writes and pushes, kills the node at a random moment, and returns what
// had been acknowledged.
func (s *server) writeUntilKilled(t *testing.T, cycle int, dir string) *acknowledged {
	acked := &acknowledged{values: make(map[string]string)}
	var group sync.WaitGroup
	for w := range 8 {
		group.Go(func() {
			for i := 0; ; i++ {
				key, value := fmt.Sprintf("c%d-w%d-%d", cycle, w, i), fmt.Sprint(rand.Int64())
				r, err := s.request(t.Context(), http.MethodPut, "writer", "/"+key, nil, strings.NewReader(value))
				if err != nil {
					return // killed
				}
				_, err = io.Copy(io.Discard, r.Body)
				r.Body.Close()
				if err != nil {
					return
				}
				if r.StatusCode == http.StatusOK {
					acked.mu.Lock()
					acked.values[key] = value
					acked.mu.Unlock()
				}
			}
		})
	}
	group.Go(func() {
		for n := s.liveVersion(t, "pushed") + 1; ; n++ {
			project := write(t, map[string]string{"pushed.js": fmt.Sprintf("export default { fetch: () => new Response(%q) }", fmt.Sprintf("%06d", n))})
			if _, err := s.skerry("push", project+"/pushed.js"); err != nil {
				return // killed
			}
			acked.mu.Lock()
			acked.version = n
			acked.mu.Unlock()
		}
	})
	time.Sleep(time.Duration(100+rand.IntN(500)) * time.Millisecond)
	s.kill()
	group.Wait()
	return acked
}

// liveVersion returns the live version of a function, 0 if there is none.
func (s *server) liveVersion(t *testing.T, function string) int {
	t.Helper()
	out, err := s.skerry("functions")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == function {
			n, err := strconv.Atoi(f[1])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	return 0
}
