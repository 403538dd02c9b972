package redis

import (
	"encoding/binary"
	"fmt"

	"github.com/cespare/xxhash/v2"

	"github.com/skerry-edge/skerry/kv"
)

// A record is the string that Redis holds for an entry:
//
//	offset  bytes
//	     0      1  format, 1
//	     1      8  tag: xxHash64 of the record's name, the Redis key
//	     9     26  version
//	    35      8  expiry, in milliseconds since 1970; 0: never
//	    43      2  length of the metadata
//	    45      4  length of the value
//	    49         metadata, then value
//
// Numbers are big-endian. The tag makes a reply that belongs to another key an error:
// were a connection ever to hand one caller the reply to another, that would leak one
// tenant's data to the next. The scripts know these offsets too.
type record []byte

const (
	formatOfRecord = 1

	tagAt      = 1
	versionAt  = 9
	expiryAt   = 35
	metaLenAt  = 43
	valueLenAt = 45
	metaAt     = 49
)

// newRecord returns the record of name. It copies what it takes from e.
func newRecord(name string, version kv.Version, e kv.Entry) record {
	r := make(record, metaAt+len(e.Metadata)+len(e.Value))
	r[0] = formatOfRecord
	binary.BigEndian.PutUint64(r[tagAt:], xxhash.Sum64String(name))
	copy(r[versionAt:expiryAt], version)
	binary.BigEndian.PutUint64(r[expiryAt:], uint64(kv.Millis(e.ExpiresAt)))
	binary.BigEndian.PutUint16(r[metaLenAt:], uint16(len(e.Metadata)))
	binary.BigEndian.PutUint32(r[valueLenAt:], uint32(len(e.Value)))
	copy(r[metaAt:], e.Metadata)
	copy(r[metaAt+len(e.Metadata):], e.Value)
	return r
}

// checkHead returns kv.ErrCorrupt unless r begins with the header and metadata of a
// record of name. Of the other methods, those but size and value may be called after this.
func (r record) checkHead(name string) error {
	switch {
	case len(r) < metaAt:
		return corrupt(name, fmt.Sprintf("it is %d bytes long, less than a header", len(r)))
	case r[0] != formatOfRecord:
		return corrupt(name, fmt.Sprintf("its format is %d, and this version reads %d", r[0], formatOfRecord))
	case binary.BigEndian.Uint64(r[tagAt:]) != xxhash.Sum64String(name):
		return corrupt(name, "it is the record of another key")
	case r.valueAt() > len(r):
		return corrupt(name, "its metadata is cut off")
	}
	return nil
}

// check returns kv.ErrCorrupt unless r is a whole record of name.
func (r record) check(name string) error {
	if err := r.checkHead(name); err != nil {
		return err
	}
	if r.size() != len(r) {
		return corrupt(name, fmt.Sprintf("it is %d bytes long, and its header says %d", len(r), r.size()))
	}
	return nil
}

// goesOn says whether r, of which the first asked bytes were asked for, is the beginning of a
// longer record of name.
func (r record) goesOn(name string, asked int) bool {
	return len(r) >= asked && r.checkHead(name) == nil && r.size() > asked
}

// entry is what r holds; kv.ErrNotFound if r is empty, and kv.ErrCorrupt unless it is a whole
// record of name.
func (r record) entry(name string) (kv.Entry, error) {
	if len(r) == 0 {
		return kv.Entry{}, kv.ErrNotFound
	}
	if err := r.check(name); err != nil {
		return kv.Entry{}, err
	}
	return kv.Entry{
		Value:     r.value(),
		Metadata:  r.metadata(),
		ExpiresAt: kv.FromMillis(r.expiresAt()),
		Version:   r.version(),
	}, nil
}

// size is how long the record is of which r is at least the header.
func (r record) size() int { return r.valueAt() + int(binary.BigEndian.Uint32(r[valueLenAt:])) }

func (r record) valueAt() int { return metaAt + int(binary.BigEndian.Uint16(r[metaLenAt:])) }

// value is a part of r.
func (r record) value() []byte { return r[r.valueAt():] }

// metadata is a part of r, or nil. Appending to it does not touch the value.
func (r record) metadata() []byte {
	if r.valueAt() == metaAt {
		return nil
	}
	return r[metaAt:r.valueAt():r.valueAt()]
}

func (r record) version() kv.Version { return kv.Version(r[versionAt:expiryAt]) }

// expiresAt is as kv.Millis.
func (r record) expiresAt() int64 { return int64(binary.BigEndian.Uint64(r[expiryAt:])) }

func corrupt(name, what string) error {
	return fmt.Errorf("%w: Redis key %q: %s; delete or overwrite it", kv.ErrCorrupt, name, what)
}
