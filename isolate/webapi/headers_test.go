package webapi_test

import "testing"

func TestHeaders(t *testing.T) {
	evalRows(t, []row{
		{"absent is null", `return String(new Headers().get("x"))`, "null"},
		{"names ignore case", `return new Headers({A: "1"}).get("a")`, "1"},
		{"append joins", `let h = new Headers([["a", "1"]]); h.append("A", "2"); return h.get("a")`, "1, 2"},
		{"set replaces all", `let h = new Headers([["a", "1"], ["b", "2"], ["A", "3"]]); h.set("a", "4"); return [...h].join(";")`, "a,4;b,2"},
		{"set adds", `let h = new Headers(); h.set("a", "4"); return [...h].join(";")`, "a,4"},
		{"delete removes all", `let h = new Headers([["a", "1"], ["b", "2"], ["A", "3"]]); h.delete("a"); return [...h].join(";")`, "b,2"},
		{"deleting nothing is fine", `return String(new Headers().delete("a"))`, "undefined"},
		{"has", `let h = new Headers({a: ""}); return [h.has("A"), h.has("b")]`, "true,false"},
		{"a record keeps its order in Go and is sorted for scripts", `return [...new Headers({b: "2", a: "1"}).keys()]`, "a,b"},
		{"from other Headers", `let a = new Headers({x: "1"}), b = new Headers(a); b.set("x", "2"); a.append("y", "3"); return [...a, ...b].join(";")`, "x,1;y,3;x,2"},
		{"from a Map", `return new Headers(new Map([["a", "1"]])).get("a")`, "1"},
		{"from nothing", `return [...new Headers(undefined)].length`, "0"},
		{"null is no list", `new Headers(null)`, "throws TypeError: a sequence of pairs or a record is needed, not null"},
		{"a string is no list", `new Headers("a: b")`, "throws TypeError: a sequence of pairs or a record is needed, not a string"},
		{"a pair has two parts", `new Headers([["a"]])`, "throws TypeError: each element must be a pair of a name and a value"},
		{"white space around values goes", `return "[" + new Headers({a: "\t\r\n x y \n"}).get("a") + "]"`, "[x y]"},
		{"an empty name throws", `new Headers({"": "1"})`, `throws TypeError: "" is not the name of a header`},
		{"a bad name throws", `new Headers({"a b": "1"})`, `throws TypeError: "a b" is not the name of a header`},
		{"a bad name throws in get", `new Headers().get("a:")`, `throws TypeError: "a:" is not the name of a header`},
		{"a bad name throws in has", `new Headers().has("é")`, `throws TypeError: "é" is not the name of a header`},
		{"a bad name throws in delete", `new Headers().delete("")`, `throws TypeError: "" is not the name of a header`},
		{"a line break in a value throws", `new Headers({a: "x\r\ny: z"})`, "throws TypeError: the value of header a has the byte 0x0d in it, which no header can carry"},
		{"a NUL in a value throws", `new Headers({a: "x\0"})`, "throws TypeError: the value of header a has the byte 0x00 in it, which no header can carry"},
		{"what is no byte throws", `new Headers({a: "1 €"})`, "throws TypeError: the value of header a can't be sent: it has U+20AC at index 2, and only U+0000 to U+00FF stand for bytes"},
		{"bytes come back as they went in", `return new Headers({a: "é\xff"}).get("a") === "é\xff"`, "true"},
		{"values become strings", `return [...new Headers({a: 1, b: null, c: ["x", "y"]}).values()].join(";")`, "1;null;x,y"},
		{"a symbol is no value", `new Headers({a: Symbol()})`, "throws TypeError: Cannot convert a Symbol value to a string"},
		{"iteration sorts, lower-cases and combines", `return [...new Headers([["B", "1"], ["a", "2"], ["b", "3"]])].join(";")`, "a,2;b,1, 3"},
		{"cookies are never combined", `let h = new Headers([["Set-Cookie", "a=1"], ["x", "y"], ["set-cookie", "b=2"]]); return [...h].join(";") + "|" + h.getSetCookie().join(";") + "|" + h.get("set-cookie")`,
			"set-cookie,a=1;set-cookie,b=2;x,y|a=1;b=2|a=1, b=2"},
		{"no cookies is an empty array", `return Array.isArray(new Headers().getSetCookie()) && new Headers().getSetCookie().length`, "0"},
		{"iteration sees changes", `let h = new Headers({a: "1", c: "3"}), seen = []; for (let [k] of h) { seen.push(k); if (k == "a") h.set("b", "2") } return seen`, "a,b,c"},
		{"forEach gives value, name and the list", `let s = ""; new Headers({a: "1"}).forEach(function (v, k, h) { s += v + k + (h instanceof Headers) + this.x }, {x: 9}); return s`, "1atrue9"},
		{"entries, keys and values", `let h = new Headers({a: "1"}); return [h.entries().next().value.join(), h.keys().next().value, h.values().next().value].join(";")`, "a,1;a;1"},
		{"the iterator is entries", `return Headers.prototype[Symbol.iterator] === Headers.prototype.entries`, "true"},
		{"too few arguments throw", `new Headers().append("a")`, "throws TypeError: append: 2 argument(s) required, but only 1 present"},
		{"a bad receiver throws", `Headers.prototype.get.call({}, "a")`, "throws TypeError: Illegal invocation: this is not a Headers"},
		{"a subclass", `class H extends Headers { x = 1; get(n) { return "<" + super.get(n) + ">" } } let h = new H({a: "1"}); return h.get("a") + h.x`, "<1>1"},
		{"a broken iterator's error comes through", `new Headers({*[Symbol.iterator]() { throw new RangeError("no") }})`, "throws RangeError: no"},
		{"a getter in a record runs", `return new Headers({get a() { return "1" }}).get("a")`, "1"},
	})
}

func FuzzHeader(f *testing.F) {
	for _, s := range [][2]string{{"a", "1"}, {"Set-Cookie", " a=b; c\t"}, {"a b", ""}, {"x", "é\u0100"}, {"", "\r\n"}, {"X-~!", "a\x00b"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		// It is a TypeError, or what goes in comes out, and can stand on the wire.
		got := eval(t, `
			let name = `+quote(t, name)+`, value = `+quote(t, value)+`, h;
			try { h = new Headers([[name, value]]) } catch (e) { return e instanceof TypeError ? "" : "threw a " + e.name }
			let want = value.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
			if (!/^[\x21-\x7e]+$/.test(name) || /[\0\r\n\u0100-\uffff]/.test(want)) return "let " + JSON.stringify([name, value]) + " in";
			let [[k, v]] = h;
			return h.get(name) === want && v === want && k === name.toLowerCase() && h.has(k) ? "" : "became " + JSON.stringify([k, v])`)
		if got != "" {
			t.Error(got)
		}
	})
}
