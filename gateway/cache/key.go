package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"
	"slices"
	"strings"

	"github.com/skerry-edge/skerry/isolate/webapi"
)

const (
	// urlBytesMax bounds the URL and the name of the cache, together.
	urlBytesMax = 32 << 10
	// varyNamesMax bounds the names in Vary.
	varyNamesMax = 64
)

// keyOf returns the key of a URL in the cache of that name; false: it is too long.
func keyOf(name, url string) (string, bool) {
	url, _, _ = strings.Cut(url, "#")
	if len(name)+len(url) > urlBytesMax {
		return "", false
	}
	h := sha256.New()
	writeText(h, name)
	writeText(h, url)
	return string(h.Sum(nil)), true
}

// variantKey returns the key of the variant that a request with these fields gets.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9111.html#section-4.1
func variantKey(key, generation string, names []string, fields []webapi.Field) string {
	values := make(map[string][]string, len(names))
	for _, f := range fields {
		if name := strings.ToLower(f.Name); slices.Contains(names, name) {
			values[name] = append(values[name], strings.Trim(f.Value, " \t"))
		}
	}
	h := sha256.New()
	writeText(h, generation)
	for _, name := range names {
		writeText(h, name)
		value, there := values[name]
		if !there {
			writeText(h, "") // absent is not empty: a value that is there has a second text
			continue
		}
		writeText(h, "=")
		writeText(h, strings.Join(value, ", "))
	}
	return key + string(h.Sum(nil))
}

// writeText writes text behind its length, so that no two lists of texts look the same.
func writeText(h hash.Hash, text string) {
	var length [8]byte
	binary.LittleEndian.PutUint64(length[:], uint64(len(text)))
	h.Write(length[:])
	io.WriteString(h, text) // a hash takes everything
}

// varyNames returns the names in Vary, in lower case, sorted and each once; nil: there are
// none. A response that varies with more than fields say, or with too many, is not kept.
func varyNames(fields []webapi.Field) (names []string, skipped string) {
	for value := range valuesOf(fields, "vary") {
		for name := range strings.SplitSeq(value, ",") {
			if name = strings.ToLower(strings.Trim(name, " \t")); name != "" {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	switch {
	case slices.Contains(names, "*"):
		return nil, "it has Vary: *, so that no other request may get it"
	case len(names) > varyNamesMax:
		return nil, "its Vary has more than 64 names"
	}
	return names, ""
}
