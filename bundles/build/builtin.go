package build

import (
	"slices"
	"strings"
)

// nodeBuiltins are the modules that Node.js has built in, without those below them
// ("fs/promises").
//
// See https://nodejs.org/api/module.html#modulebuiltinmodules.
var nodeBuiltins = [...]string{
	"assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto",
	"dgram", "diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https",
	"inspector", "module", "net", "os", "path", "perf_hooks", "process", "punycode", "querystring",
	"readline", "repl", "stream", "string_decoder", "sys", "timers", "tls", "trace_events", "tty",
	"url", "util", "v8", "vm", "wasi", "worker_threads", "zlib",
}

// builtin returns the name, without "node:", of the module of Node.js that specifier stands
// for, and "" if it stands for none.
func builtin(specifier string) string {
	name, prefixed := strings.CutPrefix(specifier, "node:")
	first, _, _ := strings.Cut(name, "/")
	if prefixed || slices.Contains(nodeBuiltins[:], first) {
		return name
	}
	return ""
}
