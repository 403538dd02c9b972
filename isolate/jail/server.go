package jail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
)

const (
	// condemnMax is how long the other events of a condemned jail may go on.
	condemnMax = 150 * time.Millisecond
	// flushMax is how long what was answered last may take to go out.
	flushMax = 200 * time.Millisecond

	// reportEvery is how often a jail at work says so, and quietReports after how many times
	// without an event it gives its memory back.
	reportEvery  = 500 * time.Millisecond
	quietReports = 3

	// gcPercent keeps a jail small: it may stand idle beside hundreds of others.
	gcPercent = 100

	// logBytesMax is what may be queued on a channel before lines are dropped.
	logBytesMax = 1 << 20
)

// ServerConfig is what a Server needs.
type ServerConfig struct {
	// Control is the jail's end of the socket pair that its keeper made: [Spec.Control]. The
	// server closes it.
	Control *os.File

	// Engine configures the engine. Its Host and Load are the server's own, the channels, and
	// Overrun is called after the server has done what it does.
	Engine isolate.Config

	// MemoryBytes is what the process may hold, about: the runtime collects harder when it
	// comes near, and gives memory back when the jail is idle. 0: the runtime's settings stay
	// as they are.
	MemoryBytes int64
}

// Server is the jail's side: it runs the events that come through its channels.
type Server struct {
	cfg     ServerConfig
	control *net.UnixConn
	engine  *isolate.Engine
	changed chan struct{} // something that Serve waits for may be so
	begun   chan struct{} // an event has begun
	runners *runners
	work    sync.WaitGroup

	mu struct {
		sync.Mutex
		channels  map[*channel]struct{}
		events    map[uint64]*inbound // by the number that is the event's ID
		last      uint64
		leaving   bool
		condemned *isolate.Failure // of what can't be ended; nil: there is no such thing
	}
}

// NewServer returns a Server. The engine is made, and nothing is read yet: a process can
// give up what it must not have before it calls Serve.
func NewServer(cfg ServerConfig) (*Server, error) { return newServer(cfg, nil) }

// newServer returns a Server whose console output goes to console, if that is not nil.
func newServer(cfg ServerConfig, console func(isolate.LogLine)) (*Server, error) {
	if cfg.Control == nil {
		return nil, errors.New("jail: ServerConfig.Control is missing")
	}
	control, err := unixConn(cfg.Control)
	if err != nil {
		return nil, fmt.Errorf("jail: control socket: %w", err)
	}
	s := &Server{cfg: cfg, control: control, changed: make(chan struct{}, 1), begun: make(chan struct{}, 1)}
	s.runners = newRunners(&s.work)
	s.mu.channels = make(map[*channel]struct{})
	s.mu.events = make(map[uint64]*inbound)
	if cfg.MemoryBytes > 0 {
		debug.SetMemoryLimit(cfg.MemoryBytes)
		debug.SetGCPercent(gcPercent)
	}
	if console == nil {
		console = s.console
	}
	cfg.Engine.Host = isolate.Host{Fetch: hostFetch{}, KV: hostStore{}, Cache: hostCache{}, Console: console}
	cfg.Engine.Load, cfg.Engine.Overrun = s.load, s.overrun
	if s.engine, err = isolate.New(cfg.Engine); err != nil {
		control.Close()
		return nil, err
	}
	return s, nil
}

// Serve takes channels from the keeper and runs their events. It returns nil when the keeper
// asked it to end, or is gone, and all events are over, and [ErrCondemned] when an event can't
// be ended. The process should exit then: in the latter case a goroutine may be spinning. When
// ctx ends, events end as canceled.
func (s *Server) Serve(ctx context.Context) error {
	life, end := context.WithCancel(ctx)
	defer end()
	alone := make(chan struct{}) // closed when the keeper is gone
	s.work.Go(func() { s.report(life) })
	s.work.Go(func() {
		defer close(alone)
		s.obey(life)
	})
	err := s.await(ctx, alone)
	if errors.Is(err, ErrCondemned) {
		s.failAll()
		s.flush()
		return err
	}
	s.engine.Close()
	s.flush()
	end()
	s.control.Close()
	<-alone // no channel joins any more
	for _, ch := range s.channels() {
		ch.link.fail(ErrClosed)
	}
	s.runners.close()
	s.work.Wait()
	return err
}

// await returns when the server has nothing more to do.
func (s *Server) await(ctx context.Context, alone <-chan struct{}) error {
	var late <-chan time.Time // set when the jail is condemned
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-alone:
			return nil
		case <-late:
			return ErrCondemned
		case <-s.changed:
		}
		s.mu.Lock()
		condemned, over := s.mu.condemned != nil, s.mu.leaving && len(s.mu.channels) == 0
		s.mu.Unlock()
		switch {
		case condemned && over:
			return ErrCondemned
		case condemned && late == nil:
			timer := time.NewTimer(condemnMax)
			defer timer.Stop()
			late = timer.C
		case over:
			return nil
		}
	}
}

// obey does what the keeper says, until it is gone.
func (s *Server) obey(ctx context.Context) {
	if sendControl(s.control, controlMessage{kind: controlReady}, nil) != nil {
		return
	}
	for {
		m, file, err := receiveControl(s.control)
		switch {
		case err != nil:
			return
		case m.kind == controlDrain:
			s.leave()
		case file != nil:
			s.join(ctx, file)
		}
	}
}

// join serves one more channel.
func (s *Server) join(ctx context.Context, file *os.File) {
	conn, err := unixConn(file)
	if err != nil {
		return // its client hears of it when the file is closed
	}
	ch := newChannel(ctx, s, conn)
	s.mu.Lock()
	s.mu.channels[ch] = struct{}{}
	leaving := s.mu.leaving
	s.mu.Unlock()
	s.work.Go(ch.link.flush)
	s.work.Go(func() {
		ch.serve()
		s.mu.Lock()
		delete(s.mu.channels, ch)
		s.mu.Unlock()
		s.signal()
	})
	if leaving {
		ch.goaway()
	}
}

func (s *Server) channels() []*channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*channel, 0, len(s.mu.channels))
	for ch := range s.mu.channels {
		list = append(list, ch)
	}
	return list
}

// leave takes no more events: clients close their channels when those they have sent are over.
func (s *Server) leave() {
	s.mu.Lock()
	already := s.mu.leaving
	s.mu.leaving = true
	s.mu.Unlock()
	if already {
		return
	}
	// A keeper that is gone is noticed by obey.
	_ = sendControl(s.control, controlMessage{kind: controlLeaving}, nil)
	for _, ch := range s.channels() {
		ch.goaway()
	}
	s.signal()
}

// overrun ends the jail, because a turn in it can't be ended. If it was an event's, the event
// has been answered.
func (s *Server) overrun(o isolate.Overrun) {
	s.mu.Lock()
	if s.mu.condemned == nil {
		s.mu.condemned = o.Failure
	}
	s.mu.Unlock()
	s.leave()
	s.signal()
	if s.cfg.Engine.Overrun != nil {
		s.cfg.Engine.Overrun(o)
	}
}

// failAll answers the events that a condemned jail has not answered. They are for the function
// that is at fault, and most likely wait for the turn that nothing ends.
func (s *Server) failAll() {
	s.mu.Lock()
	failure := s.mu.condemned
	s.mu.Unlock()
	for _, in := range s.left() {
		in.fail(failure)
	}
}

// left returns the events under way.
func (s *Server) left() []*inbound {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*inbound, 0, len(s.mu.events))
	for _, in := range s.mu.events {
		list = append(list, in)
	}
	return list
}

func (s *Server) signal() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// flush waits until what was sent is on its way.
func (s *Server) flush() {
	for _, ch := range s.channels() {
		ch.link.flushed(flushMax)
	}
}

// begin counts in among the events under way and gives it a number; false: the server leaves.
func (s *Server) begin(in *inbound) bool {
	s.mu.Lock()
	if s.mu.leaving {
		s.mu.Unlock()
		return false
	}
	s.mu.last++
	in.number = s.mu.last
	in.event.ID = strconv.FormatUint(in.number, 10)
	s.mu.events[in.number] = in
	s.mu.Unlock()
	select {
	case s.begun <- struct{}{}:
	default:
	}
	return true
}

// end forgets an event that is over.
func (s *Server) end(in *inbound) {
	s.mu.Lock()
	delete(s.mu.events, in.number)
	leaving := s.mu.leaving
	s.mu.Unlock()
	if leaving {
		s.signal()
	}
}

// report tells the keeper now and then that there is work, and gives memory back when there
// was none for a while.
func (s *Server) report(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.begun:
		}
		tick := time.NewTicker(reportEvery)
		seen := uint64(0)
		for quiet := 0; quiet < quietReports; {
			select {
			case <-ctx.Done():
				tick.Stop()
				return
			case <-tick.C:
			}
			s.mu.Lock()
			last, under := s.mu.last, len(s.mu.events)
			s.mu.Unlock()
			if quiet++; last != seen || under > 0 {
				quiet, seen = 0, last
			}
			if quiet <= 1 {
				// A keeper that is gone is noticed by obey.
				_ = sendControl(s.control, controlMessage{controlEvents, uint32(under)}, nil)
			}
		}
		tick.Stop()
		if s.cfg.MemoryBytes > 0 {
			debug.FreeOSMemory()
		}
	}
}

// load gets a bundle through a channel whose client knows it: the one that wants it, or any.
func (s *Server) load(ctx context.Context, digest bundles.Digest) (*bundles.Bundle, error) {
	list := s.channels()
	if ch, ok := ctx.Value(channelKey{}).(*channel); ok {
		list = append([]*channel{ch}, list...)
	}
	err := errors.New("no channel is for this bundle")
	for _, ch := range list {
		if !ch.knows(digest) {
			continue
		}
		var b *bundles.Bundle
		if b, err = ch.load(ctx, digest); err == nil {
			return b, nil
		}
	}
	return nil, err
}

// console sends a line to the client of the event that logs it.
func (s *Server) console(l isolate.LogLine) {
	if l.EventID == "" {
		for _, ch := range s.channels() {
			ch.looseLine(l)
			return
		}
		return
	}
	number, err := strconv.ParseUint(l.EventID, 10, 64)
	if err != nil {
		return
	}
	s.mu.Lock()
	in := s.mu.events[number]
	s.mu.Unlock()
	if in != nil {
		in.line(l)
	}
}
