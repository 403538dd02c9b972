package jail

import (
	"math"
	"sync"

	"github.com/skerry-edge/skerry/isolate"
)

// Bodies that come little by little go through a channel as they come. The end that has a
// body's source announces it in the message that has the head: the event, the answer, a call
// or its reply. The other end asks for chunks with kindPull, one at first and a few ahead when
// the body turns out to be long. Each is answered by a kindChunk, until one says that the body
// has ended, or failed. Who reads no more says so with kindStop, which is answered by the end.
// So the slowest on a body's way sets its pace, and an end holds a few chunks of it.
//
// All three name an event in their header, and one of its bodies in their head: 0 is that of
// the event's own request or response, by the direction, and each subrequest has a number for
// its two. What is said of an event that is over meanwhile is of no account.

const (
	// chunkBytesMax is the most that goes in one message of a body.
	chunkBytesMax = 64 << 10
	// aheadMax is how many chunks of a body may be asked for at once. Of a long one, as many are
	// as make up chunkBytesMax.
	aheadMax = 8
)

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
		out map[uint32]*outlet // bodies that go to the peer; nil: it has ended
		err error              // why there are no more; nil: there may be
	}
}

// offer makes source what the peer pulls as number, by o, whose hooks may be set.
func (s *streams) offer(number uint32, source isolate.Source, o *outlet) error {
	o.streams, o.number, o.source = s, number, source
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.err != nil {
		return s.mu.err
	}
	if _, taken := s.mu.out[number]; taken {
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

// decline says that nobody will read what the peer may have announced as number.
func (s *streams) decline(number uint32, reason error) {
	i := newInlet(-1)
	if s.expect(number, i) == nil {
		i.Cancel(reason)
	}
}

// handle takes a message of the peer that is about one of the streams. Its error says which
// rule the peer broke.
func (s *streams) handle(k kind, in *input) error {
	number := uint32(in.small(math.MaxUint32))
	switch k {
	case kindPull:
		chunks := in.small(aheadMax)
		if err := in.end(); err != nil {
			return err
		}
		return s.pulled(number, chunks)
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

func (s *streams) pulled(number uint32, chunks int) error {
	s.mu.Lock()
	o, known := s.mu.out[number]
	over := s.mu.err != nil
	s.mu.Unlock()
	switch {
	case !known && !over:
		return fault("a pull of the body %d, which is not there", number)
	case o == nil: // its end and this have crossed
		return nil
	}
	return o.pull(chunks)
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

// withdraw takes back the body that goes out as number, if there is one and it was not asked for,
// and leaves its source alone; false: some of it has been read.
func (s *streams) withdraw(number uint32) bool {
	s.mu.Lock()
	o, known := s.mu.out[number]
	s.mu.Unlock()
	return !known || o != nil && o.withdraw()
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
		if o != nil {
			o.fail(err)
		}
	}
}

// forgetIn lets go of a body that has ended.
func (s *streams) forgetIn(i *inlet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.mu.in, i.number)
}

// forgetOut lets go of a body that has ended, but for its number, and says whether it was there.
func (s *streams) forgetOut(o *outlet) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.mu.out[o.number] == o
	if found {
		s.mu.out[o.number] = nil
	}
	return found
}
