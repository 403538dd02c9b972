package jail

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/kv"
)

const (
	// linesMax bounds the lines that an event may log, and lineBytesMax each of them. A jail
	// drops the rest and says in one more line how many there were.
	linesMax     = 10_000
	lineBytesMax = 32 << 10

	// looseMax bounds the lines logged outside of events, for each event: isolates are warmed
	// for events to come, and what a bundle's top level logs belongs to none.
	looseMax = 1_000
)

// limit is how long a message of the jail may be.
func (c *Client) limit(k kind) int {
	switch k {
	case kindReady:
		return 64
	case kindRefuse, kindDrop, kindGoaway:
		return 1
	case kindDone, kindChunk:
		return 256 << 10
	case kindPull:
		return 16
	case kindStop:
		return textBytesMax + 16
	case kindLine:
		return frameBytesMax
	case kindAnswer:
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.mu.memoryMax + headBytesMax
	case kindCall:
		c.mu.Lock()
		defer c.mu.Unlock()
		return max(c.mu.memoryMax, kv.ValueBytesMax) + headBytesMax
	default:
		return 0
	}
}

// handle takes one message of the jail. Its error ends the channel.
func (c *Client) handle(m message) error {
	if m.kind == kindReady {
		return c.greet(m)
	}
	if !c.ready {
		return fault("a message before the greeting")
	}
	in, err := openInput(m)
	if err != nil {
		return err
	}
	switch m.kind {
	case kindAnswer:
		return c.answer(m, &in)
	case kindDone:
		return c.done(m, &in)
	case kindLine:
		return c.line(m, &in)
	case kindCall:
		return c.call(m, &in)
	case kindPull, kindChunk, kindStop:
		return c.stream(m, &in)
	case kindRefuse:
		return errors.Join(in.end(), c.refused(m))
	case kindDrop:
		c.mu.Lock()
		cancel := c.mu.calls[m.id] // nil: the reply is on its way
		c.mu.Unlock()
		if cancel != nil {
			cancel()
		}
	case kindGoaway:
		c.mu.Lock()
		c.mu.gone = true
		empty := len(c.mu.events) == 0
		c.mu.Unlock()
		if empty {
			return ErrGone
		}
	}
	return in.end()
}

// greet checks that the jail speaks the protocol.
func (c *Client) greet(m message) error {
	in, err := openInput(m)
	if err != nil {
		return err
	}
	if c.ready || in.head != protocol {
		return fault("the greeting %.40q", in.head)
	}
	c.ready = true
	return nil
}

// flight returns the event that the jail means.
func (c *Client) flight(id uint32) (f *flight, given bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f = c.mu.events[id]
	return f, f != nil || id != 0 && id <= c.mu.last
}

func (c *Client) answer(m message, in *input) error {
	f, _ := c.flight(m.id)
	if f == nil || f.replied {
		return fault("an answer to no event")
	}
	a := in.answer()
	if err := in.end(); err != nil {
		return err
	}
	if a.response != nil {
		if err := checkResponse(a.response); err != nil {
			return err
		}
	}
	f.replied = true
	f.mu.Lock()
	if !f.mu.settled {
		f.event.HeadCPU = min(a.headCPU, time.Since(f.started))
	}
	f.mu.Unlock()
	var body *inlet
	if a.response != nil && a.response.Stream != nil {
		if a.result != nil {
			return fault("an event that is over before its response's body")
		}
		body = a.response.Stream.(*inlet)
		if err := c.expectResponse(f, body); err != nil {
			return err
		}
	}
	first := f.settle(a.response, a.failure, nil)
	c.link.credit(m.held)
	switch {
	case a.result != nil:
		c.end(f, *a.result)
	case body == nil:
		c.watch(f)
	case !first: // it comes too late
		body.Cancel(nil)
	}
	return nil
}

func (c *Client) done(m message, in *input) error {
	f, _ := c.flight(m.id)
	if f == nil || !f.replied {
		return fault("the end of no event")
	}
	r := in.result()
	if err := in.end(); err != nil {
		return err
	}
	if r.failure == nil && f.streams.coming(0) {
		return fault("the end of an event before that of its response's body")
	}
	c.link.credit(m.held)
	c.end(f, r)
	return nil
}

// refused takes back an event that the jail has not run.
func (c *Client) refused(m message) error {
	f, _ := c.flight(m.id)
	if f == nil || f.replied || !f.streams.withdraw(0) {
		return fault("the refusal of no event")
	}
	if f.settle(nil, nil, ErrGone) {
		c.remove(f)
		return nil
	}
	c.end(f, result{})
	return nil
}

// line passes a console line on.
func (c *Client) line(m message, in *input) error {
	level, text := levels[in.small(len(levels)-1)], in.atMost(lineBytesMax)
	if err := in.end(); err != nil {
		return err
	}
	f, given := c.flight(m.id)
	switch {
	case f != nil:
		if f.lines++; f.lines > linesMax+1 {
			return fault("an event with more than %d lines", linesMax)
		}
	case m.id != 0 && !given:
		return fault("a line of no event")
	default:
		c.mu.Lock()
		most := looseMax * (1 + c.mu.sent)
		c.mu.Unlock()
		if c.loose++; c.loose > most {
			return fault("more than %d lines outside of events", most)
		}
	}
	if c.cfg.Host.Console == nil {
		return nil
	}
	l := isolate.LogLine{Time: time.Now(), Function: c.function(), Level: level, Message: text}
	if f != nil {
		l.EventID, l.Function, l.Version = f.event.ID, f.target.Function, f.target.Number
	}
	c.cfg.Host.Console(l)
	return nil
}

// function returns the name that lines outside of events go by.
func (c *Client) function() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.function
}

// call performs a call of the jail, on a goroutine of its own.
func (c *Client) call(m message, in *input) error {
	o, event := op(in.small(int(ops)-1)), in.small(math.MaxUint32)
	if in.bad {
		return in.end()
	}
	slots, perform, err := c.prepare(o, uint32(event), in)
	if err != nil {
		return err
	}
	ctx := c.ctx
	f, _ := c.flight(uint32(event))
	if f != nil {
		if f.ctx == nil {
			f.ctx, f.cancel = context.WithCancel(c.ctx)
		}
		ctx = f.ctx
	}
	ctx, cancel := context.WithCancel(ctx)
	c.mu.Lock()
	_, used := c.mu.calls[m.id]
	if !used && len(c.mu.calls) < callsMax {
		c.mu.calls[m.id] = cancel
		c.mu.Unlock()
	} else {
		c.mu.Unlock()
		cancel()
		return fault("a call too many")
	}
	held := m.held
	c.work.Go(func() {
		var reply reply
		if err := enter(ctx, slots); err != nil {
			reply = failedStore(err)
		} else {
			// What is read for the jail takes a slot until the jail has room for it.
			defer leave(slots)
			reply = perform(ctx)
		}
		c.link.credit(held)
		if reply.stream != nil {
			reply = c.offer(ctx, cancel, f, reply)
		} else {
			cancel()
		}
		c.mu.Lock()
		delete(c.mu.calls, m.id)
		c.mu.Unlock()
		// If the link is broken, nobody waits for it.
		_ = c.link.send(c.ctx, kindReply, m.id, reply.head, reply.body)
	})
	return nil
}

// reply is what came of a call.
type reply struct {
	head, body []byte
	stream     isolate.Source // of a subrequest's response; when it ends, so does the call's context
	number     uint32         // stream's
}

// performed is a reply that begins with the call's success; what follows is its result.
func performed() []byte { return appendBool(make([]byte, 0, 128), true) }

func failedFetch(err error) reply {
	return reply{head: appendFetchError(appendBool(nil, false), err)}
}

func failedStore(err error) reply {
	return reply{head: appendStoreError(appendBool(nil, false), err)}
}

// performer does what a call asks for.
type performer func(context.Context) reply

// prepare takes a call apart and says how to perform it, when one of slots is free. Its error
// ends the channel.
func (c *Client) prepare(o op, event uint32, in *input) (slots chan struct{}, perform performer, err error) {
	slots = c.store
	f, given := c.flight(event)
	switch {
	case o == opLoad:
		perform, err = c.prepareLoad(in)
	case !given:
		err = fault("a call of no event")
	case f == nil: // over meanwhile: the call crossed its end
		perform = func(context.Context) reply { return failedStore(context.Canceled) }
	case o == opFetch:
		slots = c.fetch
		perform, err = c.prepareFetch(f, in)
	case o == opMatch || o == opKeep || o == opForget:
		perform, err = c.prepareCache(f, o, in)
	default:
		perform, err = c.prepareStore(f, o, in)
	}
	return slots, perform, err
}

// prepareLoad loads a bundle, one of a version that the jail was told of.
func (c *Client) prepareLoad(in *input) (performer, error) {
	digest := bundles.Digest(in.string())
	if err := in.end(); err != nil {
		return nil, err
	}
	if !c.sentDigest(digest) {
		return nil, fault("a call for the bundle %.80q, which is not the function's", string(digest))
	}
	return func(ctx context.Context) reply {
		b, err := c.cfg.Load(ctx, digest)
		if err != nil {
			return failedFetch(err)
		}
		return reply{head: performed(), body: bundles.Encode(b)}
	}, nil
}

func (c *Client) sentDigest(d bundles.Digest) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.mu.versions {
		if key.digest == d {
			return true
		}
	}
	return false
}

// prepareFetch makes a subrequest of f's.
func (c *Client) prepareFetch(f *flight, in *input) (performer, error) {
	number := uint32(in.small(math.MaxUint32))
	r := in.request()
	if err := in.end(); err != nil {
		return nil, err
	}
	if number == 0 {
		return nil, fault("a subrequest without a number")
	}
	if f.fetches++; f.fetches > f.target.Manifest.Limits.Subrequests {
		return nil, fault("more than %d subrequests of an event", f.target.Manifest.Limits.Subrequests)
	}
	if r.Stream != nil {
		if err := f.streams.expect(number, r.Stream.(*inlet)); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context) reply {
		response, err := c.fetchFor(ctx, f, r)
		if err != nil {
			failed := failedFetch(err)
			if r.Stream != nil {
				body := r.Stream.(*inlet)
				failed.head = appendBool(failed.head, body.failed(err))
				body.Cancel(err)
			}
			return failed
		}
		return reply{appendResponse(performed(), response), response.Body, response.Stream, number}
	}, nil
}

func (c *Client) fetchFor(ctx context.Context, f *flight, r *isolate.Request) (*isolate.Response, error) {
	if c.cfg.Host.Fetch == nil {
		return nil, js.TypeError("fetch: this isolate has no network")
	}
	return c.cfg.Host.Fetch.Fetch(ctx, f.target, f.event, r)
}

// prepareStore performs a KV operation of f's.
func (c *Client) prepareStore(f *flight, o op, in *input) (performer, error) {
	ns, key := in.string(), ""
	if o != opList {
		key = in.string()
	}
	var (
		entry kv.Entry
		old   kv.Version
		query kv.Query
		delta int64
	)
	switch o {
	case opGet, opDelete:
	case opPut:
		entry = in.entry()
	case opSwap:
		old, entry = kv.Version(in.string()), in.entry()
	case opList:
		query = in.query()
	case opAdd:
		delta = in.int()
	default:
		return nil, fault("a call of the unknown kind %d", o)
	}
	if err := in.end(); err != nil {
		return nil, err
	}
	if !c.mayReach(f.target, ns) {
		return nil, fault("a call for the namespace %.80q, which is not the function's", ns)
	}
	store := c.cfg.Host.KV
	return func(ctx context.Context) reply {
		if store == nil {
			return failedStore(js.TypeError("KV: this isolate has no store"))
		}
		switch o {
		case opGet:
			e, err := store.Get(ctx, ns, key)
			if err != nil {
				return failedStore(err)
			}
			return reply{head: appendEntry(performed(), e), body: e.Value}
		case opPut:
			v, err := store.Put(ctx, ns, key, entry)
			return versionReply(v, err)
		case opDelete:
			if err := store.Delete(ctx, ns, key); err != nil {
				return failedStore(err)
			}
			return reply{head: performed()}
		case opList:
			page, err := store.List(ctx, ns, query)
			if err != nil {
				return failedStore(err)
			}
			return reply{head: appendPage(performed(), page)}
		case opSwap:
			swapper, ok := store.(kv.Swapper)
			if !ok {
				return failedStore(js.TypeError("KV put: this store can't write conditionally"))
			}
			v, err := swapper.Swap(ctx, ns, key, old, entry)
			return versionReply(v, err)
		default:
			counter, ok := store.(kv.Counter)
			if !ok {
				return failedStore(js.TypeError("KV incr: this store can't count"))
			}
			sum, err := counter.Add(ctx, ns, key, delta)
			if err != nil {
				return failedStore(err)
			}
			return reply{head: appendInt(performed(), sum)}
		}
	}, nil
}

func versionReply(v kv.Version, err error) reply {
	if err != nil {
		return failedStore(err)
	}
	return reply{head: appendString(performed(), string(v))}
}

// mayReach says whether t's manifest binds the namespace.
func (c *Client) mayReach(t *isolate.Target, namespace string) bool {
	if c.bound != nil {
		return c.bound(t, namespace)
	}
	for _, b := range t.Manifest.KV {
		if b.Namespace == namespace {
			return true
		}
	}
	return false
}

// enter waits for one of slots.
func enter(ctx context.Context, slots chan struct{}) error {
	select {
	case slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func leave(slots chan struct{}) { <-slots }
