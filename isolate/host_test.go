package isolate_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
)

// runOne runs one event of a function on an engine that has host and nothing else.
func runOne(t *testing.T, host isolate.Host, script string, edit func(*bundles.Manifest)) (string, isolate.Result) {
	t.Helper()
	m := bundles.Manifest{Name: "f"}
	if edit != nil {
		edit(&m)
	}
	b := &bundles.Bundle{Manifest: m, Script: []byte(script)}
	e, err := isolate.New(isolate.Config{Host: host, Load: func(context.Context, bundles.Digest) (*bundles.Bundle, error) { return b, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	done := make(chan isolate.Result, 1)
	r, err := e.Dispatch(t.Context(), &isolate.Target{Function: "f", Number: 1, Digest: b.Digest(), Manifest: m.WithDefaults()},
		&isolate.Event{ID: "e", Kind: isolate.KindFetch, Request: &isolate.Request{Method: "GET", URL: "http://f/"}, Done: func(r isolate.Result) { done <- r }})
	if err != nil {
		t.Fatal(err)
	}
	return string(r.Body), <-done
}

func TestTheZeroHostReachesNothing(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, src, want string }{
		{"fetch rejects", `await fetch("https://example.com/")`, "TypeError: fetch: this isolate has no network"},
		{"fetch of a loopback address rejects", `await fetch("http://127.0.0.1/")`, "TypeError: fetch: this isolate has no network"},
		{"KV rejects reads", `await env.KV.get("k")`, "TypeError: KV: this isolate has no store"},
		{"KV rejects writes", `await env.KV.put("k", "v")`, "TypeError: KV: this isolate has no store"},
		{"caches reject", `await caches.default.match("http://f/")`, "TypeError: caches: this isolate has no cache"},
		{"console goes nowhere", `console.log("x"); console.error(new Error("y")); console.table([1])`, "nothing"},
		{"what nobody caught goes nowhere", `Promise.reject(new Error("x")); reportError("y")`, "nothing"},
		{"waitUntil works", `ctx.waitUntil(Promise.reject(new Error("x")))`, "nothing"},
		{"data: needs no network", `if (await (await fetch("data:,x")).text() !== "x") throw 1`, "nothing"},
		{"there is no other way out", `for (let n of ["process", "require", "Deno", "WebSocket", "XMLHttpRequest", "importScripts"]) if (n in globalThis) throw n`, "nothing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			script := handler(`try {` + tc.src + `} catch (e) { return new Response(e.name + ": " + e.message) } return new Response("nothing")`)
			got, result := runOne(t, isolate.Host{}, script, func(m *bundles.Manifest) {
				m.KV = []bundles.KVBinding{{Binding: "KV", Namespace: "n"}}
			})
			if got != tc.want || result.Outcome != isolate.OutcomeOK || result.Fetches != 0 {
				t.Errorf("got %q, %s, %d subrequest(s); want %q", got, result.Outcome, result.Fetches, tc.want)
			}
		})
	}
}

// fetcher answers subrequests with the address that was asked for.
type fetcher struct{ err error }

func (f fetcher) Fetch(_ context.Context, t *isolate.Target, ev *isolate.Event, r *isolate.Request) (*isolate.Response, error) {
	if f.err != nil {
		return nil, f.err
	}
	return &isolate.Response{Status: 200, Body: []byte(t.Function + " " + ev.ID + " " + r.Method + " " + r.URL)}, nil
}

func TestSubrequests(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		host    isolate.Host
		src     string
		want    string
		fetches int
	}{
		{"the host learns of what, and for whom", isolate.Host{Fetch: fetcher{}}, `return await fetch("http://a.example/x?y#z", {method: "POST"})`, "f e POST http://a.example/x?y", 1},
		{"as many as the manifest says", isolate.Host{Fetch: fetcher{}}, `for (let i = 0; i < 3; i++) await fetch("http://a.example/"); return new Response("3")`, "3", 3},
		{"one more rejects with its code", isolate.Host{Fetch: fetcher{}}, `for (let i = 0; i < 3; i++) await fetch("http://a.example/");
			try { await fetch("http://a.example/") } catch (e) { return new Response(e.code + ": " + e.message) }`,
			"exceeded_subrequests: this event has made all of its 3 subrequests (limits.subrequests)", 3},
		{"many at once are counted too", isolate.Host{Fetch: fetcher{}}, `let all = await Promise.allSettled(Array.from({length: 9}, () => fetch("http://a.example/")));
			return new Response(all.map(r => r.status === "fulfilled" ? "y" : "n").sort().join(""))`, "nnnnnnyyy", 3},
		{"a network error is a TypeError", isolate.Host{Fetch: fetcher{errors.New("no route to host")}}, `try { await fetch("http://a.example/") } catch (e) { return new Response(e.name) }`, "TypeError", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, result := runOne(t, tc.host, handler(tc.src), func(m *bundles.Manifest) { m.Limits.Subrequests = 3 })
			if got != tc.want || result.Fetches != tc.fetches {
				t.Errorf("got %q after %d subrequest(s), want %q after %d", got, result.Fetches, tc.want, tc.fetches)
			}
		})
	}
}

func TestTheTopLevelHasNoNetwork(t *testing.T) {
	t.Parallel()
	got, _ := runOne(t, isolate.Host{Fetch: fetcher{}}, `let early; try { await fetch("http://a.example/") } catch (e) { early = e.message } `+handler(`return new Response(early)`), nil)
	if want := "fetch: there is no network at the top level of a module; fetch in a handler"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestConsoleLinesKnowTheirEvent(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var lines []isolate.LogLine
	host := isolate.Host{Console: func(l isolate.LogLine) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, l)
	}}
	runOne(t, host, `console.info("top level"); `+handler(`console.log("a", 1); console.warn("b"); Promise.reject(new TypeError("c")); return new Response()`), nil)
	var got []string
	for _, l := range lines { // the engine is closed: nobody adds to them
		if l.Function != "f" || l.Time.IsZero() {
			t.Errorf("line %+v", l)
		}
		message, _, _ := strings.Cut(l.Message, "\n")
		got = append(got, l.EventID+" "+l.Level+" "+message)
	}
	// Other isolates are warmed meanwhile, and say what the top level says.
	got = slices.DeleteFunc(got, func(s string) bool { return s == " info top level" })
	if want := []string{"e log a 1", "e warn b", "e error Uncaught (in promise) TypeError: c"}; !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// TestConsoleLinesOfAnEventAreBounded: what is too much is counted, and said at the end.
func TestConsoleLinesOfAnEventAreBounded(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, body string
		kept       int
		last       string
	}{
		{"many lines", `for (let i = 0; i < 1500; i++) console.log(i)`, 1000, "500 more lines of this event dropped: at most 1000 lines and 256 KiB are kept"},
		{"long lines", `for (let i = 0; i < 40; i++) console.log("x".repeat(8000))`, 32, "8 more lines of this event dropped: at most 1000 lines and 256 KiB are kept"},
		{"enough", `console.log(1)`, 1, "1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var kept int
			var last string
			host := isolate.Host{Console: func(l isolate.LogLine) {
				mu.Lock()
				defer mu.Unlock()
				last = l.Message
				if l.Level == "log" {
					kept++
				}
			}}
			runOne(t, host, handler(tc.body+"; return new Response()"), nil)
			if kept != tc.kept || last != tc.last {
				t.Errorf("%d lines were kept, the last is %q; want %d and %q", kept, last, tc.kept, tc.last)
			}
		})
	}
}
