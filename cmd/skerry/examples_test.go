package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/skerry-edge/skerry/kv/redis/redistest"
)

// TestExamples pushes every example to a real node, on the embedded store and on Redis,
// and calls it.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, store := range []string{"bolt", "redis"} {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			origin := startOrigin(t)
			config := filepath.Join(t.TempDir(), "node.toml")
			text := fmt.Sprintf("[egress]\nallow_private = [%q]\n", strings.TrimPrefix(origin, "http://"))
			if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"--config", config}
			if store == "redis" {
				args = append(args, "--store", redistest.Start(t).URL)
			}
			s := startServer(t, args...)
			t.Run("hello", func(t *testing.T) { exampleHello(t, s) })
			t.Run("api", func(t *testing.T) { exampleAPI(t, s) })
			t.Run("render", func(t *testing.T) { exampleRender(t, s) })
			t.Run("proxy", func(t *testing.T) { exampleProxy(t, s, origin) })
			t.Run("counter", func(t *testing.T) { exampleCounter(t, s) })
			t.Run("events", func(t *testing.T) { exampleEvents(t, s) })
		})
	}
}

func example(t *testing.T, name string) string {
	return filepath.Join(root(t), "examples", name)
}

func exampleHello(t *testing.T, s *server) {
	s.push(filepath.Join(example(t, "hello"), "hello.js"))
	if body := s.mustGet("hello", "/?name=Ada"); !strings.Contains(body, "Ada") {
		t.Errorf("hello answered %q", body)
	}
}

// needPackages skips a test whose example has npm packages that are not installed.
func needPackages(t *testing.T, dir string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "hono")); err != nil {
		t.Skipf("SKIPPED: %s has no node_modules; run make deps (it needs npm)", dir)
	}
}

func exampleAPI(t *testing.T, s *server) {
	needPackages(t, example(t, "api"))
	s.push(example(t, "api"))
	send := func(method, path, body string, header http.Header) (int, http.Header, string) {
		t.Helper()
		r, err := s.request(t.Context(), method, "api", path, header, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r.StatusCode, r.Header, string(text)
	}
	json := http.Header{"Content-Type": {"application/json"}}
	status, header, body := send("POST", "/bookmarks", `{"url":"https://go.dev","title":"Go"}`, json)
	if status != http.StatusCreated {
		t.Fatalf("POST: %d %s", status, body)
	}
	location := header.Get("Location")
	if status, _, body := send("GET", location, "", nil); status != http.StatusOK || !strings.Contains(body, `"Go"`) {
		t.Errorf("GET %s: %d %s", location, status, body)
	}
	if status, _, body := send("GET", "/bookmarks", "", nil); status != http.StatusOK || !strings.Contains(body, `"title":"Go"`) {
		t.Errorf("list: %d %s", status, body)
	}
	if status, _, body := send("POST", "/bookmarks", `{"title":1}`, json); status < 400 || status > 499 {
		t.Errorf("bad input: %d %s", status, body)
	}
	if status, _, _ := send("GET", "/bookmarks/nothing", "", nil); status != http.StatusNotFound {
		t.Errorf("a bookmark that is not there: %d", status)
	}
}

func exampleRender(t *testing.T, s *server) {
	s.push(example(t, "render"))
	r, err := s.request(t.Context(), "GET", "render", "/", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") || !strings.Contains(strings.ToLower(string(body)), "<!doctype html>") {
		t.Errorf("got %s %s %v", r.Header.Get("Content-Type"), body, err)
	}
	for _, path := range []string{"/?q=<b>x", "/?search=<b>x", "/?name=<b>x"} {
		if body := s.mustGet("render", path); strings.Contains(body, "<b>x") {
			t.Errorf("%s was not escaped: %s", path, body)
		}
	}
}

// startOrigin starts a site for the proxy to stand in front of.
func startOrigin(t *testing.T) string {
	t.Helper()
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<html><body><p>the origin, %s</p></body></html>", r.URL.Path)
	}))
	t.Cleanup(origin.Close)
	return origin.URL
}

func exampleProxy(t *testing.T, s *server, origin string) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(example(t, "proxy"))); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "skerry.toml")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	changed := replaceValue(string(text), "ORIGIN", origin)
	if err := os.WriteFile(config, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	s.push(dir)
	if body := s.mustGet("proxy", "/some/page"); !strings.Contains(body, "the origin, /some/page") || body == "<html><body><p>the origin, /some/page</p></body></html>" {
		t.Errorf("the proxy answered %q, which is not the origin's page changed", body)
	}
}

// replaceValue sets a key of a TOML file that is on a line of its own.
func replaceValue(text, key, value string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, key+" ") || strings.HasPrefix(l, key+"=") {
			lines[i] = fmt.Sprintf("%s = %q", key, value)
		}
	}
	return strings.Join(lines, "\n")
}

// exampleCounter has 50 clients count at once, in both ways: no update may be lost.
func exampleCounter(t *testing.T, s *server) {
	const clients = 50
	s.push(example(t, "counter"))
	for _, path := range []string{"/visits", "/hits"} {
		var group sync.WaitGroup
		for range clients {
			group.Go(func() {
				r, err := s.request(context.Background(), "POST", "counter", path, nil, nil)
				if err != nil {
					t.Error(err)
					return
				}
				defer r.Body.Close()
				if r.StatusCode != http.StatusOK {
					body, _ := io.ReadAll(r.Body)
					t.Errorf("POST %s: %s %s", path, r.Status, body)
				}
			})
		}
		group.Wait()
		var got struct{ Count int }
		if err := json.Unmarshal([]byte(s.mustGet("counter", path)), &got); err != nil {
			t.Fatal(err)
		}
		if got.Count != clients {
			t.Errorf("%s: %d clients counted to %d", path, clients, got.Count)
		}
	}
}

// exampleEvents reads events as they come, and has a body sent back while it is sent.
func exampleEvents(t *testing.T, s *server) {
	s.push(example(t, "events"))
	r, err := s.request(t.Context(), "GET", "events", "/ticks?ms=10", http.Header{"Last-Event-Id": {"6"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if got := r.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("the content-type is %q", got)
	}
	events := bufio.NewReader(r.Body)
	for _, want := range []string{"id: 7\n", `data: {"at":"`, "\n", "id: 8\n", `data: {"at":"`, "\n"} {
		if line, err := events.ReadString('\n'); !strings.HasPrefix(line, want) || err != nil {
			t.Fatalf("got %q, %v, want %q", line, err, want)
		}
	}
	in, out := io.Pipe()
	go func() { _, _ = io.WriteString(out, "one ") }()
	back, err := s.request(t.Context(), "POST", "events", "/upper", nil, in)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Body.Close()
	got := make([]byte, 4)
	if _, err := io.ReadFull(back.Body, got); string(got) != "ONE " || err != nil {
		t.Fatalf("got %q, %v before all was sent", got, err)
	}
	go func() {
		_, _ = io.WriteString(out, "two")
		_ = out.Close()
	}()
	if rest, err := io.ReadAll(back.Body); string(rest) != "TWO" || err != nil {
		t.Errorf("got %q, %v at the end", rest, err)
	}
}
