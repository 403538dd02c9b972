package build

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/skerry-edge/skerry/bundles"
)

// Project is a function before it is built: its folder, and what its configuration says.
// Between [Load] and [Build] the caller may change the manifest, as flags do.
type Project struct {
	Root     string           // the folder, absolute; nothing outside it is read
	Main     string           // the module with the default export, relative to Root, with slashes
	Config   string           // the configuration file, likewise; empty: none
	Manifest bundles.Manifest // as configured, without defaults; valid
	Warnings []Message        // about the configuration
}

// MissingError says that a file which is needed is not there.
type MissingError struct {
	What string // "no such file or folder", "no entry module"
	Path string // where it was looked for, as given
	Hint string // where exactly, and what to do
}

func (e *MissingError) Error() string { return fmt.Sprintf("%s: %s: %s", e.Path, e.What, e.Hint) }

// Unwrap returns [fs.ErrNotExist].
func (e *MissingError) Unwrap() error { return fs.ErrNotExist }

// ConfigBytesMax bounds a configuration file. TOML is parsed by a library that recurses.
const ConfigBytesMax = 256 << 10

// configNames are the files that configure a folder, the first that is there wins.
var configNames = [...]string{"skerry.toml", "skerry.json", "skerry.jsonc", "wrangler.toml", "wrangler.json", "wrangler.jsonc"}

// sourceExtensions are those of modules written in JavaScript or TypeScript, in the order
// in which a missing one is tried.
var sourceExtensions = [...]string{".ts", ".tsx", ".mts", ".js", ".jsx", ".mjs"}

// Load reads the configuration of the project at name: a folder, the configuration file in
// it, or one source file, which has no configuration.
//
// The errors are [*MissingError], [*ConfigError] for a configuration that can't be used, and
// the file system's.
func Load(name string) (*Project, error) {
	absolute, err := filepath.Abs(name)
	if err != nil {
		return nil, fmt.Errorf("load project %s: %w", name, err)
	}
	info, err := os.Stat(absolute)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &MissingError{"no such file or folder", name, "name the project's folder or its one source file (skerry new makes a project)"}
	case err != nil:
		return nil, fmt.Errorf("load project: %w", err)
	case info.IsDir():
		return loadFolder(name, absolute, "")
	}
	base := filepath.Base(absolute)
	switch {
	case slices.Contains(configNames[:], base):
		return loadFolder(name, filepath.Dir(absolute), base)
	case slices.Contains(sourceExtensions[:], path.Ext(base)):
		return loadFile(absolute)
	}
	return nil, &ConfigError{[]Message{{
		Text: fmt.Sprintf("%s is neither a folder nor a source file (%s)", name, strings.Join(sourceExtensions[:], " ")),
	}}}
}

// loadFile makes a project of one source file.
func loadFile(absolute string) (*Project, error) {
	p := &Project{Root: filepath.Dir(absolute), Main: filepath.Base(absolute)}
	stem := strings.TrimSuffix(p.Main, path.Ext(p.Main))
	if stem == "index" || stem == "main" || stem == "worker" {
		stem = filepath.Base(p.Root)
	}
	p.Manifest.Name = functionName(stem)
	for _, config := range configNames {
		if _, err := os.Stat(filepath.Join(p.Root, config)); err == nil {
			p.Warnings = append(p.Warnings, Message{
				Text: "it is not used, as a single file was named",
				File: config, Notes: []string{"name the folder instead to use it"},
			})
			break
		}
	}
	return p, nil
}

// loadFolder makes a project of a folder; config is the file to use, or empty.
func loadFolder(name, absolute, config string) (*Project, error) {
	files, err := openTree(absolute)
	if err != nil {
		return nil, fmt.Errorf("load project %s: %w", name, err)
	}
	defer files.close()
	p := &Project{Root: absolute, Config: config}
	if p.Config == "" {
		if p.Config, err = findConfig(files); err != nil {
			return nil, err
		}
	}
	p.Manifest.Name = functionName(filepath.Base(absolute))
	if p.Config != "" {
		if err := p.configure(files); err != nil {
			return nil, err
		}
	}
	if p.Main, err = findMain(files, name, p.Config, p.Main); err != nil {
		return nil, err
	}
	return p, nil
}

// findConfig returns the name of the configuration file, empty if there is none.
func findConfig(files *tree) (string, error) {
	var found []string
	for _, name := range configNames {
		if files.kind(name) == kindFile {
			found = append(found, name)
		}
	}
	if len(found) == 0 {
		return "", nil
	}
	if len(found) > 1 && (strings.HasPrefix(found[1], "skerry.") || strings.HasPrefix(found[0], "wrangler.")) {
		return "", &ConfigError{[]Message{{Text: fmt.Sprintf("%s and %s are both here: keep one of them", found[0], found[1])}}}
	}
	return found[0], nil
}

// configure reads the configuration file into p.
func (p *Project) configure(files *tree) error {
	data, err := files.read(p.Config, ConfigBytesMax)
	if err != nil {
		return fmt.Errorf("load project: %w", err)
	}
	text := strings.ToValidUTF8(string(data), "\ufffd")
	doc, err := parseDocument(p.Config, text)
	if err != nil {
		return err
	}
	var field func(string) string // from a field of the manifest to its place in the file
	if strings.HasPrefix(p.Config, "wrangler.") {
		field = p.wrangler(doc)
	} else {
		field = p.skerry(doc)
	}
	if len(doc.problems) == 0 {
		var wrong *bundles.ManifestError
		if errors.As(p.Manifest.Validate(), &wrong) {
			for _, f := range wrong.Fields {
				place := field(f.Field)
				doc.report(doc.offsetOf(place), 1, "%s %s", place, f.Problem)
			}
		}
	}
	if len(doc.problems) > 0 {
		return &ConfigError{doc.problems}
	}
	return nil
}

// findMain returns the entry module: main if it is configured, else the first of the usual
// names that is there.
func findMain(files *tree, name, config, main string) (string, error) {
	if main != "" {
		clean := path.Clean(strings.ReplaceAll(main, `\`, "/"))
		place := Message{File: config}
		switch {
		case path.IsAbs(clean) || filepath.IsAbs(main) || clean == ".." || strings.HasPrefix(clean, "../"):
			place.Text = fmt.Sprintf("main is %q, which is outside the project's folder", main)
			return "", &ConfigError{[]Message{place}}
		case files.kind(clean) != kindFile:
			return "", &MissingError{"no entry module", name, fmt.Sprintf("main in %s is %q, and there is no such file; create it or correct main", config, main)}
		case !slices.Contains(sourceExtensions[:], path.Ext(clean)) && path.Ext(clean) != ".cjs" && path.Ext(clean) != ".cts":
			place.Text = fmt.Sprintf("main is %q, which is not a source file (%s)", main, strings.Join(sourceExtensions[:], " "))
			return "", &ConfigError{[]Message{place}}
		}
		return clean, nil
	}
	var tried []string
	for _, folder := range []string{"src/", ""} {
		for _, stem := range []string{"index", "main", "worker"} {
			for _, extension := range sourceExtensions {
				if files.kind(folder+stem+extension) == kindFile {
					return folder + stem + extension, nil
				}
			}
			tried = append(tried, folder+stem)
		}
	}
	return "", &MissingError{"no entry module", name, fmt.Sprintf(
		"looked for %s, each with %s; create one, or name another with main = \"…\" in skerry.toml",
		strings.Join(tried, ", "), strings.Join(sourceExtensions[:], " "))}
}

// functionName makes a function's name of the name of a file or folder.
func functionName(name string) string {
	var out strings.Builder
	for _, c := range strings.ToLower(name) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			out.WriteRune(c)
		} else if s := out.String(); s != "" && !strings.HasSuffix(s, "-") {
			out.WriteByte('-')
		}
	}
	label := out.String()
	label = strings.Trim(label[:min(len(label), bundles.NameBytesMax)], "-")
	if label == "" {
		return "function"
	}
	return label
}
