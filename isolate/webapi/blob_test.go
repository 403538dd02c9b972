package webapi_test

import "testing"

func TestBlob(t *testing.T) {
	evalRows(t, []row{
		{"parts are joined", `let b = new Blob(["a", new Uint8Array([98]), new Blob(["c"]), 1, new Uint8Array([100]).buffer]); return b.size + await b.text()`, "5abc1d"},
		{"of nothing", `let b = new Blob(); return [b.size, b.type, await b.text()].join()`, "0,,"},
		{"of any iterable", `return await new Blob(new Set(["a", "b"])).text()`, "ab"},
		{"a string is no list of parts", `new Blob("abc")`, "throws TypeError: the parts of a Blob must be an array or another iterable object"},
		{"an object is no list of parts", `new Blob({})`, "throws TypeError: the parts of a Blob must be an array or another iterable object"},
		{"the type is lower case", `return new Blob([], {type: "Text/PLAIN"}).type`, "text/plain"},
		{"a type with odd characters is none", `return "[" + new Blob([], {type: "té"}).type + "]"`, "[]"},
		{"options must be an object", `new Blob([], "x")`, "throws TypeError: the options must be an object"},
		{"line endings stay", `return JSON.stringify(await new Blob(["a\r\nb\rc"]).text())`, `"a\r\nb\rc"`},
		{"line endings become native ones", `return JSON.stringify(await new Blob(["a\r\nb\rc"], {endings: "native"}).text())`, `"a\nb\nc"`},
		{"unknown endings throw", `new Blob([], {endings: "x"})`, `throws TypeError: endings: "x" is neither "transparent" nor "native"`},
		{"a slice", `let b = new Blob(["abcdef"], {type: "a/b"}).slice(1, 4, "C/D"); return [await b.text(), b.type]`, "bcd,c/d"},
		{"a slice from the end", `return await new Blob(["abcdef"]).slice(-3, -1).text()`, "de"},
		{"a slice of nothing", `let b = new Blob(["abc"]); return [b.slice(2, 1).size, b.slice(9).size, b.slice().size, b.slice(-9, 99).size]`, "0,0,3,3"},
		{"a slice of a slice", `return await new Blob(["abcdef"]).slice(1).slice(1, 3).text()`, "cd"},
		{"a slice does not take the type", `return "[" + new Blob([], {type: "a/b"}).slice().type + "]"`, "[]"},
		{"arrayBuffer and bytes are copies", `let b = new Blob(["ab"]); new Uint8Array(await b.arrayBuffer())[0] = 0; (await b.bytes())[1] = 0; return await b.text()`, "ab"},
		{"parts are copied", `let u = new Uint8Array([97]), b = new Blob([u]); u[0] = 98; return await b.text()`, "a"},
		{"text keeps a byte order mark", `return (await new Blob(["\uFEFFa"]).text()).length`, "2"},
		{"what doubles is bounded", `let b = new Blob([new Uint8Array(1 << 20)]); for (;;) b = new Blob([b, b])`, "throws RangeError: the Blob is larger than 134217728 bytes"},
		{"a File is a Blob with a name", `let f = new File(["abc"], "a.txt", {type: "a/b", lastModified: 12}); return [f.name, f.type, f.lastModified, f.size, await f.text(), f instanceof Blob, Object.prototype.toString.call(f)]`,
			"a.txt,a/b,12,3,abc,true,[object File]"},
		{"a File is of now", `let f = new File([], "a"); return Math.abs(Date.now() - f.lastModified) < 10000`, "true"},
		{"a File needs a name", `new File([])`, "throws TypeError: File: 2 argument(s) required, but only 1 present"},
		{"a slice of a File is a Blob", `return new File(["abc"], "a").slice(1) instanceof File`, "false"},
		{"a File is a part", `return await new Blob([new File(["abc"], "a")]).text()`, "abc"},
		{"a File is a body", `return await new Response(new File(["abc"], "a", {type: "x/y"})).text()`, "abc"},
	})
}
