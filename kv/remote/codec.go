package remote

import "encoding/binary"

// appendText appends a string or bytes behind their length.
func appendText[T ~string | ~[]byte](b []byte, text T) []byte {
	b = binary.AppendUvarint(b, uint64(len(text)))
	return append(b, text...)
}

// decoder reads a message from its start. After the first thing that isn't there it has
// nothing more, and bad is set.
type decoder struct {
	b   []byte
	bad bool
}

// bytes returns a part of the message, or nil if it is empty.
func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.fail()
		return nil
	}
	if n == 0 {
		return nil
	}
	part := d.b[:n:n]
	d.b = d.b[n:]
	return part
}

func (d *decoder) text() string { return string(d.bytes()) }

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail()
		return 0
	}
	first := d.b[0]
	d.b = d.b[1:]
	return first
}

func (d *decoder) uvarint() uint64 {
	n, size := binary.Uvarint(d.b)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[size:]
	return n
}

func (d *decoder) varint() int64 {
	n, size := binary.Varint(d.b)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[size:]
	return n
}

// rest returns what is left, never nil.
func (d *decoder) rest() []byte {
	rest := d.b[:len(d.b):len(d.b)]
	d.b = nil
	if rest == nil {
		rest = []byte{}
	}
	return rest
}

// done says whether all that was asked for was there, and no more.
func (d *decoder) done() bool { return !d.bad && len(d.b) == 0 }

func (d *decoder) fail() { d.b, d.bad = nil, true }
