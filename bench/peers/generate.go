package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/skerry-edge/skerry/bench/workloads"
)

//go:embed wrk.lua
var wrkScript string

// outcome is what clients saw in one run.
type outcome struct {
	requests int64 // all
	failed   int64
	wall     time.Duration
	p50, p99 time.Duration
}

// loadClosed loads a server with connections that each wait for their answer.
func (l *lab) loadClosed(ctx context.Context, s *server, r workloads.Request, connections int, d time.Duration) (outcome, error) {
	if l.wrk == "" {
		return loadOurs(ctx, s, r, connections, d)
	}
	return l.loadWrk(ctx, s, r, connections, d)
}

func (l *lab) loadWrk(ctx context.Context, s *server, r workloads.Request, connections int, d time.Duration) (outcome, error) {
	dir, err := os.MkdirTemp(l.dir, "load")
	if err != nil {
		return outcome{}, err
	}
	defer os.RemoveAll(dir)
	body := ""
	if r.Body != nil {
		body = filepath.Join(dir, "body")
		if err := os.WriteFile(body, r.Body, 0o600); err != nil {
			return outcome{}, err
		}
	}
	var script strings.Builder
	fmt.Fprintf(&script, "METHOD, PATH, TYPE, BODY = %q, %q, %q, %q\nHOSTS = {", r.Method, r.Path, r.Type, body)
	for _, host := range sequence(s.hosts) {
		fmt.Fprintf(&script, "%q,", host)
	}
	script.WriteString("}\n" + wrkScript)
	file := filepath.Join(dir, "load.lua")
	if err := os.WriteFile(file, []byte(script.String()), 0o600); err != nil {
		return outcome{}, err
	}
	cmd := exec.CommandContext(ctx, "taskset", "-c", strconv.Itoa(l.loadCore), l.wrk, "-t1", "-c"+strconv.Itoa(connections),
		fmt.Sprintf("-d%.0fs", math.Ceil(d.Seconds())), "--timeout", "10s", "-s", file, "http://"+s.address+"/")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return outcome{}, fmt.Errorf("wrk: %w: %s", err, out)
	}
	return readWrk(out)
}

// readWrk finds the line that the script wrote.
func readWrk(out []byte) (outcome, error) {
	for scan := bufio.NewScanner(bytes.NewReader(out)); scan.Scan(); {
		line, found := strings.CutPrefix(scan.Text(), "result ")
		if !found {
			continue
		}
		var r struct{ Requests, US, Failed, P50, P99 int64 }
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return outcome{}, fmt.Errorf("wrk wrote %q: %w", line, err)
		}
		us := func(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
		return outcome{requests: r.Requests, failed: r.Failed, wall: us(r.US), p50: us(r.P50), p99: us(r.P99)}, nil
	}
	return outcome{}, fmt.Errorf("wrk wrote no result: %s", out)
}
