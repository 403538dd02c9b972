package webapi_test

import "testing"

func TestURLPattern(t *testing.T) {
	evalRows(t, []row{
		{"a text", `let p = new URLPattern("https://*.example.com/users/:id\\?q=*"); return [p.protocol, p.username, p.password, p.hostname, p.port, p.pathname, p.search, p.hash, p.hasRegExpGroups].join()`,
			"https,*,*,*.example.com,,/users/:id,q=*,*,false"},
		{"exec gives inputs and groups", `let m = new URLPattern("/users/:id/*", "https://h").exec("https://h/users/7/a/b?x"); return JSON.stringify([m.inputs, m.pathname, m.search, Object.keys(m).join()])`,
			`[["https://h/users/7/a/b?x"],{"groups":{"0":"a/b","id":"7"},"input":"/users/7/a/b"},{"groups":{"0":"x"},"input":"x"},"hash,hostname,inputs,password,pathname,port,protocol,search,username"]`},
		{"exec without a match is null", `return new URLPattern({pathname: "/a"}).exec("https://h/b")`, "null"},
		{"a group that is not there is undefined", `let g = new URLPattern({pathname: "/a/:b?"}).exec("https://h/a").pathname.groups; return "b" in g && g.b === undefined`, "true"},
		{"inputs are what was given", `let m = new URLPattern({pathname: "/a/b"}).exec({pathname: "b", baseURL: "https://h/a/", x: 1}); return JSON.stringify(m.inputs) + JSON.stringify(new URLPattern({pathname: "/b"}).exec("b", "https://h").inputs)`,
			`[{"baseURL":"https://h/a/","pathname":"b"}]["b","https://h"]`},
		{"a URL is an object with components", `return new URLPattern({hostname: "h", search: "x"}).test(new URL("https://h/a?x"))`, "true"},
		{"nothing matches everything", `let p = new URLPattern(); return [p.test(), p.test(undefined), p.test(null), p.test({}), p.test("https://h/"), p.test("no URL"), p.pathname]`, "true,true,true,true,true,false,*"},
		{"nothing with options", `return [new URLPattern(undefined, {ignoreCase: true}).hash, new URLPattern({hash: "A"}, {ignoreCase: true}).test("https://h/#a"), new URLPattern({hash: "A"}, null).test("https://h/#a")]`, "*,true,false"},
		{"a text, a base and options", `return new URLPattern("/A", "https://h", {ignoreCase: true}).test("https://h/a")`, "true"},
		{"what is neither object nor undefined is a base", `try { new URLPattern("/a", 1) } catch (e) { return e.message }`, `Invalid URL: "1": it is relative, and there is no base to resolve it against`},
		{"a third argument makes the second a base", `try { new URLPattern("/a", undefined, {}) } catch (e) { return e.message }`, `Invalid URL: "undefined": it is relative, and there is no base to resolve it against`},
		{"an object has its base within", `try { new URLPattern({}, "https://h") } catch (e) { return e.name + e.message }`, "TypeErrorURLPattern: a base URL goes with a text; an object has it as baseURL"},
		{"an object that is matched has its base within", `try { new URLPattern().test({}, "https://h") } catch (e) { return e.name }`, "TypeError"},
		{"a relative text needs a base", `try { new URLPattern("/a") } catch (e) { return e.name + e.message }`, "TypeErrorURLPattern: the pattern is relative, and there is no base URL"},
		{"options must be an object", `try { new URLPattern("https://h", "https://h", 1) } catch (e) { return e.name + e.message }`, "TypeErrorthe options of a URLPattern must be an object"},
		{"a broken group says so", `new URLPattern({pathname: "/(a"})`, `throws TypeError: URLPattern: the pattern of pathname, "/(a", is not valid: at "(a": a group in parentheses must be a regular expression in ASCII, without capturing groups, that is closed and not empty`},
		{"a broken name says so", `new URLPattern({pathname: "/:"})`, `throws TypeError: URLPattern: the pattern of pathname, "/:", is not valid: at ":": a colon is not followed by a name; write \: for the character`},
		{"a brace alone says so", `new URLPattern({pathname: "/{a"})`, `throws TypeError: URLPattern: the pattern of pathname, "/{a", is not valid: a brace has no other that it belongs to, or there is a group within a group`},
		{"a modifier alone says so", `new URLPattern({pathname: "/a+"})`, `throws TypeError: URLPattern: the pattern of pathname, "/a+", is not valid: "?", "+" and "*" can only follow a group; write a backslash before them for the characters`},
		{"two groups of a name say so", `new URLPattern({pathname: "/:a/:a"})`, `throws TypeError: URLPattern: the pattern of pathname, "/:a/:a", is not valid: two groups have the same name`},
		{"a bad regular expression says so", `try { new URLPattern({pathname: "/([)"}) } catch (e) { return e.name + e.message.slice(0, 62) }`, `TypeErrorURLPattern: the pattern of pathname, "/([)", is not valid: Syn`},
		{"a long pattern says so", `let s = ""; for (const a of [["https://h/" + "a".repeat(20000)], [{pathname: "a".repeat(20000)}]]) try { new URLPattern(...a) } catch (e) { s += e.message + ";" } return s`,
			"URLPattern: the pattern is longer than 16384 bytes;URLPattern: the pattern of pathname is longer than 16384 bytes;"},
		{"what is long matches", `return new URLPattern({pathname: "/*"}).exec("https://h/" + "a".repeat(1e6)).pathname.groups[0].length + "," + new URLPattern().test("https://h/" + "a".repeat(3e6))`, "1000000,false"},
		{"regular expressions are the language's", `let m = new URLPattern({pathname: "/:a(x(?!y)|\\d{2})/:b(\\w+?)(.*)"}).exec("https://h/42/abc"); return JSON.stringify(m.pathname.groups) + new URLPattern({pathname: "/(x(?!y).)"}).test("https://h/xy")`, `{"0":"bc","a":"42","b":"a"}false`},
		{"scripts can't get at them", `RegExp.prototype.exec = RegExp.prototype.test = () => { throw 1 }; globalThis.RegExp = null; return new URLPattern({pathname: "/(\\d+)"}).exec("https://h/42").pathname.groups[0]`, "42"},
		{"a group may be called anything", `let g = new URLPattern({pathname: "/:__proto__/:constructor/:ünï"}).exec("https://h/1/2/3").pathname.groups; return Object.keys(g) + g.constructor + Object.getOwnPropertyDescriptor(g, "__proto__").value`, "__proto__,constructor,ünï21"},
		{"members are read in the order of names", `let s = ""; new URLPattern(new Proxy({}, {get(o, k) { s += k + " "; }})); return s`, "baseURL hash hostname password pathname port protocol search username "},
		{"an IPv6 address", `return [new URLPattern({hostname: "[\\:\\:A*]"}).test("https://[::ab]/"), new URLPattern("https://[\\:\\:1]:8080/").exec("https://[::1]:8080/").hostname.input]`, "true,[::1]"},
		{"its tag", `return Object.prototype.toString.call(new URLPattern())`, "[object URLPattern]"},
		{"it is a constructor", `URLPattern()`, "throws TypeError: Class constructor URLPattern cannot be invoked without 'new'"},
	})
}

// Components match the same with and without a regular expression: one that ignores case
// always has one.
func TestURLPatternSteps(t *testing.T) {
	evalRows(t, []row{
		{"all agree", `
			const patterns = ["/", "/a", "/a/b", "/:x", "/a/:x", "/:x/b", "/:x/:y", "/:x/:y/c", "/a*", "/*", "*", "/*/b", "/a/*/b", "/{:x}", "/{a:x}/b", "/{:x-}b", "/:x/*", "/:x-:y", "/:x/a:y", "{/:x/}c", "/a/{*b}"];
			const paths = ["/", "/a", "/b", "/a/", "/a/b", "/a/b/", "/a/b/c", "/a/b/b", "//", "//b", "/a//b", "/ab", "/b-b", "/a-b", "/a/ab", "/-/b/c", "/a/c"];
			let n = 0;
			for (const pathname of patterns) {
				const plain = new URLPattern({pathname}), folding = new URLPattern({pathname}, {ignoreCase: true});
				for (const path of paths) {
					const a = JSON.stringify(plain.exec({pathname: path})), b = JSON.stringify(folding.exec({pathname: path}));
					if (a !== b) return pathname + " on " + path + ": " + a + ", but " + b;
					if (a !== "null") n++;
				}
			}
			return n > 50`, "true"},
		{"hosts agree", `
			for (const hostname of ["*", ":a.b", "a.:b", ":a.:b.c", "*.b", "*.b.c", "a.*", "a{.b}", ":a"])
				for (const h of ["a", "b", "a.b", "x.b", "a.b.c", "a.b.b", "b.c"]) {
					const g = JSON.stringify(new URLPattern({hostname}).exec({hostname: h})?.hostname.groups);
					const same = JSON.stringify(new URLPattern({hostname: hostname + "{.zz}?"}).exec({hostname: h})?.hostname.groups);
					if (g !== same) return hostname + " on " + h + ": " + g + ", but " + same;
				}`, "undefined"},
	})
}

// A pattern that a URLPattern shows is one that means the same.
func FuzzURLPattern(f *testing.F) {
	for _, s := range []string{"/a/:b?/*", "https://{:sub.}?h.example:8*/x(\\d+)+?q#:h", "{a:b(c)d}+e", ":ä*{}**?", "[\\:\\:1]", "/(\\m)", "\\", "(?:", "/:x\\a{:y}b", "data\\:*", "?x#", "/(a(?:b|c))?[x]", "/{:foo}(.*)"} {
		f.Add(s, "/a/b/c", true)
		f.Add(s, "/a/b/c", false)
	}
	f.Fuzz(func(t *testing.T, pattern, path string, ignoreCase bool) {
		got := eval(t, `
			const components = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];
			const pattern = `+quote(t, pattern)+`, path = `+quote(t, path)+`, options = {ignoreCase: `+map[bool]string{true: "true", false: "false"}[ignoreCase]+`};
			for (const make of [() => new URLPattern(pattern, "https://h.example/x/y", options), () => new URLPattern({pathname: pattern, hostname: pattern, hash: pattern}, options)]) {
				let p;
				try { p = make() } catch (e) { if (e instanceof TypeError) continue; return "threw a " + e }
				const shown = Object.fromEntries(components.map(c => [c, p[c]]));
				let again;
				try { again = new URLPattern(shown, options) } catch (e) { return "what is shown throws " + e + ": " + JSON.stringify(shown) }
				for (const c of components) if (again[c] !== p[c]) return c + " of " + JSON.stringify(shown) + " becomes " + again[c];
				for (const input of [path, {pathname: path, hostname: path, hash: path}, "https://h.example/a?b#c"]) {
					const m = p.exec(input, ...typeof input === "string" ? ["https://h.example"] : []), n = again.exec(input, ...typeof input === "string" ? ["https://h.example"] : []);
					if (JSON.stringify(m) !== JSON.stringify(n)) return JSON.stringify(m) + " becomes " + JSON.stringify(n);
					if (p.test(input, ...typeof input === "string" ? ["https://h.example"] : []) !== (m !== null)) return "test and exec differ";
				}
			}
			return ""`)
		if got != "" {
			t.Error(got)
		}
	})
}
