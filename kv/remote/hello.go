package remote

import (
	"encoding/binary"
	"io"
	"strings"

	"github.com/skerry-edge/skerry/kv"
)

// magic begins both hellos.
const magic = "skerry kv"

// protocolVersion is that of the tables in doc.go. Both sides must have the same.
const protocolVersion = 1

// abilities are what a store can do beyond kv.Store, a bit for each.
type abilities uint8

const (
	canSwap abilities = 1 << iota
	canAdd
)

func abilitiesOf(s kv.Store) (a abilities) {
	if _, ok := s.(kv.Swapper); ok {
		a |= canSwap
	}
	if _, ok := s.(kv.Counter); ok {
		a |= canAdd
	}
	return a
}

// welcome is what a server's hello says.
type welcome struct {
	abilities abilities
	window    int64 // what requests under way may cost together
}

func appendClientHello(b []byte) []byte {
	return append(append(b, magic...), protocolVersion)
}

func appendServerHello(b []byte, w welcome) []byte {
	b = append(append(b, magic...), protocolVersion, byte(w.abilities))
	return binary.AppendUvarint(b, uint64(w.window))
}

// readHello reads the first frame of a connection. It returns the version that the peer
// speaks, and what comes after it.
func readHello(r io.Reader) (version byte, rest []byte, err error) {
	var buf [headerBytes]byte
	h, err := readHeader(r, &buf)
	if err != nil {
		return 0, nil, err
	}
	const helloBytesMax = 64
	if h.kind != helloFrame || h.call != 0 || h.size <= len(magic) || h.size > helloBytesMax {
		return 0, nil, violation("its first frame is no hello")
	}
	payload := make([]byte, h.size)
	if _, err := io.ReadFull(r, payload); err != nil {
		return 0, nil, noEOF(err)
	}
	if !strings.HasPrefix(string(payload), magic) {
		return 0, nil, violation("its hello begins with %q, not %q", payload[:len(magic)], magic)
	}
	return payload[len(magic)], payload[len(magic)+1:], nil
}

// readClientHello returns an ErrProtocol if the client speaks another version.
func readClientHello(r io.Reader) error {
	version, rest, err := readHello(r)
	switch {
	case err != nil:
		return err
	case version != protocolVersion:
		return otherVersion(version)
	case len(rest) > 0:
		return violation("its hello has %d bytes too many", len(rest))
	}
	return nil
}

// readServerHello returns an ErrProtocol if the server speaks another version.
func readServerHello(r io.Reader) (w welcome, err error) {
	version, rest, err := readHello(r)
	if err != nil {
		return w, err
	}
	if version != protocolVersion {
		return w, otherVersion(version)
	}
	d := decoder{b: rest}
	w.abilities = abilities(d.byte())
	window := d.uvarint()
	if !d.done() || window < windowBytesMin || window > windowBytesMax {
		return w, violation("its hello is garbled")
	}
	w.window = int64(window)
	return w, nil
}

func otherVersion(version byte) error {
	return violation("it speaks version %d, and this is version %d; both processes must be of one release", version, protocolVersion)
}
