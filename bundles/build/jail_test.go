package build_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles/build"
)

// What lies outside the project in every attack.
const (
	canaryName = "canaryname"   // of the file that attacks name
	canaryText = "canarytext"   // in it: must never be seen
	unspoken   = "unspokenname" // of a file that they don't name: must never be seen
)

// attacks are projects that try to read what lies beside them, in ../outside.
func attacks(outside string) map[string]files {
	url := "file://" + filepath.ToSlash(outside) + "/" + canaryName + ".json"
	inline := base64.StdEncoding.EncodeToString([]byte(fmt.Sprintf(`{"version":3,"sources":[%q],"mappings":"AAAA"}`, url)))
	entry := func(source string) files { return files{"index.js": source} }
	link := filepath.Join(outside, canaryName+".json")
	all := map[string]files{
		"a relative import":                 entry(`import x from "../outside/canaryname.json"; export default x`),
		"a relative require":                entry(`module.exports = require("../outside/canaryname.json")`),
		"an absolute import":                entry(fmt.Sprintf(`import x from %q; export default x`, link)),
		"a file URL":                        entry(fmt.Sprintf(`import x from %q; export default x`, url)),
		"an import as text":                 entry(`import x from "../outside/canaryname.json" with { type: "text" }; export default x`),
		"an import() in a catch":            entry(`export default import("../outside/canaryname.json").catch(() => 1)`),
		"an absolute path in a try":         entry(fmt.Sprintf(`try { require(%q) } catch {} export default 1`, link)),
		"a glob import":                     entry(`const n = globalThis.n; export default () => import("../outside/" + n + ".json")`),
		"a glob of folders":                 entry("const n = globalThis.n; export default () => import(`../${n}/x.json`)"),
		"a glob require":                    entry(`const n = globalThis.n; exports.x = () => require("../outside/" + n)`),
		"a glob in parentheses":             entry(`const n = globalThis.n; exports.x = () => (require)(("../outside/" + n))`),
		"a glob with escapes":               entry(`const n = globalThis.n; exports.x = () => req\u{75}ire("../outside/" + n)`),
		"a glob after a comment":            entry("const n = globalThis.n; export default () => import /* import(\"./x\") */ // x\n ('../outside/' + n)"),
		"a glob of module.require":          entry(`const n = globalThis.n; exports.x = () => module.require("../outside/" + n)`),
		"a glob by index":                   entry(`const n = globalThis.n; exports.x = () => module["require"]("../outside/" + n)`),
		"a glob by a computed index":        entry("const n = globalThis.n; exports.x = () => [module['req' + 'uire']('../outside/' + n), module[`require`](`../outside/${n}`)]"),
		"a glob by an index in parentheses": entry(`const n = globalThis.n; exports.x = () => module[("require")]("../outside/" + n)`),
		"a glob by an enum":                 {"index.ts": `const n: any = 1; enum E { R = "req" + "uire", P = "../" } export = { x: () => [module[E.R]("../outside/" + n), require(E.P + "outside/" + n), require(` + "`${E.P}outside/${n}`" + `)] }`},
		"a glob by short constants":         entry(`const n = globalThis.n, a = "req", b = "uir", c = "e", up = "../"; exports.x = () => [module[a + b + c](up + "outside/" + n), require(up + "outside/" + n)]`),
		"a glob of a spelled module":        entry(`const n = globalThis.n; exports.x = () => [mod\u0075le.require("../outside/" + n), module.requ\u{69}re("../outside/" + n)]`),
		"a glob of a wrapped module":        entry(`const n = globalThis.n; exports.x = () => [(module).require("../outside/" + n), (module.require)("../outside/" + n), module /* x */ . /* y */ require("../outside/" + n)]`),
		"a glob of a typed module":          {"index.ts": `const n: any = 1; export = { x: () => [(module as any).require("../outside/" + n), module!.require("../outside/" + n), (<any>module)["require"]("../outside/" + n)] }`},
		"a glob of an optional module":      entry(`const n = globalThis.n; exports.x = () => [module?.require("../outside/" + n), module.require?.("../outside/" + n), require?.("../outside/" + n)]`),
		"a glob with a type":                {"index.ts": `const n = globalThis.n; export default () => [(require as any)("../outside/" + n), require!("../outside/" + n), (<any>require)("../outside/" + n)]`},
		"a glob with a choice":              entry(`const n = globalThis.n; export default () => import(n ? "./index.js" : "../outside/" + n)`),
		"a glob with attributes":            entry(`const n = globalThis.n; export default () => import("../outside/" + n, { with: { type: "json" } })`),
		"a glob with a phase":               entry(`const n = globalThis.n; export default () => import.defer("../outside/" + n)`),
		"a glob in JSX":                     {"index.tsx": `const n = globalThis.n; export default () => <b>it's {import("../outside/" + n)} isn't</b>`},
		"a glob in a package":               {"index.js": `import "p"; export default 1`, "node_modules/p/index.js": `const n = globalThis.n; exports.x = () => require("../../../outside/" + n)`},
		"a glob in one folder":              entry(`const n = globalThis.n; export default () => import("./" + n)`),
		"a glob of another file name":       {"index.js": `import "./a.cjs"; export default 1`, "a.cjs": `const n = globalThis.n; exports.x = () => require("./" + n + ".go")`},
		"a link to a file":                  {"index.js": `import x from "./x.json"; export default x`, "x.json": "→" + link},
		"a relative link":                   {"index.js": `import x from "./x.json"; export default x`, "x.json": "→../outside/canaryname.json"},
		"a link to a folder":                {"index.js": `import x from "./lib/canaryname.json"; export default x`, "lib": "→../outside"},
		"a link as a package":               {"index.js": `import x from "p/canaryname.json"; export default x`, "node_modules/p": "→../../outside"},
		"a link by way of a link":           {"index.js": `import x from "./a/x.json"; export default x`, "a/x.json": "→../b", "b": "→../outside/canaryname.json"},
		"a link as node_modules":            {"index.js": `import x from "canaryname"; export default x`, "node_modules": "→../outside"},
		"a link as package.json":            {"index.js": `import "p"; export default 1`, "node_modules/p/package.json": "→../../../outside/canaryname.json", "node_modules/p/index.js": ""},
		"a link as tsconfig.json":           {"index.ts": `export default 1`, "tsconfig.json": "→../outside/canaryname.json"},
		"extends":                           {"index.ts": `export default 1`, "tsconfig.json": `{"extends": "../outside/canaryname.json"}`},
		"extends by a full path":            {"index.ts": `export default 1`, "tsconfig.json": fmt.Sprintf(`{"extends": %q}`, link)},
		"extends by a package":              {"index.ts": `export default 1`, "tsconfig.json": `{"extends": ["x/../../../outside/canaryname", "../outside/canaryname"]}`},
		"paths":                             {"index.ts": `import x from "@/canaryname.json"; export default x`, "tsconfig.json": `{"compilerOptions": {"paths": {"@/*": ["../outside/*"]}}}`},
		"paths by a full path":              {"index.ts": `import x from "@/canaryname.json"; export default x`, "tsconfig.json": fmt.Sprintf(`{"compilerOptions": {"paths": {"@/*": [%q]}}}`, outside+"/*")},
		"baseUrl":                           {"index.ts": `import x from "outside/canaryname.json"; export default x`, "tsconfig.json": `{"compilerOptions": {"baseUrl": ".."}}`},
		"a main that climbs":                {"index.js": `import x from "p"; export default x`, "node_modules/p/package.json": `{"main": "../../../outside/canaryname.json"}`},
		"an export that climbs":             {"index.js": `import x from "p"; export default x`, "node_modules/p/package.json": `{"exports": "./../../../outside/canaryname.json"}`},
		"a pattern that climbs":             {"index.js": `import x from "p/../../../outside/canaryname.json"; export default x`, "node_modules/p/package.json": `{"exports": {"./*": "./*"}}`},
		"a subpath that climbs":             {"index.js": `import x from "p/../../../outside/canaryname.json"; export default x`, "node_modules/p/index.js": ""},
		"a browser field that climbs":       {"index.js": `import x from "p"; export default x`, "node_modules/p/package.json": `{"browser": {"./index.js": "../../../outside/canaryname.json"}}`, "node_modules/p/index.js": ""},
		"an import that climbs":             {"index.js": `import x from "#x"; export default x`, "package.json": `{"imports": {"#x": "./../outside/canaryname.json"}}`},
		"a package of that name":            {"index.js": `import x from ".."; import y from "../outside"; export default [x, y]`},
		"a source map beside":               entry("export default 1\n//# sourceMappingURL=../outside/canaryname.json"),
		"a source map by URL":               entry("export default 1\n//# sourceMappingURL=" + url),
		"a source map inline":               entry("export default 1\n//# sourceMappingURL=data:application/json;base64," + inline),
		"a source map at the start":         entry("/*# sourceMappingURL=" + url + " */ export default 1 //@ sourceMappingURL=" + url),
		"a source map in JSX":               {"index.tsx": "export default <b/>\n//# sourceMappingURL=data:application/json;base64," + inline, "tsconfig.json": `{"compilerOptions":{"jsxFactory":"String"}}`},
		"a source map in a package":         {"index.js": `import "p"; export default 1`, "node_modules/p/index.js": "console.log(1)\n//# sourceMappingURL=../../../outside/canaryname.json"},
		"an entry that climbs":              {"skerry.toml": `main = "../outside/canaryname.json"`, "index.js": hello},
		"an entry that is a link":           {"skerry.toml": `main = "x.js"`, "x.js": "→../outside/canaryname.js"},
		"a configuration by a link":         {"skerry.toml": "→../outside/canaryname.json", "index.js": hello},
		"a query":                           entry(`import x from "../outside/canaryname.json?x"; export default x`),
		"a NUL":                             entry(`import x from "../outside/canaryname.json\0x"; export default x`),
		"a backslash":                       entry(`import x from "..\\outside\\canaryname.json"; export default x`),
		"require.resolve":                   entry(`export default require.resolve("../outside/canaryname.json")`),
		"new URL":                           entry(`export default new URL("../outside/canaryname.json", import.meta.url)`),
		"an import in a data URL":           entry(`import x from "data:text/javascript,import%20x%20from%20'../outside/canaryname.json'"; export default x`),
	}
	for _, p := range all {
		if _, ok := p["skerry.toml"]; !ok {
			p["skerry.json"] = `{"name": "attack"}`
		}
	}
	return all
}

// layOutside makes the folder that attacks aim at, and returns it with the folder where a
// project can lie beside it.
func layOutside(t testing.TB) (root, outside string) {
	t.Helper()
	parent := t.TempDir()
	outside = filepath.Join(parent, "outside")
	files{
		canaryName + ".json": `{"compilerOptions": {"jsx": "` + canaryText + `"}, "name": "` + canaryText + `"}`,
		canaryName + ".js":   `export default "` + canaryText + `"`,
		"index.js":           `export default "` + canaryText + `"`,
		unspoken + ".json":   `{}`,
		unspoken + ".go":     canaryText,
	}.writeTo(t, outside)
	return filepath.Join(parent, "project"), outside
}

// attempt builds the project in root as the CLI does, and returns all that can be seen of it.
func attempt(root string, minify bool) string {
	s := build.NewSession(root, build.Options{Minify: minify})
	defer s.Close()
	r, err := s.Build(context.Background())
	var out strings.Builder
	if r != nil {
		fmt.Fprintf(&out, "%s\n%s\n%q\n%v\n", r.Bundle.Script, r.Bundle.SourceMap, r.Bundle.Modules, r.Sizes)
		for _, m := range r.Warnings {
			out.WriteString(m.Frame())
		}
	}
	var wrong *build.Error
	var config *build.ConfigError
	switch {
	case errors.As(err, &wrong):
		out.WriteString(wrong.Frame())
	case errors.As(err, &config):
		out.WriteString(config.Frame())
	case err != nil:
		out.WriteString(err.Error())
	}
	return out.String() + strings.Join(s.Inputs(), "\n")
}

func TestNothingOutsideIsSeen(t *testing.T) {
	t.Parallel()
	for name := range attacks("") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root, outside := layOutside(t)
			attacks(outside)[name].writeTo(t, root)
			seen := attempt(root, false) + attempt(root, true)
			if strings.Contains(seen, canaryText) || strings.Contains(seen, unspoken) {
				t.Errorf("what lies outside is in\n%s", seen)
			}
			if seen == "" {
				t.Error("nothing to be seen at all")
			}
		})
	}
}

// What an attack would show if it worked, so that the test above can fail.
func TestWhatIsInsideIsSeen(t *testing.T) {
	t.Parallel()
	root := files{
		"skerry.json": `{}`, "index.js": `export { default } from "./outside/canaryname.js"`,
		"outside/canaryname.js": `export default "` + canaryText + `"`,
	}.write(t)
	if seen := attempt(root, false); !strings.Contains(seen, canaryText) || !strings.Contains(seen, canaryName) {
		t.Errorf("got\n%s", seen)
	}
}
