package kv

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// Scan is a Query that was found valid, in the terms that a backend works with: the keys
// that start with Prefix and are not below From, in order, at most Limit of them.
type Scan struct {
	Prefix string
	From   string // has Prefix
	Limit  int    // 1 to ListLimitMax

	ns string
}

// NewScan checks a listing of ns. It returns an *InvalidError for a namespace, prefix or
// limit past its limit, and for a cursor that is not from a listing of ns with q.Prefix.
func NewScan(ns string, q Query) (Scan, error) {
	if err := checkNamespace(ns); err != nil {
		return Scan{}, err
	}
	if err := checkLength("prefix", len(q.Prefix), KeyBytesMax); err != nil {
		return Scan{}, err
	}
	if q.Limit < 0 || q.Limit > ListLimitMax {
		return Scan{}, &InvalidError{Field: "limit", Reason: fmt.Sprintf("is %d, not 1 to %d", q.Limit, ListLimitMax)}
	}
	s := Scan{Prefix: q.Prefix, From: q.Prefix, Limit: q.Limit, ns: ns}
	if s.Limit == 0 {
		s.Limit = ListLimitMax
	}
	if q.Cursor == "" {
		return s, nil
	}
	last, ok := s.lastOf(q.Cursor)
	if !ok {
		return Scan{}, &InvalidError{Field: "cursor", Reason: "is not one that a listing of this namespace with this prefix returned"}
	}
	s.From = last + "\x00" // the first string after last
	return s, nil
}

// Cursor returns the cursor of a page that ends with the key last, which need not be
// there any more when the next page is asked for.
//
// A cursor is the key behind a checksum, which also covers the namespace and the prefix:
// one from elsewhere is refused instead of quietly listing something else. It is no
// secret and needs no secret, as it can name no key outside the listing it is used with.
func (s Scan) Cursor(last string) string {
	b := make([]byte, 4, 4+len(last))
	b = append(b, last...)
	binary.BigEndian.PutUint32(b, s.checksum(last))
	return base64.RawURLEncoding.EncodeToString(b)
}

func (s Scan) lastOf(cursor string) (last string, ok bool) {
	// Strict refuses stray bits in the last character, so that one key has one cursor.
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) <= 4 || len(b) > 4+KeyBytesMax {
		return "", false
	}
	last = string(b[4:])
	ok = binary.BigEndian.Uint32(b) == s.checksum(last) && strings.HasPrefix(last, s.Prefix)
	return last, ok
}

func (s Scan) checksum(last string) uint32 {
	// The lengths keep one triple of strings from looking like another.
	return crc32.ChecksumIEEE(fmt.Appendf(nil, "%d:%d:%s%s%s", len(s.ns), len(s.Prefix), s.ns, s.Prefix, last))
}
