package main_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/kv/redis/redistest"
)

// TestTwoNodesOnRedis has two nodes share a Redis: KV is one at once, and a push to one is
// served by both when it returns.
func TestTwoNodesOnRedis(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	a, b := startServer(t, "--store", redis.URL), startServer(t, "--store", redis.URL)
	dir := write(t, map[string]string{"index.js": writer, "skerry.toml": writerConfig})
	out, err := a.skerry("push", dir, "--json")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(out, `"switched":true`) != 2 {
		t.Errorf("the push was not acknowledged by both nodes: %s", out)
	}
	if status, _, err := b.get("writer", "/none"); err != nil || status != http.StatusNotFound {
		t.Fatalf("the second node does not serve what was pushed to the first: %d %v", status, err)
	}
	for i := range 20 {
		value := strings.Repeat("x", i+1)
		r, err := a.request(t.Context(), http.MethodPut, "writer", "/k", nil, strings.NewReader(value))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if got := b.mustGet("writer", "/k"); got != value {
			t.Fatalf("the second node read %q after the first wrote %q", got, value)
		}
	}
	if _, err := b.skerry("rm", "writer"); err != nil {
		t.Fatal(err)
	}
	if status, _, err := a.get("writer", "/k"); err != nil || status != http.StatusNotFound {
		t.Errorf("after a removal on the second node the first answers %d, %v", status, err)
	}
}

// TestRedisAway starts and runs a node without its Redis: it serves from its disk what
// needs no Redis, and says so.
func TestRedisAway(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	s := startServer(t, "--store", redis.URL)
	s.push(write(t, map[string]string{"plain.js": `export default { fetch: () => new Response("plain") }`}) + "/plain.js")
	s.push(write(t, map[string]string{"index.js": writer, "skerry.toml": writerConfig}))
	redis.Kill()
	if body := s.mustGet("plain", "/"); body != "plain" {
		t.Errorf("while Redis is away, a function that needs none answers %q", body)
	}
	if status, body, err := s.get("writer", "/k"); err != nil || status != http.StatusInternalServerError {
		t.Errorf("while Redis is away, KV gives %d %s %v", status, body, err)
	}
	s.kill()
	s.start()
	s.waitReady()
	if body := s.mustGet("plain", "/"); body != "plain" {
		t.Errorf("after a restart without Redis the function answers %q", body)
	}
	if !strings.Contains(s.output.String(), "degraded") {
		t.Errorf("the node does not say that it is degraded: %s", s.output.String())
	}
	if out, err := s.skerry("push", example(t, "hello")+"/hello.js"); err == nil {
		t.Errorf("a push without Redis succeeded: %s", out)
	}
	redis.Restart(t)
	deadline := time.Now().Add(20 * time.Second)
	for {
		_, err := s.skerry("push", example(t, "hello")+"/hello.js")
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the node does not recover: %v", err)
		}
	}
	if status, _, err := s.get("writer", "/k"); err != nil || status != http.StatusNotFound {
		t.Errorf("when Redis is back, KV gives %d %v", status, err)
	}
}
