package main_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/gateway/admin"
	"github.com/skerry-edge/skerry/gateway/supervise"
)

// countingProject is a function whose events share a module, and so the count of those that
// the same process has run.
func countingProject(t *testing.T, name, greeting string) string {
	t.Helper()
	return write(t, map[string]string{
		"index.js":    "let count = 0;\nexport default { fetch: () => new Response(\"" + greeting + "\" + ++count) };",
		"skerry.toml": "name = \"" + name + "\"\nmain = \"index.js\"\nisolation = \"reuse\"\n",
	})
}

// document runs a command with --json and decodes what it prints.
func document[T any](t *testing.T, s *server, args ...string) T {
	t.Helper()
	out, err := s.skerry(append(args, "--json")...)
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return v
}

// status asks the node how it is.
func (s *server) status() admin.Status {
	s.t.Helper()
	token, err := admin.ReadToken(s.data)
	if err != nil {
		s.t.Fatal(err)
	}
	c := admin.Client{Node: "http://" + s.admin, Token: token}
	status, err := c.Status(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return status
}

// jailOf says whether a function has a jail.
func (s *server) jailOf(function string) bool {
	s.t.Helper()
	return slices.ContainsFunc(s.status().Processes, func(p admin.Process) bool { return p.Kind == "jail" && p.Function == function })
}

// blame makes a node that does not run believe that versions have cost it a worker.
func (s *server) blame(digests map[string]bundles.Digest) {
	s.t.Helper()
	q, err := supervise.OpenQuarantine(supervise.QuarantineConfig{Path: filepath.Join(s.data, "quarantine")})
	if err != nil {
		s.t.Fatal(err)
	}
	for function, digest := range digests {
		q.CostWorker(function, digest.Number(), "it took the worker along")
	}
	if err := q.Close(); err != nil {
		s.t.Fatal(err)
	}
}

func TestQuarantine(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--workers", "1")
	blamed := make(map[string]bundles.Digest)
	for _, name := range []string{"shop", "other"} {
		blamed[name] = document[admin.Change](t, s, "push", countingProject(t, name, "first ")).Digest
	}
	if out, err := s.skerry("quarantine"); err != nil || out != "no function is quarantined\n" {
		t.Errorf("a new node: %q, %v", out, err)
	}
	if out, err := s.skerry("doctor"); err != nil || !strings.Contains(out, "1 worker, 0 jails") {
		t.Errorf("a new node's doctor: %v\n%s", err, out)
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-s.exited
	s.blame(blamed)
	s.start()
	s.waitReady()

	t.Log("what is quarantined runs in a jail")
	for _, want := range []string{"first 1", "first 2"} {
		if got := s.mustGet("shop", "/"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if !s.jailOf("shop") || s.jailOf("other") {
		t.Errorf("want a jail for the function that has had an event: %+v", s.status().Processes)
	}
	list := document[[]admin.Quarantined](t, s, "quarantine", "ls")
	if len(list) != 2 || list[0].Function != "other" || list[1].Function != "shop" {
		t.Fatalf("quarantined are %+v", list)
	}
	if q := list[1]; q.Version != 1 || q.Digest != blamed["shop"].Short() || q.WorkersLost != 1 || q.JailsLost != 0 || q.Place != "jail" ||
		!q.Until.IsZero() || q.Since.IsZero() || !q.Latest.Equal(q.Since) || q.Cause != "it took the worker along" {
		t.Errorf("quarantined is %+v", q)
	}
	out, err := s.skerry("quarantine")
	if err != nil || !strings.Contains(out, "1 worker, 0 jails  jail   it took the worker along\n") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := s.skerry("doctor"); err == nil || !strings.Contains(out, "1 worker, 1 jail\n") || !strings.Contains(out, "lift that with: skerry quarantine lift shop") {
		t.Errorf("the doctor: %v\n%s", err, out)
	}

	t.Log("a new version is not quarantined")
	s.push(countingProject(t, "other", "second "))
	if got := s.mustGet("other", "/"); got != "second 1" || s.jailOf("other") {
		t.Errorf("got %q from one of %+v", got, s.status().Processes)
	}
	if degraded := s.status().Degraded; len(degraded) != 1 || !strings.Contains(degraded[0], "function shop is quarantined") {
		t.Errorf("degraded is %q", degraded)
	}

	t.Log("what is lifted runs in the worker, which has counted no event")
	if _, err := s.skerry("quarantine", "lift", "shop"); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); s.mustGet("shop", "/") != "first 1"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the function stays in its jail")
		}
	}
	if list := document[[]admin.Quarantined](t, s, "quarantine"); len(list) != 1 || list[0].Function != "other" || list[0].Version != 1 {
		t.Errorf("quarantined are %+v", list)
	}
	if out, err := s.skerry("doctor"); err != nil {
		t.Errorf("the doctor: %v\n%s", err, out)
	}
	if _, err := s.skerry("quarantine", "lift", "shop"); err == nil || !strings.Contains(err.Error(), "exit status 1") || !strings.Contains(err.Error(), "no version of the function shop is quarantined") {
		t.Errorf("lifting what is not quarantined: %v", err)
	}
}
