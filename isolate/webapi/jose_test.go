package webapi_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles/build"
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

//go:embed testdata/jose.js
var joseScript string

// joseProgram is testdata/jose.js with package jose of npm in it. It is nil where the package
// is not installed.
var joseProgram = sync.OnceValues(func() (*js.Program, error) {
	const folder = "../../sdk-js/node_modules/jose"
	if _, err := os.Stat(folder); err != nil {
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "jose")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(filepath.Join(dir, "node_modules", "jose"), os.DirFS(folder)); err != nil {
		return nil, err
	}
	main := filepath.Join(dir, "jose.js")
	if err := os.WriteFile(main, []byte(joseScript), 0o600); err != nil {
		return nil, err
	}
	p, err := build.Load(main)
	if err != nil {
		return nil, err
	}
	r, err := build.Build(context.Background(), p, build.Options{})
	if err != nil {
		return nil, err
	}
	return js.CompileFunction("jose.js", string(r.Bundle.Script), []string{"__register", "__module", "__wasm", "__runtime"}, nil)
})

// joseVM makes a VM with the functions of testdata/jose.js.
func joseVM(t *testing.T, turns *js.Turns) *js.VM {
	t.Helper()
	program, err := joseProgram()
	if err != nil {
		t.Fatal(err)
	}
	if program == nil {
		t.Skip("SKIPPED: sdk-js has no node_modules/jose; run make deps (it needs npm)")
	}
	vm := newPlatform(t).NewVM(js.Config{Turns: turns})
	t.Cleanup(vm.Abandon)
	vm.Meter().Reset(js.Account{CPU: time.Minute})
	if err := vm.Enter(t.Context(), func() {
		register := vm.NewFunction("register", 0, func(*js.Call) (any, error) { return js.Undefined, nil })
		if _, err := vm.Evaluate(program, register, js.Undefined, js.Undefined, js.Undefined); err != nil {
			t.Error(vm.Report(err))
		}
	}); err != nil {
		t.Fatal(err)
	}
	return vm
}

// joseExpected are the rows that package jose does not pass, each with the reason.
func joseExpected(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/jose.expected")
	if err != nil {
		t.Fatal(err)
	}
	reasons := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "//") {
			continue
		}
		row, reason, ok := strings.Cut(line, "\t")
		if !ok {
			t.Fatalf("jose.expected: %s: a line needs a row and a reason", line)
		}
		reasons[row] = reason
	}
	return reasons
}

// joseRun runs rows of one table: what each evaluates to must be "ok", or be expected to fail.
func joseRun(t *testing.T, table string, rows [][2]string) {
	t.Helper()
	turns := js.NewTurns(js.TurnsConfig{})
	t.Cleanup(turns.Close)
	vm, reasons := joseVM(t, turns), joseExpected(t)
	failed := 0
	for _, row := range rows {
		name := table + " " + row[0]
		got := jstest.EvalIn(t, vm, row[1])
		reason := reasons[name]
		delete(reasons, name)
		switch {
		case got != "ok" && reason == "":
			t.Errorf("%s: %s", name, got)
		case got == "ok" && reason != "":
			t.Errorf("%s passes: take it out of jose.expected", name)
		case got != "ok":
			failed++
		}
	}
	for row := range reasons {
		if strings.HasPrefix(row, table+" ") {
			t.Errorf("jose.expected has %q, for which there is no row", row)
		}
	}
	if !t.Failed() {
		jstest.HoldScore(t, "JOSE "+table, jstest.Score{Rows: len(rows), Failed: failed})
	}
}

// joseVectors reads a file of the shared vectors. Without SKERRY_SHARED the test is skipped.
func joseVectors(t *testing.T, into any, name ...string) {
	t.Helper()
	shared := os.Getenv("SKERRY_SHARED")
	if shared == "" {
		t.Skip("SKIPPED: JOSE's vectors did not run: SKERRY_SHARED, the folder of shared test data, is not set")
	}
	text, err := os.ReadFile(filepath.Join(append([]string{shared, "vectors"}, name...)...))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// TestJOSECookbook runs the examples of RFC 7520, RFC 7797 and RFC 8037 with package jose.
func TestJOSECookbook(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("SKERRY_SHARED")
	var rows [][2]string
	for _, kind := range []string{"jwk", "jws", "jwe", "rfc7797", "curve25519"} {
		dir := filepath.Join("jose-cookbook", kind)
		files, err := filepath.Glob(filepath.Join(shared, "vectors", dir, "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			var example json.RawMessage
			joseVectors(t, &example, dir, filepath.Base(file))
			name, _, _ := strings.Cut(filepath.Base(file), ".json")
			rows = append(rows, [2]string{kind + "/" + name, fmt.Sprintf("return await example(%q, %s)", kind, example)})
		}
	}
	if len(rows) == 0 {
		joseVectors(t, nil) // skips, or says that the folder is not there
	}
	joseRun(t, "cookbook", rows)
}

// TestJOSEWycheproof runs Wycheproof's tables about JOSE with package jose.
func TestJOSEWycheproof(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"json_web_crypto", "json_web_encryption", "json_web_key", "json_web_signature"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			var file struct {
				TestGroups []struct {
					Public, Private json.RawMessage
					Tests           []struct {
						ID       int `json:"tcId"`
						JWS, JWE json.RawMessage
						PT       string
						Result   string
					}
				}
			}
			joseVectors(t, &file, "wycheproof", table+"_test.json")
			var rows [][2]string
			for _, g := range file.TestGroups {
				for _, v := range g.Tests {
					key, token := g.Public, v.JWS
					if token == nil || key == nil {
						key = g.Private
					}
					if token == nil {
						token = v.JWE
					}
					src := fmt.Sprintf("return await wycheproof(%s, %s, %q, %t)", token, key, v.PT, v.Result == "valid")
					rows = append(rows, [2]string{fmt.Sprint(v.ID), src})
				}
			}
			joseRun(t, table, rows)
		})
	}
}
