package main_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// keeper answers with what its request brought, and goes on comparing what it was given,
// after the response, in all the ways that a handler can keep something.
const keeper = `
const kept = [];
export default {
  async fetch(request, env, ctx) {
    const nonce = request.headers.get("x-nonce");
    const query = new URL(request.url).searchParams.get("nonce");
    const body = await request.text();
    const same = () => {
      const now = [request.headers.get("x-nonce"), new URL(request.url).searchParams.get("nonce"), query, body];
      for (const n of now) if (n !== nonce) console.error("FOREIGN", nonce, JSON.stringify(now));
    };
    kept.push(request);
    switch (Number(nonce.split("-")[1]) % 4) {
      case 0:
        ctx.waitUntil((async () => { for (let i = 0; i < 3; i++) { await new Promise((r) => setTimeout(r, 1)); same(); } })());
        break;
      case 1:
        ctx.waitUntil(env.KV.put(nonce, body).then(same));
        break;
      case 2:
        setTimeout(same, 1);
        await new Promise((r) => setTimeout(r, 2));
        break;
    }
    same();
    return new Response([nonce, query, body].join(" "), { headers: { "x-nonce": nonce } });
  },
};`

// TestNoRequestSeesAnothersData sends requests in parallel, each with a nonce in header,
// query and body, and looks for any of them in a wrong place.
func TestNoRequestSeesAnothersData(t *testing.T) {
	t.Parallel()
	requests := 100_000
	if raceEnabled {
		requests = 10_000
	}
	for _, isolation := range []string{"event", "reuse"} {
		t.Run(isolation, func(t *testing.T) {
			t.Parallel()
			s := startServer(t)
			logged := follow(t, s)
			s.push(write(t, map[string]string{
				"index.js":    keeper,
				"skerry.toml": "name = \"keeper\"\nmain = \"index.js\"\nisolation = \"" + isolation + "\"\n[[kv]]\nbinding = \"KV\"\nnamespace = \"keeper\"\n",
			}))
			var next, wrong atomic.Int64
			var group sync.WaitGroup
			for range 64 {
				group.Go(func() {
					for {
						i := next.Add(1)
						if i > int64(requests/2) {
							return
						}
						if problem := exchange(t, s, fmt.Sprintf("n-%d", i)); problem != "" && wrong.Add(1) < 10 {
							t.Error(problem)
						}
					}
				})
			}
			group.Wait()
			if lines := logged(); strings.Contains(lines, "FOREIGN") {
				t.Errorf("a handler saw another's data:\n%.2000s", lines)
			}
			checkKept(t, s, requests/2)
		})
	}
}

// exchange sends one request and says what is wrong with the answer; empty: nothing.
func exchange(t *testing.T, s *server, nonce string) string {
	r, err := s.request(t.Context(), http.MethodPost, "keeper", "/?nonce="+nonce, http.Header{"X-Nonce": {nonce}}, strings.NewReader(nonce))
	if err != nil {
		return err.Error()
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	want := nonce + " " + nonce + " " + nonce
	if err != nil || r.StatusCode != http.StatusOK || string(body) != want || r.Header.Get("X-Nonce") != nonce {
		return fmt.Sprintf("%s: got %d %q, header %q, %v", nonce, r.StatusCode, body, r.Header.Get("X-Nonce"), err)
	}
	return ""
}

// checkKept compares what the handlers put into KV: each key must hold itself. They put it
// after their responses: what is not there yet must come.
func checkKept(t *testing.T, s *server, requests int) {
	t.Helper()
	var keys []string
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		out, err := s.skerry("kv", "ls", "--namespace", "keeper")
		if err != nil {
			t.Fatal(err)
		}
		if keys = strings.Fields(out); len(keys) >= requests/4 {
			break
		}
		if time.Now().After(deadline) {
			t.Errorf("KV has %d keys, want %d", len(keys), requests/4)
			break
		}
	}
	for i := 0; i < len(keys); i += max(1, len(keys)/50) {
		value, err := s.skerry("kv", "get", "--namespace", "keeper", keys[i])
		if err != nil || value != keys[i] {
			t.Errorf("KV holds %q under %q, %v", value, keys[i], err)
		}
	}
}

// follow tails a node's console lines; the function it returns ends that and gives them.
func follow(t *testing.T, s *server) func() string {
	t.Helper()
	token, err := os.ReadFile(s.data + "/admin.token")
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.admin+"/v1/tail?function=keeper", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+string(token))
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		lines(response.Body, func(line map[string]any) {
			if line["type"] == "log" {
				fmt.Fprintln(&seen, line["message"])
			}
		})
	}()
	return func() string {
		response.Body.Close()
		<-done
		return seen.String()
	}
}
