package wasm

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

//go:embed testdata/spec.js
var specScript string

//go:embed testdata/spec-failures.txt
var specFailures string

// specFiles are the core specification's tests that are run: all that is about modules and what
// passes between them, and a few of the instructions, which are the engine's.
var specFiles = []string{
	"br", "br_if", "bulk", "call", "call_indirect", "conversions", "data", "elem", "exports", "fac", "func_ptrs",
	"global", "i64", "if", "imports", "linking", "local_tee", "loop", "memory", "memory_copy", "memory_fill", "memory_grow", "memory_init",
	"memory_redundancy", "memory_trap", "nop", "ref_func", "ref_is_null", "ref_null", "return", "select", "stack", "start", "switch",
	"table", "table-sub", "table_copy", "table_fill", "table_get", "table_grow", "table_init", "table_set", "table_size", "traps", "unreachable",
	"unreached-invalid", "unwind", "simd_const", "simd_lane", "simd_align",
}

// specValue is an argument or a result.
type specValue struct {
	Type  string
	Value any
}

// source is the value in JavaScript; false if it can't be told there.
func (v specValue) source() (string, bool) {
	text, _ := v.Value.(string)
	bits, err := strconv.ParseUint(text, 10, 64)
	if strings.HasPrefix(text, "nan") {
		return "NaN", true
	}
	switch v.Type {
	case "i32":
		return strconv.Itoa(int(int32(bits))), err == nil
	case "i64":
		return strconv.FormatInt(int64(bits), 10) + "n", err == nil
	case "f32":
		return floatSource(float64(math.Float32frombits(uint32(bits)))), err == nil
	case "f64":
		return floatSource(math.Float64frombits(bits)), err == nil
	case "externref":
		if text != "null" {
			return "host(" + text + ")", true
		}
		return "null", true
	case "funcref":
		return "null", text == "null"
	}
	return "", false
}

func floatSource(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 0):
		return strconv.Itoa(int(math.Copysign(1, f))) + "/0"
	case f == 0 && math.Signbit(f):
		return "-0"
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

func sources(values []specValue) (string, bool) {
	var list []string
	for _, v := range values {
		s, ok := v.source()
		if !ok {
			return "", false
		}
		list = append(list, s)
	}
	return strings.Join(list, ","), true
}

// specCommand is one step of a test.
type specCommand struct {
	Type, Filename, Name, As, Text string
	Line                           int
	Action                         struct {
		Type, Module, Field string
		Args                []specValue
	}
	Expected []specValue
}

// source is the step in JavaScript; "" if it can't be told there.
func (c *specCommand) source(dir string) string {
	file, action := strconv.Quote(filepath.Join(dir, c.Filename)), ""
	args, ok := sources(c.Action.Args)
	want, wantOK := sources(c.Expected)
	switch field := strconv.Quote(c.Action.Field); c.Action.Type {
	case "invoke":
		action = fmt.Sprintf("find(%q).exports[%s](%s)", c.Action.Module, field, args)
	case "get":
		action = fmt.Sprintf("find(%q).exports[%s].value", c.Action.Module, field)
	}
	switch c.Type {
	case "module":
		return fmt.Sprintf("module(%d, %s, %q)", c.Line, file, c.Name)
	case "register":
		return fmt.Sprintf("registry[%q] = find(%q)?.exports", c.As, c.Name)
	case "action", "assert_return":
		if ok && wantOK {
			return fmt.Sprintf("returns(%d, () => %s, [%s])", c.Line, action, want)
		}
	case "assert_trap", "assert_exhaustion":
		if ok {
			return fmt.Sprintf("throws(%d, () => %s, ['RuntimeError', 'RangeError'])", c.Line, action)
		}
	case "assert_uninstantiable":
		return fmt.Sprintf("throws(%d, () => instance(%s), ['RuntimeError'])", c.Line, file)
	case "assert_unlinkable":
		return fmt.Sprintf("throws(%d, () => instance(%s), ['LinkError', 'TypeError'])", c.Line, file)
	case "assert_invalid", "assert_malformed":
		if strings.HasSuffix(c.Filename, ".wasm") {
			return fmt.Sprintf("invalid(%d, %s)", c.Line, file)
		}
	}
	return ""
}

// TestSpecification runs tests of the core specification, version 2, through the JavaScript
// API. They come with the engine.
//
// Source: https://github.com/WebAssembly/spec/tree/main/test/core
func TestSpecification(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	dir := filepath.Join(strings.TrimSpace(string(out)), "internal/integration_test/spectest/v2/testdata")
	if _, statErr := os.Stat(dir); err != nil || statErr != nil {
		t.Skipf("SKIPPED: the engine's source with the specification's tests is not here: %v %v", err, statErr)
	}
	expected := readFailures(t)
	for _, name := range specFiles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ran, failures := runSpec(t, dir, name)
			if ran == 0 {
				t.Error("nothing was run")
			}
			for line, failure := range failures {
				if expected[name+":"+line] == "" {
					t.Errorf("%s.wast:%s: %s", name, line, failure)
				}
			}
			for at, reason := range expected {
				file, line, _ := strings.Cut(at, ":")
				if file == name && failures[line] == "" {
					t.Errorf("%s.wast:%s passes, and was expected to fail: %s", name, line, reason)
				}
			}
		})
	}
}

// readFailures reads the steps that are expected to fail, each with its reason.
func readFailures(t *testing.T) map[string]string {
	t.Helper()
	expected := make(map[string]string)
	for text := range strings.Lines(specFailures) {
		at, reason, _ := strings.Cut(strings.TrimSpace(text), " ")
		if at == "" || at == "#" {
			continue
		}
		if reason == "" {
			t.Errorf("spec-failures.txt has no reason for %s", at)
		}
		expected[at] = reason
		if file, _, _ := strings.Cut(at, ":"); !slices.Contains(specFiles, file) {
			t.Errorf("spec-failures.txt mentions %s, which is not run", file)
		}
	}
	return expected
}

// runSpec runs one file, and returns what went wrong by line.
func runSpec(t *testing.T, dir, name string) (ran int, failures map[string]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Commands []specCommand }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	script.WriteString(specScript)
	for i := range file.Commands {
		if s := file.Commands[i].source(dir); s != "" {
			script.WriteString(s + ";\n")
			ran++
		}
	}
	script.WriteString("return JSON.stringify(failures)")
	p, err := js.NewPlatform(Namespace, js.Function{Name: "load", Length: 1, Call: func(c *js.Call) (any, error) {
		b, err := os.ReadFile(c.String(0))
		return js.Buffer(b), err
	}})
	if err != nil {
		t.Fatal(err)
	}
	turns := js.NewTurns(js.TurnsConfig{})
	defer turns.Close()
	vm := p.NewVM(js.Config{Turns: turns})
	vm.Meter().Reset(js.Account{CPU: time.Minute, MemoryBytes: 256 << 20})
	got := jstest.EvalIn(t, vm, script.String())
	if err := json.Unmarshal([]byte(got), &failures); err != nil {
		t.Fatalf("%.500s", got)
	}
	return ran, failures
}
