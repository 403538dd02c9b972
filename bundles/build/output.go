package build

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/skerry-edge/skerry/bundles"
)

// ScriptBytesMax bounds the script of a bundle.
const ScriptBytesMax = 10 << 20

// finish makes a bundle of what esbuild wrote.
func (r *run) finish(from *api.BuildResult) (*Result, error) {
	if len(from.Errors) > 0 {
		if r.mu.fatal != nil {
			return nil, r.mu.fatal
		}
		messages := append(r.messages(from.Errors), r.resolver.problems()...)
		if more := len(messages) - messagesMax; more > 0 {
			messages = append(messages[:messagesMax], Message{Text: fmt.Sprintf("and %d more errors", more)})
		}
		return nil, &Error{messages}
	}
	var script, sourceMap []byte
	for _, f := range from.OutputFiles {
		if strings.HasSuffix(f.Path, ".map") {
			sourceMap = f.Contents
		} else {
			script = f.Contents
		}
	}
	if n := len(script); n > ScriptBytesMax {
		return nil, &bundles.SizeError{What: "the script", Bytes: n, BytesMax: ScriptBytesMax}
	}
	meta, err := parseMetafile(from.Metafile)
	if err != nil {
		return nil, err
	}
	if sourceMap, err = r.sourceMap(sourceMap); err != nil {
		return nil, err
	}
	b := &bundles.Bundle{Manifest: r.project.Manifest, Script: script, SourceMap: sourceMap, Modules: r.used(meta.sizes)}
	if err := b.Check(); err != nil {
		return nil, err
	}
	return &Result{Bundle: b, Warnings: r.allWarnings(from.Warnings, meta), Inputs: r.inputs(), Sizes: meta.sizes}, nil
}

func (r *run) inputs() []string {
	inputs := r.files.inputs()
	if r.project.Config != "" && !slices.Contains(inputs, r.project.Config) {
		inputs = append(inputs, r.project.Config)
		slices.Sort(inputs)
	}
	return inputs
}

// used returns the files that the script may ask for.
func (r *run) used(sizes map[string]int) map[string][]byte {
	var used map[string][]byte
	for name, data := range r.mu.modules {
		if sizes[name] > 0 {
			if used == nil {
				used = make(map[string][]byte)
			}
			used[name] = data
		}
	}
	return used
}

// allWarnings leaves out what esbuild says of packages: their authors know.
func (r *run) allWarnings(from []api.Message, meta metafile) []Message {
	all := slices.Clone(r.project.Warnings)
	all = append(all, r.config.warnings...)
	all = append(all, r.resolver.problems()...)
	slices.SortFunc(r.mu.warnings, compareMessages)
	all = append(all, r.mu.warnings...)
	for _, m := range r.messages(from) {
		if !inNodeModules(m.File) {
			all = append(all, m)
		}
	}
	for _, missing := range meta.missing {
		all = append(all, Message{
			Text: fmt.Sprintf("%s is a Node built-in module, which is not provided: code that reaches it will throw", missing.name),
			File: missing.importer,
		})
	}
	return all
}

// metafile is what esbuild tells of its output.
type metafile struct {
	sizes   map[string]int // bytes of the script, by real name
	missing []missingModule
}

// missingModule is a module that throws, and who asked for it.
type missingModule struct{ importer, name string }

func parseMetafile(text string) (metafile, error) {
	var parsed struct {
		Inputs map[string]struct {
			Imports []struct{ Path string }
		}
		Outputs map[string]struct {
			Imports []struct{ Kind string }
			Inputs  map[string]struct{ BytesInOutput int }
		}
	}
	if err := json.Unmarshal([]byte(text), &parsed); err != nil {
		return metafile{}, fmt.Errorf("read esbuild's metafile: %w", err)
	}
	meta := metafile{sizes: make(map[string]int)}
	for _, output := range parsed.Outputs {
		for _, i := range output.Imports {
			if i.Kind == "import-statement" {
				return metafile{}, errors.New("the script is not complete: it has an import")
			}
		}
		for name, input := range output.Inputs {
			if file, ok := strings.CutPrefix(name, namespace+":"); ok && name != entryFile && input.BytesInOutput > 0 {
				meta.sizes[fileOf(file)] += input.BytesInOutput
			}
		}
	}
	for name, input := range parsed.Inputs {
		for _, i := range input.Imports {
			if missing, ok := strings.CutPrefix(i.Path, missingNamespace+":"); ok && meta.sizes[fileOf(name)] > 0 {
				meta.missing = append(meta.missing, missingModule{fileOf(name), missing})
			}
		}
	}
	slices.SortFunc(meta.missing, func(a, b missingModule) int {
		return strings.Compare(a.importer+"\x00"+a.name, b.importer+"\x00"+b.name)
	})
	return meta, nil
}

// sourceMap gives a map the names and the texts of the author's files.
//
// See https://tc39.es/ecma426/.
func (r *run) sourceMap(text []byte) ([]byte, error) {
	var m struct {
		Version  int       `json:"version"`
		Sources  []string  `json:"sources"`
		Contents []*string `json:"sourcesContent"`
		Names    []string  `json:"names"`
		Mappings string    `json:"mappings"`
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("read esbuild's source map: %w", err)
	}
	m.Contents = make([]*string, len(m.Sources))
	for i, name := range m.Sources {
		if name == entryFile {
			continue
		}
		m.Sources[i] = fileOf(name)
		if s, ok := r.sourceOf(m.Sources[i]); ok && s.plain {
			m.Contents[i] = &s.text
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(m); err != nil {
		return nil, fmt.Errorf("write source map: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

func isSizeError(err error) bool {
	var size *bundles.SizeError
	return errors.As(err, &size)
}
