package cache

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/skerry-edge/skerry/isolate/webapi"
	"github.com/skerry-edge/skerry/kv"
)

// What a value of the store begins with: its kind, and the form that it is in.
const (
	entryKind = 'r' + 1<<7
	indexKind = 'v' + 1<<7
)

// headBytesMax bounds what is kept of a response beside its body.
const headBytesMax = 128 << 10

// entry is a response as it is kept.
type entry struct {
	at       time.Time // when it came, to the millisecond
	age      time.Duration
	response webapi.HTTPResponse
}

// EntryBytesMax is the largest response, header and body, that a cache of so many bytes keeps:
// a tenth of it or 8 MiB, whichever is more, but no more than half.
func EntryBytesMax(bytes int64) int {
	return int(min(max(bytes/10, 8<<20), bytes/2, kv.ValueBytesMax))
}

// encodeEntry makes a value of h, of which nothing is kept that k drops. If it is too large,
// skipped says so.
func encodeEntry(h *webapi.HTTPResponse, k keeping, most int) (value []byte, skipped string) {
	size := 128 + len(h.StatusText) + len(h.URL)
	for _, f := range h.Header {
		size += len(f.Name) + len(f.Value) + 2*binary.MaxVarintLen32
	}
	switch {
	case size > headBytesMax:
		return nil, fmt.Sprintf("its header has more than %d KiB", headBytesMax>>10)
	case size+len(h.Body) > most:
		return nil, fmt.Sprintf("it has %d bytes, and a response that is kept at most %d", size+len(h.Body), most)
	}
	fields := slices.DeleteFunc(slices.Clone(h.Header), func(f webapi.Field) bool {
		return slices.Contains(k.drop, strings.ToLower(f.Name))
	})
	if _, ok := valueOf(fields, "date"); !ok {
		fields = append(fields, webapi.Field{Name: "date", Value: k.at.UTC().Format(http.TimeFormat)})
	}
	b := make([]byte, 0, size+len(h.Body))
	b = append(b, entryKind)
	b = binary.AppendVarint(b, k.at.UnixMilli())
	b = binary.AppendVarint(b, k.age.Milliseconds())
	b = binary.AppendUvarint(b, uint64(h.Status))
	b = append(b, flag(h.Null)|flag(h.Redirected)<<1)
	b = appendText(b, h.StatusText)
	b = appendText(b, h.URL)
	b = binary.AppendUvarint(b, uint64(len(fields)))
	for _, f := range fields {
		b = appendText(b, f.Name)
		b = appendText(b, f.Value)
	}
	return append(b, h.Body...), ""
}

// decodeEntry returns the response in a value, whose memory it takes over; nil: there is none.
func decodeEntry(value []byte) *entry {
	d := decoder{rest: value}
	if d.byte() != entryKind {
		return nil
	}
	e := &entry{at: time.UnixMilli(d.int()), age: time.Duration(d.int()) * time.Millisecond}
	e.response.Status = int(d.uint())
	flags := d.byte()
	e.response.Null, e.response.Redirected = flags&1 != 0, flags&2 != 0
	e.response.StatusText, e.response.URL = d.text(), d.text()
	n := d.uint()
	if n > uint64(len(d.rest)/2) { // a field takes two bytes at least
		return nil
	}
	e.response.Header = make([]webapi.Field, n, n+3) // with room for what an answer adds
	for i := range e.response.Header {
		e.response.Header[i] = webapi.Field{Name: d.text(), Value: d.text()}
	}
	if d.bad || e.response.Status < 200 || e.response.Status > 599 {
		return nil
	}
	e.response.Body = d.rest[:len(d.rest):len(d.rest)]
	return e
}

// encodeIndex makes the value that stands where the variants of a URL are found.
func encodeIndex(names []string, generation string) []byte {
	b := appendText([]byte{indexKind}, generation)
	for _, name := range names {
		b = appendText(b, name)
	}
	return b
}

// decodeIndex reads an index; false: the value is none.
func decodeIndex(value []byte) (names []string, generation string, ok bool) {
	d := decoder{rest: value}
	if d.byte() != indexKind {
		return nil, "", false
	}
	generation = d.text()
	for len(d.rest) > 0 && !d.bad && len(names) <= varyNamesMax {
		names = append(names, d.text())
	}
	return names, generation, !d.bad && len(names) <= varyNamesMax
}

func flag(set bool) byte {
	if set {
		return 1
	}
	return 0
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// decoder takes a value apart. After the first thing that isn't there everything is zero, and
// bad is set.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) fail() { d.rest, d.bad = nil, true }

func (d *decoder) byte() byte {
	if len(d.rest) == 0 {
		d.fail()
		return 0
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b
}

func (d *decoder) uint() uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) int() int64 {
	n, size := binary.Varint(d.rest)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) text() string {
	n := d.uint()
	if n > uint64(len(d.rest)) {
		d.fail()
		return ""
	}
	text := string(d.rest[:n])
	d.rest = d.rest[n:]
	return text
}
