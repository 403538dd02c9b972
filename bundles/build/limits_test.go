package build_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/build"
)

func TestSizesAreBounded(t *testing.T) {
	t.Parallel()
	mb := func(n int) string { return strings.Repeat("x", n<<20) }
	for _, tc := range []struct {
		name string
		have files
		what string
	}{
		{"a source file", files{"index.js": hello, "big.js": "//" + mb(16), "skerry.toml": `main = "big.js"`}, "big.js"},
		{"a text", files{"index.js": `import t from "./t.txt"; export default t`, "t.txt": mb(16) + "x"}, "t.txt"},
		{"the script", files{"index.js": `import t from "./t.txt"; export default t`, "t.txt": mb(11)}, "the script"},
		{"a binary file", files{"index.js": `import t from "./t.bin"; export default t`, "t.bin": mb(50) + "x"}, "t.bin"},
		{"the bundle", files{"index.js": `import t from "./t.bin"; import u from "./u.bin"; export default [t, u]`, "t.bin": mb(26), "u.bin": mb(26)}, "the bundle"},
		{"the configuration", files{"index.js": hello, "skerry.toml": "#" + mb(1)}, "skerry.toml"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := build.NewSession(tc.have.write(t), build.Options{})
			defer s.Close()
			_, err := s.Build(context.Background())
			var size *bundles.SizeError
			if !errors.As(err, &size) || size.What != tc.what || size.Bytes <= size.BytesMax {
				t.Errorf("got %T %.200v", err, err)
			}
		})
	}
}

func TestHostileSourcesAreRefused(t *testing.T) {
	t.Parallel()
	r := strings.Repeat
	doubling := "enum E { A0 = 'xxxxxxxx',\n"
	for i := range 40 {
		doubling += fmt.Sprintf("A%d = A%d + A%d,\n", i+1, i, i)
	}
	for _, tc := range []struct {
		name string
		have files
		want string
	}{
		{"deep brackets", files{"index.js": r("(", 1_000_000)}, "index.js:1:514: more than 512 brackets are nested in each other"},
		{"deep JSON", files{"index.js": `import "./a.json"; export default {}`, "a.json": r("[", 1_000_000)}, "a.json:1:514: more than 512 brackets"},
		{"deep JSON elsewhere", files{"index.js": `import "p"; export default {}`, "node_modules/p/package.json": r("[", 1_000_000)}, "node_modules/p/package.json:1:514: nested more than 512 deep"},
		{"deep settings", files{"index.ts": `import "./gone"`, "tsconfig.json": r("[", 1_000_000)}, "there is no file gone"},
		{"many operators", files{"index.js": r("!", 1_000_000)}, "more than 4096 operators"},
		{"deep JSX", files{"index.jsx": r("<a>", 1_000_000)}, "more than 4096 operators"},
		{"an enum that doubles", files{"index.ts": doubling + "}; export default E"}, "index.ts:1:1: the enum's member A17 is a string of more than 1048576 characters"},
		{"a long import", files{"index.js": `import "./` + r("a/", 100_000) + `"`}, "can't be the path of an import"},
		{"a long export", files{"index.js": `import "p"`, "node_modules/p/package.json": `{"exports": "./` + r("a/", 100_000) + `"}`}, `the package "p" exports "." as ./a/a`},
		{"a long name of a file in an error", files{"index.js": `import { ` + r("a", 100_000) + ` } from "./a.js"`, "a.js": "export {}"}, "No matching export"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if frame := buildError(t, tc.have).Frame(); !strings.Contains(frame, tc.want) || len(frame) > 2000 {
				t.Errorf("got\n%.3000s\nwant %q in it", frame, tc.want)
			}
		})
	}
}

func TestErrorsAreNotWithoutNumber(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	for i := range 200 {
		fmt.Fprintf(&source, "import './gone%d';\n", i)
	}
	err := buildError(t, files{"index.js": source.String()})
	if n := len(err.Messages); n != 21 || err.Messages[20].Text != "and 180 more errors" {
		t.Errorf("%d messages, the last %q", n, err.Messages[n-1].Text)
	}
}

func TestAPackageInstalledAboveIsNotUsed(t *testing.T) {
	t.Parallel()
	parent := files{"node_modules/dep/index.js": "console.log('dep')", "packages/app/index.js": `import "dep"; export default {}`, "packages/app/skerry.toml": ""}.write(t)
	_, err := build.Build(context.Background(), load(t, filepath.Join(parent, "packages", "app")), build.Options{})
	var wrong *build.Error
	if !errors.As(err, &wrong) {
		t.Fatal(err)
	}
	for _, text := range []string{`the package "dep" is not installed`, "it is installed in ../../node_modules, outside the project's folder", "npm install dep"} {
		if !strings.Contains(wrong.Frame(), text) {
			t.Errorf("%q is not in\n%s", text, wrong.Frame())
		}
	}
}

func TestALinkedPackageOutsideIsNotUsed(t *testing.T) {
	t.Parallel()
	parent := files{"lib/index.js": "console.log('lib')", "app/index.js": `import "lib"; export default {}`, "app/node_modules/lib": "→../../lib"}.write(t)
	_, err := build.Build(context.Background(), load(t, filepath.Join(parent, "app")), build.Options{})
	if err == nil || !strings.Contains(err.Error(), `the package "lib" is a link that leads outside the project's folder`) {
		t.Errorf("got %v", err)
	}
}
