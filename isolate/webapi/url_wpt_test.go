package webapi_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

// wptVectors reads a table of the Web Platform Tests. They are shared data: without
// SKERRY_SHARED the test is skipped.
func wptVectors(t testing.TB, name string, into any) {
	t.Helper()
	shared := os.Getenv("SKERRY_SHARED")
	if shared == "" {
		t.Skip("SKIPPED: the Web Platform Tests' " + name + " did not run: SKERRY_SHARED, the folder of shared test data, is not set")
	}
	data, err := os.ReadFile(filepath.Join(shared, "vectors", "wpt", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// expectations are the rows of one table that are known to fail: each line of
// testdata/url.expected is a table's name, a row's name as a Go string and the reason, with
// tabs between.
type expectations struct {
	t       *testing.T
	table   string
	reasons map[string]string
	total   int
	failed  int
}

func expect(t *testing.T, table string) *expectations {
	t.Helper()
	e := &expectations{t: t, table: table, reasons: make(map[string]string)}
	data, err := os.ReadFile("testdata/url.expected")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "//") {
			continue
		}
		fields := strings.SplitN(line, "\t", 3)
		if len(fields) != 3 || fields[2] == "" {
			t.Fatalf("url.expected: %s: a line needs a table, a row and a reason", line)
		}
		name, err := strconv.Unquote(fields[1])
		if err != nil {
			t.Fatalf("url.expected: %s: %v", line, err)
		}
		if fields[0] == table {
			e.reasons[name] = fields[2]
		}
	}
	t.Cleanup(e.done)
	return e
}

// check takes what a row said: nil if it passed.
func (e *expectations) check(row string, err error) {
	e.t.Helper()
	e.total++
	_, expected := e.reasons[row]
	delete(e.reasons, row)
	switch {
	case err != nil && !expected:
		e.t.Errorf("%s: %v\n(in url.expected it would be %s\t%s\treason)", row, err, e.table, strconv.QuoteToASCII(row))
	case err == nil && expected:
		e.t.Errorf("%s passes: take it out of url.expected", row)
	}
	if err != nil {
		e.failed++
	}
}

func (e *expectations) done() {
	for row := range e.reasons {
		e.t.Errorf("url.expected has %q, for which %s has no row", row, e.table)
	}
	if e.total > 0 && !e.t.Failed() {
		jstest.HoldScore(e.t, "WPT "+e.table, jstest.Score{Rows: e.total, Failed: e.failed})
	}
}

// urlVM makes a VM in which read(u) gives the attributes of a URL as JSON.
func urlVM(t *testing.T) *js.VM {
	t.Helper()
	vm := newPlatform(t).NewVM(js.Config{})
	if got := jstest.EvalIn(t, vm, `
		let names = ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"]
		globalThis.read = u => JSON.stringify(Object.fromEntries(names.map(n => [n, u[n]])))`); got != "undefined" {
		t.Fatal(got)
	}
	return vm
}

// compareURL evaluates an expression that reads a URL, and compares what it gives to want.
func compareURL(t *testing.T, vm *js.VM, src string, want map[string]any) error {
	t.Helper()
	var got map[string]string
	if out := jstest.EvalIn(t, vm, src); json.Unmarshal([]byte(out), &got) != nil {
		return fmt.Errorf("%s: %s", src, out)
	}
	for name, value := range got {
		if w, ok := want[name].(string); ok && w != value {
			return fmt.Errorf("%s: %s is %q, want %q", src, name, value, w)
		}
	}
	return nil
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func TestURLParsing(t *testing.T) {
	t.Parallel()
	var rows []any
	wptVectors(t, "url/urltestdata.json", &rows)
	e, vm := expect(t, "urltestdata"), urlVM(t)
	for _, r := range rows {
		row, ok := r.(map[string]any)
		if !ok {
			continue // a comment
		}
		input := row["input"].(string)
		base, hasBase := row["base"].(string)
		name, args := input, quoted(input)
		if hasBase {
			name, args = input+" against "+base, args+", "+quoted(base)
		}
		if row["failure"] == true {
			var err error
			if got := jstest.EvalIn(t, vm, "new URL("+args+")"); !strings.HasPrefix(got, "throws TypeError: Invalid URL") {
				err = fmt.Errorf("new URL(%s) does not throw: %s", args, got)
			} else if got := jstest.EvalIn(t, vm, "return [URL.canParse("+args+"), URL.parse("+args+")]"); got != "false," {
				err = fmt.Errorf("URL.canParse and URL.parse of (%s): %s", args, got)
			}
			e.check(name, err)
			continue
		}
		e.check(name, compareURL(t, vm, "return read(new URL("+args+"))", row))
	}
}

// What JSON can say and Go's strings can't: lone surrogates.
func TestURLParsingOfSurrogates(t *testing.T) {
	t.Parallel()
	var rows []json.RawMessage
	wptVectors(t, "url/urltestdata-javascript-only.json", &rows)
	e, vm := expect(t, "urltestdata-javascript-only"), urlVM(t)
	for _, row := range rows[1:] {
		var want map[string]any
		if err := json.Unmarshal(row, &want); err != nil {
			t.Fatal(err)
		}
		e.check(string(row), compareURL(t, vm, "return read(new URL(("+string(row)+").input))", want))
	}
}

func TestURLSetters(t *testing.T) {
	t.Parallel()
	var tables map[string]json.RawMessage
	wptVectors(t, "url/setters_tests.json", &tables)
	e, vm := expect(t, "setters_tests"), urlVM(t)
	for attribute, table := range tables {
		if attribute == "comment" {
			continue
		}
		var rows []struct {
			Href     string
			NewValue string `json:"new_value"`
			Expected map[string]any
		}
		if err := json.Unmarshal(table, &rows); err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			src := fmt.Sprintf("let u = new URL(%s); u.%s = %s; return read(u)", quoted(row.Href), attribute, quoted(row.NewValue))
			e.check(fmt.Sprintf("%s: %s = %s", row.Href, attribute, row.NewValue), compareURL(t, vm, src, row.Expected))
		}
	}
}

func TestURLHostToASCII(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"toascii", "IdnaTestV2", "IdnaTestV2-removed"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			hostsToASCII(t, table)
		})
	}
}

func hostsToASCII(t *testing.T, table string) {
	t.Helper()
	var rows []any
	wptVectors(t, "url/"+table+".json", &rows)
	e, vm := expect(t, table), urlVM(t)
	for _, r := range rows {
		row, ok := r.(map[string]any)
		if !ok || row["input"] == "" { // a comment, or nothing that could stand in a URL
			continue
		}
		input := row["input"].(string)
		src := fmt.Sprintf("return new URL(%s).host", quoted("https://"+input+"/x"))
		want, _ := row["output"].(string)
		var err error
		if got := jstest.EvalIn(t, vm, src); want == "" && !strings.HasPrefix(got, "throws TypeError") || want != "" && got != want {
			err = fmt.Errorf("%s gives %q, want %q", src, got, want)
		}
		e.check(input, err)
	}
}

func TestURLPercentEncoding(t *testing.T) {
	t.Parallel()
	var rows []any
	wptVectors(t, "url/percent-encoding.json", &rows)
	vm := urlVM(t)
	for _, r := range rows {
		row, ok := r.(map[string]any)
		if !ok {
			continue
		}
		input, want := row["input"].(string), row["output"].(map[string]any)["utf-8"].(string)
		for _, delimiter := range []string{"?", "#"} {
			src := fmt.Sprintf("let u = new URL(%s); return u.search + u.hash", quoted("https://h/"+delimiter+input))
			if got := jstest.EvalIn(t, vm, src); got != delimiter+want {
				t.Errorf("%s gives %q, want %q", src, got, delimiter+want)
			}
		}
	}
}
