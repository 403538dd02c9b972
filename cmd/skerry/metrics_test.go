package main_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What workers have counted stands among the node's metrics, whichever of them did.
func TestMetricsOfAllProcesses(t *testing.T) {
	t.Parallel()
	for _, workers := range []string{"0", "2"} {
		t.Run(workers+" workers", func(t *testing.T) {
			t.Parallel()
			s := startServer(t, "--workers", workers)
			s.push(write(t, map[string]string{"hello.js": `export default { fetch: () => new Response("hello") }`}) + "/hello.js")
			for range 20 {
				r, err := http.NewRequest("GET", "http://"+s.listen+"/", nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Host, r.Close = "hello.localhost", true
				response, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				response.Body.Close()
			}
			if got := s.metrics(); !strings.Contains(got, `skerry_requests_total{function="hello",outcome="ok",status="2xx"} 20`) {
				t.Errorf("got %s", got)
			}
		})
	}
}

// metrics returns what a scrape of the node gets.
func (s *server) metrics() string {
	s.t.Helper()
	token, err := os.ReadFile(filepath.Join(s.data, "admin.token"))
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequest("GET", "http://"+s.admin+"/metrics", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}
