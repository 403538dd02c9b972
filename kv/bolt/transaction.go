package bolt

import (
	"bytes"
	"encoding/binary"

	"go.etcd.io/bbolt"

	"github.com/skerry-edge/skerry/kv"
)

// transaction is one of the writer's. It keeps the data and expiring buckets in step.
type transaction struct {
	data, expiring *bbolt.Bucket
	now            int64 // what has expired at this instant, in milliseconds, is absent

	changed bool
	err     error // the first that bbolt gave; the transaction must then be rolled back
}

func newTransaction(tx *bbolt.Tx, now int64) *transaction {
	return &transaction{data: tx.Bucket(dataBucket), expiring: tx.Bucket(expiringBucket), now: now}
}

// get returns name's record, nil if it is absent, or kv.ErrCorrupt. Only its header has
// been checked. It belongs to bbolt and ends with the transaction.
func (t *transaction) get(name []byte) (record, error) {
	r := record(t.data.Get(name))
	if r == nil {
		return nil, nil
	}
	if err := r.checkHead(name); err != nil {
		return nil, err
	}
	if r.expired(t.now) {
		return nil, nil
	}
	return r, nil
}

// put makes r, of which it takes possession until the transaction ends, the record of
// name and returns its version, or makes name absent if r has expired.
func (t *transaction) put(name []byte, r record) kv.Version {
	if r.expired(t.now) {
		t.delete(name)
		return ""
	}
	t.forgetExpiry(name)
	version, err := t.data.NextSequence()
	t.note(err)
	r.seal(name, version)
	t.note(t.data.Put(name, r))
	if r.expiresAt() != 0 {
		t.note(t.expiring.Put(expiryName(r.expiresAt(), name), nil))
	}
	t.changed = true
	return r.version()
}

func (t *transaction) delete(name []byte) {
	if t.data.Get(name) == nil {
		return
	}
	t.forgetExpiry(name)
	t.note(t.data.Delete(name))
	t.changed = true
}

// forgetExpiry removes name's line in the expiring bucket. That of a corrupt record stays
// until its time comes, when sweep finds that it holds no longer.
func (t *transaction) forgetExpiry(name []byte) {
	r := record(t.data.Get(name))
	if r == nil || r.checkHead(name) != nil || r.expiresAt() == 0 {
		return
	}
	t.note(t.expiring.Delete(expiryName(r.expiresAt(), name)))
}

// sweep removes up to limit records that have expired, and returns how many lines of the
// expiring bucket it has worked off.
func (t *transaction) sweep(limit int) int {
	done := 0
	c := t.expiring.Cursor()
	for line, _ := c.First(); line != nil && done < limit && expiryOf(line) <= t.now; line, _ = c.First() {
		line = bytes.Clone(line)
		name := line[8:]
		r := record(t.data.Get(name))
		if r != nil && r.checkHead(name) == nil && r.expiresAt() == expiryOf(line) {
			t.note(t.data.Delete(name))
		}
		t.note(t.expiring.Delete(line))
		t.changed = true
		done++
	}
	return done
}

func (t *transaction) note(err error) {
	if t.err == nil {
		t.err = err
	}
}

// expiryName is a line of the expiring bucket: when, in eight bytes, then what.
func expiryName(expiresAt int64, name []byte) []byte {
	line := make([]byte, 0, 8+len(name))
	line = binary.BigEndian.AppendUint64(line, uint64(expiresAt))
	return append(line, name...)
}

// expiryOf returns when the record of a line expires.
func expiryOf(line []byte) int64 { return int64(binary.BigEndian.Uint64(line)) }
