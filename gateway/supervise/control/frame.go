package control

import (
	"encoding/binary"
	"encoding/json"
)

const (
	headBytes = 16
	filesMax  = 16 // with one frame
)

// kind says what a frame is.
type kind uint8

const (
	kindRequest kind = iota + 1
	kindAnswer
	kindFailure
	kindCancel
)

// head is the fixed part of a frame.
type head struct {
	length uint32
	kind   kind
	files  uint8
	id     uint64
}

func (h head) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, h.length)
	b = append(b, byte(h.kind), h.files, 0, 0)
	return binary.BigEndian.AppendUint64(b, h.id)
}

// parseHead reads and checks a head. most is what a payload may have.
func parseHead(b *[headBytes]byte, most int) (head, error) {
	h := head{
		length: binary.BigEndian.Uint32(b[0:]),
		kind:   kind(b[4]),
		files:  b[5],
		id:     binary.BigEndian.Uint64(b[8:]),
	}
	switch {
	case h.kind < kindRequest || h.kind > kindCancel:
		return head{}, broken("a frame of kind %d", h.kind)
	case b[6] != 0 || b[7] != 0:
		return head{}, broken("a head with bits that mean nothing")
	case int64(h.length) > int64(most):
		return head{}, broken("a frame of %d bytes, and %d are the most", h.length, most)
	case h.files > filesMax:
		return head{}, broken("a frame with %d files, and %d are the most", h.files, filesMax)
	case h.files > 0 && h.kind != kindRequest && h.kind != kindAnswer:
		return head{}, broken("files with a frame of kind %d", h.kind)
	case h.kind == kindCancel && h.length > 0:
		return head{}, broken("a cancel with %d bytes", h.length)
	case h.id == 0:
		return head{}, broken("a frame without an id")
	}
	return h, nil
}

// call is the payload of a request.
type call struct {
	Method string          `json:"method"`
	Params json.RawMessage `json:"params,omitempty"`
}

func parseCall(payload []byte) (call, error) {
	var c call
	if err := json.Unmarshal(payload, &c); err != nil {
		return call{}, broken("a request that is no JSON: %v", err)
	}
	if c.Method == "" {
		return call{}, broken("a request without a method")
	}
	return c, nil
}

func parseFailure(payload []byte) (*Error, error) {
	e := new(Error)
	if err := json.Unmarshal(payload, e); err != nil {
		return nil, broken("a failure that is no JSON: %v", err)
	}
	if e.Code == "" && e.Message == "" {
		e.Message = "the call failed, and the other side doesn't say why"
	}
	return e, nil
}
