package build

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"
)

// run is one build while it goes on. Its methods are called by esbuild from many goroutines.
type run struct {
	ctx      context.Context
	project  *Project
	files    *tree
	config   *tsConfig
	resolver *resolver
	language language

	mu struct {
		sync.Mutex
		sources  map[string]source // by real name
		modules  map[string][]byte // by real name
		failures map[string]*unresolved
		warnings []Message
		fatal    error // what no message can carry: a file that is too large
	}
}

// The names that esbuild knows things by: it prints them in comments of the script, so they
// are no secret and must not change between builds.
const (
	namespace        = "skerry"         // of files of the project
	missingNamespace = "skerry-missing" // of modules that throw, in the place of what is not there
	runtimeNamespace = "skerry-runtime" // of modules that the runtime provides
	emptyNamespace   = "skerry-empty"   // of the module that packages ask for where they need nothing
	entryFile        = "skerry:entry"
)

// entrySource registers what the runtime wants of the author's module. It takes that by
// name: the namespace object of a module costs each fresh isolate a getter for each export.
const entrySource = `import main from "skerry:main";
__register({ default: main });
`

// entryWithWarmup is the entry of a module that may export a warmup; if it does not, esbuild
// finds out, and warns.
const entryWithWarmup = `import main, * as all from "skerry:main";
__register({ default: main, warmup: all.warmup });
`

// warmupWords stand in every module that exports a warmup.
var warmupWords = regexp.MustCompile(`\bwarmup\b|\bexport\s*\*`)

// entry returns the module that all begins with.
func (r *run) entry() string {
	if text, err := r.files.text(r.project.Main); err == nil && warmupWords.MatchString(text) {
		return entryWithWarmup
	}
	return entrySource
}

func newRun(ctx context.Context, p *Project, files *tree, l language) *run {
	r := &run{ctx: ctx, project: p, files: files, language: l}
	r.config = readTSConfig(files)
	r.resolver = newResolver(files, p.Root, r.config)
	r.mu.sources = make(map[string]source)
	r.mu.modules = make(map[string][]byte)
	r.mu.failures = make(map[string]*unresolved)
	return r
}

func (r *run) keep(name, text string, plain bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.sources[name] = source{text, plain}
}

func (r *run) warn(m Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.warnings = append(r.mu.warnings, m)
}

// sourceOf returns the text of a module that was loaded.
func (r *run) sourceOf(name string) (source, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.mu.sources[name]
	return s, ok
}

// moduleSuffixes tell esbuild what package.json says of a module's type, which it reads off
// the end of the name.
var moduleSuffixes = map[string]string{
	"module.js": "?.mjs", "module.jsx": "?.mjs", "module.ts": "?.mts", "module.tsx": "?.mts",
	"commonjs.js": "?.cjs", "commonjs.jsx": "?.cjs", "commonjs.ts": "?.cts", "commonjs.tsx": "?.cts",
}

// fileOf returns the real name of the file that esbuild knows by a name.
func fileOf(name string) string {
	if provided, ok := strings.CutPrefix(name, runtimeNamespace+":"); ok {
		return provided
	}
	name = strings.TrimPrefix(name, namespace+":")
	if i := strings.LastIndexByte(name, '?'); i >= 0 {
		name = name[:i]
	}
	return name
}

// resolve answers esbuild's question where an import leads.
func (r *run) resolve(args api.OnResolveArgs) (api.OnResolveResult, error) {
	if err := r.ctx.Err(); err != nil {
		return api.OnResolveResult{}, err
	}
	if args.Importer == entryFile {
		return r.found(r.resolver.target(r.project.Main)), nil
	}
	if args.Kind == api.ResolveJSRequireResolve {
		return api.OnResolveResult{Path: args.Path, External: true}, nil // there is no path to return: it throws
	}
	if m := providedBy(args.Path); m != nil {
		return m.resolved(), nil
	}
	importer := fileOf(args.Importer)
	required := args.Kind == api.ResolveJSRequireCall
	t, failure := r.resolver.resolve(importer, args.Path, required)
	if failure == nil {
		return r.found(t), nil
	}
	if failure.soft && (required || args.Kind == api.ResolveJSDynamicImport) {
		return r.soft(importer, args.Path, failure), nil
	}
	return api.OnResolveResult{Errors: []api.Message{{Text: failure.text, Notes: notes(failure.notes)}}}, nil
}

func (r *run) found(t target) api.OnResolveResult {
	if t.file == "" {
		return api.OnResolveResult{Path: "empty", Namespace: emptyNamespace, SideEffects: api.SideEffectsFalse}
	}
	result := api.OnResolveResult{Path: t.file, Namespace: namespace}
	dot := strings.LastIndexByte(t.file, '.')
	extension := t.file[max(dot, 0):]
	result.Path += moduleSuffixes[t.moduleType+extension]
	if _, code := loaders[extension]; t.effectFree || !code {
		result.SideEffects = api.SideEffectsFalse
	}
	return result
}

// soft answers for an import that can fail at run time instead, in code that is prepared for
// it. Whether it is, esbuild knows: with no answer it decides, and words its error by ours.
func (r *run) soft(importer, specifier string, failure *unresolved) api.OnResolveResult {
	if name := builtin(specifier); name != "" && inNodeModules(importer) {
		// Packages that run everywhere reach for Node.js behind a condition.
		return api.OnResolveResult{Path: name, Namespace: missingNamespace, SideEffects: api.SideEffectsTrue}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.failures[failureKey(importer, fmt.Sprintf("Could not resolve %q", specifier))] = failure
	return api.OnResolveResult{}
}

func failureKey(importer, text string) string { return importer + "\x00" + text }

func notes(texts []string) []api.Note {
	out := make([]api.Note, len(texts))
	for i, text := range texts {
		out[i].Text = text
	}
	return out
}

// loadMissing gives esbuild a module that throws.
func loadMissing(name string) api.OnLoadResult {
	contents := fmt.Sprintf("throw new Error(%q)", "Node built-in modules are not provided: "+name)
	return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS}
}

// loadEmpty gives esbuild a module that has nothing, so that importing any name of it is no
// error.
func loadEmpty() api.OnLoadResult {
	contents := "module.exports = {}"
	return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS}
}

// open answers esbuild's question for a file's contents.
func (r *run) open(args api.OnLoadArgs) (api.OnLoadResult, error) {
	result, err := r.load(fileOf(args.Path), args.With)
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.mu.fatal == nil && !errors.Is(err, r.ctx.Err()) && isSizeError(err) {
			r.mu.fatal = err
		}
	}
	return result, err
}

// messages converts what esbuild reports, in the order of files and lines.
func (r *run) messages(from []api.Message) []Message {
	var out []Message
	for _, m := range from {
		if m.ID == "import-is-undefined" && m.Location != nil && m.Location.File == entryFile {
			continue // a warmup that is not there
		}
		out = append(out, r.message(m))
	}
	slices.SortStableFunc(out, compareMessages)
	return slices.CompactFunc(out, func(a, b Message) bool {
		return a.Text == b.Text && a.File == b.File && a.Line == b.Line && a.Column == b.Column
	})
}

func compareMessages(a, b Message) int {
	if c := strings.Compare(a.File, b.File); c != 0 {
		return c
	}
	if a.Line != b.Line {
		return a.Line - b.Line
	}
	return a.Column - b.Column
}

func (r *run) message(from api.Message) Message {
	if own, ok := from.Detail.(Message); ok {
		return own
	}
	m := noSuchExport(Message{Text: clip(ownNames(from.Text))})
	for _, note := range from.Notes {
		if text := noteText(note); text != "" {
			m.Notes = append(m.Notes, text)
		}
	}
	if from.Location == nil {
		return m
	}
	if from.Location.File == entryFile {
		return r.noDefault(m)
	}
	if from.Location.File == "<tsconfig.json>" { // made of the author's, see readTSConfig
		m.File = "tsconfig.json"
		return m
	}
	if strings.Contains(from.Text, "JSX syntax extension is not currently enabled") {
		m.Text, m.Notes = "JSX is for files that end in .jsx or .tsx", nil
	}
	file := fileOf(from.Location.File)
	r.mu.Lock()
	failure := r.mu.failures[failureKey(file, from.Text)]
	r.mu.Unlock()
	if failure != nil {
		m.Text, m.Notes = failure.text, failure.notes
	}
	m.Text = clip(m.Text)
	line := from.Location.LineText
	if s, ok := r.sourceOf(file); ok { // not as renamed
		if lines := lineOffsets(s.text); from.Location.Line <= len(lines) {
			line, _, _ = strings.Cut(s.text[lines[from.Location.Line-1]:], "\n")
		}
	}
	return m.at(file, from.Location.Line, line, from.Location.Column, from.Location.Length)
}

// noteText returns a note of esbuild's, and the place it is about. Notes that speak of our
// plugin, or of names that only esbuild sees, are left out.
func noteText(note api.Note) string {
	if strings.Contains(note.Text, `plugin "`) || strings.Contains(note.Text, "is considered to be") {
		return ""
	}
	if note.Location == nil {
		return ownNames(note.Text)
	}
	return fmt.Sprintf("%s:%d: %s", fileOf(note.Location.File), note.Location.Line, ownNames(note.Text))
}

var nameInText = regexp.MustCompile(`"((?:` + namespace + `|` + runtimeNamespace + `):[^"]*)"`)

// ownNames puts the author's names for files into a text of esbuild's.
func ownNames(text string) string {
	return nameInText.ReplaceAllStringFunc(text, func(quoted string) string {
		return `"` + fileOf(quoted[1:len(quoted)-1]) + `"`
	})
}

// clip shortens a text that quotes something of any length.
func clip(text string) string {
	const most = 400
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + " …"
}

// noDefault is what the entry's complaint means to the author.
func (r *run) noDefault(m Message) Message {
	if !strings.Contains(m.Text, `for import "default"`) {
		return m
	}
	m = Message{
		Text:  "there is no default export",
		File:  r.project.Main,
		Notes: []string{"write: export default { fetch(request, env, ctx) { return new Response(\"Hello\") } }"},
	}
	if s, ok := r.sourceOf(r.project.Main); ok && strings.Contains(s.text, "addEventListener(") {
		m.Notes = append(m.Notes, "addEventListener(\"fetch\", …) is not how a request comes here: it is an argument of fetch")
	}
	return m
}
