package gateway_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/gateway"
	"github.com/skerry-edge/skerry/isolate"
)

var thrown = isolate.Failure{
	Outcome: isolate.OutcomeException,
	Message: "TypeError: <b>x</b> is not a function",
	Stack:   "at fetch (src/index.ts:3:9)",
	Source:  &isolate.Frame{File: "src/index.ts", Line: 3, Column: 3, Text: "\t\tx()"},
	Detail:  "goroutine 1",
}

func TestOutcomesHaveTheirStatus(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[isolate.Outcome]int{
		isolate.OutcomeException:      500,
		isolate.OutcomeNeverSettled:   500,
		isolate.OutcomeExceededCPU:    503,
		isolate.OutcomeExceededMemory: 503,
		isolate.OutcomeExceededWall:   504,
		isolate.OutcomeExceededStart:  503,
		isolate.OutcomeOverloaded:     503,
		isolate.OutcomeCanceled:       503, // the engine's own decision: the client is still there
		isolate.OutcomeInternal:       500,
	} {
		t.Run(string(outcome), func(t *testing.T) {
			t.Parallel()
			n := start(t, fail(isolate.Failure{Outcome: outcome, Message: "why"}))
			r := n.get(t, "/")
			var d map[string]any
			if err := json.Unmarshal([]byte(r.body), &d); err != nil {
				t.Fatalf("%v in %s", err, r.body)
			}
			if r.status != want || d["code"] != string(outcome) || d["status"] != float64(want) {
				t.Errorf("got %d %s, want %d", r.status, r.body, want)
			}
			if retry := r.header.Get("Retry-After"); (retry != "") != (outcome == isolate.OutcomeOverloaded || outcome == isolate.OutcomeCanceled) {
				t.Errorf("Retry-After is %q", retry)
			}
			n.stop()
			if log := n.log.String(); !strings.Contains(log, `"outcome":"`+string(outcome)+`"`) || !strings.Contains(log, `"error":"why"`) {
				t.Errorf("log: %s", log)
			}
		})
	}
}

func TestProblemDocument(t *testing.T) {
	t.Parallel()
	f := isolate.Failure{Outcome: isolate.OutcomeExceededCPU, Message: "stopped", Stack: "at x", Limit: "cpu_ms", Used: 51, Allowed: 50}
	n := start(t, fail(f))
	r := n.get(t, "/")
	id := r.header.Get("X-Skerry-Request-Id")
	want := `{"title":"Service Unavailable","status":503,"detail":"The function used more CPU time than it may.","code":"exceeded_cpu",` +
		`"function":"f","version":3,"request_id":"` + id + `","limit":"cpu_ms","used":51,"allowed":50}` + "\n"
	if r.body != want || len(id) != 26 {
		t.Errorf("got  %swant %s", r.body, want)
	}
	for name, value := range map[string]string{"Content-Type": "application/problem+json", "Cache-Control": "no-store", "Vary": "accept"} {
		if r.header.Get(name) != value {
			t.Errorf("%s is %q, want %q", name, r.header.Get(name), value)
		}
	}
}

func TestCausesAreForOperators(t *testing.T) {
	t.Parallel()
	n := start(t, fail(thrown))
	for _, accept := range []string{"*/*", "text/html", "text/plain"} {
		r := n.get(t, "/", "Accept: "+accept)
		for _, secret := range []string{"TypeError", "index.ts", "x()", "goroutine"} {
			if strings.Contains(r.body, secret) {
				t.Errorf("%s: %s tells the client %s", accept, r.body, secret)
			}
		}
	}
	n.stop()
	log := n.log.String()
	for _, cause := range []string{"TypeError: <b>x</b>", "at fetch (src/index.ts:3:9)", `"source":"src/index.ts","line":3`, "goroutine 1"} {
		if !strings.Contains(log, cause) {
			t.Errorf("no %s in the log: %s", cause, log)
		}
	}
}

func TestDevShowsSources(t *testing.T) {
	t.Parallel()
	n := start(t, fail(thrown), func(c *gateway.Config) { c.Dev = true })
	t.Run("as JSON", func(t *testing.T) {
		r := n.get(t, "/")
		for _, want := range []string{`"detail":"TypeError: `, `"stack":"at fetch (src/index.ts:3:9)"`,
			`"source":{"file":"src/index.ts","line":3,"column":3,"text":"\t\tx()"}`} {
			if !strings.Contains(r.body, want) {
				t.Errorf("no %s in %s", want, r.body)
			}
		}
	})
	t.Run("as text", func(t *testing.T) {
		r := n.get(t, "/", "Accept: text/plain")
		want := "500 Internal Server Error\nTypeError: <b>x</b> is not a function\n\n" +
			"src/index.ts:3:3\n3 | \t\tx()\n  | \t\t^\n\nat fetch (src/index.ts:3:9)\n\ncode: exception\nfunction: f\nversion: 3\nrequest id: "
		if !strings.HasPrefix(r.body, want) {
			t.Errorf("got  %q\nwant %q", r.body, want)
		}
	})
	t.Run("as HTML, escaped", func(t *testing.T) {
		r := n.get(t, "/", "Accept: text/html")
		for _, want := range []string{"<h1>500 Internal Server Error</h1>", "TypeError: &lt;b&gt;x&lt;/b&gt;", "<pre class=source>src/index.ts:3:3\n3 | \t\tx()"} {
			if !strings.Contains(r.body, want) {
				t.Errorf("no %s in %s", want, r.body)
			}
		}
		if strings.Contains(r.body, "<b>") || r.header.Get("Content-Security-Policy") == "" {
			t.Errorf("unsafe: %v %s", r.header, r.body)
		}
	})
}

func TestFormatIsNegotiated(t *testing.T) {
	t.Parallel()
	n := start(t, fail(thrown))
	const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
	for _, tc := range []struct{ name, accept, want string }{
		{"nothing is JSON", "", "application/problem+json"},
		{"anything is JSON", "*/*", "application/problem+json"},
		{"a browser gets HTML", browser, "text/html; charset=utf-8"},
		{"text is text", "text/plain", "text/plain; charset=utf-8"},
		{"any text is HTML", "text/*", "text/html; charset=utf-8"},
		{"JSON is JSON", "application/json", "application/problem+json"},
		{"JSON beside HTML is JSON", "text/html, application/json", "application/problem+json"},
		{"the higher quality wins", "text/html;q=0.5, text/plain;q=0.9, application/json;q=0.1", "text/plain; charset=utf-8"},
		{"case and spaces don't matter", " TEXT/HTML ; Q=1 ", "text/html; charset=utf-8"},
		{"what is excluded is not chosen", "text/html;q=0, */*;q=0.1", "application/problem+json"},
		{"the more specific range counts", "*/*;q=1, application/json;q=0.1, application/problem+json;q=0.1", "text/html; charset=utf-8"},
		{"nothing acceptable is JSON", "image/png", "application/problem+json"},
		{"a quality that is none excludes", "text/html;q=x, text/plain;q=NaN", "application/problem+json"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := n.get(t, "/", "Accept: "+tc.accept)
			if got := r.header.Get("Content-Type"); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestNoRoute(t *testing.T) {
	t.Parallel()
	n := start(t, echo)
	if err := n.SetRoutes(nil); err != nil {
		t.Fatal(err)
	}
	c := n.dial(t)
	for range 2 { // the connection can be used again
		c.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
		if r := c.reply("POST"); r.status != 404 || !strings.Contains(r.body, `"code":"no_route"`) || strings.Contains(r.body, "function\"") {
			t.Errorf("got %d %s", r.status, r.body)
		}
	}
	n.stop()
	if log := n.log.String(); strings.Count(log, `"function":"","version":0,"kind":"fetch","method":"POST","host":"a","path":"/x","status":404,"outcome":"no_route"`) != 2 {
		t.Errorf("log: %s", log)
	}
}

func TestRefusedMethodNamesThoseThatAreTaken(t *testing.T) {
	t.Parallel()
	r := start(t, echo).one(t, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n")
	if r.status != 405 || r.header.Get("Allow") != "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" {
		t.Errorf("got %d %v", r.status, r.header)
	}
}

func TestHEADProblemHasNoBody(t *testing.T) {
	t.Parallel()
	c := start(t, fail(thrown)).dial(t)
	for range 2 {
		c.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
		if r := c.reply("HEAD"); r.status != 500 || r.header.Get("Content-Length") == "0" {
			t.Errorf("got %d %v", r.status, r.header)
		}
	}
}
