package main_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

const neighbourBody = "good morning"

// neighbour is steady traffic to a function that means well: requests start on time,
// whether or not those before have ended.
type neighbour struct {
	mu     sync.Mutex
	ends   map[string]int
	heads  []time.Duration
	cancel context.CancelFunc
	done   chan struct{}
}

// pushNeighbour pushes the function that startNeighbour calls.
func (s *server) pushNeighbour() {
	s.t.Helper()
	s.push(write(s.t, map[string]string{"neighbour.js": "export default { fetch: () => new Response('" + neighbourBody + "') }"}) + "/neighbour.js")
}

// startNeighbour sends rate requests a second until stop. Connections are kept, and Go's
// client repeats a GET whose kept connection turns out to be closed, as RFC 9110 permits; a
// request on a fresh connection is sent once.
func startNeighbour(t testing.TB, listen string, rate int) *neighbour {
	ctx, cancel := context.WithCancel(context.Background())
	n := &neighbour{ends: make(map[string]int), cancel: cancel, done: make(chan struct{})}
	transport := &http.Transport{MaxIdleConnsPerHost: 256}
	client := &http.Client{Transport: transport, Timeout: hungAfter}
	go func() {
		defer close(n.done)
		defer transport.CloseIdleConnections()
		var group sync.WaitGroup
		defer group.Wait()
		tick := time.NewTicker(time.Second / time.Duration(rate))
		defer tick.Stop()
		for start, sent := time.Now(), 0; ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			// A ticker that could not tick in time leaves requests due.
			for due := int(time.Since(start).Seconds() * float64(rate)); sent < due; sent++ {
				group.Go(func() { n.add(greet(client, listen)) })
			}
		}
	}()
	t.Cleanup(func() { n.stop() })
	return n
}

// greet sends one request and says how it ended; empty: well.
func greet(client *http.Client, listen string) (wrong string, head time.Duration) {
	r, err := http.NewRequest(http.MethodGet, "http://"+listen+"/", nil)
	if err != nil {
		return err.Error(), 0
	}
	r.Host = "neighbour.localhost"
	start := time.Now()
	response, err := client.Do(r)
	if err != nil {
		return "error", time.Since(start)
	}
	defer response.Body.Close()
	head = time.Since(start)
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if err != nil {
		return "cut", head
	}
	if response.StatusCode != http.StatusOK || string(body) != neighbourBody {
		return fmt.Sprint(response.StatusCode), head
	}
	return "", head
}

func (n *neighbour) add(wrong string, head time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if wrong == "" {
		wrong = "ok"
	}
	n.ends[wrong]++
	n.heads = append(n.heads, head)
}

// stop ends the traffic and waits for what is under way. It may be called again.
func (n *neighbour) stop() {
	n.cancel()
	<-n.done
}

// successes are the share of requests that ended well, of those that there were. n has
// stopped.
func (n *neighbour) successes() (share float64, requests int) {
	if len(n.heads) == 0 {
		return 0, 0
	}
	return float64(n.ends["ok"]) / float64(len(n.heads)), len(n.heads)
}

func (n *neighbour) String() string {
	slices.Sort(n.heads)
	share, requests := n.successes()
	return fmt.Sprintf("%d requests, %.3f %% well (%s), p50 %s ms, p99 %s ms, max %s ms", requests, 100*share, counts(n.ends),
		millis(percentile(n.heads, 50)), millis(percentile(n.heads, 99)), millis(percentile(n.heads, 100)))
}
