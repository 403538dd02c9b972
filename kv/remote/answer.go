package remote

import (
	"encoding/binary"

	"github.com/skerry-edge/skerry/kv"
)

// An answer begins with a byte that is answered, or the code of a failure.
const answered = 0

// appendEntryHead appends the answer to get without the value, which is its end.
func appendEntryHead(b []byte, e kv.Entry) []byte {
	b = append(b, answered)
	b = binary.AppendVarint(b, kv.Millis(e.ExpiresAt))
	b = appendText(b, e.Version)
	return appendText(b, e.Metadata)
}

// decodeEntry returns an entry that shares memory with b.
func decodeEntry(b []byte) (e kv.Entry, ok bool) {
	d := decoder{b: b}
	e.ExpiresAt = kv.FromMillis(d.varint())
	e.Version = kv.Version(d.text())
	e.Metadata = d.bytes()
	e.Value = d.rest()
	return e, d.done()
}

func appendVersion(b []byte, v kv.Version) []byte {
	return appendText(append(b, answered), v)
}

func decodeVersion(b []byte) (kv.Version, bool) {
	d := decoder{b: b}
	v := kv.Version(d.text())
	return v, d.done()
}

func appendSum(b []byte, sum int64) []byte {
	return binary.AppendVarint(append(b, answered), sum)
}

func decodeSum(b []byte) (int64, bool) {
	d := decoder{b: b}
	sum := d.varint()
	return sum, d.done()
}

func appendPage(b []byte, p kv.Page) []byte {
	b = append(b, answered)
	b = appendText(b, p.Cursor)
	b = binary.AppendUvarint(b, uint64(len(p.Keys)))
	for _, k := range p.Keys {
		b = appendText(b, k.Name)
		b = appendText(b, k.Metadata)
		b = binary.AppendVarint(b, kv.Millis(k.ExpiresAt))
		b = appendText(b, k.Version)
	}
	return b
}

// pageBytes is about the length of appendPage's result.
func pageBytes(p kv.Page) int {
	n := 16 + len(p.Cursor)
	for _, k := range p.Keys {
		n += 16 + len(k.Name) + len(k.Metadata) + len(k.Version)
	}
	return n
}

// decodePage returns a page whose metadata shares memory with b.
func decodePage(b []byte) (p kv.Page, ok bool) {
	d := decoder{b: b}
	p.Cursor = d.text()
	count := d.uvarint()
	if count > kv.ListLimitMax {
		return kv.Page{}, false
	}
	if count > 0 {
		p.Keys = make([]kv.Key, 0, count)
	}
	for range count {
		p.Keys = append(p.Keys, kv.Key{
			Name:      d.text(),
			Metadata:  d.bytes(),
			ExpiresAt: kv.FromMillis(d.varint()),
			Version:   kv.Version(d.text()),
		})
	}
	return p, d.done()
}
