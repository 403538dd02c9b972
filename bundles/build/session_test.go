package build_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/build"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a project with a bit of everything that could differ between two builds.
func site() files {
	f := files{
		"skerry.toml":   "name = \"site\"\n[vars]\nA = \"1\"\nB = \"2\"\n[[kv]]\nbinding = \"KV\"\nnamespace = \"n\"",
		"tsconfig.json": `{"compilerOptions": {"jsx": "react-jsx", "jsxImportSource": "tiny"}}`,
		"src/index.tsx": `import { a } from "pkg"; import logo from "./logo.png"; import add from "./add.wasm"; import page from "./page.html";
const lazy = [() => import("./part1"), () => import("./part2"), () => import("./part3")];
const name: string = globalThis.name;
export default { fetch: () => <b>{a}{logo}{add}{page}{lazy}{() => import(name)}</b> };`,
		"src/logo.png": "logo", "src/add.wasm": "wasm", "src/page.html": "page",
		"node_modules/tiny/jsx-runtime.js": "export function jsx() {} export const jsxs = jsx",
		"node_modules/pkg/package.json":    `{"type": "module", "exports": "./index.js"}`,
		"node_modules/pkg/index.js":        `export * from "./many.js"; export { default } from "./cjs.cjs"`,
		"node_modules/pkg/many.js":         "export const a = 1, b = 2",
		"node_modules/pkg/cjs.cjs":         "try { require('absent') } catch {} module.exports = require('fs')",
	}
	for i := range 4 {
		f[fmt.Sprintf("src/part%d.ts", i)] = fmt.Sprintf("import './part%d'; export const x = %d; await 0;", (i+1)%4, i)
	}
	return f
}

func TestTheSameFilesGiveTheSameBundle(t *testing.T) {
	// Not parallel: it changes the environment and the working folder.
	for _, minify := range []bool{false, true} {
		var first *build.Result
		for i := range 4 {
			root := filepath.Join(t.TempDir(), strings.Repeat("deep/", i), fmt.Sprintf("folder %d", i))
			site().writeTo(t, root)
			t.Setenv("NODE_PATH", filepath.Join(root, "src"))
			t.Setenv("NODE_ENV", fmt.Sprint(i))
			t.Setenv("HOME", root)
			t.Chdir(filepath.Dir(root))
			r, err := build.Build(context.Background(), load(t, filepath.Base(root)), build.Options{Minify: minify})
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = r
			}
			if got, want := r.Bundle.Digest(), first.Bundle.Digest(); got != want {
				t.Errorf("digest %s became %s:\n%s\n%s", want, got, first.Bundle.Script, r.Bundle.Script)
			}
			if !reflect.DeepEqual(r.Inputs, first.Inputs) || !reflect.DeepEqual(r.Sizes, first.Sizes) || !reflect.DeepEqual(r.Warnings, first.Warnings) {
				t.Errorf("got %v %v %v\nwant %v %v %v", r.Inputs, r.Sizes, r.Warnings, first.Inputs, first.Sizes, first.Warnings)
			}
			if all := string(bundles.Encode(r.Bundle)); strings.Contains(all, "folder ") || strings.Contains(all, t.TempDir()) {
				t.Error("the bundle knows where it was built")
			}
		}
	}
}

func TestASessionGivesTheSameBundle(t *testing.T) {
	t.Parallel()
	root := site().write(t)
	once, err := build.Build(context.Background(), load(t, root), build.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := build.NewSession(root, build.Options{})
	defer s.Close()
	for range 3 {
		again, err := s.Build(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if again.Bundle.Digest() != once.Bundle.Digest() || !reflect.DeepEqual(again.Inputs, once.Inputs) || !reflect.DeepEqual(s.Inputs(), once.Inputs) || !reflect.DeepEqual(again.Warnings, once.Warnings) {
			t.Errorf("a session's build differs: %v %v", again.Inputs, again.Warnings)
		}
	}
}

func TestASessionSeesEveryChange(t *testing.T) {
	t.Parallel()
	project := files{
		"skerry.toml": `name = "a"`, "index.ts": `import "p"; import { x } from "./x"; export default { x }`, "x.ts": "export const x = 'one'",
		"node_modules/p/package.json": `{"main": "a.js"}`, "node_modules/p/a.js": "console.log('pa')", "node_modules/p/b.js": "console.log('pb')",
	}
	root := project.write(t)
	s := build.NewSession(root, build.Options{})
	defer s.Close()
	steps := []struct {
		name   string
		change files
		remove string
		has    string
		err    string
	}{
		{name: "at first", has: "one"},
		{name: "a text", change: files{"x.ts": "export const x = 'two'"}, has: "two"},
		{name: "a syntax error", change: files{"x.ts": "export const x = = 'two'"}, err: `x.ts:1:18: Unexpected "="`},
		{name: "its repair", change: files{"x.ts": "export const x = 'three'"}, has: "three"},
		{name: "a file that is gone", remove: "x.ts", err: "there is no file x"},
		{name: "another extension", change: files{"x.js": "export const x = 'four'"}, has: "four"},
		{name: "a file that goes before it", change: files{"x.tsx": "export const x = <b/>"}, has: `React.createElement("b"`},
		{name: "the settings of JSX", change: files{"tsconfig.json": `{"compilerOptions": {"jsxFactory": "h"}}`}, has: `h("b", null)`},
		{name: "a package.json", change: files{"node_modules/p/package.json": `{"main": "b.js"}`}, has: "pb"},
		{name: "the entry", change: files{"skerry.toml": "name = \"b\"\nmain = \"x.js\"", "x.js": "export default 'five'"}, has: "five"},
		{name: "a configuration error", change: files{"skerry.toml": "nome = \"b\""}, err: `did you mean "name"?`},
		{name: "a default export that is gone", change: files{"skerry.toml": "main = \"x.js\"", "x.js": "export const y = 1"}, err: "no default export"},
	}
	for _, step := range steps {
		step.change.writeTo(t, root)
		if step.remove != "" {
			if err := os.Remove(filepath.Join(root, step.remove)); err != nil {
				t.Fatal(err)
			}
		}
		r, err := s.Build(context.Background())
		switch {
		case step.err != "":
			if err == nil || !strings.Contains(err.Error(), step.err) {
				t.Errorf("%s: got %v\nwant %q in it", step.name, err, step.err)
			}
		case err != nil:
			t.Errorf("%s: %v", step.name, err)
		case !strings.Contains(string(r.Bundle.Script), step.has):
			t.Errorf("%s: %q is not in\n%s", step.name, step.has, r.Bundle.Script)
		}
		if len(s.Inputs()) == 0 || s.Project() == nil {
			t.Errorf("%s: nothing to watch", step.name)
		}
	}
}

func TestInputsAreKnownWhenABuildFails(t *testing.T) {
	t.Parallel()
	root := files{"skerry.toml": "", "index.ts": `import "./a"; export default {}`, "a.ts": "let x = = 1", "unused.ts": ""}.write(t)
	s := build.NewSession(root, build.Options{})
	defer s.Close()
	if _, err := s.Build(context.Background()); err == nil {
		t.Fatal("no error")
	}
	if got, want := s.Inputs(), []string{"a.ts", "index.ts", "skerry.toml"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestBuildEndsWithItsContext(t *testing.T) {
	t.Parallel()
	root := site().write(t)
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	s := build.NewSession(root, build.Options{})
	defer s.Close()
	if _, err := s.Build(canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	// In the middle: the first file that is asked for ends it.
	ctx := &endsOnUse{Context: context.Background(), uses: 4}
	if _, err := s.Build(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Build(context.Background()); err != nil {
		t.Errorf("the next build fails too: %v", err)
	}
}

func TestBuildChecksTheManifest(t *testing.T) {
	t.Parallel()
	p := load(t, files{"index.js": hello}.write(t))
	p.Manifest.Name = "No"
	var wrong *build.ConfigError
	if _, err := build.Build(context.Background(), p, build.Options{}); !errors.As(err, &wrong) || !strings.Contains(err.Error(), `name is "No"`) {
		t.Errorf("got %v", err)
	}
}

func TestBuildWithoutItsEntry(t *testing.T) {
	t.Parallel()
	root := files{"index.js": hello}.write(t)
	p := load(t, root)
	if err := os.Remove(filepath.Join(root, "index.js")); err != nil {
		t.Fatal(err)
	}
	if _, err := build.Build(context.Background(), p, build.Options{}); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "there is no file index.js") {
		t.Errorf("got %v", err)
	}
}

func TestSourceMapLeadsToTheSources(t *testing.T) {
	t.Parallel()
	const source = "export default {\n\tfetch(): never {\n\t\tthrow new Error(\"😀\");\n\t},\n};\n//# sourceMappingURL=x.map"
	r := mustBuild(t, files{"src/index.ts": source, "src/x.map": "{}", "node_modules/p/package.json": "{}"})
	m := sourceMap(t, r.Bundle.SourceMap)
	if !reflect.DeepEqual(m.Sources[:1], []string{"src/index.ts"}) || m.Contents[0] == nil || *m.Contents[0] != source {
		t.Errorf("got %q", m.Sources)
	}
	// The throw, in the script and by the map.
	line, column := place(string(r.Bundle.Script), "throw new Error")
	if got, want := m.original(line, column), "src/index.ts:3:3"; got != want {
		t.Errorf("%d:%d maps to %s, want %s", line, column, got, want)
	}
	if strings.Contains(string(r.Bundle.Script), "sourceMappingURL") {
		t.Error("the script names a source map")
	}
}
