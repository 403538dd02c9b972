package main_test

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// cached answers from the cache, and counts what it had to make.
const cached = `
export default {
  async fetch(request, env) {
    const key = new URL(request.url).pathname === "/fixed" ? new Request("https://shared.example/", request) : request;
    const hit = await caches.default.match(key);
    if (hit) return hit;
    const made = await env.KV.incr("made");
    const response = new Response([env.NAME, request.headers.get("accept-language"), made].join(" "), {
      headers: { "cache-control": "max-age=600", vary: "Accept-Language", etag: '"' + made + '"' },
    });
    await caches.default.put(key, response.clone());
    return response;
  },
};`

// pushCached pushes the function above, under a name.
func (s *server) pushCached(name, isolation string) {
	s.t.Helper()
	s.push(write(s.t, map[string]string{
		"index.js": cached,
		"skerry.toml": fmt.Sprintf("name = %q\nmain = \"index.js\"\nisolation = %q\n[vars]\nNAME = %q\n[[kv]]\nbinding = \"KV\"\nnamespace = %q\n",
			name, isolation, name, name),
	}))
}

// ask sends a request for a language on a connection of its own: the next worker that
// accepts has it.
func (s *server) ask(method, function, path string, header http.Header) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.listen+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Host, r.Header, r.Close = function+".localhost", header, true
	response, err := client.Do(r)
	if err != nil {
		s.t.Error(err)
		return new(http.Response), ""
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Error(err)
	}
	return response, string(body)
}

// TestCachedResponses serves a response with Vary from the cache, wherever functions run: what
// one process has kept all have, and it outlives them.
func TestCachedResponses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		args []string
	}{
		{"workers", []string{"--workers", "2"}},
		{"one process", []string{"--workers", "0"}},
		{"jails", []string{"--workers", "2", "--untrusted", "jail"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, tc.args...)
			for _, isolation := range []string{"event", "reuse"} {
				s.pushCached("c-"+isolation, isolation)
				s.checkCached("c-" + isolation)
			}
			if _, body := s.ask(http.MethodGet, "c-reuse", "/fixed", nil); !strings.HasPrefix(body, "c-reuse ") {
				t.Errorf("a function got %q, which another has kept", body)
			}
			if tc.name != "workers" {
				return
			}
			s.replaceWorkers()
			for _, isolation := range []string{"event", "reuse"} {
				r, body := s.ask(http.MethodGet, "c-"+isolation, "/", http.Header{"Accept-Language": {"de"}})
				if body != "c-"+isolation+" de 1" || r.Header.Get("Cf-Cache-Status") != "HIT" {
					t.Errorf("after the workers' end: %q, %+v", body, r.Header)
				}
			}
		})
	}
}

// checkCached asks for variants, one after the other and then many at once.
func (s *server) checkCached(function string) {
	s.t.Helper()
	german, english := http.Header{"Accept-Language": {"de"}}, http.Header{"Accept-Language": {"en"}}
	for i, tc := range []struct {
		path   string
		header http.Header
		want   string
		hit    bool
	}{
		{"/", german, function + " de 1", false},
		{"/", english, function + " en 2", false},
		{"/", german, function + " de 1", true},
		{"/fixed", german, function + " de 3", false},
		{"/fixed", german, function + " de 3", true},
		{"/fixed", nil, function + "  4", false},
	} {
		r, body := s.ask(http.MethodGet, function, tc.path, tc.header)
		if hit := r.Header.Get("Cf-Cache-Status") == "HIT" && r.Header.Get("Age") != ""; body != tc.want || hit != tc.hit {
			s.t.Errorf("%d: got %q, a hit: %v; want %q, %v", i, body, hit, tc.want, tc.hit)
		}
	}
	var asking sync.WaitGroup
	for i := range 32 {
		asking.Go(func() {
			header, want := german, function+" de 1"
			if i%2 == 0 {
				header, want = english, function+" en 2"
			}
			if r, body := s.ask(http.MethodGet, function, "/", header); body != want || r.Header.Get("Cf-Cache-Status") != "HIT" {
				s.t.Errorf("among many: got %q, %+v; want %q", body, r.Header, want)
			}
		})
	}
	asking.Wait()
	with := func(name, value string) http.Header {
		return http.Header{"Accept-Language": {"de"}, name: {value}}
	}
	if r, body := s.ask(http.MethodGet, function, "/", with("If-None-Match", `"1"`)); r.StatusCode != http.StatusNotModified || body != "" || r.Header.Get("Etag") != `"1"` {
		s.t.Errorf("a condition: got %d %q %+v", r.StatusCode, body, r.Header)
	}
	if r, body := s.ask(http.MethodGet, function, "/", with("Range", "bytes=2-3")); r.StatusCode != http.StatusPartialContent || body != function[2:4] {
		s.t.Errorf("a part: got %d %q", r.StatusCode, body)
	}
	if r, body := s.ask(http.MethodHead, function, "/", german); r.StatusCode != http.StatusOK || body != "" || r.ContentLength != int64(len(function)+len(" de 1")) {
		s.t.Errorf("HEAD: got %d %q, %d bytes", r.StatusCode, body, r.ContentLength)
	}
}

// workerPids lists the workers that serve.
func (s *server) workerPids() (pids []int) {
	for _, p := range s.status().Processes {
		if p.Kind == "worker" && p.State == "serving" {
			pids = append(pids, p.PID)
		}
	}
	return pids
}

// replaceWorkers kills all workers and waits for as many others.
func (s *server) replaceWorkers() {
	s.t.Helper()
	old := s.workerPids()
	for _, pid := range old {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			s.t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		pids := s.workerPids()
		if len(pids) == len(old) && !slices.ContainsFunc(pids, func(pid int) bool { return slices.Contains(old, pid) }) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("workers %v were killed, and there are %v", old, pids)
		}
	}
}

func TestANodeWithoutACache(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"node.toml": "[cache]\nmemory_mb = 0\n"})
	s := startServer(t, "--workers", "1", "--config", filepath.Join(dir, "node.toml"))
	s.pushCached("c", "event")
	for i := range 3 {
		if r, body := s.ask(http.MethodGet, "c", "/", nil); body != fmt.Sprintf("c  %d", i+1) || r.Header.Get("Cf-Cache-Status") != "" {
			t.Errorf("%d: got %q, %+v", i, body, r.Header)
		}
	}
}

func TestDevKeepsResponses(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"index.js":    cached,
		"skerry.toml": "name = \"c\"\nmain = \"index.js\"\n[vars]\nNAME = \"c\"\n[[kv]]\nbinding = \"KV\"\nnamespace = \"c\"\n",
	})
	d := startDev(t, dir)
	for range 3 {
		if status, body := d.get("/", "text/plain"); status != http.StatusOK || body != "c  1" {
			t.Errorf("got %d %q", status, body)
		}
	}
}
