package webapi_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// script is a source for tests: it gives what it was made with.
type script struct {
	mu     sync.Mutex
	chunks []string
	end    error // nil: io.EOF
	given  int
	reason error // of Cancel
	over   chan struct{}
}

func source(chunks ...string) *script { return &script{chunks: chunks, over: make(chan struct{})} }

// failing ends with err instead of the end.
func (s *script) failing(err error) *script { s.end = err; return s }

func (s *script) Next(context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reason != nil {
		return nil, s.reason
	}
	if s.given == len(s.chunks) {
		if s.end != nil {
			return nil, s.end
		}
		return nil, io.EOF
	}
	s.given++
	return []byte(s.chunks[s.given-1]), nil
}

func (s *script) Cancel(reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reason == nil {
		if s.reason = reason; reason == nil {
			s.reason = errors.New("canceled")
		}
		close(s.over)
	}
}

func (s *script) canceled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reason != nil
}

// upload is a request whose body comes little by little.
func upload(s webapi.Source) *webapi.HTTPRequest {
	return &webapi.HTTPRequest{Method: "POST", URL: "http://a/", Stream: s}
}

func TestBodiesOfSources(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		source *script
		src    string
		want   string
	}{
		{"text", source("ab", "c"), `return await request.text() + request.bodyUsed`, "abctrue"},
		{"text of nothing", source(), `return "[" + await request.text() + "]"`, "[]"},
		{"a character in two chunks", source("\xc3", "\xa9"), `return await request.text()`, "é"},
		{"json", source(`{"a"`, `:1}`), `return (await request.json()).a`, "1"},
		{"json that is none", source(`{`), `return await request.json()`, "throws SyntaxError: Unexpected end of JSON input"},
		{"bytes", source("ab"), `return [...await request.bytes()]`, "97,98"},
		{"blob", source("ab"), `return (await request.blob()).size`, "2"},
		{"long", source(strings.Repeat("x", 300_000), strings.Repeat("y", 300_000), "z"), `return (await request.text()).length`, "600001"},
		{"it is used while it is read", source("ab"), `let p = request.text(); let used = request.bodyUsed; await request.text().catch(e => used += e.name); return used + await p`, "trueTypeErrorab"},
		{"a failure", source("ab").failing(errors.New("torn")), `return await request.text()`, "throws TypeError: fetch failed: torn"},
		{"a clone", source("ab", "c"), `let c = request.clone(); return await request.text() + await c.text()`, "abcabc"},
		{"a clone at once", source("ab", "c"), `return await Promise.all([request.clone().text(), request.text()])`, "abc,abc"},
		{"a clone's failure", source("ab").failing(errors.New("torn")), `let c = request.clone(); return [await request.text().catch(e => e.message), await c.text().catch(e => e.message)]`, "fetch failed: torn,fetch failed: torn"},
		{"a copy", source("ab"), `let r = new Request(request); return [request.bodyUsed, await r.text()]`, "true,ab"},
		{"as another's body", source("ab"), `return await new Response(request.body).text() + request.bodyUsed`, "abtrue"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := handle(t, upload(tc.source), tc.src); got != tc.want {
				t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}

func TestSourcesOfBodilessRequests(t *testing.T) {
	t.Parallel()
	s := source("x")
	r := upload(s)
	r.Method = "GET"
	if got := handle(t, r, `return String(request.body)`); got != "null" || !s.canceled() {
		t.Errorf("the body is %s, canceled: %v", got, s.canceled())
	}
}

// TestSourcesPassThrough holds that a body that is only handed on is its source, as it was.
func TestSourcesPassThrough(t *testing.T) {
	t.Parallel()
	in, out := source("a"), source("b")
	var sent webapi.Source
	host := network(func(_ context.Context, r *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
		sent = r.Stream
		return &webapi.HTTPResponse{URL: r.URL, Status: 200, Stream: out}, nil
	})
	for _, src := range []string{
		`return fetch(request)`,
		`let r = await fetch("http://b/", {method: "PUT", body: request.body}); return new Response(r.body, r)`,
		`return new Response((await fetch(new Request(request))).body)`,
	} {
		t.Run(src, func(t *testing.T) {
			sent = nil
			response := respond(t, newPlatform(t).NewVM(js.Config{Host: host}), upload(in), src)
			if sent != webapi.Source(in) {
				t.Errorf("what was sent is a %T", sent)
			}
			if response.Stream != webapi.Source(out) || response.Body != nil {
				t.Errorf("what was answered is a %T", response.Stream)
			}
		})
	}
}

// respond runs src, the body of an async handler, and returns its response.
func respond(t testing.TB, vm *js.VM, r *webapi.HTTPRequest, src string) *webapi.HTTPResponse {
	t.Helper()
	response, err := tryRespond(t, vm, r, src)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func tryRespond(t testing.TB, vm *js.VM, r *webapi.HTTPRequest, src string) (response *webapi.HTTPResponse, err error) {
	t.Helper()
	program, err := js.CompileFunction("handler.js", "return (async () => {"+src+"\n})()", []string{"request"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var result js.Value
	var failed error
	if err := vm.Enter(t.Context(), func() {
		result, failed = vm.Evaluate(program, webapi.NewRequest(vm, r))
	}); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	runErr := vm.Run(t.Context(), func() bool {
		switch state, v := js.Peek(result); state {
		case js.Fulfilled:
			response, err = webapi.ResponseOf(vm, v)
		case js.Rejected:
			err = errors.New(vm.ReportValue(v).Message)
		default:
			return false
		}
		return true
	}, nil)
	if runErr != nil {
		return nil, runErr
	}
	return response, err
}

// TestTeesAreBounded reads one branch of a body to its end before the other is begun.
func TestTeesAreBounded(t *testing.T) {
	t.Parallel()
	s := source(slices.Repeat([]string{strings.Repeat("x", 64<<10)}, 20<<20/(64<<10))...)
	got := handle(t, upload(s), `let c = request.clone(); let n = (await request.text()).length; return n + (await c.text().catch(e => e.name + ": " + e.message))`)
	if want := "20971520RangeError: copies of bodies that nobody reads hold more than 16777216 bytes; read the copies at the same time, or cancel those that are not needed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
