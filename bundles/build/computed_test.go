package build

import (
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

func TestMayCompute(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		source string
		want   bool
	}{
		{`import x from "y"; import * as z from 'y'; import {a} from "b"; import "c"; import$(x)`, false},
		{"import(\"./x\"); import('./x', { with: {} }); import(`./x`); import /* a */ ( // b\n './x' )", false},
		{`import.meta.url; reimport(x); _import(y); $import(z)`, false},
		{`require("x"); require.resolve(x); typeof require === "function" && require; __require(x); (f, require, x); require ? 1 : 2`, false},
		{`module.exports = 1; typeof module !== "undefined" && module.exports; f(module); module["exports"]; module.require("./x"); submodule.require("./x"); modules[1]`, false},
		{`for (const module of modules) module[key]`, false},
		{`import(x)`, true},
		{"import('./' + x)", true},
		{"import(`./${x}`)", true},
		{"import('./\\x2e/x')", true},
		{`import.defer("./" + x)`, true},
		{"import <!-- x\n(y)", true},
		{"import\u00a0(x)", true},
		{`require(x)`, true},
		{`(require)("./" + x)`, true},
		{`(require as any)("./" + x)`, true},
		{`require!("./" + x)`, true},
		{`require<any>("./" + x)`, true},
		{`requ\u0069re("./" + x)`, true},
		{`\u{0072}equire("./" + x)`, true},
		{`module.require("./" + x)`, true},
		{`module["require"]("./" + x)`, true},
		{`module["req" + "uire"]("./" + x)`, true},
		{`(module).require("./" + x)`, true},
		{`(module.require)("./" + x)`, true},
		{`mod\u0075le.require("./" + x)`, true},
		{`r\u{` + strings.Repeat("0", 100) + `65}quire("./" + x)`, true},
		{`"\u0072\u0065\u0071" + module.exports`, false},
		{`module[a + b]("./" + x)`, true},
		{`module[i + 1]`, false},
		{`import(`, true},
		{`require(`, true},
		{`import`, false},
	} {
		if got := mayCompute(tc.source); got != tc.want {
			t.Errorf("mayCompute(%s) = %v", tc.source, got)
		}
	}
}

func TestRenameComputedKeepsPlaces(t *testing.T) {
	t.Parallel()
	source := "const a = () => import(n);\r\n// \u2028 é\rconst b = /* 😀 */ requ\\u0069re(\"./\" + n), c = module . require(`./${n}`), d = require(\"./d\");\n"
	got, calls, problems := renameComputed(source, api.TransformOptions{Format: api.FormatESModule, Loader: api.LoaderTS})
	if problems != nil {
		t.Fatal(problems)
	}
	want := "const a = () => __imp_(n);\r\n// \u2028 é\rconst b = /* 😀 */ __requi     (\"./\" + n), c = __requi         (`./${n}`), d = require(\"./d\");\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if len(calls) != 3 {
		t.Errorf("calls %v", calls)
	}
	for _, c := range calls {
		if c.relative != (source[c.offset] != 'i') {
			t.Errorf("%q is relative: %v", source[c.offset:c.offset+c.width], c.relative)
		}
	}
}

func TestRenameComputedReportsSyntax(t *testing.T) {
	t.Parallel()
	if _, _, problems := renameComputed("import(x) = = 1", api.TransformOptions{}); len(problems) == 0 {
		t.Error("no error")
	}
}

// Whatever the source is, esbuild must find no import to search the disk for.
func FuzzRenameComputed(f *testing.F) {
	for _, seed := range []string{
		"import('./'+n)", "import(`../${n}`)", "(require)('./'+n)", `requ\u0069re("./"+n)`, `module["req"+"uire"]("./"+n)`, "module.require(`./${n}`)",
		"import/**/(a?'./b':'./'+n)", "(module as any).require('./'+n)", "module . /* x */ require\n('./'+n)", "import.source('./'+n)", "enum E{A='./'} require(E.A+n)",
		"module[E.A]('./'+n)", "<!-- \nimport('./'+n)", "exports.a=module['require'];(module)['require']('./'+n)", "import('./'+n,{with:{type:'json'}})",
		"if(0)require('./'+n)", "try{require('./'+n)}catch{}", "var {require}=module;require('./'+n)", "new require('./'+n)", "require`./${n}`", "module.require.call(0,'./'+n)",
		"const a='req',b='uir',c='e',u='./';module[a+b+c](u+n)", "r\\u{0000000000000000000000000000000000000000000000000000000000000000000065}quire('./'+n)",
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	empty := f.TempDir()
	f.Fuzz(func(t *testing.T, text string, minify bool) {
		if len(text) > 1<<10 || checkNesting("x.ts", text) != nil || checkEnums("x.ts", text) != nil {
			return
		}
		options := transformOptions(language{minify}, "{}")
		options.Loader = api.LoaderTS
		safe, _, problems := renameComputed(text, options)
		if problems != nil {
			return
		}
		if len(safe) != len(text) {
			t.Errorf("%q became %q", text, safe)
		}
		r := api.Build(api.BuildOptions{
			Stdin: &api.StdinOptions{Contents: safe + noSourceMap, Loader: api.LoaderTS}, AbsWorkingDir: empty,
			Bundle: true, Format: options.Format, Target: options.Target, Supported: options.Supported, Define: options.Define, Platform: options.Platform,
			MinifySyntax: minify, TsconfigRaw: "{}", LogLevel: api.LogLevelSilent, LogOverride: map[string]api.LogLevel{"empty-glob": api.LogLevelWarning},
			Plugins: []api.Plugin{{Name: "nothing", Setup: func(b api.PluginBuild) {
				b.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
					return api.OnResolveResult{Path: a.Path, External: true}, nil
				})
			}}},
		})
		for _, m := range append(r.Warnings, r.Errors...) {
			if m.ID == "empty-glob" || strings.Contains(m.Text, "glob") && !strings.Contains(text, "glob") {
				t.Errorf("esbuild searches the disk for %q: %s", text, m.Text)
			}
		}
	})
}
