package jail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
)

const (
	// writeMax is how long a jail may read nothing of what is sent to it.
	writeMax = 10 * time.Second

	// endMax is how long an event's end may take beyond what its limits say: the jail may
	// have many others to run.
	endMax = 15 * time.Second
)

// ClientConfig is what a Client needs.
type ClientConfig struct {
	// Host is what events in the jail reach of the world. Each call is made for the event and
	// the version that made it.
	Host isolate.Host

	// Load returns a bundle that the jail needs, one of a version that was dispatched here.
	Load func(ctx context.Context, digest bundles.Digest) (*bundles.Bundle, error)

	// Fault, if not nil, is called at most once, when the jail has broken the protocol; the
	// channel is closed already. The error wraps ErrFault. It must not block.
	Fault func(error)

	EventsMax     int           // in the jail at once; others wait; 0: 1,024
	DrainMax      time.Duration // of waitUntil work after the response, as the jail's engine has it; 0: 30 s
	StreamIdleMax time.Duration // until the next bytes of a response's body, as the jail's engine has it; 0: 5 min
}

func (c ClientConfig) withDefaults() ClientConfig {
	if c.EventsMax == 0 {
		c.EventsMax = 1024
	}
	if c.DrainMax == 0 {
		c.DrainMax = 30 * time.Second
	}
	if c.StreamIdleMax == 0 {
		c.StreamIdleMax = 5 * time.Minute
	}
	return c
}

// Validate names the field that is missing or out of range.
func (c ClientConfig) Validate() error {
	switch {
	case c.Load == nil:
		return errors.New("jail: ClientConfig.Load is missing")
	case c.EventsMax < 0:
		return errors.New("jail: ClientConfig.EventsMax is negative")
	case c.DrainMax < 0:
		return errors.New("jail: ClientConfig.DrainMax is negative")
	case c.StreamIdleMax < 0:
		return errors.New("jail: ClientConfig.StreamIdleMax is negative")
	}
	return nil
}

// Client is a process's end of a channel into a jail. All methods are safe for concurrent
// use.
//
// One goroutine receives what the jail sends. It alone ends events, so that what it finds in
// one is not ended under it; what it must wait for, it gives to other goroutines.
type Client struct {
	cfg    ClientConfig
	link   *link
	ctx    context.Context // ends with the channel
	cancel context.CancelFunc
	slots  chan struct{} // one for each event in the jail
	store  chan struct{} // one for each KV call that is performed
	fetch  chan struct{} // one for each subrequest that is performed
	work   sync.WaitGroup

	ready bool // the jail speaks the protocol; the receiver's
	loose int  // lines that belong to no event under way; the receiver's

	// bound, if not nil, replaces the check that a version may reach a namespace.
	bound func(t *isolate.Target, namespace string) bool

	mu struct {
		sync.Mutex
		events    map[uint32]*flight
		versions  map[versionKey]*version
		calls     map[uint32]context.CancelFunc
		last      uint32 // the id of the event sent last
		sent      int    // events
		function  string // the events'
		memoryMax int    // bytes: the largest memory_mb of a version
		gone      bool   // no more events
		closed    bool
		idle      time.Time // when events became empty
	}
}

// versionKey names a version within a function.
type versionKey struct {
	number int
	digest bundles.Digest
}

// version is one that the jail knows by an id.
type version struct {
	id   uint32
	sent chan struct{} // closed when the jail has been told, or can't be
}

// NewClient returns a Client that owns conn, one end of a channel that [Keeper.Open] made.
// Close it when it is not used any more.
func NewClient(conn net.Conn, cfg ClientConfig) (*Client, error) {
	c, err := newClient(conn, cfg)
	if err != nil {
		return nil, err
	}
	c.start()
	return c, nil
}

func newClient(conn net.Conn, cfg ClientConfig) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	c := &Client{
		cfg: cfg, link: newLink(conn, writeMax),
		slots: make(chan struct{}, cfg.EventsMax), store: make(chan struct{}, storeCallsMax), fetch: make(chan struct{}, fetchCallsMax),
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.mu.events = make(map[uint32]*flight)
	c.mu.versions = make(map[versionKey]*version)
	c.mu.calls = make(map[uint32]context.CancelFunc)
	c.mu.idle = time.Now()
	return c, nil
}

func (c *Client) start() {
	c.work.Go(c.link.flush)
	c.work.Go(func() { c.lose(c.link.receive(c.limit, c.handle)) })
	// If the link is broken already, the receiver hears of it.
	_ = c.link.send(c.ctx, kindHello, 0, []byte(protocol), nil)
}

// Dispatch runs one event of the function version t in the jail, with the contract of
// [isolate.Engine.Dispatch]: the response is the caller's to keep, its Stream must be read to
// its end or canceled, the error is a *isolate.Failure, and ev.Done is called exactly once. There
// is one more error: [ErrGone], after which ev.Done is not called, and nothing of the request's
// body has been read.
//
// All events of a client are for one function.
func (c *Client) Dispatch(ctx context.Context, t *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
	f := &flight{target: t, event: ev, started: time.Now(), answered: make(chan struct{})}
	var late <-chan time.Time
	if wall := t.Manifest.Limits.WallMillis; wall != nil && *wall > 0 {
		timer := time.NewTimer(time.Duration(*wall) * time.Millisecond)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case c.slots <- struct{}{}:
	default:
		select {
		case c.slots <- struct{}{}:
		case <-ctx.Done():
			return nil, f.refuse(canceled())
		case <-late:
			return nil, f.refuse(pastWall(t))
		case <-c.ctx.Done():
			return nil, ErrGone
		}
	}
	if err := c.send(ctx, f); err != nil {
		return nil, err
	}
	select {
	case <-f.answered:
	case <-ctx.Done():
		c.giveUp(f, canceled())
	case <-late:
		c.giveUp(f, pastWall(t))
	}
	return f.outcome()
}

// workerLost is the failure of an event whose channel has ended because of err.
func workerLost(err error) *isolate.Failure {
	return &isolate.Failure{Outcome: isolate.OutcomeWorkerLost, Message: "the process that ran the function ended", Detail: err.Error()}
}

func canceled() *isolate.Failure {
	return &isolate.Failure{Outcome: isolate.OutcomeCanceled, Message: "the client left, or the node is stopping"}
}

func pastWall(t *isolate.Target) *isolate.Failure {
	wall := int64(*t.Manifest.Limits.WallMillis)
	return &isolate.Failure{
		Outcome: isolate.OutcomeExceededWall,
		Message: fmt.Sprintf("the handler had no response after %d ms (limits.wall_ms)", wall),
		Limit:   "wall_ms", Used: wall, Allowed: wall,
	}
}

// send sends the event to the jail. Its error is Dispatch's.
func (c *Client) send(ctx context.Context, f *flight) error {
	v, err := c.begin(f)
	if err != nil {
		<-c.slots
		return err
	}
	select {
	case <-v.sent:
	case <-c.link.ended:
	}
	var space [1024]byte
	head := appendUint(space[:0], uint64(v.id))
	head = appendString(head, string(f.event.Kind))
	head = appendBool(head, f.event.Request != nil)
	var body []byte
	if r := f.event.Request; r != nil {
		head, body = appendRequest(head, r), r.Body
		if r.Stream != nil {
			// If the channel is over, so it is for the event.
			_ = f.streams.offer(0, r.Stream, new(outlet))
		}
	}
	f.sending.Lock()
	if !f.lost {
		err = c.link.send(ctx, kindEvent, f.id, head, body)
		f.sent = err == nil
	}
	lost := f.lost
	f.sending.Unlock()
	switch {
	case err == nil && !lost:
		return nil
	case lost || !c.remove(f): // the receiver found it first
		<-f.answered
		_, err := f.outcome()
		return err
	}
	// Not all of it went out.
	if ctx.Err() == nil && f.streams.withdraw(0) {
		return ErrGone
	}
	failure := workerLost(err) // and the jail, which has guessed the event's id, has read of the body
	if ctx.Err() != nil {
		failure = canceled()
	}
	f.streams.close(failure)
	return f.refuse(failure)
}

// begin gives f an id and counts it among the events in the jail. It returns f's version,
// which it has made known to the jail, or somebody else is about to.
func (c *Client) begin(f *flight) (*version, error) {
	t := f.target
	key := versionKey{t.Number, t.Digest}
	c.mu.Lock()
	if c.mu.gone {
		c.mu.Unlock()
		return nil, ErrGone
	}
	for {
		c.mu.last++
		if _, used := c.mu.events[c.mu.last]; !used && c.mu.last != 0 {
			break
		}
	}
	f.id = c.mu.last
	f.streams = streams{link: c.link, work: &c.work, event: f.id}
	c.mu.events[f.id] = f
	c.mu.sent++
	v, known := c.mu.versions[key]
	if !known {
		v = &version{id: uint32(len(c.mu.versions) + 1), sent: make(chan struct{})}
		c.mu.versions[key] = v
		c.mu.function = t.Function
		c.mu.memoryMax = max(c.mu.memoryMax, t.Manifest.WithDefaults().Limits.MemoryMB<<20)
	}
	c.mu.Unlock()
	if known {
		return v, nil
	}
	defer close(v.sent)
	text, err := json.Marshal(t)
	if err != nil {
		panic("jail: a version is always JSON: " + err.Error())
	}
	// If the link is broken, so it is for the event.
	_ = c.link.send(c.ctx, kindVersion, v.id, nil, text)
	return v, nil
}

// remove takes f out of the events in the jail. Whoever gets true ends it.
func (c *Client) remove(f *flight) bool {
	c.mu.Lock()
	found := c.mu.events[f.id] == f
	if found {
		delete(c.mu.events, f.id)
	}
	empty := len(c.mu.events) == 0
	if empty {
		c.mu.idle = time.Now()
	}
	over := empty && c.mu.gone
	c.mu.Unlock()
	if found {
		<-c.slots
	}
	if over {
		c.link.fail(ErrGone)
	}
	return found
}

// giveUp settles f without the jail, and tells the jail.
func (c *Client) giveUp(f *flight, failure *isolate.Failure) {
	if !f.settle(nil, failure, nil) {
		return
	}
	// If the link is broken, the event ends with it.
	_ = c.link.note(kindCancel, f.id)
	c.watch(f)
}

// watch makes sure that f is over in time, when all of its response is there.
func (c *Client) watch(f *flight) {
	limits := &f.target.Manifest.Limits
	wait := c.cfg.DrainMax + time.Duration(limits.CPUMillis)*time.Millisecond + endMax
	f.watch(wait, func() { c.link.fail(fault("an event was not over after %v", wait)) })
}

// Idle returns since when no event has been in the jail; false: there is one.
func (c *Client) Idle() (since time.Time, idle bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.idle, len(c.mu.events) == 0
}

// closeIdle closes the channel if no event is in the jail, and says whether it is closed.
func (c *Client) closeIdle() bool {
	c.mu.Lock()
	if len(c.mu.events) > 0 {
		c.mu.Unlock()
		return false
	}
	c.mu.gone, c.mu.closed = true, true
	c.mu.Unlock()
	c.link.fail(ErrGone)
	return true
}

// Close ends the channel, the events in it as canceled, and waits for what they had under way.
func (c *Client) Close() error {
	c.mu.Lock()
	c.mu.gone, c.mu.closed = true, true
	c.mu.Unlock()
	c.link.fail(ErrClosed)
	c.work.Wait()
	return nil
}

// lose ends everything that is left when the channel is over because of err.
func (c *Client) lose(err error) {
	if first := c.link.err(); first != nil {
		err = first // a broken link is why nothing could be received
	}
	c.link.fail(err)
	c.mu.Lock()
	c.mu.gone = true
	closed := c.mu.closed
	left := make([]*flight, 0, len(c.mu.events))
	for _, f := range c.mu.events {
		left = append(left, f)
	}
	c.mu.Unlock()
	c.cancel()
	for _, f := range left {
		c.loseEvent(f, err, closed)
	}
	if c.cfg.Fault != nil && errors.Is(err, ErrFault) && !closed {
		c.cfg.Fault(err)
	}
}

// loseEvent ends one event with the channel.
func (c *Client) loseEvent(f *flight, err error, closed bool) {
	f.sending.Lock()
	f.lost = true
	ran := f.sent && c.ready
	f.sending.Unlock()
	failure := canceled()
	if !closed {
		failure = workerLost(err)
	}
	ran = ran || !f.streams.withdraw(0)
	if !ran && !closed && f.settle(nil, nil, ErrGone) {
		c.remove(f)
		return
	}
	settled := f.settle(nil, failure, nil)
	r := result{}
	if !settled {
		r.failure = failure // what came after the response was lost
	}
	c.end(f, r)
}

// end ends f, if nobody has.
func (c *Client) end(f *flight, r result) {
	if !c.remove(f) {
		return
	}
	if f.cancel != nil {
		f.cancel()
	}
	err := errEventOver
	if r.failure != nil {
		err = r.failure
	}
	f.streams.close(err)
	f.end(r)
}

// wait returns when the channel is over, and ends it when ctx ends.
func (c *Client) wait(ctx context.Context) {
	select {
	case <-c.ctx.Done():
	case <-ctx.Done():
	}
	c.Close()
}
