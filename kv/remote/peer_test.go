package remote_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/skerry-edge/skerry/kv"
)

// The kinds of frames and operations, as doc.go has them.
const (
	hello, whole, first, more, cancelCall = 1, 2, 3, 4, 5
)

// frame returns a frame with a payload of the given pieces.
func frame(kind byte, call uint32, pieces ...string) string {
	var payload []byte
	for _, p := range pieces {
		payload = append(payload, p...)
	}
	return rawHeader(kind, call, len(payload)) + string(payload)
}

func rawHeader(kind byte, call uint32, size int) string {
	b := binary.LittleEndian.AppendUint32(nil, uint32(size)|uint32(kind)<<24)
	return string(binary.LittleEndian.AppendUint32(b, call))
}

// text is text behind its length.
func text(s string) string { return string(binary.AppendUvarint(nil, uint64(len(s)))) + s }

func uvarint(n uint64) string { return string(binary.AppendUvarint(nil, n)) }
func varint(n int64) string   { return string(binary.AppendVarint(nil, n)) }

// total is the length at the start of a first frame.
func total(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }

var (
	clientHello = frame(hello, 0, "skerry kv\x01")
	serverHello = frame(hello, 0, "skerry kv\x01\x03", uvarint(64<<20))
)

// peer is one end of a connection that a test speaks for, byte by byte.
type peer struct {
	net.Conn
	t testing.TB
}

func (p peer) send(frames ...string) {
	p.t.Helper()
	for _, f := range frames {
		if _, err := io.WriteString(p, f); err != nil {
			p.t.Errorf("send: %v", err)
			return
		}
	}
}

// receive returns the next frame.
func (p peer) receive() (kind byte, call uint32, payload string) {
	p.t.Helper()
	kind, call, payload, err := receive(p)
	if err != nil {
		p.t.Errorf("receive: %v", err)
	}
	return kind, call, payload
}

func receive(r io.Reader) (kind byte, call uint32, payload string, err error) {
	var h [8]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return 0, 0, "", err
	}
	word := binary.LittleEndian.Uint32(h[:])
	b := make([]byte, word&(1<<24-1))
	_, err = io.ReadFull(r, b)
	return byte(word >> 24), binary.LittleEndian.Uint32(h[4:]), string(b), err
}

// greet is what a client does first.
func (p peer) greet() {
	p.t.Helper()
	p.send(clientHello)
	if kind, _, payload := p.receive(); kind != hello {
		p.t.Errorf("the server's first frame is of kind %d: %q", kind, payload)
	}
}

// welcome is what a server does first.
func (p peer) welcome(greeting string) {
	p.t.Helper()
	if _, _, payload := p.receive(); payload != "skerry kv\x01" {
		p.t.Errorf("the client's hello is %q", payload)
	}
	p.send(greeting)
}

// stub is a store that does what a test says. It has no abilities.
type stub struct {
	get func(ctx context.Context, ns, key string) (kv.Entry, error)
	put func(ctx context.Context, ns, key string, e kv.Entry) (kv.Version, error)
}

var errNoSuchCall = errors.New("the test has no such call")

func (s stub) Get(ctx context.Context, ns, key string) (kv.Entry, error) {
	if s.get == nil {
		return kv.Entry{}, errNoSuchCall
	}
	return s.get(ctx, ns, key)
}

func (s stub) Put(ctx context.Context, ns, key string, e kv.Entry) (kv.Version, error) {
	if s.put == nil {
		return "", errNoSuchCall
	}
	return s.put(ctx, ns, key, e)
}

func (s stub) Delete(context.Context, string, string) error { return nil }

func (s stub) List(context.Context, string, kv.Query) (kv.Page, error) {
	return kv.Page{}, errNoSuchCall
}
