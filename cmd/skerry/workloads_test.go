package main_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bench/workloads"
	"github.com/skerry-edge/skerry/kv/redis/redistest"
)

// TestWorkloads pushes what is measured to a real node, in both isolations, and checks the
// answer of a request; those that need a store have one of each kind.
func TestWorkloads(t *testing.T) {
	t.Parallel()
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, workloads.OriginAnswer(r.URL.Path))
	}))
	t.Cleanup(origin.Close)
	address := strings.TrimPrefix(origin.URL, "http://")
	config := filepath.Join(t.TempDir(), "node.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "[egress]\nallow_private = [%q]\n", address), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("bolt", func(t *testing.T) {
		s := startServer(t, "--config", config)
		for _, w := range workloads.All() {
			t.Run(w.Name, func(t *testing.T) { tryWorkload(t, s, w, address) })
		}
	})
	t.Run("redis", func(t *testing.T) {
		s := startServer(t, "--config", config, "--store", redistest.Start(t).URL)
		for _, w := range workloads.All() {
			if w.KV {
				t.Run(w.Name, func(t *testing.T) { tryWorkload(t, s, w, address) })
			}
		}
	})
}

func tryWorkload(t *testing.T, s *server, w workloads.Workload, origin string) {
	dir := filepath.Join(root(t), "bench", "workloads", w.Name)
	if w.NPM {
		needPackages(t, dir)
	}
	if w.Name == "cpu" && raceEnabled {
		t.Skip("SKIPPED: under the race detector it takes more CPU time than its cap")
	}
	for _, isolation := range []string{"event", "reuse"} {
		project, name := filepath.Join(t.TempDir(), w.Name), w.Name+"-"+isolation
		if err := workloads.Copy(project, dir, workloads.Choice{Isolation: isolation, Origin: origin}); err != nil {
			t.Fatal(err)
		}
		s.push(project, "--name", name)
		if w.Prepare != nil {
			askWorkload(t, s, name, *w.Prepare, http.StatusNoContent)
		}
		if err := w.Check(askWorkload(t, s, name, w.Request, http.StatusOK)); err != nil {
			t.Errorf("isolation %q: %v", isolation, err)
		}
	}
}

// askWorkload sends a request to a function and returns the body of the answer.
func askWorkload(t *testing.T, s *server, name string, r workloads.Request, status int) []byte {
	t.Helper()
	header := make(http.Header)
	if r.Type != "" {
		header.Set("Content-Type", r.Type)
	}
	answer, err := s.request(t.Context(), r.Method, name, r.Path, header, bytes.NewReader(r.Body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status {
		t.Fatalf("%s %s: status %d, not %d: %.300s %v", r.Method, r.Path, answer.StatusCode, status, body, err)
	}
	return body
}
