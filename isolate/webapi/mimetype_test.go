package webapi_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

// vectors evaluates src, the body of an async function, for each object in a file of the
// shared test data, as row. What src returns, if anything, is a failure.
func vectors(t *testing.T, file, src string) (rows int) {
	t.Helper()
	shared := os.Getenv("SKERRY_SHARED")
	if shared == "" {
		t.Skip("SKIPPED: SKERRY_SHARED does not say where the shared test vectors are")
	}
	data, err := os.ReadFile(filepath.Join(shared, "vectors", "wpt", file))
	if err != nil {
		t.Fatal(err)
	}
	vm := newPlatform(t).NewVM(js.Config{})
	defer vm.Abandon()
	if err := vm.Enter(t.Context(), func() { vm.SetGlobal("rows", js.JSON(data)) }); err != nil {
		t.Fatal(err)
	}
	got := jstest.EvalIn(t, vm, `
		let bad = [], seen = 0;
		const check = async row => {`+src+`};
		for (let row of rows) {
			if (typeof row === "string") continue;
			seen++;
			let problem = await check(row);
			if (problem !== undefined) bad.push(JSON.stringify(row) + ": " + problem);
		}
		return bad.length ? bad.join("\n") : seen;`)
	rows, err = strconv.Atoi(got)
	if err != nil || rows < 10 {
		t.Error(got)
	}
	return rows
}

// TestMIMETypes reads and writes MIME types, by way of what blob() makes of a header.
func TestMIMETypes(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"mime-types.json", "generated-mime-types.json"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			vectors(t, "mimesniff/mime-types/"+file, `
				let input = row.input.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
				if (/[\0\n\r\u0100-\uffff]/.test(input)) return; // no header can say this
				if (/^[^"]*,/.test(input)) return; // a header says two types by this
				let got = (await new Response(new Uint8Array(0), {headers: {"content-type": input}}).blob()).type;
				if (got !== (row.output ?? "")) return "got " + got`)
		})
	}
}

func TestMIMETypeOfManyHeaders(t *testing.T) {
	t.Parallel()
	vectors(t, "fetch/content-type/content-types.json", `
		let headers = row.contentType.map(value => ["content-type", value]);
		let got = (await new Response(new Uint8Array(0), {headers}).blob()).type;
		if (got !== (row.mimeType ?? "")) return "got " + got`)
}
