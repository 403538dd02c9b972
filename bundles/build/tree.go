package build

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/skerry-edge/skerry/bundles"
)

// Bounds of what a build reads.
const (
	SourceBytesMax = 16 << 20  // a file of source or other text
	InputBytesMax  = 256 << 20 // all files together
	InputFilesMax  = 10_000
)

// tree reads the files under a project's root, and nothing else. Names are relative to the
// root, with slashes, as in [fs.ValidPath]. It remembers folders, so one tree sees them as
// they were when it first looked: a new build takes a new tree.
//
// It is safe for concurrent use: esbuild loads files from many goroutines.
type tree struct {
	root *os.Root

	mu struct {
		sync.Mutex
		folders map[string]map[string]bool // by real name: the names of what is in it
		found   map[string]place
		inputs  map[string]int // files that were read, and their sizes
		bytes   int            // of all inputs
	}
}

// kind is what a name leads to.
type kind uint8

const (
	kindAbsent kind = iota
	kindFile
	kindFolder
	kindOutside // a symbolic link out of the root
	kindOther   // a socket, a device
)

// place is where a name leads: to a kind of thing with a real name, that is one without
// symbolic links.
type place struct {
	real string
	kind kind
}

const (
	linksMax     = 40   // symbolic links that one name may lead through
	nameBytesMax = 4096 // of a path, as file systems have it
)

func openTree(absolute string) (*tree, error) {
	root, err := os.OpenRoot(absolute)
	if err != nil {
		return nil, err
	}
	t := &tree{root: root}
	t.mu.folders = make(map[string]map[string]bool)
	t.mu.found = make(map[string]place)
	t.mu.inputs = make(map[string]int)
	return t, nil
}

func (t *tree) close() { t.root.Close() }

// kind returns what name leads to.
func (t *tree) kind(name string) kind { return t.find(name).kind }

// find returns where name leads. A name that climbs out of the root is outside, even if
// nothing is there: whether something is can't be told.
func (t *tree) find(name string) place {
	if len(name) > nameBytesMax {
		return place{name, kindAbsent}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.findLocked(path.Clean(name), 0)
}

func (t *tree) findLocked(name string, links int) place {
	if name == "." {
		return place{".", kindFolder}
	}
	if !filepath.IsLocal(filepath.FromSlash(name)) || !fs.ValidPath(name) || strings.ContainsAny(name, "\\\x00") {
		return place{name, kindOutside}
	}
	if p, ok := t.mu.found[name]; ok {
		return p
	}
	p := t.lookLocked(name, links)
	t.mu.found[name] = p
	return p
}

func (t *tree) lookLocked(name string, links int) place {
	above := t.findLocked(path.Dir(name), links)
	if above.kind != kindFolder {
		if above.kind == kindFile {
			above.kind = kindAbsent
		}
		return place{name, above.kind}
	}
	real := path.Join(above.real, path.Base(name))
	if !t.folderLocked(above.real)[path.Base(name)] {
		return place{name, kindAbsent}
	}
	info, err := t.root.Lstat(filepath.FromSlash(real))
	switch {
	case err != nil:
		return place{name, kindAbsent}
	case info.IsDir():
		return place{real, kindFolder}
	case info.Mode().IsRegular():
		return place{real, kindFile}
	case info.Mode()&fs.ModeSymlink == 0:
		return place{real, kindOther}
	}
	target, err := t.root.Readlink(filepath.FromSlash(real))
	if err != nil || links == linksMax {
		return place{name, kindAbsent}
	}
	if filepath.IsAbs(target) {
		return place{name, kindOutside}
	}
	return t.findLocked(path.Join(above.real, filepath.ToSlash(target)), links+1)
}

// folderLocked lists a folder by its real name. One that can't be read is empty. Most of what
// a build asks for is not there: that costs nothing beyond the list. And a name in another
// case is another name, on every file system.
func (t *tree) folderLocked(real string) map[string]bool {
	if entries, ok := t.mu.folders[real]; ok {
		return entries
	}
	entries := make(map[string]bool)
	t.mu.folders[real] = entries
	f, err := t.root.Open(filepath.FromSlash(real))
	if err != nil {
		return entries
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1) // what was read before an error counts
	for _, name := range names {
		entries[name] = true
	}
	return entries
}

// names lists what is in a folder, sorted.
func (t *tree) names(name string) []string {
	p := t.find(name)
	if p.kind != kindFolder {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Sorted(maps.Keys(t.folderLocked(p.real)))
}

// text returns a file's text. Bytes that are not UTF-8 become U+FFFD.
func (t *tree) text(name string) (string, error) {
	data, err := t.read(name, SourceBytesMax)
	if err != nil {
		return "", err
	}
	if !utf8.Valid(data) {
		return strings.ToValidUTF8(string(data), "\ufffd"), nil
	}
	return string(data), nil
}

// read returns a file's bytes. Its errors name the file relative to the root only.
func (t *tree) read(name string, bytesMax int) ([]byte, error) {
	p := t.find(name)
	switch p.kind {
	case kindAbsent:
		return nil, fmt.Errorf("there is no file %s", name)
	case kindOutside:
		return nil, fmt.Errorf("%s leads outside the project's folder", name)
	case kindFolder, kindOther:
		return nil, fmt.Errorf("%s is not a file", name)
	}
	f, err := t.root.Open(filepath.FromSlash(p.real))
	if err != nil {
		return nil, relative(err, name)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(bytesMax)+1))
	if err != nil {
		return nil, relative(err, name)
	}
	if len(data) > bytesMax {
		return nil, &bundles.SizeError{What: name, Bytes: len(data), BytesMax: bytesMax}
	}
	return data, t.record(p.real, len(data))
}

// relative says what failed for name without the path of the root.
func relative(err error, name string) error {
	if inner, ok := err.(*fs.PathError); ok {
		err = inner.Err
	}
	return fmt.Errorf("read %s: %w", name, err)
}

// record counts a file that was read.
func (t *tree) record(real string, bytes int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.mu.inputs[real]; ok {
		return nil
	}
	t.mu.inputs[real] = bytes
	t.mu.bytes += bytes
	if len(t.mu.inputs) > InputFilesMax {
		return fmt.Errorf("the project has more than %d files", InputFilesMax)
	}
	if t.mu.bytes > InputBytesMax {
		return &bundles.SizeError{What: "what the project imports", Bytes: t.mu.bytes, BytesMax: InputBytesMax}
	}
	return nil
}

// inputs returns the real names of the files that were read, sorted.
func (t *tree) inputs() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Sorted(maps.Keys(t.mu.inputs))
}
