package isolate

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate/js"
)

// pictured is an engine with one function, whose isolates are made from an image.
type pictured struct {
	*Engine
	t      *testing.T
	target *Target
	pool   *Pool
	mu     sync.Mutex
	log    string
}

func newPictured(t *testing.T) *pictured {
	t.Helper()
	p := &pictured{t: t}
	b := &bundles.Bundle{Manifest: bundles.Manifest{Name: "f"}, Script: []byte(`
		const table = new Map();
		__register({
			warmup() { for (let n = 0; n < 3000; n++) table.set(n, {n}) },
			default: { fetch(request) {
				if (request.method === "PUT") console.log("panic");
				return new Response(String(table.get(5).n++ + table.size));
			} },
		})`)}
	cfg := Config{Load: func(context.Context, bundles.Digest) (*bundles.Bundle, error) { return b, nil }}
	cfg.Host.Console = func(l LogLine) {
		if l.Message == "panic" {
			panic(l.Message)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.log += l.Message + "\n"
	}
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	p.Engine, p.target = e, &Target{Function: "f", Number: 1, Digest: "d", Manifest: b.Manifest.WithDefaults()}
	p.pool = e.pool(p.target)
	for deadline := time.Now().Add(30 * time.Second); p.pool.image.Load() == nil; time.Sleep(time.Millisecond) {
		p.get("GET", "")
		if time.Now().After(deadline) {
			t.Fatalf("no image was taken; log: %s", p.log)
		}
	}
	return p
}

// get sends an event, of which want is the outcome; empty: it succeeds.
func (p *pictured) get(method string, want Outcome) {
	p.t.Helper()
	r, err := p.Dispatch(p.t.Context(), p.target, &Event{ID: "e", Kind: KindFetch, Request: &Request{Method: method, URL: "http://f.localhost/"}})
	var f *Failure
	switch {
	case errors.As(err, &f) && f.Outcome == want:
	case err != nil || want != "":
		p.t.Errorf("got %v, want %q", err, want)
	case string(r.Body) != "3005":
		p.t.Errorf("got %s", r.Body)
	}
}

func (p *pictured) logged(text string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Count(p.log, text)
}

// TestCopiedIsolates: events in isolates that were copied find what warmup has left.
func TestCopiedIsolates(t *testing.T) {
	t.Parallel()
	p := newPictured(t)
	for range 50 {
		p.get("GET", "")
	}
	if p.pool.image.Load() == nil || p.logged("") != 1 {
		t.Errorf("the image was dropped; log: %s", p.log)
	}
}

// TestImageThatFails: the bundle is evaluated instead, at once and from then on.
func TestImageThatFails(t *testing.T) {
	t.Parallel()
	p := newPictured(t)
	p.pool.image.Store(&image{js: new(js.Image)})
	for range 50 {
		p.get("GET", "")
	}
	if p.pool.image.Load() != nil || p.logged("what was copied has failed") != 1 {
		t.Errorf("log: %s", p.log)
	}
}

// TestPanicInACopiedIsolate: what was copied may be why, and it is not used any more.
func TestPanicInACopiedIsolate(t *testing.T) {
	t.Parallel()
	p := newPictured(t)
	for range 2 * idleMax { // those that were evaluated are used up
		p.get("GET", "")
	}
	p.get("PUT", OutcomeInternal)
	if p.pool.image.Load() != nil || p.logged("what was copied has failed") != 1 {
		t.Errorf("log: %s", p.log)
	}
	for range 10 {
		p.get("GET", "")
	}
}
