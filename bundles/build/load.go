package build

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/skerry-edge/skerry/bundles"
)

// loaders are how esbuild reads the files of an extension.
var loaders = map[string]api.Loader{
	".ts": api.LoaderTS, ".mts": api.LoaderTS, ".cts": api.LoaderTS, ".tsx": api.LoaderTSX,
	".js": api.LoaderJS, ".mjs": api.LoaderJS, ".cjs": api.LoaderJS, ".jsx": api.LoaderJSX,
	".json": api.LoaderJSON,
}

// textExtensions are those of files that are imported as a string.
var textExtensions = [...]string{
	".txt", ".text", ".html", ".htm", ".css", ".md", ".svg", ".xml", ".csv", ".tsv", ".sql", ".graphql", ".gql",
	".tmpl", ".hbs", ".handlebars", ".mustache", ".ejs", ".liquid", ".njk", ".pem", ".yaml", ".yml", ".toml", ".ini",
}

// binaryExtensions are those of files that are imported as a Uint8Array.
var binaryExtensions = [...]string{
	".bin", ".dat", ".data", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".ico", ".bmp", ".woff", ".woff2", ".ttf", ".otf",
	".pdf", ".zip", ".gz", ".br", ".zst", ".mp3", ".mp4", ".webm", ".ogg", ".wav", ".pb", ".mmdb", ".der",
}

// noSourceMap ends every module's text. esbuild follows the last comment of this kind in a
// file, to any file on the disk; a scheme that it doesn't know it leaves alone.
const noSourceMap = "\n//# sourceMappingURL=none:"

// source is a module that esbuild was given.
type source struct {
	text  string // as it is in the file
	plain bool   // JavaScript or TypeScript, so that a line of it can be shown
}

// load gives esbuild a file.
func (r *run) load(name string, with map[string]string) (api.OnLoadResult, error) {
	if err := r.ctx.Err(); err != nil {
		return api.OnLoadResult{}, err
	}
	extension := path.Ext(name)
	switch as := with["type"]; {
	case len(with) > 1 || len(with) == 1 && as == "":
		return api.OnLoadResult{}, fmt.Errorf("the only attribute of an import that is supported is type")
	case as == "text":
		return r.loadText(name, api.LoaderText)
	case as == "json":
		return r.loadText(name, api.LoaderJSON)
	case as == "bytes":
		return r.loadModule(name, "__module")
	case as != "":
		return api.OnLoadResult{}, fmt.Errorf("the type of an import is json, text or bytes, not %.40q", as)
	}
	loader, ok := loaders[extension]
	switch {
	case ok && loader != api.LoaderJSON:
		return r.loadSource(name, loader)
	case ok:
		return r.loadText(name, loader)
	case slices.Contains(textExtensions[:], extension):
		return r.loadText(name, api.LoaderText)
	case slices.Contains(binaryExtensions[:], extension):
		return r.loadModule(name, "__module")
	case extension == ".wasm":
		return r.loadModule(name, "__wasm")
	case extension == ".node":
		return api.OnLoadResult{}, fmt.Errorf("%s is a native add-on of Node.js, which can't run here", name)
	}
	return api.OnLoadResult{}, fmt.Errorf(`%s: files that end in %q are not known here; say what it is: import x from "…" with { type: "text" }, "json" or "bytes"`, name, extension)
}

// loadSource gives esbuild JavaScript or TypeScript.
func (r *run) loadSource(name string, loader api.Loader) (api.OnLoadResult, error) {
	text, err := r.files.text(name)
	if err != nil {
		return api.OnLoadResult{}, err
	}
	r.keep(name, text, true)
	problem := checkNesting(name, text)
	if problem == nil && (loader == api.LoaderTS || loader == api.LoaderTSX) {
		problem = checkEnums(name, text)
	}
	if problem != nil {
		return failed(*problem), nil
	}
	options := transformOptions(r.language, r.config.raw)
	options.Loader, options.Sourcefile = loader, name
	safe, calls, errors := renameComputed(text, options)
	if errors != nil {
		return api.OnLoadResult{Errors: errors}, nil
	}
	var wrong []Message
	for _, call := range calls {
		switch m := computedMessage(name, text, call); {
		case inNodeModules(name): // packages ask for what they can do without
		case call.relative:
			wrong = append(wrong, m)
		default:
			r.warn(m)
		}
	}
	if wrong != nil {
		return failed(wrong...), nil
	}
	if len(calls) > 0 {
		safe += computedFunctions
	}
	contents := safe + noSourceMap
	return api.OnLoadResult{Contents: &contents, Loader: loader}, nil
}

// loadText gives esbuild JSON, or a text that will be a string.
func (r *run) loadText(name string, loader api.Loader) (api.OnLoadResult, error) {
	text, err := r.files.text(name)
	if err != nil {
		return api.OnLoadResult{}, err
	}
	text = strings.TrimPrefix(text, "\ufeff")
	r.keep(name, text, loader == api.LoaderJSON)
	if loader == api.LoaderJSON {
		if problem := checkNesting(name, text); problem != nil {
			return failed(*problem), nil
		}
	}
	return api.OnLoadResult{Contents: &text, Loader: loader}, nil
}

// loadModule puts a file into the bundle as it is, and gives esbuild the call that fetches
// it at run time.
func (r *run) loadModule(name, fetch string) (api.OnLoadResult, error) {
	data, err := r.files.read(name, bundles.EncodedBytesMax)
	if err != nil {
		return api.OnLoadResult{}, err
	}
	r.mu.Lock()
	r.mu.modules[name] = data
	r.mu.Unlock()
	quoted, err := json.Marshal(name)
	if err != nil {
		return api.OnLoadResult{}, err
	}
	contents := fmt.Sprintf("export default /* @__PURE__ */ %s(%s);", fetch, quoted)
	return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS}, nil
}

func failed(messages ...Message) api.OnLoadResult {
	var result api.OnLoadResult
	for _, m := range messages {
		result.Errors = append(result.Errors, api.Message{Detail: m})
	}
	return result
}
