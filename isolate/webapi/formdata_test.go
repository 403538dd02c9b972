package webapi_test

import (
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/webapi"
)

func TestFormData(t *testing.T) {
	evalRows(t, []row{
		{"append, get and getAll", `let f = new FormData(); f.append("a", "1"); f.append("a", 2); return [f.get("a"), f.getAll("a"), String(f.get("b")), f.getAll("b").length].join(";")`, "1;1,2;null;0"},
		{"set replaces all, where the first was", `let f = new FormData(); f.append("a", 1); f.append("b", 2); f.append("a", 3); f.set("a", 4); f.set("c", 5); return [...f].join(";")`, "a,4;b,2;c,5"},
		{"delete and has", `let f = new FormData(); f.append("a", 1); f.append("a", 2); let had = f.has("a"); f.delete("a"); return [had, f.has("a")]`, "true,false"},
		{"iteration", `let f = new FormData(), s = ""; f.append("b", 1); f.append("a", 2); f.forEach((v, k) => s += k + v); return s + [...f.keys()] + [...f.values()]`, "b1a2b,a1,2"},
		{"a File is the same object", `let f = new FormData(), x = new File(["1"], "x"); f.append("a", x); return f.get("a") === x`, "true"},
		{"a Blob becomes a File named blob", `let f = new FormData(); f.append("a", new Blob(["1"], {type: "x/y"})); let g = f.get("a"); return [g instanceof File, g.name, g.type, await g.text()]`, "true,blob,x/y,1"},
		{"a filename makes a new File", `let f = new FormData(), x = new File(["1"], "x", {lastModified: 5}); f.set("a", x, "y"); let g = f.get("a"); return [g === x, g.name, g.lastModified]`, "false,y,5"},
		{"a filename for a text throws", `new FormData().append("a", "b", "c")`, "throws TypeError: FormData: a filename was given, but the value is neither a Blob nor a File"},
		{"there are no form elements", `new FormData({})`, "throws TypeError: FormData: there are no form elements here; call new FormData() and append to it"},
		{"a body and back", `let f = new FormData();
			f.append("a", "1\n2"); f.append("é\"\n", "ü"); f.append("f", new File(["\r\n--x"], "n\"é.txt", {type: "x/y"})); f.append("g", new Blob([]));
			let g = await new Response(f).formData(), file = g.get("f");
			return [JSON.stringify(g.get("a")), g.get("é\"\r\n"), file.name, file.type, JSON.stringify(await file.text()), g.get("g").name, g.get("g").type, file.lastModified > 0].join(";")`,
			`"1\r\n2";ü;n"é.txt;x/y;"\r\n--x";blob;application/octet-stream;true`},
		{"an empty form and back", `return [...await new Response(new FormData()).formData()].length`, "0"},
		{"the body as it is sent", `let f = new FormData(); f.append("a", "1"); f.append("f", new File(["x"], "y")); let r = new Response(f), b = r.headers.get("content-type").split("boundary=")[1]; return (await r.text()).replaceAll(b, "B").replaceAll("\r\n", "~")`,
			`--B~Content-Disposition: form-data; name="a"~~1~--B~Content-Disposition: form-data; name="f"; filename="y"~Content-Type: application/octet-stream~~x~--B--~`},
		{"boundaries differ", `let b = () => new Response(new FormData()).headers.get("content-type"); return b() === b()`, "false"},
		{"a form in a URL's way", `let f = await new Response("a=1+2&b=%C3%A9&a=x", {headers: {"content-type": "application/x-www-form-urlencoded"}}).formData(); return [...f].join(";")`, "a,1 2;b,é;a,x"},
		{"a form of URLSearchParams", `let f = await new Request("http://a/", {method: "POST", body: new URLSearchParams("a=1")}).formData(); return f.get("a")`, "1"},
		{"too many fields reject", `await new Response(new URLSearchParams("a&".repeat(10_000) + "a")).formData()`, "throws TypeError: formData: the body has more than 10000 fields"},
		{"a form of one file many times is bounded", `let f = new FormData(), b = new Blob([new Uint8Array(1 << 20)]); for (let i = 0; i < 129; i++) f.append("f", b); new Response(f)`, "throws RangeError: the form is larger than 134217728 bytes"},
		{"no type rejects", `await new Response(new Uint8Array(1)).formData()`, "throws TypeError: formData: the body has no Content-Type; a form's is multipart/form-data or application/x-www-form-urlencoded"},
		{"another type rejects", `await new Response("x").formData()`, "throws TypeError: formData: the body is text/plain, not multipart/form-data or application/x-www-form-urlencoded"},
		{"no boundary rejects", `await new Response("x", {headers: {"content-type": "multipart/form-data"}}).formData()`, "throws TypeError: formData: the Content-Type has no boundary"},
	})
}

func TestMultipart(t *testing.T) {
	t.Parallel()
	const disposition = `Content-Disposition: form-data; name="a"`
	for _, tc := range []struct{ name, body, want string }{
		{"a text", "--B\r\n" + disposition + "\r\n\r\n1\r\n--B--\r\n", `a=1`},
		{"no line end at the end", "--B\r\n" + disposition + "\r\n\r\n1\r\n--B--", `a=1`},
		{"a preamble and an epilogue", "hello\r\n--B\r\n" + disposition + "\r\n\r\n1\r\n--B--\r\nbye", `a=1`},
		{"a file without a type is text", "--B\r\n" + disposition + "; filename=\"f\"\r\n\r\n1\r\n--B--\r\n", `a=f text/plain 1`},
		{"an empty filename is a file too", "--B\r\n" + disposition + "; filename=\"\"\r\nContent-Type: X/y\r\n\r\n1\r\n--B--\r\n", `a= x/y 1`},
		{"a transfer encoding is not undone", "--B\r\n" + disposition + "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=41\r\n--B--\r\n", `a==41`},
		{"what is no UTF-8 is replaced", "--B\r\n" + disposition + "\r\n\r\n\xff\r\n--B--\r\n", "a=\uFFFD"},
		{"a nested one is not read", "--B\r\n" + disposition + "\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\n\r\n--C--\r\n--B--\r\n", "a=--C\r\n\r\n--C--"},
		{"nothing", "", `throws TypeError: formData: the body is not multipart/form-data as its Content-Type says: multipart: NextPart: EOF`},
		{"another boundary", "--C\r\n\r\n--C--", `throws TypeError: formData: the body is not multipart/form-data as its Content-Type says: multipart: NextPart: EOF`},
		{"no end", "--B\r\n" + disposition + "\r\n\r\n1", `throws TypeError: formData: part 1: unexpected EOF`},
		{"no name", "--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n--B--", `throws TypeError: formData: part 1: its Content-Disposition is not form-data with a name`},
		{"no disposition", "--B\r\n\r\n1\r\n--B--", `throws TypeError: formData: part 1: mime: no media type`},
		{"too many parts", strings.Repeat("--B\r\n"+disposition+"\r\n\r\n\r\n", 10_001) + "--B--", `throws TypeError: formData: the body has more than 10000 fields`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := handle(t, &webapi.HTTPRequest{
				Method: "POST", URL: "http://a/", Body: []byte(tc.body),
				Header: []webapi.Field{{Name: "Content-Type", Value: `multipart/form-data; boundary="B"`}},
			}, `let [[name, value]] = await request.formData();
				return name + "=" + (value instanceof File ? [value.name, value.type, await value.text()].join(" ") : value)`)
			if got != tc.want {
				t.Errorf("got %q\nwant %q", got, tc.want)
			}
		})
	}
}

func FuzzMultipart(f *testing.F) {
	f.Add([]byte("--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B--\r\n"))
	f.Add([]byte("--B\nContent-Disposition: form-data; name=a; filename*=UTF-8''%41\n\n1\n--B--"))
	f.Add([]byte("--B--"))
	f.Add([]byte("--B\r\n--B\r\n--B--"))
	f.Fuzz(func(t *testing.T, body []byte) {
		// What can be read can be written, and reads as the same again.
		got := handle(t, &webapi.HTTPRequest{
			Method: "POST", URL: "http://a/", Body: body,
			Header: []webapi.Field{{Name: "Content-Type", Value: "multipart/form-data; boundary=B"}},
		}, `
			const text = async f => JSON.stringify(await Promise.all([...f].map(async ([k, v]) => [k, v.name, v.size, v instanceof File ? await v.text() : v])));
			let form;
			try { form = await request.formData() } catch (e) { return e instanceof TypeError ? "" : "threw a " + e.name }
			for (let [k, v] of [...form]) if (/[\r\n]/.test(k) || typeof v == "string" && /[\r\n]/.test(v) || v.name && /%0A|%0D|%22/.test(v.name) || /%0A|%0D|%22/.test(k)) return ""; // these change on the way
			let again = await new Response(form).formData();
			return await text(form) === await text(again) ? "" : await text(form) + " became " + await text(again)`)
		if got != "" {
			t.Error(got)
		}
	})
}
