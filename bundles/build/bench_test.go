package build_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles/build"
)

const helloTS = `interface Env { GREETING: string }
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    return new Response(env.GREETING + " from " + new URL(request.url).pathname);
  },
};
`

// routed is a project of the size of a small Hono app: 40 modules in a package, 20 KB of
// TypeScript of its own.
func routed() files {
	var index, barrel strings.Builder
	f := files{"node_modules/router/package.json": `{"name": "router", "type": "module", "sideEffects": false, "exports": {".": {"import": "./index.js"}}}`}
	for i := range 40 {
		fmt.Fprintf(&barrel, "export { Route%d } from './lib/route%d.js';\n", i, i)
		var module strings.Builder
		fmt.Fprintf(&module, "import { Route%d } from './route%d.js';\nexport class Route%d {\n", (i+1)%40, (i+1)%40, i)
		for m := range 30 {
			fmt.Fprintf(&module, "  #m%d = { a: [1, 2, 3], b: `x${%d}` };\n  handle%d(path) { return /^\\/[a-z]+/.test(path) ? this.#m%d.a.map((x) => x + %d) : new Route%d() }\n", m, m, m, m, m, (i+1)%40)
		}
		f[fmt.Sprintf("node_modules/router/lib/route%d.js", i)] = module.String() + "}\n"
	}
	f["node_modules/router/index.js"] = barrel.String()
	index.WriteString("import { Route0 } from 'router';\nconst route = new Route0();\n")
	for i := range 200 {
		fmt.Fprintf(&index, "export const handler%d = async (request: Request): Promise<string> => JSON.stringify(route.handle%d(request.url));\n", i, i%30)
	}
	f["src/index.ts"] = index.String() + "export default { fetch: handler0 };\n"
	return f
}

func benchmarkBuild(b *testing.B, f files) {
	root := f.write(b)
	b.ReportAllocs()
	for b.Loop() {
		p, err := build.Load(root)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := build.Build(context.Background(), p, build.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// benchmarkRebuild measures what a save costs in skerry dev.
func benchmarkRebuild(b *testing.B, f files, edit string) {
	root := f.write(b)
	s := build.NewSession(root, build.Options{})
	defer s.Close()
	if _, err := s.Build(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		text := fmt.Sprintf("%s// %d\n", f[edit], i)
		if err := os.WriteFile(filepath.Join(root, edit), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
		if _, err := s.Build(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBuildHello(b *testing.B)  { benchmarkBuild(b, files{"src/index.ts": helloTS}) }
func BenchmarkBuildRouted(b *testing.B) { benchmarkBuild(b, routed()) }
func BenchmarkRebuildHello(b *testing.B) {
	benchmarkRebuild(b, files{"src/index.ts": helloTS}, "src/index.ts")
}
func BenchmarkRebuildRouted(b *testing.B) { benchmarkRebuild(b, routed(), "src/index.ts") }
