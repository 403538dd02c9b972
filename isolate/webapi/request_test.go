package webapi_test

import (
	"net/netip"
	"testing"

	"github.com/skerry-edge/skerry/isolate/webapi"
)

func TestRequest(t *testing.T) {
	evalRows(t, []row{
		{"of a URL", `let r = new Request("http://example.com/a?b#c"); return [r.method, r.url, String(r.body), r.bodyUsed].join()`, "GET,http://example.com/a?b#c,null,false"},
		{"the URL is parsed", `return new Request("HTTP://EXAMPLE.com:80/a/../b c").url`, "http://example.com/b%20c"},
		{"of a URL object", `return new Request(new URL("/x", "http://a/b")).url`, "http://a/x"},
		{"of whatever has a toString", `return new Request({toString() { return "http://a/" }}).url`, "http://a/"},
		{"a relative URL throws", `new Request("/a")`, `throws TypeError: Invalid URL: "/a": it is relative, and there is no base to resolve it against`},
		{"a password in the URL throws", `new Request("http://u:p@a/")`, "throws TypeError: the URL of a request can't have a user name or a password in it; send them in the header Authorization"},
		{"no argument throws", `new Request()`, "throws TypeError: Request: 1 argument(s) required, but only 0 present"},
		{"an init that is no object throws", `new Request("http://a/", "POST")`, "throws TypeError: the init of a Request must be an object"},
		{"a null init is none", `return new Request("http://a/", null).method`, "GET"},
		{"known methods are upper case", `return ["get", "Delete", "head", "options", "post", "put"].map(method => new Request("http://a/", {method}).method)`, "GET,DELETE,HEAD,OPTIONS,POST,PUT"},
		{"other methods stay as they are", `return ["patch", "Foo"].map(method => new Request("http://a/", {method}).method)`, "patch,Foo"},
		{"a method that is no token throws", `new Request("http://a/", {method: "A B"})`, `throws TypeError: "A B" is not a valid HTTP method`},
		{"an empty method throws", `new Request("http://a/", {method: ""})`, `throws TypeError: "" is not a valid HTTP method`},
		{"forbidden methods throw", `return ["connect", "TRACE", "Track"].map(method => { try { new Request("http://a/", {method}) } catch (e) { return e.message } }).join(";")`,
			"the method CONNECT is not allowed;the method TRACE is not allowed;the method TRACK is not allowed"},
		{"headers", `let r = new Request("http://a/", {headers: {A: "1"}}); r.headers.set("b", "2"); return [...r.headers].join(";")`, "a,1;b,2"},
		{"headers are one object", `let r = new Request("http://a/"); return r.headers === r.headers`, "true"},
		{"a body brings its type", `let r = new Request("http://a/", {method: "POST", body: "x"}); return r.headers.get("content-type") + await r.text()`, "text/plain;charset=UTF-8x"},
		{"a body with GET throws", `new Request("http://a/", {body: "x"})`, "throws TypeError: a request with method GET can't have a body"},
		{"a body with HEAD throws", `new Request("http://a/", {method: "head", body: ""})`, "throws TypeError: a request with method HEAD can't have a body"},
		{"a null body is none", `return String(new Request("http://a/", {body: null}).body)`, "null"},
		{"defaults", `let r = new Request("http://a/"); return ["cache", "credentials", "destination", "duplex", "integrity", "keepalive", "mode", "redirect", "referrer", "referrerPolicy"].map(k => k + "=" + r[k])`,
			"cache=default,credentials=same-origin,destination=,duplex=half,integrity=,keepalive=false,mode=cors,redirect=follow,referrer=about:client,referrerPolicy="},
		{"what is given is shown", `let i = {cache: "no-store", credentials: "omit", duplex: "half", integrity: "x", keepalive: true, mode: "no-cors", redirect: "manual", referrer: "", referrerPolicy: "origin"};
			let r = new Request(new Request("http://a/", i)); return Object.keys(i).every(k => r[k] === i[k])`, "true"},
		{"a mode that is none throws", `new Request("http://a/", {mode: "navigate"})`, `throws TypeError: mode: "navigate" is not one of cors, no-cors, same-origin`},
		{"a redirect that is none throws", `new Request("http://a/", {redirect: "x"})`, `throws TypeError: redirect: "x" is not one of follow, error, manual`},
		{"cf is what init says", `return new Request("http://a/", {cf: {x: 1}}).cf.x + String(new Request("http://a/").cf)`, "1undefined"},
		{"of a request", `let a = new Request("http://a/", {method: "POST", headers: {x: "1"}, body: "b", redirect: "error", cf: {y: 2}}), b = new Request(a); return [b.method, b.url, b.headers.get("x"), b.redirect, b.cf.y, a.bodyUsed, await b.text()]`,
			"POST,http://a/,1,error,2,true,b"},
		{"of a request, its body stays locked", `let a = new Request("http://a/", {method: "POST", body: "b"}), s = a.body; new Request(a); return [s.locked, a.body === s]`, "true,true"},
		{"of a used request throws", `let a = new Request("http://a/", {method: "POST", body: "b"}); await a.text(); new Request(a)`, "throws TypeError: the body has already been used; clone() the request or response before it is read to read it twice"},
		{"of a used request with another body is fine", `let a = new Request("http://a/", {method: "POST", body: "b"}); await a.text(); return await new Request(a, {body: "c"}).text()`, "c"},
		{"of a request that fails, nothing is used", `let a = new Request("http://a/", {method: "POST", body: "b"}); try { new Request(a, {method: "GET"}) } catch (e) { return e.message + a.bodyUsed }`, "a request with method GET can't have a bodyfalse"},
		{"of a request, headers are replaced as a whole", `let a = new Request("http://a/", {headers: {x: "1", y: "2"}}); return [...new Request(a, {headers: {x: "3"}}).headers, ...a.headers].join(";")`, "x,3;x,1;y,2"},
		{"of a request, headers are a copy", `let a = new Request("http://a/", {headers: {x: "1"}}), b = new Request(a); b.headers.set("x", "2"); a.headers.append("x", "3"); return a.headers.get("x") + ";" + b.headers.get("x")`, "1, 3;2"},
		{"a request as an init", `let a = new Request("http://a/", {method: "POST", headers: {x: "1"}, body: "b"}), b = new Request("http://c/", a); return [b.url, b.method, b.headers.get("x"), a.bodyUsed, await b.text(), a.bodyUsed]`, "http://c/,POST,1,false,b,true"},
		{"clone", `let a = new Request("http://a/", {method: "POST", headers: {x: "1"}, body: "b"}), b = a.clone(); b.headers.set("x", "2"); return [await a.text(), await b.text(), a.headers.get("x"), b.headers.get("x"), b.method]`, "b,b,1,2,POST"},
		{"clone of a used one throws", `let a = new Request("http://a/", {method: "POST", body: "b"}); await a.text(); a.clone()`, "throws TypeError: the body has already been used; clone() the request or response before it is read to read it twice"},
		{"a signal is always there", `let r = new Request("http://a/"); return [r.signal instanceof AbortSignal, r.signal === r.signal, r.signal.aborted]`, "true,true,false"},
		{"a signal follows the one given", `let c = new AbortController(), r = new Request("http://a/", {signal: c.signal}), copy = new Request(r).clone(); c.abort("why"); return [r.signal === c.signal, r.signal.aborted, r.signal.reason, copy.signal.reason]`, "false,true,why,why"},
		{"a null signal is none", `let c = new AbortController(), r = new Request(new Request("http://a/", {signal: c.signal}), {signal: null}); c.abort(); return r.signal.aborted`, "false"},
		{"a signal that is none throws", `new Request("http://a/", {signal: {}})`, "throws TypeError: signal: not an AbortSignal"},
		{"a subclass with a getter of its own", `class R extends Request { get url() { return "x:" + super.url } } let r = new R("http://a/", {method: "POST", body: "b"}); return [r.url, new Request(r).url, r instanceof R, r instanceof Request, await r.text().catch(e => e.name)]`,
			"x:http://a/,http://a/,true,true,TypeError"},
		{"a subclass as an init shows its getters", `class R extends Request { get method() { return "PUT" } } return new Request("http://a/", new R("http://b/")).method`, "PUT"},
		{"own properties can cover getters", `let r = new Request("http://a/"); Object.defineProperty(r, "url", {value: "y"}); return r.url`, "y"},
		{"a bad receiver throws", `Object.getOwnPropertyDescriptor(Request.prototype, "url").get.call({})`, "throws TypeError: Illegal invocation: this is not a Request"},
		{"it has a tag", `return Object.prototype.toString.call(new Request("http://a/"))`, "[object Request]"},
	})
}

func TestIncomingRequest(t *testing.T) {
	t.Parallel()
	client := netip.MustParseAddr("192.0.2.7")
	get := func() *webapi.HTTPRequest {
		return &webapi.HTTPRequest{
			Method: "GET", URL: "http://shop.localhost:8787/a/../b?c=d", Client: client,
			Header: []webapi.Field{{"Host", "shop.localhost:8787"}, {"X-Bytes", "\xe9"}, {"CF-Connecting-IP", "6.6.6.6"}, {"cf-connecting-ip", "6.6.6.7"}},
		}
	}
	post := func() *webapi.HTTPRequest {
		r := get()
		r.Method, r.Body = "POST", []byte(`{"a":1}`)
		r.Header = append(r.Header, webapi.Field{"Content-Type", "application/json"})
		return r
	}
	for _, tc := range []struct {
		name    string
		request *webapi.HTTPRequest
		src     string
		want    string
	}{
		{"method and URL are as they came", get(), `return request.method + " " + request.url`, "GET http://shop.localhost:8787/a/../b?c=d"},
		{"it is a Request", get(), `return [request instanceof Request, request.constructor === Request]`, "true,true"},
		{"redirects are the client's", get(), `return [request.redirect, new Request(request).redirect, new Request(request, {redirect: "follow"}).redirect]`, "manual,manual,follow"},
		{"headers", get(), `return request.headers.get("HOST") + [...request.headers.keys()]`, "shop.localhost:8787cf-connecting-ip,host,x-bytes"},
		{"bytes of headers", get(), `return request.headers.get("x-bytes") === "é"`, "true"},
		{"headers are immutable", get(), `request.headers.set("a", "b")`, "throws TypeError: these headers are immutable; change a copy, as in new Response(response.body, response) or new Headers(headers)"},
		{"headers of a copy are not", get(), `let r = new Request(request); r.headers.set("host", "x"); return r.headers.get("host") + request.headers.get("host")`, "xshop.localhost:8787"},
		{"headers of a clone are", get(), `request.clone().headers.delete("host")`, "throws TypeError: these headers are immutable; change a copy, as in new Response(response.body, response) or new Headers(headers)"},
		{"the client's address, whatever the client claims", get(), `return request.headers.get("cf-connecting-ip") + " " + request.cf.clientIp`, "192.0.2.7 192.0.2.7"},
		{"the client's address in copies", get(), `let r = new Request(request.clone(), {headers: request.headers}); return r.headers.get("cf-connecting-ip") + " " + r.cf.clientIp`, "192.0.2.7 192.0.2.7"},
		{"an IPv4 address in IPv6 clothes", &webapi.HTTPRequest{Method: "GET", URL: "http://a/", Client: netip.MustParseAddr("::ffff:192.0.2.7")}, `return request.headers.get("cf-connecting-ip")`, "192.0.2.7"},
		{"no known address", &webapi.HTTPRequest{Method: "GET", URL: "http://a/"}, `return String(request.headers.get("cf-connecting-ip")) + JSON.stringify(request.cf)`, "null{}"},
		{"cf has what the node says", &webapi.HTTPRequest{Method: "GET", URL: "http://a/", CF: `{"colo":"FRA","asn":64496,"clientIp":"forged"}`, Client: netip.MustParseAddr("192.0.2.7")}, `return JSON.stringify(request.cf)`, `{"colo":"FRA","asn":64496,"clientIp":"192.0.2.7"}`},
		{"nobody changes it", get(), `try { request.cf.colo = "x" } catch (e) { return [e.name, Object.isFrozen(request.cf)] }`, "TypeError,true"},
		{"a copy may have another", get(), `return [JSON.stringify(new Request(request).cf) === JSON.stringify(request.cf), new Request(request, {cf: {colo: "X"}}).cf.colo]`, "true,X"},
		{"cf is one object", get(), `return request.cf === request.cf`, "true"},
		{"a body", post(), `return (await request.json()).a + String(request.bodyUsed)`, "1true"},
		{"no body", get(), `return String(request.body) + await request.text()`, "null"},
		{"an empty body is one", &webapi.HTTPRequest{Method: "POST", URL: "http://a/", Body: []byte{}}, `return (request.body instanceof ReadableStream) + await request.text()`, "true"},
		{"a body that came with GET is left out", &webapi.HTTPRequest{Method: "GET", URL: "http://a/", Body: []byte("x")}, `return String(request.body) + new Request(request).method`, "nullGET"},
		{"a body is handed on", post(), `let r = new Response(request.body); return await r.text() + request.bodyUsed`, `{"a":1}true`},
		{"new Request(request, {headers})", post(), `let r = new Request(request, {headers: {x: "1"}}); return [r.method, r.url, [...r.headers].join(), await r.text(), request.bodyUsed].join(" ")`, `POST http://shop.localhost:8787/a/../b?c=d x,1 {"a":1} true`},
		{"new Request(url, request)", post(), `let r = new Request("http://other/", request); return [r.method, r.url, r.headers.get("host"), await r.text()].join(" ")`, `POST http://other/ shop.localhost:8787 {"a":1}`},
		{"clone reads twice", post(), `let c = request.clone(); return await c.text() + await request.text()`, `{"a":1}{"a":1}`},
		{"a signal that does not abort", get(), `return request.signal.aborted`, "false"},
		{"a Proxy as Hono's proxy helper makes", post(), `let r = new Request("http://other/", {...request, method: request.method, headers: request.headers, body: request.body}); return r.method + await r.text()`, `POST{"a":1}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := handle(t, tc.request, tc.src); got != tc.want {
				t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}
