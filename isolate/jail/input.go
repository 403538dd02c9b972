package jail

import (
	"encoding/binary"
	"math"
)

// A message's payload is the length of its head, its head and its body. Heads are made by the
// append functions of this package, and taken apart by an input in the same order.

// input is what is left of a message. Its methods return zero values once something was not
// as it should be; end says so.
type input struct {
	head  string // strings of the message are parts of it
	tail  []byte // the body
	owned bool   // tail is the receiver's to keep
	bad   bool
}

// openInput begins to take m apart.
func openInput(m message) (input, error) {
	n, used := binary.Uvarint(m.payload)
	if used <= 0 || n > uint64(len(m.payload)-used) {
		return input{}, fault("a message of kind %d whose head is longer than it", m.kind)
	}
	end := used + int(n)
	return input{head: string(m.payload[used:end]), tail: m.payload[end:], owned: m.owned}, nil
}

// end returns an error if the head was not just what was taken from it.
func (in *input) end() error {
	if in.bad || in.head != "" {
		return fault("a message that can't be read")
	}
	return nil
}

// body returns the body, the caller's to keep.
func (in *input) body() []byte {
	if in.owned {
		return in.tail[:len(in.tail):len(in.tail)]
	}
	return append(make([]byte, 0, len(in.tail)), in.tail...)
}

func (in *input) uint() uint64 {
	var n uint64
	for i := 0; i < len(in.head) && i < binary.MaxVarintLen64; i++ {
		c := in.head[i]
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			if i == binary.MaxVarintLen64-1 && c > 1 {
				break
			}
			in.head = in.head[i+1:]
			return n
		}
	}
	in.fail()
	return 0
}

func (in *input) int() int64 {
	n := in.uint()
	return int64(n>>1) ^ -int64(n&1)
}

// small returns a number of 0 to most.
func (in *input) small(most int) int {
	n := in.uint()
	if n > uint64(most) {
		in.fail()
		return 0
	}
	return int(n)
}

func (in *input) bool() bool { return in.small(1) == 1 }

func (in *input) string() string {
	n := in.uint()
	if n > uint64(len(in.head)) {
		in.fail()
		return ""
	}
	s := in.head[:n]
	in.head = in.head[n:]
	return s
}

// count returns how many things follow, each of at least size bytes: never more than there
// is room for.
func (in *input) count(size int) int {
	n := in.uint()
	if n > uint64(len(in.head)/size) {
		in.fail()
		return 0
	}
	return int(n)
}

func (in *input) fail() { in.head, in.bad = "", true }

func appendUint(b []byte, n uint64) []byte { return binary.AppendUvarint(b, n) }
func appendInt(b []byte, n int64) []byte   { return binary.AppendUvarint(b, uint64(n<<1)^uint64(n>>63)) }

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// positive returns n as a number of 0 or more.
func positive(n int64) int64 { return min(max(n, 0), math.MaxInt64/2) }
