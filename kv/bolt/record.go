package bolt

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strconv"

	"github.com/skerry-edge/skerry/kv"
)

// A record is the value that bbolt holds for an entry:
//
//	offset  bytes
//	     0      1  format, 1
//	     1      4  CRC-32C of the record's name and of everything from offset 5 up to the value
//	     5      4  CRC-32C of the value
//	     9      8  version
//	    17      8  expiry, in milliseconds since 1970; 0: never
//	    25      2  length of the metadata
//	    27         metadata, then the value up to the end
//
// Numbers are big-endian. There are two checksums so that a listing, which needs no
// values, can check what it returns without reading them from the disk.
type record []byte

const (
	formatOfRecord = 1

	sumAt      = 1
	valueSumAt = 5
	versionAt  = 9
	expiryAt   = 17
	metaLenAt  = 25
	metaAt     = 27
)

// nameOf returns what a key of a namespace is called in the data bucket: the namespace
// behind its length in two bytes, then the key. A namespace's keys are therefore together
// and in order, and no two pairs share a name.
func nameOf(ns, key string) []byte {
	name := make([]byte, 0, 2+len(ns)+len(key))
	name = binary.BigEndian.AppendUint16(name, uint16(len(ns)))
	name = append(name, ns...)
	return append(name, key...)
}

// newRecord returns a record with no version yet. It copies its arguments.
func newRecord(value, metadata []byte, expiresAt int64) record {
	r := make(record, metaAt+len(metadata)+len(value))
	r[0] = formatOfRecord
	binary.BigEndian.PutUint32(r[valueSumAt:], checksum(0, value))
	binary.BigEndian.PutUint64(r[expiryAt:], uint64(expiresAt))
	binary.BigEndian.PutUint16(r[metaLenAt:], uint16(len(metadata)))
	copy(r[metaAt:], metadata)
	copy(r[metaAt+len(metadata):], value)
	return r
}

// seal gives r its version and makes it the record of name.
func (r record) seal(name []byte, version uint64) {
	binary.BigEndian.PutUint64(r[versionAt:], version)
	binary.BigEndian.PutUint32(r[sumAt:], r.headSum(name))
}

// checkHead returns kv.ErrCorrupt unless all of r but its value is as it was sealed. The
// other methods may be called only after this.
func (r record) checkHead(name []byte) error {
	switch {
	case len(r) < metaAt:
		return corrupt(name, fmt.Sprintf("it is %d bytes long, less than a header", len(r)))
	case r[0] != formatOfRecord:
		return corrupt(name, fmt.Sprintf("its format is %d, and this version reads %d", r[0], formatOfRecord))
	case r.valueAt() > len(r):
		return corrupt(name, "its metadata reaches past its end")
	case binary.BigEndian.Uint32(r[sumAt:]) != r.headSum(name):
		return corrupt(name, "its header does not match its checksum")
	}
	return nil
}

// checkValue returns kv.ErrCorrupt unless r's value is as it was sealed.
func (r record) checkValue(name []byte) error {
	if binary.BigEndian.Uint32(r[valueSumAt:]) != checksum(0, r.value()) {
		return corrupt(name, "its value does not match its checksum")
	}
	return nil
}

func (r record) headSum(name []byte) uint32 {
	return checksum(checksum(0, name), r[valueSumAt:r.valueAt()])
}

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

func (r record) version() kv.Version {
	return kv.Version(strconv.FormatUint(binary.BigEndian.Uint64(r[versionAt:]), 36))
}

// expiresAt is as kv.Millis.
func (r record) expiresAt() int64 { return int64(binary.BigEndian.Uint64(r[expiryAt:])) }

// expired says whether r is gone at the instant now, in milliseconds.
func (r record) expired(now int64) bool { return r.expiresAt() != 0 && r.expiresAt() <= now }

func checksum(sum uint32, b []byte) uint32 {
	return crc32.Update(sum, castagnoli, b)
}

// castagnoli is the polynomial that processors have an instruction for.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func corrupt(name []byte, what string) error {
	ns := int(binary.BigEndian.Uint16(name))
	return fmt.Errorf("%w: key %q of namespace %q: %s; delete or overwrite it", kv.ErrCorrupt, name[2+ns:], name[2:2+ns], what)
}
