package webapi_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

// patternCheck is what the Web Platform Tests do with a row of their table, as a function
// that returns what is wrong.
const patternCheck = `
const components = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];
const escaped = s => s.replace(/[+*?:{}()\\]/g, "\\$&");
globalThis.check = row => {
	let pattern;
	try {
		pattern = new URLPattern(...row.pattern);
	} catch (e) {
		return row.expected_obj === "error" && e instanceof TypeError ? "" : "the constructor throws " + e;
	}
	if (row.expected_obj === "error") return "the constructor does not throw";
	let first = row.pattern[0], base;
	if (typeof first === "object" && first.baseURL) base = new URL(first.baseURL);
	else if (row.pattern.length > 1 && typeof row.pattern[1] === "string") base = new URL(row.pattern[1]);
	const earlier = {
		protocol: ["protocol"], hostname: ["protocol", "hostname"], port: ["protocol", "hostname", "port"], username: [], password: [],
		pathname: ["protocol", "hostname", "port", "pathname"],
		search: ["protocol", "hostname", "port", "pathname", "search"],
		hash: ["protocol", "hostname", "port", "pathname", "search", "hash"],
	};
	for (const c of components) {
		let want = row.expected_obj?.[c];
		if (want == null) {
			if (row.exactly_empty_components?.includes(c)) want = "";
			else if (typeof first === "object" && first[c]) want = first[c];
			else if (typeof first === "object" && earlier[c].some(e => e in first)) want = "*";
			else if (base && c !== "username" && c !== "password") {
				want = base[c];
				if (c === "protocol") want = want.slice(0, -1);
				else if (c === "search" || c === "hash") want = want.slice(1);
				want = escaped(want);
			} else want = "*";
		}
		if (pattern[c] !== want) return c + " is " + pattern[c] + ", not " + want;
	}
	let test, exec;
	try { test = pattern.test(...row.inputs) } catch (e) { test = e }
	try { exec = pattern.exec(...row.inputs) } catch (e) { exec = e }
	if (row.expected_match === "error")
		return test instanceof TypeError && exec instanceof TypeError ? "" : "test and exec do not throw";
	if (test !== !!row.expected_match) return "test gives " + test;
	if (!row.expected_match || typeof row.expected_match !== "object") return exec === (row.expected_match ?? null) ? "" : "exec gives " + exec;
	if (!exec || exec instanceof Error) return "exec gives " + exec;
	let inputs = row.expected_match.inputs ?? row.inputs;
	if (JSON.stringify(exec.inputs.map(sorted)) !== JSON.stringify(inputs.map(sorted))) return "inputs are " + JSON.stringify(exec.inputs);
	for (const c of components) {
		let want = row.expected_match[c];
		if (!want) {
			want = {input: "", groups: {}};
			if (!row.exactly_empty_components?.includes(c)) want.groups["0"] = "";
		}
		let got = exec[c], names = Object.keys(want.groups);
		if (got.input !== want.input) return c + " got " + got.input;
		if (Object.keys(got.groups).join() !== names.join()) return c + " has the groups " + Object.keys(got.groups);
		for (const n of names) if (got.groups[n] !== (want.groups[n] ?? undefined)) return "group " + n + " of " + c + " is " + got.groups[n];
	}
	return "";
};
const sorted = v => typeof v === "object" ? Object.entries(v).sort() : v;
`

func TestURLPatternTable(t *testing.T) {
	t.Parallel()
	var rows []json.RawMessage
	wptVectors(t, "urlpattern/urlpatterntestdata.json", &rows)
	e, vm := expect(t, "urlpatterntestdata"), newPlatform(t).NewVM(js.Config{})
	defer vm.Abandon()
	if got := jstest.EvalIn(t, vm, patternCheck); got != "undefined" {
		t.Fatal(got)
	}
	for i, row := range rows {
		var named struct{ Pattern, Inputs json.RawMessage }
		if err := json.Unmarshal(row, &named); err != nil {
			t.Fatal(err)
		}
		name := strings.Join(strings.Fields(fmt.Sprintf("%d %s %s", i, named.Pattern, named.Inputs)), " ")
		var err error
		if got := jstest.EvalIn(t, vm, "return check("+string(row)+")"); got != "" {
			err = fmt.Errorf("%s", got)
		}
		e.check(name, err)
	}
}
