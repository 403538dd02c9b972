package admin_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/gateway/admin"
)

func TestInvoke(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.push("echo", `
		console.log("got", request.method);
		console.warn("and more");
		await env.KV.put("seen", "yes");
		ctx.waitUntil((async () => { await new Promise(r => setTimeout(r)); console.info("afterwards") })());
		return new Response(JSON.stringify([request.method, request.url, request.headers.get("x-a"), await request.text()]), {status: 201, headers: {"x-b": "c"}})`)
	out, err := n.Invoke(t.Context(), "echo", admin.Invocation{Method: "POST", Path: "/a?b=c", Header: [][2]string{{"X-A", "1"}}, Body: []byte("body")})
	if err != nil {
		t.Fatal(err)
	}
	if out.Function != "echo" || out.Version != 1 || out.Outcome != "ok" || out.Error != "" || out.Status != 201 || out.Time <= 0 || out.CPU <= 0 {
		t.Errorf("got %+v", out)
	}
	if got := string(out.Body); got != `["POST","http://echo.localhost:8787/a?b=c","1","body"]` {
		t.Errorf("the body is %s", got)
	}
	if got := fmt.Sprint(out.Header); !strings.Contains(got, "[x-b c]") {
		t.Errorf("the header is %s", got)
	}
	var logs []string
	for _, l := range out.Logs {
		logs = append(logs, l.Level+" "+l.Message)
	}
	if got := strings.Join(logs, ", "); got != "log got POST, warn and more, info afterwards" {
		t.Errorf("the logs are %s", got)
	}
	if e, err := n.store.Get(t.Context(), "n", "seen"); err != nil || string(e.Value) != "yes" {
		t.Errorf("KV holds %q, %v", e.Value, err)
	}
	plain, err := n.Invoke(t.Context(), "echo", admin.Invocation{})
	if err != nil || string(plain.Body) != `["GET","http://echo.localhost:8787/",null,""]` {
		t.Errorf("an invocation that says nothing: %s, %v", plain.Body, err)
	}
}

func TestInvokeAFunctionThatFails(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.push("broken", `console.log("before"); throw new TypeError("mine")`)
	out, err := n.Invoke(t.Context(), "broken", admin.Invocation{})
	if err != nil || out.Outcome != "exception" || out.Error != "TypeError: mine" || out.Stack == "" || out.Status != 0 || len(out.Logs) != 1 {
		t.Errorf("an exception: %+v, %v", out, err)
	}
	n.push("stuck", `await new Promise(() => {})`)
	if out, err := n.Invoke(t.Context(), "stuck", admin.Invocation{}); err != nil || out.Outcome != "never_settled" {
		t.Errorf("a promise that can't settle: %+v, %v", out, err)
	}
	n.push("busy", `for (;;) {}`, func(m *bundles.Manifest) { m.Limits.CPUMillis = 5 })
	if out, err := n.Invoke(t.Context(), "busy", admin.Invocation{}); err != nil || out.Outcome != "exceeded_cpu" || out.CPU < 5 {
		t.Errorf("past its CPU time: %+v, %v", out, err)
	}
	if a := n.send("POST", "/v1/functions/stuck/invoke", ""); !strings.Contains(a.body, `"logs":[]`) {
		t.Errorf("no logs as JSON: %s", a.body)
	}
}

func TestInvokeWithMoreLogsThanAreKept(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.push("loud", `for (let i = 0; i < 600; i++) console.log(i)`, func(m *bundles.Manifest) { m.Limits.CPUMillis = 10_000 })
	out, err := n.Invoke(t.Context(), "loud", admin.Invocation{})
	if err != nil {
		t.Fatal(err)
	}
	if last := out.Logs[len(out.Logs)-1]; last.Level != "warn" || last.Message != "88 lines of this function were dropped: it logs more than is kept" || out.Logs[0].Message != "0" {
		t.Errorf("of 600 lines there are %d, and the last is %+v", len(out.Logs), last)
	}
}

func TestRefusedInvocations(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.push("shop", `console.log("called"); return new Response()`)
	tail := n.observer.Subscribe("shop")
	defer tail.Close()
	for _, tc := range []struct {
		name, body   string
		status       int
		code, detail string
	}{
		{"no JSON", `{`, 422, "invalid", "the body is no JSON document"},
		{"an unknown key", `{"url":"/"}`, 422, "invalid", `unknown field "url"`},
		{"a body that is no base64", `{"body":"!"}`, 422, "invalid", "base64"},
		{"a path without a slash", `{"path":"a"}`, 422, "invalid", `the path "a" must begin with /`},
		{"another host", `{"path":"http://evil.example/"}`, 422, "invalid", "must begin with /"},
		{"a path with a line feed", `{"path":"/a\nb"}`, 422, "invalid", "no request can be like this"},
		{"a method with a space", `{"method":"GET /"}`, 422, "invalid", "no request can be like this"},
		{"a header without a name", `{"header":[["","v"]]}`, 422, "invalid", `no request can have the header "": "v"`},
		{"a header's name with a space", `{"header":[["a b","v"]]}`, 422, "invalid", `the header "a b"`},
		{"a header on two lines", `{"header":[["a","v\r\nb: w"]]}`, 422, "invalid", `the header "a": "v\r\nb: w"`},
		{"a large document", `{"body":"` + strings.Repeat("A", admin.InvocationSize) + `"}`, 413, "body_too_large", "the JSON document may have 16777216 bytes at most"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			wantProblem(t, n.send("POST", "/v1/functions/shop/invoke", tc.body), tc.status, tc.code, tc.detail)
			select {
			case item := <-tail.C:
				t.Errorf("the function was called: %s", item.AppendJSON(nil))
			default:
			}
		})
	}
}
