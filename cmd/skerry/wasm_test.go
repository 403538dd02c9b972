package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hostileWasm is a module with functions that do not end:
//
//	(module
//	  (memory 1)
//	  (func (export "spin") (loop br 0))
//	  (func (export "grow") (loop (drop (memory.grow (i32.const 16))) (br 0)))
//	  (func $recurse (export "recurse") (call $recurse)))
const hostileWasm = "\x00asm\x01\x00\x00\x00" +
	"\x01\x04\x01\x60\x00\x00" +
	"\x03\x04\x03\x00\x00\x00" +
	"\x05\x03\x01\x00\x01" +
	"\x07\x19\x03\x04spin\x00\x00\x04grow\x00\x01\x07recurse\x00\x02" +
	"\x0a\x1b\x03\x07\x00\x03\x40\x0c\x00\x0b\x0b\x0c\x00\x03\x40\x41\x10\x40\x00\x1a\x0c\x00\x0b\x0b\x04\x00\x10\x02\x0b"

// patientExample is a copy of the example that may take as long as it must: jails interpret,
// and this machine may be busy.
func patientExample(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root(t), "examples", "wasm"))); err != nil {
		t.Fatal(err)
	}
	manifest := filepath.Join(dir, "skerry.toml")
	text, err := os.ReadFile(manifest)
	if err == nil {
		err = os.WriteFile(manifest, append(text, "\n[limits]\ncpu_ms = 250\n"...), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestWebAssembly pushes modules to nodes whose functions run in workers, in the one process,
// and in jails, which may not make memory executable.
func TestWebAssembly(t *testing.T) {
	t.Parallel()
	for _, node := range []struct {
		name string
		args []string
	}{
		{"workers", nil},
		{"one process", []string{"--workers", "0"}},
		{"jails", []string{"--untrusted", "jail"}},
	} {
		t.Run(node.name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, node.args...)
			s.push(patientExample(t))
			for range 3 {
				if body := s.mustGet("wasm", "/?width=60&height=16"); strings.Count(body, "\n") != 16 || !strings.Contains(body, "@@@@@@@@@@@@@@@@@@@@@@@@@@@@") {
					t.Errorf("the example answered:\n%s", body)
				}
			}
			s.push(write(t, map[string]string{
				"index.js": `import hostile from "./hostile.wasm";
					const exports = new WebAssembly.Instance(hostile).exports;
					export default { fetch(request) {
						exports[new URL(request.url).pathname.slice(1)]();
						return new Response("done");
					} };`,
				"hostile.wasm": hostileWasm,
				"skerry.toml":  "name = \"hostile\"\nmain = \"index.js\"\n[limits]\ncpu_ms = 100\n",
			}))
			for _, tc := range []struct {
				path, code string
				status     int
			}{
				{"/spin", "exceeded_cpu", http.StatusServiceUnavailable},
				{"/recurse", "exception", http.StatusInternalServerError},
				{"/spin", "exceeded_cpu", http.StatusServiceUnavailable},
			} {
				status, body, err := s.get("hostile", tc.path)
				if err != nil || status != tc.status || !strings.Contains(body, tc.code) {
					t.Errorf("%s: %d %s %v, want %d %s", tc.path, status, body, err, tc.status, tc.code)
				}
			}
			// Which cap is passed first depends on the machine.
			if status, body, err := s.get("hostile", "/grow"); err != nil || status != http.StatusServiceUnavailable || !strings.Contains(body, "exceeded_") {
				t.Errorf("/grow: %d %s %v", status, body, err)
			}
			s.mustGet("wasm", "/")
		})
	}
}

// TestWebAssemblyThatDoesNotCompile is refused when it is pushed.
func TestWebAssemblyThatDoesNotCompile(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	dir := write(t, map[string]string{
		"index.js":    `import m from "./broken.wasm"; export default { fetch() { return new Response(String(m)) } };`,
		"broken.wasm": "\x00asm\x01\x00\x00\x00\x0a\x05\x01\x03\x00\x41\x0b",
		"skerry.toml": "name = \"broken\"\nmain = \"index.js\"\n",
	})
	out, err := s.skerry("push", dir)
	if err == nil {
		t.Fatalf("push: %s", out)
	}
	if text := err.Error(); !strings.Contains(text, "CompileError: broken.wasm: ") {
		t.Errorf("push: %s", text)
	}
}
