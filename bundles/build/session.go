package build

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/skerry-edge/skerry/bundles"
)

// Options say how to build. The zero value is right for most.
type Options struct {
	// Minify makes the script smaller: white space, syntax and names. Names of functions
	// and classes change, stacks are mapped back.
	Minify bool
}

// Result is what came of a build.
type Result struct {
	Bundle   *bundles.Bundle
	Warnings []Message      // the configuration's first
	Inputs   []string       // the files that were read, relative to the root, sorted
	Sizes    map[string]int // bytes of the script, by the file that they came from
}

// Build makes a bundle of a project.
//
// The errors are [*Error] if the sources are at fault, [*ConfigError] if the manifest is,
// [*bundles.SizeError] if something is too large, [*MissingError] if the entry module is
// gone, the file system's, and ctx's: it is looked at between steps, so that parsing one
// file is never cut short.
func Build(ctx context.Context, p *Project, o Options) (*Result, error) {
	s := &Session{project: p, options: o}
	defer s.Close()
	return s.Build(ctx)
}

// Session builds one project again and again, and keeps what did not change: that makes the
// second build several times faster than the first. It must be closed.
//
// One goroutine may use it at a time.
type Session struct {
	name    string   // what to Load for each build; empty: project is given
	project *Project // of the last build
	options Options
	inputs  []string

	engine  api.BuildContext // nil: none yet
	config  string           // the tsconfig.json that engine was made with
	entry   string           // and the entry
	current atomic.Pointer[run]
}

// NewSession returns a session that builds the project at name, see [Load]: each build reads
// the configuration afresh.
func NewSession(name string, o Options) *Session { return &Session{name: name, options: o} }

// Inputs returns the files that the last build read, relative to the project's root and
// sorted, also if it failed. A change of one of them, or a new file beside them, can change
// what the next build gives.
func (s *Session) Inputs() []string { return s.inputs }

// Project returns the project as the last build found it, nil before the first.
func (s *Session) Project() *Project { return s.project }

// Close frees what the session keeps.
func (s *Session) Close() {
	if s.engine != nil {
		s.engine.Dispose()
		s.engine = nil
	}
}

// Build builds the project as it is now. Its errors are those of [Build] and [Load].
func (s *Session) Build(ctx context.Context) (*Result, error) {
	if s.name != "" {
		p, err := Load(s.name)
		if err != nil {
			return nil, err
		}
		s.project = p
	}
	p := s.project
	if err := validate(p.Manifest); err != nil {
		return nil, err
	}
	files, err := openTree(p.Root)
	if err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	defer files.close()
	if files.kind(p.Main) != kindFile {
		return nil, &MissingError{"no entry module", p.Root, fmt.Sprintf("there is no file %s", p.Main)}
	}
	r := newRun(ctx, p, files, language{minify: s.options.Minify})
	defer func() { s.inputs = r.inputs() }()
	result, err := s.rebuild(ctx, r)
	if err != nil {
		return nil, err
	}
	return r.finish(result)
}

func validate(m bundles.Manifest) error {
	var wrong *bundles.ManifestError
	if !errors.As(m.Validate(), &wrong) {
		return nil
	}
	err := new(ConfigError)
	for _, f := range wrong.Fields {
		err.Messages = append(err.Messages, Message{Text: f.Field + " " + f.Problem})
	}
	return err
}

// rebuild lets esbuild run over r.
func (s *Session) rebuild(ctx context.Context, r *run) (*api.BuildResult, error) {
	entry := r.entry()
	if s.engine != nil && (s.config != r.config.raw || s.entry != entry) {
		s.Close()
	}
	s.current.Store(r)
	if s.engine == nil {
		engine, err := api.Context(s.buildOptions(r.config.raw, entry))
		if err != nil {
			return nil, fmt.Errorf("build: esbuild refuses its options: %v", err.Errors)
		}
		s.engine, s.config, s.entry = engine, r.config.raw, entry
	}
	canceled := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(canceled)
		s.engine.Cancel()
	})
	result := s.engine.Rebuild()
	if !stop() {
		<-canceled // it must not come late, and cancel the next build
	}
	return &result, ctx.Err()
}

// language is how esbuild reads and writes JavaScript, the same in a bundle and for a single
// file.
type language struct{ minify bool }

// supported is what the engine lacks and esbuild can lower, and what it must not. Class
// fields stay: lowering them would make a WeakMap of every private one.
func supported() map[string]bool {
	return map[string]bool{
		"async-generator": false, "decorators": false, "dynamic-import": false, "for-await": false,
		"hashbang": false, "import-meta": false, "using": false,
		"top-level-await": true,
	}
}

// defines are names that stand for a constant. Packages ask for them.
func defines() map[string]string {
	return map[string]string{
		"import.meta.url":      `"file:///index.js"`,
		"process.env.NODE_ENV": `"production"`,
		"global":               "globalThis",
	}
}

func transformOptions(l language, tsconfig string) api.TransformOptions {
	return api.TransformOptions{
		Format:            api.FormatESModule,
		Target:            api.ESNext,
		Platform:          api.PlatformNeutral,
		Supported:         supported(),
		Define:            defines(),
		Charset:           api.CharsetUTF8,
		MinifySyntax:      l.minify,
		MinifyWhitespace:  l.minify,
		MinifyIdentifiers: l.minify,
		TsconfigRaw:       tsconfig,
	}
}

func (s *Session) buildOptions(tsconfig, entry string) api.BuildOptions {
	root := rootFolder()
	t := transformOptions(language{s.options.Minify}, tsconfig)
	return api.BuildOptions{
		Stdin:          &api.StdinOptions{Contents: entry, Sourcefile: entryFile, Loader: api.LoaderJS},
		Bundle:         true,
		Write:          false,
		Outfile:        filepath.Join(root, "script.js"),
		AbsWorkingDir:  root, // any folder that is there on every machine: nothing is read in it
		Plugins:        []api.Plugin{s.plugin()},
		Metafile:       true,
		Sourcemap:      api.SourceMapExternal,
		SourcesContent: api.SourcesContentExclude, // ours are the files, without what was added
		LogLevel:       api.LogLevelSilent,
		LogOverride:    map[string]api.LogLevel{"ignored-bare-import": api.LogLevelSilent}, // package.json said so
		LegalComments:  api.LegalCommentsNone,
		TreeShaking:    api.TreeShakingTrue,

		Format:            t.Format,
		Target:            t.Target,
		Platform:          t.Platform,
		Supported:         t.Supported,
		Define:            t.Define,
		Charset:           t.Charset,
		MinifySyntax:      t.MinifySyntax,
		MinifyWhitespace:  t.MinifyWhitespace,
		MinifyIdentifiers: t.MinifyIdentifiers,
		TsconfigRaw:       t.TsconfigRaw,
	}
}

// rootFolder returns the root of the disk that the process works on.
func rootFolder() string {
	root, err := filepath.Abs(string(filepath.Separator))
	if err != nil {
		return string(filepath.Separator)
	}
	return root
}

// plugin stands between esbuild and the disk.
func (s *Session) plugin() api.Plugin {
	return api.Plugin{Name: namespace, Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			return s.current.Load().resolve(args)
		})
		b.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: namespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			return s.current.Load().open(args)
		})
		b.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: missingNamespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			return loadMissing(args.Path), nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: runtimeNamespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			return loadRuntime(args.Path), nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: emptyNamespace}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
			return loadEmpty(), nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: ".*"}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
			return api.OnLoadResult{}, errors.New("only files in the project's folder are read") // names nothing
		})
	}}
}
