package jail

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/kv"
)

// longestBytes is what a jail takes of its client in one message.
const longestBytes = 1 << 30

// channel is a jail's end of a channel. What a client sends is taken at its word.
type channel struct {
	server *Server
	link   *link
	ctx    context.Context // ends with the channel; finds it by channelKey
	cancel context.CancelFunc
	slots  chan struct{} // one for each call without a reply
	hello  bool          // the client speaks the protocol; the receiver's

	mu struct {
		sync.Mutex
		versions map[uint32]*isolate.Target
		events   map[uint32]*inbound
		calls    map[uint32]chan message
		last     uint32 // call
		received int    // events
		loose    int    // lines that belong to no event
	}
}

type channelKey struct{}

func newChannel(ctx context.Context, s *Server, conn net.Conn) *channel {
	ch := &channel{server: s, link: newLink(conn, 0), slots: make(chan struct{}, callsMax)}
	ctx, ch.cancel = context.WithCancel(ctx)
	ch.ctx = context.WithValue(ctx, channelKey{}, ch)
	ch.mu.versions = make(map[uint32]*isolate.Target)
	ch.mu.events = make(map[uint32]*inbound)
	ch.mu.calls = make(map[uint32]chan message)
	return ch
}

// serve takes what the client sends until the channel is over.
func (ch *channel) serve() {
	ch.link.fail(ch.link.receive(ch.limit, ch.handle))
	ch.cancel()
	ch.mu.Lock()
	left := slices.Collect(maps.Values(ch.mu.events))
	ch.mu.Unlock()
	for _, event := range left {
		event.streams.close(errChannel)
	}
}

// goaway tells the client to send no more events.
func (ch *channel) goaway() {
	// A broken channel has no client.
	_ = ch.link.note(kindGoaway, 0)
}

func (ch *channel) limit(k kind) int {
	switch k {
	case kindHello, kindVersion, kindEvent, kindCancel, kindReply, kindCheck, kindPull, kindChunk, kindStop:
		return longestBytes
	default:
		return 0
	}
}

func (ch *channel) handle(m message) error {
	if m.kind == kindReply {
		ch.replied(m)
		return nil
	}
	in, err := openInput(m)
	if err != nil {
		return err
	}
	if !ch.hello && m.kind != kindHello {
		return fault("a message before the greeting")
	}
	ch.link.credit(m.held)
	switch m.kind {
	case kindHello:
		if in.head != protocol {
			return fault("the greeting %.40q", in.head)
		}
		ch.hello = true
		return ch.link.send(ch.ctx, kindReady, 0, []byte(protocol), nil)
	case kindVersion:
		t := new(isolate.Target)
		if err := json.Unmarshal(in.body(), t); err != nil {
			return fault("a version that is not JSON: %v", err)
		}
		ch.mu.Lock()
		ch.mu.versions[m.id] = t
		ch.mu.Unlock()
	case kindEvent:
		return ch.event(m.id, &in)
	case kindCancel:
		ch.mu.Lock()
		event := ch.mu.events[m.id] // nil: it is over
		ch.mu.Unlock()
		if event != nil {
			event.cancel()
		}
	case kindPull, kindChunk, kindStop:
		ch.mu.Lock()
		event := ch.mu.events[m.id] // nil: it is over
		ch.mu.Unlock()
		if event != nil {
			return event.streams.handle(m.kind, &in)
		}
	case kindCheck:
		encoded := in.body()
		ch.server.work.Go(func() { ch.check(m.id, encoded) })
	}
	return nil
}

// event runs an event, on a goroutine of its own.
func (ch *channel) event(id uint32, in *input) error {
	version := in.small(1<<32 - 1)
	event := &inbound{channel: ch, id: id}
	event.event = isolate.Event{Kind: isolate.Kind(in.string()), Done: event.done, Waiter: event}
	if in.bool() {
		event.event.Request = in.request()
	}
	if err := in.end(); err != nil {
		return err
	}
	ch.mu.Lock()
	t := ch.mu.versions[uint32(version)]
	ch.mu.received++
	ch.mu.Unlock()
	if t == nil {
		return fault("an event of an unknown version")
	}
	if !ch.server.begin(event) {
		return ch.link.note(kindRefuse, id)
	}
	event.streams = streams{link: ch.link, work: &ch.server.work, event: id}
	if r := event.event.Request; r != nil && r.Stream != nil {
		if err := event.streams.expect(0, r.Stream.(*inlet)); err != nil {
			return err
		}
	}
	event.memory = t.Manifest.WithDefaults().Limits.MemoryMB << 20
	var ctx context.Context
	ctx, event.cancel = context.WithCancel(ch.ctx)
	ch.mu.Lock()
	ch.mu.events[id] = event
	ch.mu.Unlock()
	ch.server.runners.run(func() { event.run(ctx, t) })
	return nil
}

// check evaluates a bundle and says what came of it.
func (ch *channel) check(id uint32, encoded []byte) {
	var failure *isolate.Failure
	b, err := bundles.Decode(encoded)
	if err == nil {
		err = ch.server.engine.Check(ch.ctx, b)
	}
	if err != nil {
		failure = failureOf(err)
	}
	head := appendBool(nil, failure == nil)
	if failure != nil {
		head = appendFailure(head, failure)
	}
	// A broken channel has no client.
	_ = ch.link.send(ch.ctx, kindChecked, id, head, nil)
}

// knows says whether the client has sent a version with this bundle.
func (ch *channel) knows(d bundles.Digest) bool {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	for _, t := range ch.mu.versions {
		if t.Digest == d {
			return true
		}
	}
	return false
}

// load gets a bundle from the client.
func (ch *channel) load(ctx context.Context, d bundles.Digest) (*bundles.Bundle, error) {
	in, err := ch.call(ctx, appendString(appendCall(nil, opLoad, 0), string(d)), nil)
	if err != nil {
		return nil, err
	}
	return bundles.Decode(in.body())
}

// looseLine sends a line that belongs to no event.
func (ch *channel) looseLine(l isolate.LogLine) {
	if ch.link.queued() > logBytesMax {
		return
	}
	ch.mu.Lock()
	ch.mu.loose++
	tooMany := ch.mu.loose > looseMax*(1+ch.mu.received)
	ch.mu.Unlock()
	if !tooMany {
		ch.sendLine(0, l)
	}
}

func (ch *channel) sendLine(id uint32, l isolate.LogLine) {
	level := byte(2) // "log"
	for i, known := range levels {
		if l.Level == known {
			level = byte(i)
		}
	}
	var space [512]byte
	// A broken channel has no client.
	_ = ch.link.send(ch.ctx, kindLine, id, appendString(append(space[:0], level), cut(l.Message, lineBytesMax)), nil)
}

// call asks the client for something and returns the reply's result.
func (ch *channel) call(ctx context.Context, head, body []byte) (input, error) {
	if err := ctx.Err(); err != nil {
		return input{}, err
	}
	select {
	case ch.slots <- struct{}{}:
	case <-ctx.Done():
		return input{}, ctx.Err()
	case <-ch.link.ended:
		return input{}, errChannel
	}
	answer := make(chan message, 1)
	ch.mu.Lock()
	ch.mu.last++
	id := ch.mu.last
	ch.mu.calls[id] = answer
	ch.mu.Unlock()
	if err := ch.link.send(ctx, kindCall, id, head, body); err != nil {
		ch.mu.Lock()
		delete(ch.mu.calls, id)
		ch.mu.Unlock()
		<-ch.slots
		if ctx.Err() != nil {
			return input{}, ctx.Err()
		}
		return input{}, errChannel
	}
	select {
	case m := <-answer:
		in, err := openInput(m)
		if err == nil && !in.bool() {
			err = in.error()
		}
		return in, err
	case <-ctx.Done():
		// The slot is free again when the reply has come, which nobody reads.
		_ = ch.link.note(kindDrop, id)
		return input{}, ctx.Err()
	case <-ch.link.ended:
		return input{}, errChannel
	}
}

// errChannel says that the client is gone. For a KV call that means what a store that is
// gone means.
var errChannel = fmt.Errorf("%w: the process that ran the event for its client is alone", kv.ErrUnavailable)

// replied gives a reply to who waits for it.
func (ch *channel) replied(m message) {
	ch.link.credit(m.held)
	ch.mu.Lock()
	answer := ch.mu.calls[m.id]
	delete(ch.mu.calls, m.id)
	ch.mu.Unlock()
	if answer == nil {
		return
	}
	<-ch.slots
	if !m.owned {
		m.payload, m.owned = append([]byte(nil), m.payload...), true
	}
	answer <- m
}
