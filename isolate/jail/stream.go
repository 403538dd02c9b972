package jail

import (
	"context"
	"math"
	"sync"

	"github.com/skerry-edge/skerry/isolate"
)

// Bodies that come little by little go through a channel as they come. The end that has a
// body's source announces it in the message that has the head: the event, the answer, a call
// or its reply. The other end asks for one chunk after another; each kindPull is answered by
// one kindChunk, with bytes, the end or an error. Who reads no more says so with kindStop, and
// is still owed the answer to its last kindPull. So the slowest on a body's way sets its pace,
// and an end holds one chunk of it.
//
// All three name an event in their header, and one of its bodies in their head: 0 is that of
// the event's own request or response, by the direction, and each subrequest has a number for
// its two. What is said of an event that is over meanwhile is of no account.

// chunkBytesMax is the most that goes in one message of a body.
const chunkBytesMax = 64 << 10

// What a kindChunk has after its stream's number.
const (
	chunkBytes   = iota // bytes, which are the message's body
	chunkEnd            // nothing: the stream has ended
	chunkError          // an error, as in a reply
	chunkFailure        // an *isolate.Failure
)

// streams are the bodies of one event that go through its channel, at one of its ends. Their
// sources must be ended with close.
type streams struct {
	link  *link
	work  *sync.WaitGroup // of the goroutines that read sources
	event uint32

	mu struct {
		sync.Mutex
		in  map[uint32]*inlet  // bodies that come from the peer, until they have ended
		out map[uint32]*outlet // bodies that go to the peer, until they have ended
		err error              // why there are no more; nil: there may be
	}
}

// offer makes source what the peer pulls as number. The outlet's hooks may be set before.
func (s *streams) offer(number uint32, source isolate.Source, o *outlet) error {
	o.streams, o.number, o.source = s, number, source
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.mu.err != nil:
		return s.mu.err
	case s.mu.out[number] != nil:
		return fault("two bodies by the number %d", number)
	}
	if s.mu.out == nil {
		s.mu.out = make(map[uint32]*outlet, 1)
	}
	s.mu.out[number] = o
	return nil
}

// expect makes i, which the peer has announced, the body that comes as number.
func (s *streams) expect(number uint32, i *inlet) error {
	i.streams, i.number = s, number
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.mu.err != nil:
		return s.mu.err
	case s.mu.in[number] != nil:
		return fault("two bodies by the number %d", number)
	}
	if s.mu.in == nil {
		s.mu.in = make(map[uint32]*inlet, 1)
	}
	s.mu.in[number] = i
	return nil
}

// decline says that nobody will read what the peer may announce as number.
func (s *streams) decline(number uint32) {
	// A broken link has ended all streams.
	_ = s.link.send(context.Background(), kindStop, s.event, appendString(appendUint(nil, uint64(number)), ""), nil)
}

// handle takes a message of the peer that is about one of the streams. Its error says which
// rule the peer broke.
func (s *streams) handle(k kind, in *input) error {
	number := uint32(in.small(math.MaxUint32))
	switch k {
	case kindPull:
		if err := in.end(); err != nil {
			return err
		}
		return s.pulled(number)
	case kindStop:
		reason := in.atMost(textBytesMax)
		if err := in.end(); err != nil {
			return err
		}
		s.stopped(number, reason)
		return nil
	default:
		return s.arrived(number, in)
	}
}

func (s *streams) pulled(number uint32) error {
	s.mu.Lock()
	o, over := s.mu.out[number], s.mu.err != nil
	s.mu.Unlock()
	switch {
	case over:
		return nil
	case o == nil:
		return fault("a pull of the body %d, which is not there", number)
	}
	return o.pull()
}

func (s *streams) stopped(number uint32, reason string) {
	s.mu.Lock()
	o := s.mu.out[number] // nil: its end and this have crossed
	s.mu.Unlock()
	if o != nil {
		o.stop(reason)
	}
}

func (s *streams) arrived(number uint32, in *input) error {
	what := in.small(chunkFailure)
	var err error
	switch what {
	case chunkError:
		err = in.error()
	case chunkFailure:
		err = in.failure()
	}
	var bytes []byte
	if what == chunkBytes {
		bytes = in.body()
	}
	if bad := in.end(); bad != nil {
		return bad
	}
	s.mu.Lock()
	i, over := s.mu.in[number], s.mu.err != nil
	s.mu.Unlock()
	switch {
	case over:
		return nil
	case i == nil:
		return fault("a chunk of the body %d, which is not there", number)
	case what == chunkBytes && (len(bytes) == 0 || len(bytes) > chunkBytesMax):
		return fault("a chunk of %d bytes, and 1 to %d are allowed", len(bytes), chunkBytesMax)
	}
	return i.arrive(what, bytes, err)
}

// busy says whether something of the body that goes out as number is on its way.
func (s *streams) busy(number uint32) bool {
	s.mu.Lock()
	o := s.mu.out[number]
	s.mu.Unlock()
	return o != nil && o.busy()
}

// coming says whether the body that comes as number has more to come, for all that its reader
// knows.
func (s *streams) coming(number uint32) bool {
	s.mu.Lock()
	i := s.mu.in[number]
	s.mu.Unlock()
	return i != nil && i.open()
}

// close ends all streams with err, and lets none begin.
func (s *streams) close(err error) {
	s.mu.Lock()
	if s.mu.err != nil {
		s.mu.Unlock()
		return
	}
	in, out := s.mu.in, s.mu.out
	s.mu.in, s.mu.out, s.mu.err = nil, nil, err
	s.mu.Unlock()
	for _, i := range in {
		i.fail(err)
	}
	for _, o := range out {
		o.fail(err)
	}
}

// forgetIn and forgetOut let go of a stream that has ended. The latter says whether it was
// there.
func (s *streams) forgetIn(i *inlet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.in[i.number] == i {
		delete(s.mu.in, i.number)
	}
}

func (s *streams) forgetOut(o *outlet) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.mu.out[o.number] == o
	if found {
		delete(s.mu.out, o.number)
	}
	return found
}
