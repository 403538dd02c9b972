package webapi_test

import (
	"encoding/json"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

func TestDataURLs(t *testing.T) {
	t.Parallel()
	rows := vectors(t, "fetch/data-urls/data-urls.json", `
		let [url, type, bytes] = row, response;
		try { response = await fetch(url) } catch (e) { return type === null && e instanceof TypeError ? undefined : String(e) }
		let got = [response.headers.get("content-type"), ...new Uint8Array(await response.arrayBuffer())].join();
		if (got !== [type, ...bytes ?? []].join()) return "got " + got`)
	if !t.Failed() {
		jstest.HoldScore(t, "WPT data-urls", jstest.Score{Rows: rows})
	}
}

func TestBase64InDataURLs(t *testing.T) {
	t.Parallel()
	rows := vectors(t, "fetch/data-urls/base64.json", `
		let [input, bytes] = row, response;
		try { response = await fetch("data:;base64," + encodeURIComponent(input)) } catch (e) { return bytes === null && e instanceof TypeError ? undefined : String(e) }
		let got = new Uint8Array(await response.arrayBuffer()).join();
		if (bytes === null || got !== bytes.join()) return "got " + got`)
	if !t.Failed() {
		jstest.HoldScore(t, "WPT data-urls base64", jstest.Score{Rows: rows})
	}
}

func TestFetchOfDataURLs(t *testing.T) {
	evalRows(t, []row{
		{"a text", `let r = await fetch("data:,a%20b#c"); return [r.status, r.statusText, r.ok, r.type, r.url, r.headers.get("content-type"), await r.text()].join()`, "200,OK,true,basic,data:,a%20b,text/plain;charset=US-ASCII,a b"},
		{"its headers are immutable", `(await fetch("data:,")).headers.delete("content-type")`, "throws TypeError: these headers are immutable; change a copy, as in new Response(response.body, response) or new Headers(headers)"},
		{"no comma rejects", `await fetch("data:text/plain")`, "throws TypeError: fetch: the data: URL has no comma, or its base64 is broken"},
		{"broken base64 rejects", `await fetch("data:;base64,a")`, "throws TypeError: fetch: the data: URL has no comma, or its base64 is broken"},
	})
}

func FuzzDataURL(f *testing.F) {
	for _, s := range []string{",", "text/html;charset=x,<p>", ";base64,YWI=", "; base64 ,%59Q", "a/b;x=\"\\\",\";base64,%", ",%zz%4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, rest string) {
		// It works or rejects with a TypeError, and a type that was read reads as itself.
		got := eval(t, `
			try {
				let r = await fetch(`+quote(t, "data:"+rest)+`), b = await r.blob();
				let again = (await new Response(b).blob()).type;
				return again === b.type ? "" : b.type + " became " + again;
			} catch (e) { return e instanceof TypeError ? "" : "threw a " + e.name }`)
		if got != "" {
			t.Error(got)
		}
	})
}

// quote writes s as a JavaScript string.
func quote(t *testing.T, s string) string {
	t.Helper()
	quoted, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(quoted)
}
