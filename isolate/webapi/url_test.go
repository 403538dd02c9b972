package webapi_test

import "testing"

func TestURL(t *testing.T) {
	evalRows(t, []row{
		{"it reads its parts", `let u = new URL("https://u:p@h.example:81/a/b?c=d#e"); return [u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]`,
			"https://h.example:81,https:,u,p,h.example:81,h.example,81,/a/b,?c=d,#e"},
		{"a relative URL needs a base", `new URL("/a")`, `throws TypeError: Invalid URL: "/a"`},
		{"a base that is none throws", `new URL("https://h/", "nope")`, `throws TypeError: Invalid URL: "nope"`},
		{"an undefined base is none", `return new URL("https://h/", undefined).href`, "https://h/"},
		{"a base may be a URL", `return new URL("../x?y", new URL("https://h/a/b/c")).href`, "https://h/a/x?y"},
		{"a path from the root", `return new URL("/x/y?z#w", "https://u@h:1/a?b#c").href`, "https://u@h:1/x/y?z#w"},
		{"a query alone", `return new URL("?z", "https://h/a?b#c").href`, "https://h/a?z"},
		{"a fragment alone", `return new URL("#z", "https://h/a?b#c").href`, "https://h/a?b#z"},
		{"an empty reference drops the fragment", `return new URL("", "https://h/a?b#c").href`, "https://h/a?b"},
		{"a host of another script is Punycode", `return new URL("https://bücher.example/é?ü#ö").href`, "https://xn--bcher-kva.example/%C3%A9?%C3%BC#%C3%B6"},
		{"lone surrogates are replaced", `return new URL("https://h/\uD800").href`, "https://h/%EF%BF%BD"},
		{"an error shows but the start of a long input", `try { new URL("x".repeat(1e6)) } catch (e) { return e.message.length }`, "248"},
		{"a host that is too long does not parse", `return URL.canParse("foo://" + "a".repeat(9000))`, "false"},
		{"a URL that is too long for the parser throws", `new URL("https://h/ " + "a".repeat(200000))`, `throws TypeError: Invalid URL: it is longer than 131072 bytes: "https://h/ ` + as(189) + `…"`},
		{"a plain URL may be long", `return new URL("https://h/" + "a".repeat(200000)).pathname.length`, "200001"},
		{"a data URL may be long", `return new URL("data:text/plain," + "a".repeat(200000)).href.length`, "200016"},
		{"no arguments throw", `new URL()`, "throws TypeError: URL: 1 argument(s) required, but only 0 present"},
		{"canParse", `return [URL.canParse("https://h"), URL.canParse("h"), URL.canParse("h", "https://g"), URL.canParse("h", "g")]`, "true,false,true,false"},
		{"parse gives a URL or null", `return [URL.parse("https://h").href, URL.parse("h")]`, "https://h/,"},
		{"it is its own JSON", `return JSON.stringify({u: new URL("https://h")})`, `{"u":"https://h/"}`},
		{"it is its own string", "return `${new URL(\"https://h\")}`", "https://h/"},
		{"setting href replaces all", `let u = new URL("https://h/a?b#c"); u.href = "http://g:80/x"; return u.href`, "http://g/x"},
		{"setting href to nonsense throws and changes nothing", `let u = new URL("https://h/a"); try { u.href = "nope" } catch (e) { return e.name + u }`, "TypeErrorhttps://h/a"},
		{"setting a part to nonsense changes nothing", `let u = new URL("https://h/a"); u.host = "a b"; u.port = "x"; u.protocol = "1"; return u.href`, "https://h/a"},
		{"parts are set", `let u = new URL("https://h/a"); u.username = "ü"; u.password = ":"; u.port = "8080"; u.hostname = "g.example"; u.pathname = "b c"; u.search = "q=ä"; u.hash = "f"; u.protocol = "http"; return u.href`,
			"http://%C3%BC:%3A@g.example:8080/b%20c?q=%C3%A4#f"},
		{"origins that are opaque", `return [new URL("data:x").origin, new URL("file:///x").origin, new URL("blob:https://h/1").origin, new URL("blob:x").origin]`, "null,null,https://h,null"},
		{"origin can't be set", `new URL("https://h").origin = 1`, "throws TypeError: Cannot assign to read only property 'origin'"},
		{"attributes belong to the prototype", `return Object.keys(new URL("https://h")).length + Object.keys(URL.prototype).length`, "14"},
		{"a subclass", `class U extends URL { get x() { return this.hostname + "!" } } return new U("https://h").x`, "h!"},
		{"a wrong receiver throws", `Object.getOwnPropertyDescriptor(URL.prototype, "href").get.call({})`, "throws TypeError: Illegal invocation: this is not a URL"},
	})
}

// as is n times the letter a.
func as(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a'
	}
	return string(b)
}

func TestURLSearchParams(t *testing.T) {
	evalRows(t, []row{
		{"it takes a query", `return new URLSearchParams("a=1&b=2&a=3").getAll("a").join()`, "1,3"},
		{"it drops one question mark", `return new URLSearchParams("??a=1").toString()`, "%3Fa=1"},
		{"it takes a record", `return new URLSearchParams({a: 1, b: "x y"}).toString()`, "a=1&b=x+y"},
		{"it takes pairs", `return new URLSearchParams([["a", 1], ["a", 2]]).toString()`, "a=1&a=2"},
		{"it takes any iterable", `return new URLSearchParams(new Map([["a", "b"]])).toString()`, "a=b"},
		{"it takes another, and copies it", `let a = new URLSearchParams("x=1"), b = new URLSearchParams(a); a.set("x", 2); return b.get("x")`, "1"},
		{"it takes a FormData's pairs", `let f = new FormData(); f.append("a", "b"); return new URLSearchParams(f).toString()`, "a=b"},
		{"undefined is empty, null is a name", `return [new URLSearchParams(undefined).size, new URLSearchParams(null).toString()]`, "0,null="},
		{"a pair of three throws", `new URLSearchParams([[1, 2, 3]])`, "throws TypeError: each element must be a pair of a name and a value"},
		{"it decodes", `return new URLSearchParams("a=b+c%20d%2Be%").get("a")`, "b c d+e%"},
		{"it decodes broken UTF-8 with replacements", `return new URLSearchParams("a=%E2%82%FFx").get("a")`, "\uFFFD\uFFFDx"},
		{"it keeps a byte order mark", `return new URLSearchParams("%EF%BB%BFa=1").has("\uFEFFa")`, "true"},
		{"it encodes all but a few", `return new URLSearchParams({"ä &=+%": "*-._~!'()"}).toString()`, "%C3%A4+%26%3D%2B%25=*-._%7E%21%27%28%29"},
		{"an absent name is null", `return String(new URLSearchParams().get("a"))`, "null"},
		{"size", `return new URLSearchParams("a&b&a").size`, "3"},
		{"has with a value", `let p = new URLSearchParams("a=1&a=2"); return [p.has("a"), p.has("a", "2"), p.has("a", 3), p.has("a", undefined)]`, "true,true,false,true"},
		{"delete with a value", `let p = new URLSearchParams("a=1&a=2&b=1"); p.delete("a", "1"); return p.toString()`, "a=2&b=1"},
		{"delete without one", `let p = new URLSearchParams("a=1&a=2&b=1"); p.delete("a"); return p.toString()`, "b=1"},
		{"set replaces the first and drops the others", `let p = new URLSearchParams("a=1&b=2&a=3"); p.set("a", 4); p.set("c", 5); return p.toString()`, "a=4&b=2&c=5"},
		{"sort is stable and by code units", `let p = new URLSearchParams([["z", 1], ["\uFFFD", 2], ["\u{1F600}", 3], ["a", 4], ["z", 0]]); p.sort(); return [...p].map(e => e[1]).join("")`, "41032"},
		{"it is iterable", `let s = ""; for (let [k, v] of new URLSearchParams("a=1&b=2")) s += k + v; return s`, "a1b2"},
		{"keys, values, entries, forEach", `let p = new URLSearchParams("a=1&b=2"), s = ""; p.forEach((v, k, o) => s += v + k + (o === p)); return [[...p.keys()], [...p.values()], [...p.entries()], s].join(";")`, "a,b;1,2;a,1,b,2;1atrue2btrue"},
		{"iteration is live", `let p = new URLSearchParams("a=1&b=2&c=3"), s = ""; for (let [k] of p) { s += k; if (k === "a") p.delete("b") } return s`, "ac"},
		{"a change shows in the URL", `let u = new URL("https://h/?a=1#f"); u.searchParams.append("b", "ä"); return u.href`, "https://h/?a=1&b=%C3%A4#f"},
		{"the last one gone leaves no question mark", `let u = new URL("https://h/?a=1#f"); u.searchParams.delete("a"); return u.href`, "https://h/#f"},
		{"a change of the URL shows in it", `let u = new URL("https://h/?a=1"), p = u.searchParams; u.search = "b=2"; let s = p.toString(); u.href = "https://g/?c=3"; return s + p + (p === u.searchParams)`, "b=2c=3true"},
		{"other parts of the URL leave it alone", `let u = new URL("https://h/?a=%20"), p = u.searchParams; u.hash = "x"; u.pathname = "y"; return u.search + p`, "?a=%20a=+"},
		{"a URL's can't be set", `let u = new URL("https://h"); u.searchParams = 1`, "throws TypeError: Cannot assign to read only property 'searchParams'"},
		{"append needs two", `new URLSearchParams().append("a")`, "throws TypeError: append: 2 argument(s) required, but only 1 present"},
		{"its tag", `return Object.prototype.toString.call(new URLSearchParams())`, "[object URLSearchParams]"},
	})
}
