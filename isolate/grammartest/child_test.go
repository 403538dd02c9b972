package grammartest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/kv/memory"
)

const (
	cpuMillis = 50 // of each script
	memoryMB  = 64
	wallMax   = 500 // ms, of scripts that wait

	// childData bounds what a script that gets past its cap can take from the machine.
	childData = 3 << 30
	// bodyMax is how much of an answer the child passes on.
	bodyMax = 1 << 20
)

// job is a handler's body to run.
type job struct {
	Script    string
	Eval      bool
	CPUMillis int // 0: cpuMillis
}

// budget is the CPU time that the job may use.
func (j job) budget() time.Duration {
	if j.CPUMillis > 0 {
		return time.Duration(j.CPUMillis) * time.Millisecond
	}
	return cpuMillis * time.Millisecond
}

// verdict is how a job ended, if the child survived it.
type verdict struct {
	Outcome isolate.Outcome
	Message string
	Body    string        // of the response
	CPU     time.Duration // running JavaScript
	Wall    time.Duration
	PeakMB  int // the most resident memory of the process; 0: unknown
}

// child runs the jobs that come on stdin, a line each, and answers each with a line.
func child() int {
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(2*memoryMB<<20 + 64<<20)
	// The stack's size is not what is tested: a smaller one is full sooner.
	debug.SetMaxStack(256 << 20)
	limit := syscall.Rlimit{Cur: childData, Max: childData}
	none := syscall.Rlimit{}
	if err := errors.Join(syscall.Setrlimit(syscall.RLIMIT_DATA, &limit), syscall.Setrlimit(syscall.RLIMIT_CORE, &none)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	n := &node{bundles: make(map[bundles.Digest]*bundles.Bundle)}
	engine, err := isolate.New(isolate.Config{Load: n.load, DrainMax: wallMax * time.Millisecond, Host: isolate.Host{
		KV: memory.New(memory.Config{}), Console: func(isolate.LogLine) {},
	}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	n.engine = engine
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return 0
		}
		var j job
		if err == nil {
			err = json.Unmarshal(line, &j)
		}
		if err == nil {
			err = out.Encode(n.run(j))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
}

// node is an engine, and bundles made of one handler each.
type node struct {
	engine  *isolate.Engine
	mu      sync.Mutex
	bundles map[bundles.Digest]*bundles.Bundle
	made    int
}

func (n *node) load(_ context.Context, d bundles.Digest) (*bundles.Bundle, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if b, ok := n.bundles[d]; ok {
		return b, nil
	}
	return nil, errors.New("no such bundle")
}

// add makes a function of a job. The one before is forgotten: it isn't run again.
func (n *node) add(j job) *isolate.Target {
	n.mu.Lock()
	defer n.mu.Unlock()
	wall := wallMax
	limits := bundles.Limits{CPUMillis: int(j.budget().Milliseconds()), MemoryMB: memoryMB, WallMillis: &wall}
	m := bundles.Manifest{Name: "hostile", Eval: j.Eval, Limits: limits, KV: []bundles.KVBinding{{Binding: "KV", Namespace: "hostile"}}}
	n.made++
	digest := bundles.Digest(fmt.Sprintf("%064x", n.made))
	clear(n.bundles)
	n.bundles[digest] = &bundles.Bundle{Manifest: m, Script: []byte(handler(j.Script))}
	return &isolate.Target{Function: m.Name, Number: n.made, Digest: digest, Manifest: m.WithDefaults()}
}

// handler is a bundle's script whose fetch has body.
func handler(body string) string {
	return "\"use strict\"; __register({default: {async fetch(request, env, ctx) {" + body + "\n;return new Response(\"done\")}}})"
}

// streamWait is how long a response's body is read.
const streamWait = time.Second

// run delivers one event and waits until it is over.
func (n *node) run(j job) verdict {
	target := n.add(j)
	resetPeak()
	over := make(chan isolate.Result, 1)
	start := time.Now()
	response, err := n.engine.Dispatch(context.Background(), target, &isolate.Event{
		ID: strconv.Itoa(n.made), Kind: isolate.KindFetch, Done: func(r isolate.Result) { over <- r },
		Request: &isolate.Request{Method: "POST", URL: "http://hostile.localhost/a?b=c",
			Header: []isolate.Field{{Name: "content-type", Value: "text/plain"}}, Body: []byte("body")},
	})
	if response != nil && response.Stream != nil {
		// What never ends is let go of after a while, as clients do.
		ctx, cancel := context.WithTimeout(context.Background(), streamWait)
		response.Body, _ = isolate.Collect(ctx, response, bodyMax)
		cancel()
	}
	result := <-over
	v := verdict{Outcome: result.Outcome, CPU: result.CPU, Wall: time.Since(start), PeakMB: peak()}
	var failure *isolate.Failure
	if errors.As(err, &failure) {
		v.Message = failure.Message
		if failure.Outcome == isolate.OutcomeInternal {
			v.Message += "\n" + failure.Detail
		}
		v.Message = v.Message[:min(len(v.Message), bodyMax)]
	}
	if response != nil {
		v.Body = string(response.Body[:min(len(response.Body), bodyMax)])
	}
	if v.PeakMB > 200 {
		debug.FreeOSMemory() // so that the next script's peak is its own
	}
	return v
}

// resetPeak makes the kernel forget the process's peak.
func resetPeak() {
	// Where that can't be done the peak stays what it was: memory is then not judged.
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// peak returns the most memory, in MB, that was resident since resetPeak; 0: unknown.
func peak() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(status) {
		if rest, ok := strings.CutPrefix(string(line), "VmHWM:"); ok {
			kb, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			if err != nil {
				return 0
			}
			return kb >> 10
		}
	}
	return 0
}
