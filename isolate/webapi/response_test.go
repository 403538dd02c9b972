package webapi_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

func TestResponse(t *testing.T) {
	evalRows(t, []row{
		{"defaults", `let r = new Response(); return [r.status, r.statusText, r.ok, r.type, r.url, r.redirected, String(r.body), [...r.headers].length].join()`, "200,,true,default,,false,null,0"},
		{"an init", `let r = new Response("x", {status: 404, statusText: "Nöt", headers: {a: "1"}}); return [r.status, r.statusText, r.ok, r.headers.get("a")]`, "404,Nöt,false,1"},
		{"ok", `return [200, 299, 300].map(status => new Response(null, {status}).ok)`, "true,true,false"},
		{"a null body is none", `return String(new Response(null).body) + String(new Response(undefined).body)`, "nullnull"},
		{"statuses have a range", `return [0, 100, 199, 600, NaN, -1, "x"].map(status => { try { new Response(null, {status}); return "fine" } catch (e) { return e.name } }).join()`, "RangeError,RangeError,RangeError,RangeError,RangeError,RangeError,RangeError"},
		{"a status out of range", `new Response(null, {status: 600})`, "throws RangeError: the status 600 of a response is outside the range 200 to 599"},
		{"a status is a number of 16 bits", `return new Response(null, {status: 65536 + 204.9}).status`, "204"},
		{"101 needs a WebSocket", `new Response(null, {status: 101})`, "throws RangeError: status 101 switches protocols, which needs a WebSocket: they are not supported in this version"},
		{"a status without a body", `return [204, 205, 304].map(status => new Response(null, {status}).status)`, "204,205,304"},
		{"a status without a body refuses one", `new Response("", {status: 204})`, "throws TypeError: a response with status 204 can't have a body; pass null"},
		{"statusText without controls", `new Response(null, {statusText: "a\nb"})`, "throws TypeError: statusText has a control character in it"},
		{"statusText is bytes", `new Response(null, {statusText: "€"})`, "throws TypeError: statusText can't be sent: it has U+20AC at index 0, and only U+0000 to U+00FF stand for bytes"},
		{"an init that is no object throws", `new Response("", 404)`, "throws TypeError: the init of a Response must be an object"},
		{"bad headers throw", `new Response("", {headers: {"a b": ""}})`, `throws TypeError: "a b" is not the name of a header`},
		{"headers can change", `let r = new Response("x"); r.headers.set("content-type", "a/b"); return r.headers.get("content-type")`, "a/b"},
		{"Response.error", `let r = Response.error(); return [r.type, r.status, r.ok, String(r.body)]`, "error,0,false,null"},
		{"Response.error is immutable", `Response.error().headers.set("a", "b")`, "throws TypeError: these headers are immutable; change a copy, as in new Response(response.body, response) or new Headers(headers)"},
		{"Response.redirect", `let r = Response.redirect("http://a/b c"); return [r.status, r.headers.get("location"), String(r.body)]`, "302,http://a/b%20c,null"},
		{"Response.redirect with a status", `return [301, 302, 303, 307, 308].map(s => Response.redirect("http://a", s).status)`, "301,302,303,307,308"},
		{"Response.redirect of a URL", `return Response.redirect(new URL("http://a/b")).headers.get("location")`, "http://a/b"},
		{"Response.redirect with another status", `Response.redirect("http://a", 200)`, "throws RangeError: Response.redirect: 200 is not the status of a redirect: 301, 302, 303, 307 or 308"},
		{"Response.redirect to nowhere", `Response.redirect("/x")`, `throws TypeError: Invalid URL: "/x": it is relative, and there is no base to resolve it against`},
		{"Response.redirect is immutable", `Response.redirect("http://a").headers.delete("location")`, "throws TypeError: these headers are immutable; change a copy, as in new Response(response.body, response) or new Headers(headers)"},
		{"Response.json", `let r = Response.json({a: [1]}, {status: 201}); return [r.status, r.headers.get("content-type"), await r.text()].join()`, `201,application/json,{"a":[1]}`},
		{"Response.json with another type", `return Response.json(1, {headers: {"content-type": "a/b"}}).headers.get("content-type")`, "a/b"},
		{"Response.json of null", `return await Response.json(null).text()`, "null"},
		{"Response.json of nothing", `Response.json(undefined)`, "throws TypeError: Response.json: the value has no JSON: it is undefined, a function or a symbol"},
		{"Response.json of a circle", `let a = {}; a.a = a; try { Response.json(a) } catch (e) { return e.name }`, "TypeError"},
		{"Response.json throws what a toJSON throws", `Response.json({toJSON() { throw new RangeError("no") }})`, "throws RangeError: no"},
		{"Response.json with a status that has no body", `Response.json(1, {status: 204})`, "throws TypeError: a response with status 204 can't have a body; pass null"},
		{"new Response(response.body, response)", `let a = new Response("x", {status: 201, statusText: "s", headers: {a: "1"}}), b = new Response(a.body, a); b.headers.set("a", "2"); return [b.status, b.statusText, a.headers.get("a"), b.headers.get("a"), await b.text(), a.bodyUsed]`, "201,s,1,2,x,true"},
		{"a copy of what can't be changed can be", `let r = Response.redirect("http://a/"), c = new Response(r.body, r); c.headers.set("x", "1"); return [c.status, [...c.headers].join(";")]`, "302,location,http://a/;x,1"},
		{"clone", `let a = new Response("x", {status: 201, headers: {a: "1"}}), b = a.clone(); b.headers.set("a", "2"); return [b.status, a.headers.get("a"), await a.text() + await b.text()]`, "201,1,xx"},
		{"a subclass", `class R extends Response { constructor(b) { super(b, {status: 201}) } get x() { return this.status + 1 } } let r = new R("b"); return [r.x, r instanceof Response, await r.clone().text(), r.clone() instanceof R]`, "202,true,b,false"},
		{"getters in init run once each", `let n = 0; new Response(null, {get status() { n++; return 200 }, get headers() { n++; return {} }, get statusText() { n++; return "" }}); return n`, "3"},
		{"without new it throws", `Response("x")`, "throws TypeError: Class constructor Response cannot be invoked without 'new'"},
	})
}

func TestResponseOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, src, want string }{
		{"a text", `return new Response("hé")`, "200 [content-type: text/plain;charset=UTF-8] hé"},
		{"a text with its head", `return new Response("x", {status: 404, statusText: "No", headers: [["A", "1"], ["a", "2"]]})`, "404 No [A: 1] [a: 2] [content-type: text/plain;charset=UTF-8] x"},
		{"bytes", `return new Response(new Uint8Array([0, 255]))`, "200 \x00\xff"},
		{"no body", `return new Response(null, {status: 204})`, "204 null"},
		{"an empty body", `return new Response("")`, "200 [content-type: text/plain;charset=UTF-8]"},
		{"bytes of headers", `return new Response(null, {headers: {a: "\xe9"}})`, "200 [a: \xe9] null"},
		{"another's body", `let r = new Response("x"); return new Response(r.body)`, "200 x"},
		{"a subclass", `return new (class extends Response {})(null)`, "200 null"},
		{"undefined", `return`, "TypeError: the handler returned undefined instead of a Response"},
		{"null", `return null`, "TypeError: the handler returned null instead of a Response"},
		{"a string", `return "x"`, "TypeError: the handler returned a string instead of a Response"},
		{"a number", `return 1`, "TypeError: the handler returned a number instead of a Response"},
		{"a boolean", `return true`, "TypeError: the handler returned a boolean instead of a Response"},
		{"a bigint", `return 1n`, "TypeError: the handler returned a bigint instead of a Response"},
		{"a symbol", `return Symbol()`, "TypeError: the handler returned a symbol instead of a Response"},
		{"an object", `return {status: 200, get [Symbol.toStringTag]() { throw 1 }}`, "TypeError: the handler returned an object instead of a Response"},
		{"an array", `return []`, "TypeError: the handler returned an array instead of a Response"},
		{"a function", `return () => 1`, "TypeError: the handler returned a function instead of a Response"},
		{"an Error", `return new RangeError("x")`, "TypeError: the handler returned an Error instead of a Response"},
		{"a Request", `return new Request("http://a/")`, "TypeError: the handler returned a Request instead of a Response"},
		{"what looks like one", `return Object.create(Response.prototype)`, "TypeError: the handler returned an object instead of a Response"},
		{"Response.error()", `return Response.error()`, "TypeError: the handler returned Response.error(), which can't be sent"},
		{"a used body", `let r = new Response("x"); r.text(); return r`, "TypeError: the handler returned a Response that can't be sent: the body has already been used; clone() the request or response before it is read to read it twice"},
		{"a locked body", `let r = new Response("x"); r.body.getReader(); return r`, "TypeError: the handler returned a Response that can't be sent: the body is locked to a reader; releaseLock() it first"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r, err := answer(t, tc.src)
			got := ""
			if err != nil {
				got = err.Error()
			} else {
				got = write(r)
			}
			if got != tc.want {
				t.Errorf("got %q\nwant %q", got, tc.want)
			}
		})
	}
}

// write shows a response on one line.
func write(r *webapi.HTTPResponse) string {
	parts := []string{strings.TrimSpace(strings.Join([]string{strconv.Itoa(r.Status), r.StatusText}, " "))}
	for _, f := range r.Header {
		parts = append(parts, "["+f.Name+": "+f.Value+"]")
	}
	if r.Null {
		parts = append(parts, "null")
	} else if len(r.Body) > 0 {
		parts = append(parts, string(r.Body))
	}
	return strings.Join(parts, " ")
}

func TestWhatWasAnsweredStaysAsItIs(t *testing.T) {
	t.Parallel()
	vm := newPlatform(t).NewVM(js.Config{})
	program, err := js.CompileFunction("test.js", `
		let bytes = new Uint8Array([97, 98]), r = new Response(bytes, {headers: {a: "1"}}), copy = r.clone();
		return [r, async () => { bytes[0] = 0; r.headers.set("a", "2"); r.headers.append("b", "3"); (await copy.bytes())[1] = 0; return await r.text() }]`, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var response *webapi.HTTPResponse
	var later js.Value
	if err := vm.Enter(t.Context(), func() {
		v, err := vm.Evaluate(program)
		if err != nil {
			t.Error(err)
			return
		}
		if response, err = webapi.ResponseOf(vm, vm.Index(v, 0)); err != nil {
			t.Error(err)
		}
		later, _ = vm.Call(vm.Index(v, 1), js.Undefined)
	}); err != nil {
		t.Fatal(err)
	}
	if got := write(response); got != "200 [a: 1] ab" {
		t.Errorf("the response became %q", got)
	}
	if state, _ := js.Peek(later); state != js.Rejected {
		t.Error("the script could read the body that was sent")
	}
}
