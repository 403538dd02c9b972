package remote

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/skerry-edge/skerry/kv"
)

// ErrProtocol says that the peer sent what the protocol has no place for. The connection
// has been closed.
var ErrProtocol = errors.New("remote: the peer broke the protocol")

func violation(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrProtocol, fmt.Sprintf(format, args...))
}

// kind says what a frame is.
type kind uint8

const (
	helloFrame  kind = 1
	wholeFrame  kind = 2
	firstFrame  kind = 3
	moreFrame   kind = 4
	cancelFrame kind = 5
)

const (
	headerBytes = 8
	// partBytes is the most that one frame carries: small enough that whoever waits for
	// one barely notices, large enough that its header and system call don't either.
	partBytes = 64 << 10
	// totalBytes is the length of a message's length, which begins its first frame.
	totalBytes = 4
	// messageBytesMax is more than the largest request or answer has.
	messageBytesMax = kv.ValueBytesMax + 64<<10
)

// header begins a frame.
type header struct {
	kind kind
	size int // of the payload, in bytes
	call uint32
}

func (h header) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(h.size)|uint32(h.kind)<<24)
	return binary.LittleEndian.AppendUint32(b, h.call)
}

// readHeader returns the next frame's header, io.EOF if the stream ends before it, or an
// ErrProtocol if its payload is larger than allowed.
func readHeader(r io.Reader, buf *[headerBytes]byte) (header, error) {
	if _, err := io.ReadFull(r, buf[:]); err != nil {
		return header{}, err
	}
	word := binary.LittleEndian.Uint32(buf[:])
	h := header{kind: kind(word >> 24), size: int(word & (1<<24 - 1)), call: binary.LittleEndian.Uint32(buf[4:])}
	if h.size > partBytes {
		return h, violation("a frame of %d bytes, more than the %d allowed", h.size, partBytes)
	}
	return h, nil
}

// assembly gathers the parts of a message.
type assembly struct {
	body  []byte
	have  int  // bytes that have come
	total int  // of the whole message; 0: nothing has come
	drop  bool // nobody wants it: body stays empty
}

// begin reads the message's length, which begins the payload of h, a first frame. When
// the caller has found that there is room for a.total, it calls add for the rest bytes.
func (a *assembly) begin(r io.Reader, h header) (rest int, err error) {
	if h.size <= totalBytes {
		return 0, violation("the first part of a message is empty")
	}
	var buf [totalBytes]byte
	if _, err := io.ReadFull(r, buf[:]); err != nil {
		return 0, noEOF(err)
	}
	total := binary.LittleEndian.Uint32(buf[:])
	rest = h.size - totalBytes
	if total > messageBytesMax {
		return 0, violation("a message of %d bytes, more than the %d allowed", total, messageBytesMax)
	}
	if int(total) <= rest {
		return 0, violation("the first part of a message is all of it")
	}
	a.total = int(total)
	return rest, nil
}

// add reads the next n bytes of the message and says whether it is complete.
func (a *assembly) add(r io.Reader, n int) (complete bool, err error) {
	if n == 0 || n > a.total-a.have {
		return false, violation("a part of %d bytes, where %d are missing", n, a.total-a.have)
	}
	a.have += n
	if a.drop {
		a.body = nil
		_, err = io.CopyN(io.Discard, r, int64(n))
	} else {
		if a.have > cap(a.body) {
			// Room grows with what has come, not with what was announced: a length is cheap.
			grown := make([]byte, a.have-n, min(a.total, max(a.have, 2*cap(a.body))))
			copy(grown, a.body)
			a.body = grown
		}
		a.body = a.body[:a.have]
		_, err = io.ReadFull(r, a.body[a.have-n:])
	}
	return a.have == a.total, noEOF(err)
}

// noEOF is for the inside of a frame, where the end of the stream is never expected.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
