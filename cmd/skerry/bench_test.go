package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bench/load"
)

// benchRun runs skerry bench in this process.
func benchRun(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	term := &terminal{in: strings.NewReader(""), out: &stdout, err: &stderr, getenv: func(string) (string, bool) { return "", false }}
	code = run(context.Background(), append([]string{"bench"}, args...), term)
	return code, stdout.String(), stderr.String()
}

func TestBenchFlagsThatCantWork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	urls := filepath.Join(dir, "urls.txt")
	if err := os.WriteFile(urls, []byte("1 GET http://a/ more"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"nothing to load", nil, exitConfig, "one target is needed"},
		{"two without --ab", []string{"http://a/", "http://b/"}, exitConfig, "one target is needed"},
		{"one with --ab", []string{"--ab", "http://a/"}, exitConfig, "two targets"},
		{"one with --compare", []string{"--compare", "a.json"}, exitConfig, "two files"},
		{"files that are not there", []string{"--compare", dir + "/a.json", dir + "/b.json"}, exitUser, "a.json"},
		{"a file that is no result", []string{"--compare", urls, urls}, exitUser, "no result of a load"},
		{"a rate that is none", []string{"http://a/", "--rate", "fast"}, exitConfig, "rate \"fast\""},
		{"a concurrency under nothing", []string{"http://a/", "-c", "-1"}, exitConfig, "concurrency -1"},
		{"a duration under nothing", []string{"http://a/", "-D", "-1s"}, exitConfig, "duration"},
		{"a header without a value", []string{"http://a/", "-H", "a"}, exitConfig, "header"},
		{"a scheme of no use", []string{"ftp://a/"}, exitConfig, "http"},
		{"a file of URLs with too much in a line", []string{"--urls", urls}, exitUser, "line 1"},
		{"URLs and a script", []string{"http://a/", "--urls", urls, "--script", "a.js"}, exitUser, "urls"},
		{"no such body", []string{"http://a/", "--body", "@" + dir + "/none"}, exitUser, "none"},
		{"a function without a token", []string{"shop", "--data", dir}, exitNetwork, "admin token"},
		{"no turns", []string{"--ab", "http://a/", "http://b/", "--turns", "0"}, exitConfig, "turns"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			code, _, errs := benchRun(t, tc.args...)
			if code != tc.code || !strings.Contains(errs, tc.want) {
				t.Errorf("code %d, want %d: %s", code, tc.code, errs)
			}
		})
	}
}

func TestBenchLoadsAndCompares(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	saved, page := filepath.Join(dir, "a.json"), filepath.Join(dir, "a.html")
	code, out, errs := benchRun(t, server.URL, "-D", "200ms", "--warmup", "0", "-c", "1", "--force", "--json", "--save", saved, "--report", page)
	var printed, kept load.Result
	if err := json.Unmarshal([]byte(out), &printed); code != exitOK || err != nil || printed.Requests == 0 || printed.Target != server.URL {
		t.Fatalf("code %d, %v: %s %s", code, err, out, errs)
	}
	text, err := os.ReadFile(saved)
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil || kept.Requests != printed.Requests {
		t.Errorf("saved %v, %s", err, text)
	}
	if text, err := os.ReadFile(page); err != nil || !bytes.Contains(text, []byte("<svg")) {
		t.Errorf("the page is %q, %v", text, err)
	}
	if code, out, errs := benchRun(t, "--compare", saved, saved); code != exitOK || !strings.Contains(out, "a.json") {
		t.Errorf("code %d: %s %s", code, out, errs)
	}
	code, out, errs = benchRun(t, "--ab", server.URL, server.URL+"/b", "--turns", "2", "-D", "100ms", "--warmup", "10ms", "-c", "1", "--force")
	if code != exitOK || !strings.Contains(out, "2 and 2 samples are too few") || !strings.Contains(errs, "turn 2 of 2") {
		t.Errorf("code %d: %s %s", code, out, errs)
	}
}

func TestVersionedNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		function string
		version  int
	}{"shop": {"shop", 0}, "shop@3": {"shop", 3}, "shop@v12": {"shop", 12}} {
		function, version, err := parseVersioned(text)
		if err != nil || function != want.function || version != want.version {
			t.Errorf("%q is %q %d, %v", text, function, version, err)
		}
	}
	for _, text := range []string{"shop@", "shop@0", "shop@-1", "@1", "shop@x", "shop@v"} {
		if function, version, err := parseVersioned(text); err == nil {
			t.Errorf("%q is %q %d", text, function, version)
		}
	}
}

func TestListening(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ listen, node, want string }{
		{":8787", "http://127.0.0.1:8788", "127.0.0.1:8787"},
		{"[::]:8787", "http://node.example:8788", "node.example:8787"},
		{"0.0.0.0:80", "https://10.0.0.1", "10.0.0.1:80"},
		{"10.0.0.2:80", "http://10.0.0.1:8788", "10.0.0.2:80"},
		{"", "http://10.0.0.1:8788", ""},
	} {
		if got := listening(tc.listen, tc.node); got != tc.want {
			t.Errorf("%q at %s is reached at %q, want %q", tc.listen, tc.node, got, tc.want)
		}
	}
}
