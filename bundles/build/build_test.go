package build_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/skerry-edge/skerry/bundles/build"
)

// files are a project's files, by name.
type files map[string]string

// write puts the files into a folder of their own and returns it. A text that begins with
// "→" is a symbolic link to what follows.
func (f files) write(t testing.TB) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "project")
	f.writeTo(t, root)
	return root
}

func (f files) writeTo(t testing.TB, root string) {
	t.Helper()
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range f {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if to, ok := strings.CutPrefix(text, "→"); ok {
			if err := os.Symlink(to, file); err != nil {
				t.Skipf("no symbolic links here: %v", err)
			}
			continue
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// load loads the project in root.
func load(t testing.TB, root string) *build.Project {
	t.Helper()
	p, err := build.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// mustBuild builds the files, checks that the script is one, and returns the result.
func mustBuild(t testing.TB, f files) *build.Result {
	t.Helper()
	r, err := build.Build(context.Background(), load(t, f.write(t)), build.Options{})
	var wrong *build.Error
	if errors.As(err, &wrong) {
		t.Fatal("\n" + wrong.Frame())
	}
	if err != nil {
		t.Fatal(err)
	}
	checkScript(t, string(r.Bundle.Script))
	return r
}

// buildError builds the files, which must fail.
func buildError(t testing.TB, f files) *build.Error {
	t.Helper()
	_, err := build.Build(context.Background(), load(t, f.write(t)), build.Options{})
	var wrong *build.Error
	if !errors.As(err, &wrong) {
		t.Fatalf("got %T %v, want a build error", err, err)
	}
	return wrong
}

// checkScript checks that a script is the body of a strict function: syntax of modules would
// be an error there.
func checkScript(t testing.TB, script string) {
	t.Helper()
	wrapped := "(async function (__register, __module, __wasm, __runtime) { \"use strict\";" + script + "\n})"
	if r := api.Transform(wrapped, api.TransformOptions{LogLevel: api.LogLevelSilent}); len(r.Errors) > 0 {
		t.Errorf("not the body of a strict function: %s\n%s", r.Errors[0].Text, script)
	}
	if n := strings.Count(script, "__register("); n != 1 {
		t.Errorf("__register is called %d times in\n%s", n, script)
	}
}

const hello = `export default { fetch() { return new Response("Hello") } }`
