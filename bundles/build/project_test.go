package build_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/build"
)

const everyKey = `
name = "shop"
main = "src/index.ts"
isolation = "reuse"
routes = ["shop.example.com/*", "example.com/api/*"]
prewarm = 8
concurrency = 300
allow = ["api.example.com:443"]
eval = true

[limits]
cpu_ms = 51
wall_ms = 0
memory_mb = 65
subrequests = 52
body_mb = 11

[vars]
GREETING = "hello"

[[kv]]
binding = "KV"
namespace = "shop"

[[kv]]
binding = "OTHER"
namespace = "other"
`

const everyKeyJSON = `{
	"$schema": "https://example.com/skerry.json", // comments and commas at the end are fine
	"name": "shop", "main": "src/index.ts", "isolation": "reuse",
	"routes": ["shop.example.com/*", "example.com/api/*"],
	"prewarm": 8, "concurrency": 300, "allow": ["api.example.com:443"], "eval": true,
	"limits": {"cpu_ms": 51, "wall_ms": 0, "memory_mb": 65, "subrequests": 52, "body_mb": 11},
	"vars": {"GREETING": "hello"},
	"kv": [{"binding": "KV", "namespace": "shop"}, {"binding": "OTHER", "namespace": "other"},],
}`

func TestLoadReadsEveryKey(t *testing.T) {
	t.Parallel()
	wall := 0
	want := bundles.Manifest{
		Name: "shop", Isolation: bundles.IsolationReuse, Routes: []string{"shop.example.com/*", "example.com/api/*"},
		Prewarm: 8, Concurrency: 300, Allow: []string{"api.example.com:443"}, Eval: true,
		Limits: bundles.Limits{CPUMillis: 51, WallMillis: &wall, MemoryMB: 65, Subrequests: 52, BodyMB: 11},
		Vars:   map[string]string{"GREETING": "hello"},
		KV:     []bundles.KVBinding{{Binding: "KV", Namespace: "shop"}, {Binding: "OTHER", Namespace: "other"}},
	}
	for name, text := range map[string]string{"skerry.toml": everyKey, "skerry.json": everyKeyJSON, "skerry.jsonc": everyKeyJSON} {
		root := files{name: text, "src/index.ts": hello}.write(t)
		for _, given := range []string{root, filepath.Join(root, name)} {
			p := load(t, given)
			if !reflect.DeepEqual(p.Manifest, want) || p.Main != "src/index.ts" || p.Config != name || p.Root != root || p.Warnings != nil {
				t.Errorf("%s: got %+v", given, p)
			}
		}
	}
}

func TestLoadNamesWhatHasNoName(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ path, given, name string }{
		{"shop/index.ts", "shop", "shop"},
		{"shop/index.ts", "shop/index.ts", "shop"},
		{"shop/hello.ts", "shop/hello.ts", "hello"},
		{"My Shop_2!/worker.js", "My Shop_2!", "my-shop-2"},
		{"shop/Hello.World.mjs", "shop/Hello.World.mjs", "hello-world"},
		{"日本/index.js", "日本", "function"},
		{"--x--/main.js", "--x--", "x"},
		{strings.Repeat("a-", 40) + "/index.js", strings.Repeat("a-", 40), strings.Repeat("a-", 31) + "a"},
	} {
		root := files{tc.path: hello}.write(t)
		p := load(t, filepath.Join(root, filepath.FromSlash(tc.given)))
		if p.Manifest.Name != tc.name || p.Config != "" {
			t.Errorf("%s: got %+v", tc.given, p)
		}
		if err := p.Manifest.Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestLoadFindsTheEntryModule(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		have files
		want string
	}{
		{"src before the root", files{"src/index.js": "", "index.ts": ""}, "src/index.js"},
		{"TypeScript before JavaScript", files{"index.js": "", "index.ts": ""}, "index.ts"},
		{"index before worker", files{"src/worker.ts": "", "src/index.tsx": ""}, "src/index.tsx"},
		{"worker", files{"worker.mjs": ""}, "worker.mjs"},
		{"as configured", files{"index.js": "", "lib/a.cjs": "", "skerry.toml": `main = "./lib/a.cjs"`}, "lib/a.cjs"},
		{"behind a link", files{"index.js": "→lib/a.js", "lib/a.js": ""}, "index.js"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if p := load(t, tc.have.write(t)); p.Main != tc.want {
				t.Errorf("got %s, want %s", p.Main, tc.want)
			}
		})
	}
}

func TestLoadSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, given string
		have        files
		want        string
	}{
		{"no folder", "nowhere", files{}, "no such file or folder: name the project's folder"},
		{"no entry", ".", files{"readme.md": ""}, "no entry module: looked for src/index, src/main, src/worker, index, main, worker, each with .ts .tsx"},
		{"no configured entry", ".", files{"skerry.toml": `main = "src/app.ts"`}, `main in skerry.toml is "src/app.ts", and there is no such file`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := build.Load(filepath.Join(tc.have.write(t), tc.given))
			var missing *build.MissingError
			if !errors.As(err, &missing) || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v\nwant %q in it", err, tc.want)
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		have files
		want string
	}{
		{"an unknown key", files{"skerry.toml": "name = \"a\"\nprewram = 3"}, "skerry.toml:2:1: unknown key \"prewram\"; did you mean \"prewarm\"?\n    2 | prewram = 3\n      | ^^^^^^^\n"},
		{"an unknown key of JSON", files{"skerry.json": "{\n  \"rotues\": []\n}"}, "skerry.json:2:3: unknown key \"rotues\"; did you mean \"routes\"?"},
		{"a key like no other", files{"skerry.toml": "xyzzy = 1"}, `unknown key "xyzzy"; known here: name, main, isolation,`},
		{"an unknown limit", files{"skerry.toml": "[limits]\ncpu = 1"}, `skerry.toml:2:1: unknown key "limits.cpu"; did you mean "limits.cpu_ms"?`},
		{"an unknown key of a binding", files{"skerry.toml": "[[kv]]\nbinding = \"A\"\nnamespace = \"a\"\n[[kv]]\nbinding = \"B\"\nid = \"b\""}, `skerry.toml:6:1: unknown key "kv[1].id"`},
		{"a key below a table", files{"skerry.toml": "[limits]\ncpu_ms = 1\nroutes = []"}, `skerry.toml:3:1: unknown key "limits.routes"; the key "routes" stands above all tables`},
		{"a string for a number", files{"skerry.toml": `prewarm = "8"`}, "skerry.toml:1:1: prewarm must be a whole number, not a string"},
		{"a fraction", files{"skerry.json": `{"prewarm": 1.5}`}, "skerry.json:1:13: prewarm must be a whole number, not a number"},
		{"a number for a string", files{"skerry.toml": "[vars]\nA = 1"}, "skerry.toml:2:1: vars.A must be a string, in quotes, not a number"},
		{"a date", files{"skerry.toml": "prewarm = 2020-01-01"}, "prewarm must be a whole number"},
		{"a string for a list", files{"skerry.toml": `routes = "a.test/*"`}, "routes must be a list, in brackets, not a string"},
		{"a number in a list", files{"skerry.toml": "routes = [\"a.test\",\n  7]"}, "skerry.toml:2:3: routes[1] must be a string, not a number"},
		{"a table for a list", files{"skerry.toml": "[kv]\nbinding = \"A\""}, "kv must be a list, in brackets, not a table"},
		{"a string for a table", files{"skerry.toml": `limits = "none"`}, "limits must be a table of keys and values, not a string"},
		{"a list for true", files{"skerry.toml": `eval = []`}, "eval must be true or false, not a list"},
		{"null", files{"skerry.json": `{"name": null}`}, "skerry.json:1:10: name is null: leave it out instead"},
		{"a key twice", files{"skerry.json": `{"name": "a", "name": "b"}`}, "skerry.json:1:15: the key name is there twice"},
		{"a value out of range", files{"skerry.toml": "[limits]\nwall_ms = 5\ncpu_ms = 40000"}, "skerry.toml:3:1: limits.cpu_ms is 40000, more than the 30000 allowed"},
		{"a bad route", files{"skerry.toml": "routes = [\n  \"a.test\",\n  \"https://a.test\",\n]"}, "skerry.toml:3:3: routes[1] is \"https://a.test\": leave the scheme out"},
		{"one name twice", files{"skerry.json": "{\"vars\": {\"A\": \"1\"},\n \"kv\": [{\"binding\": \"A\", \"namespace\": \"n\"}]}"}, `skerry.json:2:21: kv[0].binding is "A", and so is vars.A`},
		{"layers", files{"skerry.toml": "[[layers]]\nname = \"x\""}, "skerry.toml:1:3: layers are not supported yet"},
		{"broken TOML", files{"skerry.toml": "name = \"a\"\nmain = \n"}, "skerry.toml:2:8: "},
		{"broken JSON", files{"skerry.json": "{\n  \"name\" \"a\"\n}"}, `skerry.json:2:10: expected ":" after the key "name"`},
		{"not an object", files{"skerry.json": "[]"}, "skerry.json:1:1: the file must hold one object"},
		{"two configurations", files{"skerry.toml": "", "skerry.json": "{}"}, "skerry.toml and skerry.json are both here: keep one of them"},
		{"an entry outside", files{"skerry.toml": `main = "../index.js"`}, `main is "../index.js", which is outside the project's folder`},
		{"an entry of another kind", files{"skerry.toml": `main = "skerry.toml"`}, `main is "skerry.toml", which is not a source file`},
		{"a broken wrangler.toml", files{"wrangler.toml": "name = 3"}, "wrangler.toml:1:1: name must be a string"},
		{"a bad route of wrangler", files{"wrangler.toml": "route = \"*a.test/*\""}, `wrangler.toml:1:1: route`},
		{"a route of wrangler without a pattern", files{"wrangler.json": `{"routes": [{"zone_name": "a"}]}`}, "routes[0] must be a string, or a table with a pattern"},
		{"a bad binding of wrangler", files{"wrangler.json": "{\"kv_namespaces\": [\n{\"binding\": \"a-b\", \"id\": \"x\"}]}"}, "wrangler.json:2:13: kv_namespaces[0].binding can't be \"a-b\""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.have["index.js"] = hello
			_, err := build.Load(tc.have.write(t))
			var wrong *build.ConfigError
			if !errors.As(err, &wrong) {
				t.Fatalf("got %T %v", err, err)
			}
			if !strings.Contains(wrong.Frame(), tc.want) {
				t.Errorf("got\n%s\nwant %q in it", wrong.Frame(), tc.want)
			}
		})
	}
}

func TestLoadReportsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	_, err := build.Load(files{"index.js": hello, "skerry.toml": "nmae = 1\neval = 2\n[limits]\ncpu = 3"}.write(t))
	var wrong *build.ConfigError
	if !errors.As(err, &wrong) || len(wrong.Messages) != 3 {
		t.Errorf("got %v", err)
	}
}

func TestLoadRefusesAnotherFile(t *testing.T) {
	t.Parallel()
	root := files{"readme.md": ""}.write(t)
	var wrong *build.ConfigError
	if _, err := build.Load(filepath.Join(root, "readme.md")); !errors.As(err, &wrong) || !strings.Contains(err.Error(), "neither a folder nor a source file") {
		t.Errorf("got %v", err)
	}
}

func TestLoadWrangler(t *testing.T) {
	t.Parallel()
	const asTOML = `
name = "my_worker"
main = "src/index.js"
compatibility_date = "2026-01-01"
compatibility_flags = ["nodejs_compat"]
routes = ["a.test/*", { pattern = "b.test/*", zone_name = "b.test" }]
[vars]
A = "text"
N = 3
O = { x = [true, 1.5] }
[limits]
cpu_ms = 100
[[kv_namespaces]]
binding = "KV"
id = "abc123"
preview_id = "def"
[[kv_namespaces]]
binding = "AUTO"
[triggers]
crons = ["* * * * *"]
`
	const asJSON = `{
	"$schema": "node_modules/wrangler/config-schema.json", "name": "my_worker", "main": "src/index.js",
	"compatibility_date": "2026-01-01", "compatibility_flags": ["nodejs_compat"],
	"routes": ["a.test/*", {"pattern": "b.test/*", "custom_domain": true}],
	"vars": {"A": "text", "N": 3, "O": {"x": [true, 1.5]}}, "limits": {"cpu_ms": 100},
	"kv_namespaces": [{"binding": "KV", "id": "abc123", "preview_id": "def"}, {"binding": "AUTO"}],
	"triggers": {"crons": ["* * * * *"]}, // ours
}`
	want := bundles.Manifest{
		Name: "my-worker", Routes: []string{"a.test/*", "b.test/*"}, Limits: bundles.Limits{CPUMillis: 100},
		Vars: map[string]string{"A": "text", "N": "3", "O": `{"x":[true,1.5]}`},
		KV:   []bundles.KVBinding{{Binding: "KV", Namespace: "abc123"}, {Binding: "AUTO", Namespace: "my-worker-AUTO"}},
	}
	for name, text := range map[string]string{"wrangler.toml": asTOML, "wrangler.json": asJSON, "wrangler.jsonc": asJSON} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := load(t, files{name: text, "src/index.js": hello}.write(t))
			if !reflect.DeepEqual(p.Manifest, want) || p.Main != "src/index.js" {
				t.Errorf("got %+v", p)
			}
			var warnings strings.Builder
			for _, w := range p.Warnings {
				warnings.WriteString(w.String() + "\n")
			}
			for _, text := range []string{
				`the name "my_worker" can't be part of a host here: the function is called "my-worker"`,
				"vars.N is not a string: env.N will be its JSON text", "vars.O is not a string",
				name + ": these keys have no meaning here and are ignored: compatibility_flags, triggers",
			} {
				if !strings.Contains(warnings.String(), text) {
					t.Errorf("%q is not in\n%s", text, warnings.String())
				}
			}
			if len(p.Warnings) != 4 {
				t.Errorf("%d warnings:\n%s", len(p.Warnings), warnings.String())
			}
		})
	}
}

func TestSkerryTOMLComesBeforeWrangler(t *testing.T) {
	t.Parallel()
	p := load(t, files{"index.js": hello, "skerry.toml": `name = "ours"`, "wrangler.toml": `name = "theirs"`}.write(t))
	if p.Manifest.Name != "ours" || p.Warnings != nil {
		t.Errorf("got %+v", p)
	}
}

func TestASingleFileLeavesTheConfigurationAlone(t *testing.T) {
	t.Parallel()
	root := files{"one.js": hello, "skerry.toml": `name = "folder"`}.write(t)
	p := load(t, filepath.Join(root, "one.js"))
	if p.Manifest.Name != "one" || p.Config != "" || len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0].Frame(), "skerry.toml: it is not used") {
		t.Errorf("got %+v", p)
	}
}

// A path is as good as another to the same folder.
func TestLoadTakesRelativePaths(t *testing.T) {
	root := files{"index.js": hello}.write(t)
	t.Chdir(root)
	for _, given := range []string{".", "index.js", filepath.Join("..", filepath.Base(root))} {
		p, err := build.Load(given)
		if err != nil {
			t.Fatal(err)
		}
		if wd, _ := os.Getwd(); p.Root != wd || p.Main != "index.js" {
			t.Errorf("%s: got %+v", given, p)
		}
	}
}
