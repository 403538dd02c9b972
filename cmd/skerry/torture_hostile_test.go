package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// attack is one hostile script as the handler of a function of its own.
type attack struct {
	name   string // of the function
	script string
	eval   bool
}

// dynamic tells scripts that do their worst only with eval = true.
var dynamic = regexp.MustCompile(`\beval\b|\bFunction\(`)

// attacks reads the lists of hostile scripts: our own, and the one that SKERRY_SHARED
// names. A script that makes code of strings comes twice: where that is refused, as it is
// by default, and where the manifest permits it.
func attacks(t testing.TB) []attack {
	t.Helper()
	files, err := filepath.Glob("testdata/hostile/*.tsv")
	if err != nil || len(files) == 0 {
		t.Fatalf("no lists of hostile scripts: %v", err)
	}
	if shared := os.Getenv("SKERRY_SHARED"); shared != "" {
		files = append(files, filepath.Join(shared, "hostile", "scripts.tsv"))
	}
	var all []attack
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
			if len(f) < 2 || strings.HasPrefix(line, "#") {
				continue
			}
			name := strings.ToLower(f[0])
			all = append(all, attack{name: name, script: f[1]})
			if dynamic.MatchString(f[1]) {
				all = append(all, attack{name: name + "-eval", script: f[1], eval: true})
			}
		}
	}
	return all
}

// chosen returns the attacks that have these names.
func chosen(t testing.TB, names ...string) []attack {
	t.Helper()
	var found []attack
	for _, a := range attacks(t) {
		if slices.Contains(names, a.name) {
			found = append(found, a)
		}
	}
	if len(found) != len(names) {
		t.Fatalf("the lists have %d of the %d scripts %v", len(found), len(names), names)
	}
	return found
}

// limits of an attack's function. Waiting is bounded like running, lest a script that only
// waits look like one that was not stopped.
type limits struct{ cpuMS, memoryMB, wallMS int }

// The caps that most tests of this kind give.
var tortureLimits = limits{cpuMS: 50, memoryMB: 64, wallMS: 250}

// pushAttack pushes an attack and says why it was refused; empty: it was not.
func (s *server) pushAttack(a attack, l limits) string {
	s.t.Helper()
	dir := write(s.t, map[string]string{
		"index.js": "export default {\n  async fetch(request, env, ctx) {\n" + a.script + "\n;return new Response(\"done\");\n  },\n};\n",
		"skerry.toml": fmt.Sprintf("name = %q\nmain = \"index.js\"\neval = %t\n[limits]\ncpu_ms = %d\nmemory_mb = %d\nwall_ms = %d\n[[kv]]\nbinding = \"KV\"\nnamespace = \"hostile\"\n",
			a.name, a.eval, l.cpuMS, l.memoryMB, l.wallMS),
	})
	if _, err := s.skerry("push", dir, "--json"); err != nil {
		lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
		return lines[len(lines)-1]
	}
	return ""
}

// The ends of a hostile request that are none of the node's own codes.
const (
	endAnswer = "2xx"    // the function's own, and right
	endWrong  = "wrong"  // the function's own, and wrong: a guard lied to it
	endClosed = "closed" // the connection ended before or in the answer
	endCut    = "cut"    // the function's own, a stream that was ended past a cap: the log has the name
	endHung   = "hung"   // nothing came
	endAlien  = "alien"  // neither an answer of the function's nor a problem document
)

// hungAfter is when a client gives up. It is a guard against hanging, not what is promised.
const hungAfter = 30 * time.Second

// attackOnce sends one request on a connection of its own, which is not repeated whatever
// happens, and says how it ended and when its answer began.
func (s *server) attackOnce(ctx context.Context, a attack) (end string, head time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, hungAfter)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.listen+"/attack?a=b", strings.NewReader("body"))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Host = a.name + ".localhost"
	r.Header.Set("accept", "application/json")
	start := time.Now()
	response, err := freshClient.Do(r)
	head = time.Since(start)
	if err == nil {
		end, err = endOf(response)
		response.Body.Close()
	}
	var timeout net.Error
	switch {
	case err == nil:
		return end, head
	case ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout():
		return endHung, head
	default:
		return endClosed, head
	}
}

// freshClient opens a connection for each request.
var freshClient = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// endOf reads an answer to its end and says what it is.
func endOf(r *http.Response) (string, error) {
	start, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err == nil {
		_, err = io.Copy(io.Discard, r.Body)
	}
	if err != nil && r.StatusCode < 400 && r.ContentLength < 0 && len(start) > 0 {
		return endCut, nil
	}
	if err != nil {
		return "", err
	}
	if r.Header.Get("content-type") == "application/problem+json" {
		var problem struct{ Code string }
		if json.Unmarshal(start, &problem) != nil || problem.Code == "" {
			return endAlien, nil
		}
		return problem.Code, nil
	}
	switch {
	case string(start) == "wrong":
		return endWrong, nil
	case r.StatusCode < 400:
		return endAnswer, nil
	}
	return endAlien, nil
}

// score is how the requests of one attack ended.
type score struct {
	attack
	refused string // the push was refused: why
	ends    map[string]int
	heads   []time.Duration // sorted once all are there
	lost    int             // processes that ended meanwhile
	held    int64           // the most memory of the node meanwhile
}

func (c *score) add(end string, head time.Duration) {
	if c.ends == nil {
		c.ends = make(map[string]int)
	}
	c.ends[end]++
	c.heads = append(c.heads, head)
}

// line is c's row of the table.
func (c *score) line() string {
	if c.refused != "" {
		return fmt.Sprintf("%-34s push refused: %.100s", c.name, c.refused)
	}
	slices.Sort(c.heads)
	return fmt.Sprintf("%-34s %4d  %-44s %7s %7s %7s %5d %5d", c.name, len(c.heads), counts(c.ends),
		millis(percentile(c.heads, 50)), millis(percentile(c.heads, 99)), millis(percentile(c.heads, 100)), c.lost, c.held>>20)
}

const scoreHeader = "script                             reqs  ends                                           p50 ms  p99 ms  max ms  lost    MB"

// counts writes a count of words, the most frequent first.
func counts(m map[string]int) string {
	words := make([]string, 0, len(m))
	for word := range m {
		words = append(words, word)
	}
	slices.SortFunc(words, func(a, b string) int {
		if m[a] != m[b] {
			return m[b] - m[a]
		}
		return strings.Compare(a, b)
	})
	for i, word := range words {
		words[i] = fmt.Sprintf("%s:%d", word, m[word])
	}
	return strings.Join(words, " ")
}

// percentile returns the p-th percentile of sorted durations; zero if there are none.
func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d.Microseconds())/1000) }
