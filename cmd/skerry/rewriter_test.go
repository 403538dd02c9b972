package main_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// rewriting passes pages of a site on, changed.
const rewriting = `
export default {
	async fetch(request, env) {
		const {pathname} = new URL(request.url);
		const page = await fetch(env.SITE + pathname);
		let n = 0, text = "";
		return new HTMLRewriter()
			.on("a[href^='/']", {element(e) { e.setAttribute("href", "https://example.com" + e.getAttribute("href")) }})
			.on("article > p", {
				element(e) { text = ""; e.onEndTag(end => { end.before(" (" + text.length + ")") }) },
				text(t) { text += t.text },
			})
			.on("img:not([loading])", {async element(e) { await null; e.setAttribute("loading", "lazy"); n++ }})
			.on("script", {element(e) { if (pathname === "/faulty") throw new Error("no scripts"); e.remove() }})
			.onDocument({end(e) { e.append("<!-- " + n + " images -->", {html: true}) }})
			.transform(page);
	},
};`

// page is a large page: before and after rewriting makes of it.
func page() (before, after string) {
	var b, a strings.Builder
	start := "<!doctype html>\n<title>Läden & <b></title>\n"
	b.WriteString(start)
	a.WriteString(start)
	const filler = "Wer reitet so spät durch Nacht und Wind? "
	n := 0
	for ; b.Len() < 1<<20; n++ {
		text := fmt.Sprintf("%d: %s", n, strings.Repeat(filler, n%7))
		fmt.Fprintf(&b, "<article><a class=x href='/%d'>%d</a><img src=%d.png><p>%s</p><script>if (a<b) '</p>'</script></article>\n", n, n, n, text)
		fmt.Fprintf(&a, "<article><a class=x href=\"https://example.com/%d\">%d</a><img src=%d.png loading=\"lazy\"><p>%s (%d)</p></article>\n", n, n, n, text, len([]rune(text)))
	}
	fmt.Fprintf(&a, "<!-- %d images -->", n)
	return b.String(), a.String()
}

// TestRewrittenPages takes a page of 1 MB from a site through a function. The first half of
// it reaches the client before the site gives the second.
func TestRewrittenPages(t *testing.T) {
	t.Parallel()
	before, after := page()
	arrived := make(chan struct{}, 1)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		half := len(before) / 2
		_, _ = io.WriteString(w, before[:half]) // the function may be gone
		w.(http.Flusher).Flush()
		if r.URL.Path == "/slow" {
			select {
			case <-arrived:
			case <-r.Context().Done():
			}
		}
		_, _ = io.WriteString(w, before[half:])
	}))
	t.Cleanup(site.Close)
	config := filepath.Join(t.TempDir(), "node.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "[egress]\nallow_private = [%q]\n", strings.TrimPrefix(site.URL, "http://")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		args []string
	}{
		{"workers", []string{"--workers", "2"}},
		{"jails", []string{"--workers", "1", "--untrusted", "jail"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := startServer(t, append([]string{"--config", config}, tc.args...)...)
			s.push(write(t, map[string]string{
				"index.js":    rewriting,
				"skerry.toml": fmt.Sprintf("name = \"pages\"\nmain = \"index.js\"\n[limits]\ncpu_ms = 2000\n[vars]\nSITE = %q\n", site.URL),
			}))
			if got := s.mustGet("pages", "/"); got != after {
				t.Errorf("the page is not what it should be, from byte %d on", differ(got, after))
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			r, err := s.request(ctx, http.MethodGet, "pages", "/slow", nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			first := make([]byte, len(before)/3)
			if _, err := io.ReadFull(r.Body, first); err != nil {
				t.Fatalf("the first half does not come before the second: %v", err)
			}
			arrived <- struct{}{}
			rest, err := io.ReadAll(r.Body)
			if got := string(first) + string(rest); err != nil || got != after {
				t.Errorf("the page in halves is not what it should be, from byte %d on: %v", differ(got, after), err)
			}
			if r, err := s.request(ctx, http.MethodGet, "pages", "/faulty", nil, nil); err == nil {
				defer r.Body.Close()
				if body, err := io.ReadAll(r.Body); err == nil && r.StatusCode == http.StatusOK {
					t.Errorf("a page whose handler threw came to its end, with %d bytes", len(body))
				}
			}
		})
	}
}

// differ is where a and b differ first.
func differ(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
