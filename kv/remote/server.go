package remote

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"

	"golang.org/x/sync/semaphore"

	"github.com/skerry-edge/skerry/kv"
)

// Serve answers the client at the other end of conn from store, until ctx ends, the
// connection is closed, or the client breaks the protocol. It owns conn and closes it,
// and returns when no call of the client's is under way any more. The client is not
// trusted: all it can do is call store, within cfg.
//
// Serve returns nil if the connection was closed, at either end or by the end of the
// client's process, ctx's cause if ctx ended, an ErrProtocol if the client broke the
// protocol, and else why the connection was lost.
func Serve(ctx context.Context, conn net.Conn, store kv.Store, cfg ServerConfig) error {
	if err := cfg.Validate(); err != nil {
		return errors.Join(err, conn.Close())
	}
	cfg = cfg.withDefaults()
	ctx, cancel := context.WithCancelCause(ctx)
	s := &server{
		store:   store,
		cfg:     cfg,
		end:     cancel,
		answers: semaphore.NewWeighted(cfg.AnswerBytesMax),
		out:     outbox{w: conn},
	}
	s.swapper, _ = store.(kv.Swapper)
	s.counter, _ = store.(kv.Counter)
	s.out.sending = s.begun
	s.out.written = func(c cost) { s.answers.Release(c.answer) }
	s.mu.calls = make(map[uint32]*serving)

	closed := make(chan struct{})
	context.AfterFunc(ctx, func() {
		conn.Close()
		close(closed)
	})
	cancel(s.read(ctx, conn)) // no effect if something else ended it before
	<-closed
	s.out.close()
	s.calls.Wait()
	if err := context.Cause(ctx); err != errLeft {
		return err
	}
	return nil
}

// errLeft is the cause of the end when either end of the connection was closed.
var errLeft = errors.New("the connection was closed")

// server is one Serve.
type server struct {
	store   kv.Store
	swapper kv.Swapper // nil: the store is none
	counter kv.Counter // nil: the store is none
	cfg     ServerConfig
	end     context.CancelCauseFunc
	answers *semaphore.Weighted // bytes of answers that may be in memory
	out     outbox
	calls   sync.WaitGroup

	mu struct {
		sync.Mutex
		calls map[uint32]*serving // what has no answer yet
		used  int64               // what they cost, and those whose answer is not begun to be sent
	}
}

// serving is a call, from the first byte of its request to its answer.
type serving struct {
	id       uint32
	cost     int64
	incoming assembly           // the reader's
	request  request            // once it is complete; whoever runs the call has it
	cancel   context.CancelFunc // nil while the request is incomplete; guarded by server.mu
}

// read takes requests until the connection or the conversation ends, and says why.
func (s *server) read(ctx context.Context, conn net.Conn) error {
	in := bufio.NewReaderSize(conn, readBytes)
	if err := s.greet(in); err != nil {
		return ended(err)
	}
	var buf [headerBytes]byte
	for {
		h, err := readHeader(in, &buf)
		if err != nil {
			return ended(err)
		}
		if err := s.receive(ctx, in, h); err != nil {
			return ended(err)
		}
	}
}

// ended says why the conversation is over, of which err is what the connection noticed.
func ended(err error) error {
	switch {
	case err == io.EOF, err == io.ErrUnexpectedEOF, errors.Is(err, io.ErrClosedPipe), errors.Is(err, net.ErrClosed),
		errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNRESET):
		return errLeft // with or without finishing its request, or reading its answers
	case errors.Is(err, ErrProtocol):
		return err
	default:
		return fmt.Errorf("remote: the connection to the client is lost: %w", err)
	}
}

func (s *server) greet(in io.Reader) error {
	refusal := readClientHello(in)
	if refusal != nil && !errors.Is(refusal, ErrProtocol) {
		return refusal
	}
	// A client of another version is told so by the version in this hello.
	hello := appendServerHello(nil, welcome{abilities: abilitiesOf(s.store), window: s.cfg.RequestBytesMax})
	if s.out.putFrame(helloFrame, 0, hello) {
		if err := s.out.pump(false); err != nil {
			return err
		}
	}
	return refusal
}

// receive takes one frame.
func (s *server) receive(ctx context.Context, in io.Reader, h header) error {
	switch h.kind {
	case wholeFrame:
		call, err := s.admit(h.call, h.size)
		if err != nil {
			return err
		}
		call.incoming.total = h.size
		return s.add(ctx, in, call, h.size)
	case firstFrame:
		var a assembly
		rest, err := a.begin(in, h)
		if err != nil {
			return err
		}
		call, err := s.admit(h.call, a.total)
		if err != nil {
			return err
		}
		call.incoming = a
		return s.add(ctx, in, call, rest)
	case moreFrame:
		call := s.incomplete(h.call)
		if call == nil {
			return violation("a part of request %d, which has no first part", h.call)
		}
		return s.add(ctx, in, call, h.size)
	case cancelFrame:
		if h.size != 0 {
			return violation("a cancel frame of %d bytes", h.size)
		}
		s.cancel(h.call)
		return nil
	default:
		return violation("a frame of kind %d", h.kind)
	}
}

// admit makes room for a request of the given size.
func (s *server) admit(id uint32, size int) (*serving, error) {
	call := &serving{id: id, cost: callBytes + int64(size)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.mu.calls[id]; taken {
		return nil, violation("request %d while another of that number is under way", id)
	}
	if s.mu.used+call.cost > s.cfg.RequestBytesMax {
		return nil, violation("requests of more than the %d bytes allowed", s.cfg.RequestBytesMax)
	}
	s.mu.used += call.cost
	s.mu.calls[id] = call
	return call, nil
}

// incomplete returns the call whose next part is to come, or nil.
func (s *server) incomplete(id uint32) *serving {
	s.mu.Lock()
	defer s.mu.Unlock()
	if call := s.mu.calls[id]; call != nil && call.cancel == nil {
		return call
	}
	return nil
}

// add reads n bytes of a request, and starts the call when it is complete.
func (s *server) add(ctx context.Context, in io.Reader, call *serving, n int) error {
	complete, err := call.incoming.add(in, n)
	if err != nil || !complete {
		return err
	}
	r, ok := decodeRequest(call.incoming.body)
	if !ok || r.op == swapOp && s.swapper == nil || r.op == addOp && s.counter == nil {
		return violation("request %d is garbled", call.id)
	}
	call.request = r
	call.incoming.body = nil // the request has it, and lets it go when the call is over
	ctx, cancel := context.WithCancel(ctx)
	s.mu.Lock()
	call.cancel = cancel
	s.mu.Unlock()
	s.calls.Go(func() { s.run(ctx, cancel, call) })
	return nil
}

// cancel ends a call. One that has been answered, or never was, is none.
func (s *server) cancel(id uint32) {
	s.mu.Lock()
	call := s.mu.calls[id]
	var running context.CancelFunc
	if call != nil {
		running = call.cancel
		call.cancel = func() {} // no further parts are expected
	}
	s.mu.Unlock()
	switch {
	case call == nil:
	case running != nil:
		running()
	default:
		call.incoming.body = nil
		// Not here: whoever answers may have to write, and the reader must go on reading.
		s.calls.Go(func() { s.answer(call, appendFailure(nil, context.Canceled), nil, 0) })
	}
}

// run makes the call and sends its answer.
func (s *server) run(ctx context.Context, done context.CancelFunc, call *serving) {
	defer done()
	reserved := answerBytes(&call.request)
	if err := acquire(ctx, s.answers, reserved); err != nil {
		s.answer(call, appendFailure(nil, err), nil, 0)
		return
	}
	var room [512]byte
	head, tail := s.perform(ctx, room[:0], &call.request)
	call.request = request{} // while the answer waits, what was asked needn't be in memory
	if ctx.Err() != nil {
		head, tail = appendFailure(room[:0], ctx.Err()), nil // nobody wants a value
	}
	kept := int64(0)
	if reserved > 0 {
		kept = min(int64(len(head)+len(tail)), reserved)
		s.answers.Release(reserved - kept)
	}
	s.answer(call, head, tail, kept)
}

// answerBytes is the most that the answer to r has, if the client can choose what that is.
// A write's answer is small, and is covered by what its request counts.
func answerBytes(r *request) int64 {
	const numbers = 32 // lengths and the expiry together
	const keyBytesMax = kv.KeyBytesMax + kv.MetadataBytesMax + versionBytesMax + numbers
	switch r.op {
	case getOp:
		return messageBytesMax
	case listOp:
		limit := r.query.Limit
		if limit == 0 {
			limit = kv.ListLimitMax
		}
		return int64(limit+1) * keyBytesMax
	default:
		return 0
	}
}

// perform makes the call and returns the answer in two pieces, the first in room if it
// fits.
func (s *server) perform(ctx context.Context, room []byte, r *request) (head, tail []byte) {
	var err error
	if s.cfg.Allow != nil {
		if err = s.cfg.Allow(r.ns); err != nil {
			return appendFailure(room, err), nil
		}
	}
	switch r.op {
	case getOp:
		var e kv.Entry
		if e, err = s.store.Get(ctx, r.ns, r.key); err == nil {
			head, tail = appendEntryHead(room, e), e.Value
		}
	case listOp:
		var page kv.Page
		if page, err = s.store.List(ctx, r.ns, r.query); err == nil {
			tail = appendPage(make([]byte, 0, pageBytes(page)), page)
		}
	case putOp, swapOp:
		var v kv.Version
		if r.op == putOp {
			v, err = s.store.Put(ctx, r.ns, r.key, r.entry)
		} else {
			v, err = s.swapper.Swap(ctx, r.ns, r.key, r.old, r.entry)
		}
		head = appendVersion(room, v)
	case addOp:
		var sum int64
		sum, err = s.counter.Add(ctx, r.ns, r.key, r.delta)
		head = appendSum(room, sum)
	case deleteOp:
		err = s.store.Delete(ctx, r.ns, r.key)
		head = append(room, answered)
	}
	if err == nil && len(head)+len(tail) > messageBytesMax {
		err = fmt.Errorf("%w: an answer of %d bytes is past every limit", kv.ErrCorrupt, len(head)+len(tail))
	}
	if err != nil {
		return appendFailure(room, err), nil
	}
	return head, tail
}

// answer sends a call's answer, which counts kept bytes until it is written.
func (s *server) answer(call *serving, head, tail []byte, kept int64) {
	s.mu.Lock()
	delete(s.mu.calls, call.id)
	crowd := len(s.mu.calls) > 0
	s.mu.Unlock()
	if s.out.put(call.id, head, tail, cost{request: call.cost, answer: kept}) {
		if err := s.out.pump(crowd); err != nil {
			s.end(ended(err))
		}
	}
}

// begun gives back what requests counted: when the client sees the answer it may send
// another, and until then the answer, in the outbox, needs room.
func (s *server) begun(c cost) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.used -= c.request
}
