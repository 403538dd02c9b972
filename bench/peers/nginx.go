package main

import (
	"context"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/skerry-edge/skerry/bench/workloads"
)

//go:embed nginx/nginx.conf
var nginxConfig string

//go:embed nginx/work.js
var nginxWork string

//go:embed nginx/page.js
var nginxPage string

// njsModule is where Debian's libnginx-mod-http-js puts it.
const njsModule = "/usr/lib/nginx/modules/ngx_http_js_module.so"

// startNginx starts nginx with njs, which has handlers of its own kind: the work is written
// for it again.
func startNginx(ctx context.Context, l *lab, w workloads.Workload) (*server, error) {
	if slices.Contains([]string{"kv", embedded, "stream", "fanout", "wasm"}, w.Name) {
		return nil, errNotHere
	}
	program, err := exec.LookPath("nginx")
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(njsModule); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(l.dir, "nginx")
	if err != nil {
		return nil, err
	}
	s := &server{hosts: []string{w.Name + ".localhost"}}
	if s.address, err = freeAddress(); err != nil {
		return nil, err
	}
	script := "work.js"
	if w.Name == "ssr" {
		script = "page.js"
	}
	config := strings.NewReplacer("SCRIPT", script, "ADDRESS", s.address, "MODULE", njsModule, "FOLDER", dir, "WORKLOAD", w.Name).Replace(nginxConfig)
	for name, text := range map[string]string{"nginx.conf": config, "work.js": nginxWork, "page.js": nginxPage} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	if s.process, err = l.start(ctx, cores(l.serverCore), nil, program, "-p", dir, "-c", "nginx.conf", "-e", "stderr"); err != nil {
		return nil, err
	}
	return s, waitFor(ctx, s.process, s.listens)
}
