package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/skerry-edge/skerry/gateway/admit"
	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/gateway/route"
	"github.com/skerry-edge/skerry/isolate"
)

// Server serves functions over HTTP. All methods are safe for concurrent use.
type Server struct {
	cfg      Config
	cf       cfTexts
	node     *admit.Node
	unrouted *observe.Function
	http     *fasthttp.Server
	routes   atomic.Pointer[routes] // never nil
	draining atomic.Bool
	panics   atomic.Uint64
	noise    countingLogger

	departures departures // of all connections; ends with Shutdown

	mu struct {
		sync.Mutex
		listeners []*listener
		functions map[string]*function
	}
}

// New returns a server without routes. Serve makes it accept, Shutdown ends it.
func New(cfg Config) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cf, err := newCFTexts(cfg.CF)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg.withDefaults(), cf: cf, node: admit.New(cfg.Admission), unrouted: cfg.Observer.Unrouted()}
	s.mu.functions = make(map[string]*function)
	s.routes.Store(&routes{table: new(route.Table)})
	s.http = &fasthttp.Server{
		Handler:       s.handle,
		ExpectHandler: s.expect,
		ErrorHandler:  s.protocolError,
		Logger:        &s.noise,

		ReadBufferSize: readBufferBytes,
		ReadTimeout:    s.cfg.HeadTimeout,
		IdleTimeout:    s.cfg.IdleTimeout,
		WriteTimeout:   s.cfg.WriteTimeout,
		Concurrency:    2 * s.cfg.Connections, // the listener's bound comes first

		// The handler reads the body itself, under its own deadline and the function's
		// limit. What fasthttp reads ahead of it is the least it can be told: one byte.
		StreamRequestBody:  true,
		MaxRequestBodySize: 1,

		DisablePreParseMultipartForm: true,
		NoDefaultServerHeader:        true,
		NoDefaultContentType:         true,
		SecureErrorLogMessage:        true,
	}
	s.register(cfg.Observer)
	return s, nil
}

// register adds the server's own metrics.
func (s *Server) register(o *observe.Observer) {
	sum := func(read func(*listener) uint64) func() float64 {
		return func() float64 {
			n := uint64(0)
			for _, l := range s.listeners() {
				n += read(l)
			}
			return float64(n)
		}
	}
	o.GaugeFunc("skerry_connections", "Open connections of clients.",
		sum(func(l *listener) uint64 { return uint64(l.open()) }))
	o.CounterFunc("skerry_accept_failures_total", "Connections that could not be accepted, mostly for want of files.",
		sum(func(l *listener) uint64 { return l.failures.Load() }))
	o.CounterFunc("skerry_connections_refused_total", "Connections refused because too many were open.",
		sum(func(l *listener) uint64 { return l.tooMany.Load() + l.tooGreedy.Load() }))
	o.CounterFunc("skerry_connection_errors_total", "Connections that ended with an error.",
		func() float64 { return float64(s.noise.lines.Load()) })
	o.CounterFunc("skerry_panics_total", "Panics that a request caused in the gateway or the engine.",
		func() float64 { return float64(s.panics.Load()) })
}

// Serve accepts connections of ln, which it closes, until Shutdown. It returns nil then, and
// fails only if ln is no listener to begin with.
func (s *Server) Serve(ln net.Listener) error {
	l := newListener(ln, &s.cfg, &s.departures, func(err error) { s.log("warn", "", "accept: "+err.Error()) })
	s.mu.Lock()
	s.mu.listeners = append(s.mu.listeners, l)
	s.mu.Unlock()
	if s.draining.Load() {
		l.Close()
	}
	return s.http.Serve(l)
}

func (s *Server) listeners() []*listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.listeners
}

// Ready reports whether new requests are welcome: routes are set and no shutdown has begun.
func (s *Server) Ready() bool { return s.routes.Load().set && !s.draining.Load() }

const (
	// drainQuiet is how long a connection without a running event is silent before a drain
	// closes it. Meanwhile a request that is on its way gets its answer.
	drainQuiet = 250 * time.Millisecond
	drainTick  = 25 * time.Millisecond

	// killWait is how long canceled events have to let go.
	killWait = time.Second
)

// Shutdown stops accepting, ends each connection after the response it waits for, and returns
// when all are closed. When ctx ends first, it cancels the events that still run, closes
// their connections and returns an error that says how many. Requests that are half sent
// don't hold it up.
//
// Events may go on after their response, for waitUntil; ending those is the engine's part.
func (s *Server) Shutdown(ctx context.Context) error {
	s.draining.Store(true)
	defer s.departures.close()
	for _, l := range s.listeners() {
		l.Close()
	}
	tick := time.NewTicker(drainTick)
	defer tick.Stop()
	seen := make(map[*conn]quiet)
	for {
		conns := s.conns()
		if len(conns) == 0 {
			return nil
		}
		now := time.Now()
		for _, c := range conns {
			seen[c] = seen[c].look(c, now)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return s.kill(conns, ctx.Err())
		}
	}
}

// quiet is what a drain has seen of a connection.
type quiet struct {
	reads uint64
	since time.Time // of the last sign of life
}

// look closes c if it has been silent for long enough.
func (q quiet) look(c *conn, now time.Time) quiet {
	reads := c.reads.Load()
	if q.since.IsZero() || reads != q.reads || c.busy() {
		return quiet{reads, now}
	}
	if now.Sub(q.since) >= drainQuiet {
		c.kill(errStopping)
	}
	return q
}

func (s *Server) kill(conns []*conn, cause error) error {
	for _, c := range conns {
		c.kill(errStopping)
	}
	for deadline := time.Now().Add(killWait); len(s.conns()) > 0 && time.Now().Before(deadline); {
		time.Sleep(drainTick)
	}
	return fmt.Errorf("%d connections were cut: %w", len(conns), cause)
}

func (s *Server) conns() []*conn {
	var all []*conn
	for _, l := range s.listeners() {
		all = append(all, l.all()...)
	}
	return all
}

// protocolError answers a request that fasthttp could not read.
func (s *Server) protocolError(ctx *fasthttp.RequestCtx, err error) {
	c := ctx.Conn().(*conn)
	timeout := errors.Is(err, os.ErrDeadlineExceeded)
	if timeout && c.reads.Load() <= 1 {
		// Nothing ever came. Browsers open such connections to have them, and would take an
		// answer for one to their next request.
		c.kill(errDeparted)
		return
	}
	x := s.newExchange(ctx, time.Now())
	defer x.finish()
	defer x.recover()
	var tooLarge *fasthttp.ErrSmallBuffer
	switch {
	case errors.As(err, &tooLarge) && !c.sawLine:
		x.refuse(hangUp(outcomeURITooLong, ""))
	case errors.As(err, &tooLarge):
		x.refuse(hangUp(outcomeHeadersTooLarge, ""))
	case timeout:
		x.refuse(hangUp(outcomeRequestTimeout, ""))
	case c.readErr != nil:
		x.refuse(departed(errDeparted))
	default:
		x.refuse(hangUp(outcomeBadRequest, ""))
	}
}

// log tells the operator something that no request is to be told.
func (s *Server) log(level, id, message string) {
	s.cfg.Observer.Log(isolate.LogLine{Time: time.Now(), EventID: id, Level: level, Message: message})
}

// countingLogger counts fasthttp's complaints. Each is about one client's connection and of
// interest in numbers alone.
type countingLogger struct{ lines atomic.Uint64 }

func (l *countingLogger) Printf(string, ...any) { l.lines.Add(1) }
