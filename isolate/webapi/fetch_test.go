package webapi_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// echo answers with what it was asked.
func echo(_ context.Context, r *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
	lines := []string{r.Method + " " + r.URL + " " + r.Redirect}
	for _, f := range r.Header {
		lines = append(lines, f.Name+": "+f.Value)
	}
	switch {
	case r.Body == nil:
		lines = append(lines, "no body")
	default:
		lines = append(lines, "body "+string(r.Body))
	}
	return &webapi.HTTPResponse{
		URL: "http://final/#x", Redirected: true, Status: 201, StatusText: "Made",
		Header: []webapi.Field{{"Content-Type", "text/x"}, {"Set-Cookie", "a"}, {"Set-Cookie", "b"}},
		Body:   []byte(strings.Join(lines, "|")),
	}, nil
}

func TestFetch(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		host network
		src  string
		want string
	}{
		{"a GET", echo, `return await (await fetch("http://a/b?c#d")).text()`, "GET http://a/b?c follow|no body"},
		{"a POST", echo, `return await (await fetch(new URL("http://a/"), {method: "post", headers: {X: "é"}, body: "hé", redirect: "manual"})).text()`,
			"POST http://a/ manual|X: \uFFFD|content-type: text/plain;charset=UTF-8|body hé"},
		{"an empty body is a body", echo, `return await (await fetch("http://a/", {method: "POST", body: new Uint8Array()})).text()`, "POST http://a/ follow|body "},
		{"a Request", echo, `let r = new Request("http://a/", {method: "PUT", body: "x"}), answer = await (await fetch(r)).text(); return answer + r.bodyUsed`, "PUT http://a/ follow|content-type: text/plain;charset=UTF-8|body xtrue"},
		{"a Request with an init", echo, `return await (await fetch(new Request("http://a/", {method: "PUT", body: "x"}), {method: "PATCH", headers: {}})).text()`, "PATCH http://a/ follow|body x"},
		{"a stream as a body", echo, `return await (await fetch("http://a/", {method: "POST", body: new Response("x").body})).text()`, "POST http://a/ follow|body x"},
		{"a form as a body", echo, `let f = new FormData(); f.append("a", "1"); return (await (await fetch("http://a/", {method: "POST", body: f})).text()).replace(/skerry-form-\w+/g, "B")`,
			"POST http://a/ follow|content-type: multipart/form-data; boundary=B|body --B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B--\r\n"},
		{"the response", echo, `let r = await fetch("http://a/"); return [r instanceof Response, r.url, r.redirected, r.status, r.statusText, r.ok, r.type, r.headers.get("content-type"), r.headers.getSetCookie()].join()`,
			"true,http://final/,true,201,Made,true,basic,text/x,a,b"},
		{"its headers are immutable", echo, `(await fetch("http://a/")).headers.set("a", "b")`, "throws TypeError: these headers are immutable; change a copy, as in new Response(response.body, response) or new Headers(headers)"},
		{"new Response(res.body, res)", echo, `let a = await fetch("http://a/"), b = new Response(a.body, a); b.headers.append("x", "y"); b.headers.delete("set-cookie"); return [b.status, [...b.headers].join(";"), b.url, await b.text(), a.bodyUsed].join()`,
			"201,content-type,text/x;x,y,,GET http://a/ follow|no body,true"},
		{"a clone", echo, `let a = await fetch("http://a/"), b = a.clone(); return [b.url, b.redirected, b.type, await a.text() === await b.text()]`, "http://final/,true,basic,true"},
		{"no body at all", func(context.Context, *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
			return &webapi.HTTPResponse{Status: 200, Null: true}, nil
		}, `return String((await fetch("http://a/")).body)`, "null"},
		{"a status that has no body", func(context.Context, *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
			return &webapi.HTTPResponse{Status: 304, Body: []byte("x")}, nil
		}, `return String((await fetch("http://a/")).body)`, "null"},
		{"an error of the network is a TypeError", func(context.Context, *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
			return nil, errors.New("no route")
		}, `await fetch("http://a/")`, "throws TypeError: fetch failed: no route"},
		{"an error with a code keeps it", func(context.Context, *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
			return nil, &js.CodedError{Code: "exceeded_subrequests", Message: "too many"}
		}, `return await fetch("http://a/").catch(e => e.code + e.message)`, "exceeded_subrequeststoo many"},
		{"errors reject and don't throw", echo, `return (await Promise.allSettled([fetch(), fetch("/x"), fetch("ftp://a/"), fetch("http://u:p@a/"), fetch("http://a/", {body: "x"})])).map(r => r.reason.message).join("; ")`,
			`fetch: 1 argument(s) required, but only 0 present; Invalid URL: "/x": it is relative, and there is no base to resolve it against; fetch: ftp: is not a scheme that can be fetched; http:, https: and data: are; the URL of a request can't have a user name or a password in it; send them in the header Authorization; a request with method GET can't have a body`},
		{"an aborted signal", echo, `await fetch("http://a/", {signal: AbortSignal.abort()})`, "throws AbortError: This operation was aborted"},
		{"an aborted signal's reason", echo, `return await fetch(new Request("http://a/", {signal: AbortSignal.abort("why")})).catch(e => e)`, "why"},
		{"an aborted signal for a data: URL", echo, `return await fetch("data:,", {signal: AbortSignal.abort("why")}).catch(e => e)`, "why"},
		{"a signal that comes too late", echo, `let c = new AbortController(), r = await fetch("http://a/", {signal: c.signal}); c.abort(); return (await r.text()).slice(0, 3)`, "GET"},
		{"many at once", echo, `return (await Promise.all([1, 2, 3].map(async n => (await fetch("http://a/" + n)).text()))).join()`, "GET http://a/1 follow|no body,GET http://a/2 follow|no body,GET http://a/3 follow|no body"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := jstest.Eval(t, newPlatform(t), tc.host, tc.src)
			if got != tc.want {
				t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}

func TestFetchWithoutAHost(t *testing.T) {
	t.Parallel()
	if got, want := eval(t, `await fetch("http://a/")`), "throws TypeError: fetch: this code runs without a network"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestAbortEndsTheRequest has a request that ends only when its context does.
func TestAbortEndsTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		host := network(func(ctx context.Context, _ *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
			<-ctx.Done()
			time.Sleep(time.Second) // the script does not wait for this
			ended <- context.Cause(ctx)
			return nil, ctx.Err()
		})
		vm := newPlatform(t).NewVM(js.Config{Host: host})
		start := time.Now()
		got := jstest.EvalIn(t, vm, `
			let c = new AbortController(), p = fetch("http://a/", {signal: c.signal});
			setTimeout(() => c.abort(new RangeError("enough")), 50);
			await p`)
		if got != "throws RangeError: enough" {
			t.Errorf("got %q", got)
		}
		if took := time.Since(start); took != 50*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the request ended with %v", err)
		}
		vm.Abandon()
	})
}
