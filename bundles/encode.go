package bundles

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"
	"unicode/utf8"
)

// Bounds of an encoded bundle.
const (
	EncodedBytesMax    = 50 << 20 // a bundle as Encode writes it
	ManifestBytesMax   = 256 << 10
	ModulesMax         = 10_000
	ModuleNameBytesMax = 512
)

// magic begins every encoded bundle. Its last byte is the version of the encoding.
const magic = "skerry\x00\x01"

// lengthBytes is the size of a length or a count: big-endian, unsigned.
const lengthBytes = 8

// Encode returns the canonical encoding of b: equal bundles have equal encodings, and a
// bundle has no other. It is [magic], then manifest (JSON), script and source map, each
// after its length; then the number of modules, and for each, in the order of the names'
// bytes, its name and its contents, each after its length.
//
// Encode does not check sizes: see [Bundle.Check].
func Encode(b *Bundle) []byte {
	out := sink{buffer: make([]byte, 0, b.EncodedBytes())}
	b.encode(&out, manifestJSON(b.Manifest))
	return out.buffer
}

// Digest returns the name of b, that is [DigestOf] its encoding.
func (b *Bundle) Digest() Digest {
	out := sink{hash: sha256.New()}
	b.encode(&out, manifestJSON(b.Manifest))
	return Digest(hex.EncodeToString(out.hash.Sum(nil)))
}

// EncodedBytes returns the length of b's encoding.
func (b *Bundle) EncodedBytes() int {
	n := len(magic) + 4*lengthBytes + len(manifestJSON(b.Manifest)) + len(b.Script) + len(b.SourceMap)
	for name, data := range b.Modules {
		n += 2*lengthBytes + len(name) + len(data)
	}
	return n
}

// Check returns an error if [Decode] would refuse the encoding of b: a [*SizeError] if it or
// its manifest is too large, another if a module's name can't be one.
func (b *Bundle) Check() error {
	if n := len(manifestJSON(b.Manifest)); n > ManifestBytesMax {
		return &SizeError{"the manifest", n, ManifestBytesMax}
	}
	if n := b.EncodedBytes(); n > EncodedBytesMax {
		return &SizeError{"the bundle", n, EncodedBytesMax}
	}
	if n := len(b.Modules); n > ModulesMax {
		return fmt.Errorf("the bundle has %d modules, and at most %d are allowed", n, ModulesMax)
	}
	for name := range b.Modules {
		if err := checkModuleName(name); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bundle) encode(out *sink, manifest []byte) {
	out.write([]byte(magic))
	out.section(manifest)
	out.section(b.Script)
	out.section(b.SourceMap)
	out.length(len(b.Modules))
	for _, name := range slices.Sorted(maps.Keys(b.Modules)) {
		out.section([]byte(name))
		out.section(b.Modules[name])
	}
}

// sink takes an encoding: into a buffer, or into a hash if there is one.
type sink struct {
	hash   hash.Hash
	buffer []byte
}

func (s *sink) write(p []byte) {
	if s.hash != nil {
		s.hash.Write(p)
		return
	}
	s.buffer = append(s.buffer, p...)
}

func (s *sink) length(n int) {
	s.write(binary.BigEndian.AppendUint64(nil, uint64(n)))
}

func (s *sink) section(p []byte) {
	s.length(len(p))
	s.write(p)
}

// manifestJSON is m's one form inside a bundle: encoding/json keeps the fields' order and
// sorts the keys of maps.
func manifestJSON(m Manifest) []byte {
	text, err := json.Marshal(m)
	if err != nil {
		panic("bundles: a manifest is always JSON: " + err.Error())
	}
	return text
}

// Decode returns the bundle that data encodes. Its script, source map and modules share
// data's memory, which nobody may write to any more.
//
// Anything but what [Encode] writes is an error, so that a bundle has one digest only. The
// manifest is known to have the right keys and types; its values are for
// [Manifest.Validate] to judge.
func Decode(data []byte) (*Bundle, error) {
	if len(data) > EncodedBytesMax {
		return nil, &SizeError{"the bundle", len(data), EncodedBytesMax}
	}
	b, err := decode(&source{rest: data})
	if err != nil {
		return nil, fmt.Errorf("decode bundle: %w", err)
	}
	return b, nil
}

func decode(in *source) (*Bundle, error) {
	if !bytes.HasPrefix(in.rest, []byte(magic)) {
		if bytes.HasPrefix(in.rest, []byte(magic[:len(magic)-1])) {
			return nil, errors.New("it is of a version that this Skerry doesn't know: upgrade this node, or push with an older skerry")
		}
		return nil, errors.New("it doesn't begin as a bundle does")
	}
	in.rest = in.rest[len(magic):]
	b := new(Bundle)
	manifest, err := in.section("manifest", ManifestBytesMax)
	if err != nil {
		return nil, err
	}
	if b.Manifest, err = ParseManifest(manifest); err != nil {
		return nil, err
	}
	if !bytes.Equal(manifestJSON(b.Manifest), manifest) {
		return nil, errors.New("its manifest is not in canonical form")
	}
	if b.Script, err = in.section("script", EncodedBytesMax); err != nil {
		return nil, err
	}
	if b.SourceMap, err = in.section("source map", EncodedBytesMax); err != nil {
		return nil, err
	}
	if b.Modules, err = in.modules(); err != nil {
		return nil, err
	}
	if len(in.rest) > 0 {
		return nil, fmt.Errorf("%d bytes follow its end", len(in.rest))
	}
	return b, nil
}

// source is what is left of an encoding.
type source struct{ rest []byte }

func (s *source) length(what string, most int) (int, error) {
	if len(s.rest) < lengthBytes {
		return 0, fmt.Errorf("it ends before its %s", what)
	}
	n := binary.BigEndian.Uint64(s.rest)
	s.rest = s.rest[lengthBytes:]
	if n > uint64(most) {
		return 0, fmt.Errorf("its %s is %d long, and at most %d is allowed", what, n, most)
	}
	return int(n), nil
}

// section returns the next section, nil if it is empty. The caller can't append into what
// follows it.
func (s *source) section(what string, most int) ([]byte, error) {
	n, err := s.length(what, most)
	if err != nil {
		return nil, err
	}
	if n > len(s.rest) {
		return nil, fmt.Errorf("it ends within its %s", what)
	}
	if n == 0 {
		return nil, nil
	}
	section := s.rest[:n:n]
	s.rest = s.rest[n:]
	return section, nil
}

func (s *source) modules() (map[string][]byte, error) {
	count, err := s.length("list of modules", ModulesMax)
	if err != nil || count == 0 {
		return nil, err
	}
	modules := make(map[string][]byte) // grows with what is there, not with what count claims
	last := ""
	for range count {
		raw, err := s.section("module's name", ModuleNameBytesMax)
		if err != nil {
			return nil, err
		}
		name := string(raw)
		if err := checkModuleName(name); err != nil {
			return nil, err
		}
		if name <= last {
			return nil, fmt.Errorf("its module %q is out of order", name)
		}
		last = name
		if modules[name], err = s.section("module", EncodedBytesMax); err != nil {
			return nil, err
		}
	}
	return modules, nil
}

func checkModuleName(name string) error {
	if name == "" || len(name) > ModuleNameBytesMax || !utf8.ValidString(name) {
		return fmt.Errorf("a module's name is 1 to %d bytes of UTF-8, not %.80q", ModuleNameBytesMax, name)
	}
	return nil
}
