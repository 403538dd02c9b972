package jail

import (
	"encoding/binary"
	"fmt"
)

// A channel carries frames in both directions. A frame is a header and up to
// frameBytesMax of payload:
//
//	length uint32 | id uint32 | kind uint8 | flags uint8 | payload
//
// all little-endian. A message is one frame, or, when it is longer, several of the same kind
// and id: the first with flagMore and the message's length before its payload, the last
// without flagMore, all but the first with flagContinued. Frames of other messages may stand
// between them. The id is an event's, which the client gives, for kinds that are about an
// event, and a call's, which the jail gives, for those about calls.
const (
	headerBytes   = 4 + 4 + 1 + 1
	frameBytesMax = chunkBytesMax + 64 // a chunk of a body, with its head
	totalBytes    = 4                  // of a long message's length

	flagMore      = 1
	flagContinued = 2
)

// protocol is what both ends must speak. They are of one binary as a rule; while a binary is
// being replaced, the supervisor's children are of its own.
const protocol = "skerry-jail/2"

// kind is what a message is.
type kind uint8

const (
	kindHello   kind = iota + 1 // client: protocol
	kindVersion                 // client: a version of the function, by the id that events name it with
	kindEvent                   // client: run this
	kindCancel                  // client: give the event up
	kindReply                   // client: what came of a call
	kindCheck                   // client: evaluate a bundle

	kindReady   // jail: protocol
	kindAnswer  // jail: the event's response or failure, with its result if it is over
	kindDone    // jail: the event's result
	kindRefuse  // jail: the event was not run, and will not be
	kindLine    // jail: the event logs a line; id 0: the function does, outside of events
	kindCall    // jail: the event wants something of the host
	kindDrop    // jail: nobody waits for the call any more
	kindGoaway  // jail: events sent from now on will be refused
	kindChecked // jail: what came of evaluating the bundle

	kindCredit // both: so many bytes of long messages are dealt with
	kindPull   // both: send more chunks of a body of the event
	kindChunk  // both: one of them, or the body's end
	kindStop   // both: a body of the event is not read any more
	kinds      // how many there are, and one
)

// header is a frame's.
type header struct {
	length int
	id     uint32
	kind   kind
	flags  uint8
}

func appendHeader(b []byte, h header) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(h.length))
	b = binary.LittleEndian.AppendUint32(b, h.id)
	return append(b, byte(h.kind), h.flags)
}

// parseHeader takes a frame's header apart. The kind is one that exists, the length one that
// may be; whether the peer may send the kind is for others to say.
func parseHeader(b *[headerBytes]byte) (header, error) {
	length := binary.LittleEndian.Uint32(b[:])
	h := header{id: binary.LittleEndian.Uint32(b[4:]), kind: kind(b[8]), flags: b[9]}
	switch {
	case length > frameBytesMax:
		return h, fault("a frame of %d bytes, and at most %d are allowed", length, frameBytesMax)
	case h.kind == 0 || h.kind >= kinds:
		return h, fault("a frame of the unknown kind %d", h.kind)
	case h.flags&^(flagMore|flagContinued) != 0:
		return h, fault("a frame with the unknown flags %#x", h.flags)
	}
	h.length = int(length)
	return h, nil
}

// fault is an error that says which rule the peer broke.
func fault(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFault, fmt.Sprintf(format, args...))
}
