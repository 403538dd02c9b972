package isolate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate/binding"
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/note"
	"github.com/skerry-edge/skerry/isolate/wasm"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// Config is what an Engine needs.
type Config struct {
	Host Host

	// Load returns the bundle that digest names. It is called when a function gets its
	// first event after a start or an eviction, and must be safe for concurrent use.
	Load func(ctx context.Context, digest bundles.Digest) (*bundles.Bundle, error)

	MemoryBytes int64         // what idle isolates of all pools may hold together, about; 0: 512 MiB
	StartCPU    time.Duration // CPU time of a bundle's top level; 0: 400 ms
	StartMax    time.Duration // until a top-level await has settled; 0: 5 s
	DrainMax    time.Duration // of waitUntil work after the response; 0: 30 s
	// StreamIdleMax is how long the reader of a response's body waits for its next bytes; 0:
	// 5 min.
	StreamIdleMax time.Duration
	// ImageCPU is how much CPU time the evaluation of a bundle and its warmup take at least
	// where isolates are copied from an image instead; 0: 100 µs. Below, copying saves nothing.
	// Negative: isolates of all bundles are, also of those without a warmup.
	ImageCPU time.Duration
	// Overrun, if not nil, is told of a turn that nothing in this process can end. Turns of
	// others go on meanwhile. It runs on a goroutine of its own.
	Overrun func(Overrun)
	// Kill, if not nil, is called when a turn has overrun by 250 ms: it should end the process.
	Kill func()
	// Beside, if not nil, is what the process holds beside isolates and events, in bytes, about:
	// a cache, say, which grows while events run and is not theirs. It must return at once.
	Beside func() int64
	// Note is where the running bundle's digest is noted, as its Number; nil: nowhere.
	Note *note.Note

	SourceLines bool // whether failures carry the line of source they happened in (costs a load each)
}

func (c Config) withDefaults() Config {
	if c.MemoryBytes == 0 {
		c.MemoryBytes = 512 << 20
	}
	if c.StartCPU == 0 {
		c.StartCPU = 400 * time.Millisecond
	}
	if c.StartMax == 0 {
		c.StartMax = 5 * time.Second
	}
	if c.ImageCPU == 0 {
		c.ImageCPU = 100 * time.Microsecond
	}
	if c.DrainMax == 0 {
		c.DrainMax = 30 * time.Second
	}
	if c.StreamIdleMax == 0 {
		c.StreamIdleMax = 5 * time.Minute
	}
	return c
}

// killAfter is by how much CPU time a turn overruns before the process ends.
const killAfter = 250 * time.Millisecond

// Engine runs functions. All methods are safe for concurrent use.
type Engine struct {
	cfg      Config
	platform *js.Platform
	turns    *js.Turns
	worldly  func(global string) bool
	used     atomic.Int64 // bytes that idle isolates and programs hold, about

	ctx     context.Context // ends when the engine closes
	cancel  context.CancelFunc
	warming chan *Pool // pools that want isolates
	work    sync.WaitGroup

	mu struct {
		sync.Mutex
		pools *simplelru.LRU[bundles.Digest, *Pool]
	}
}

// New returns an Engine. Close it when it is not used any more.
func New(cfg Config) (*Engine, error) {
	if cfg.Load == nil {
		return nil, errors.New("isolate: Config.Load is missing")
	}
	platform, err := js.NewPlatform(slices.Concat(webapi.All(), binding.Classes(), []js.Global{executionContextClass, wasm.Namespace})...)
	if err != nil {
		return nil, fmt.Errorf("isolate: %w", err)
	}
	e := &Engine{cfg: cfg.withDefaults(), platform: platform, warming: make(chan *Pool, 1024)}
	worldly := webapi.Worldly()
	e.worldly = func(global string) bool { return worldly[global] }
	turns := js.TurnsConfig{Overrun: e.overrun, Known: e.known, Note: cfg.Note, Kill: cfg.Kill}
	if cfg.Kill != nil {
		turns.KillAfter = killAfter
	}
	e.turns = js.NewTurns(turns)
	e.ctx, e.cancel = context.WithCancel(context.Background())
	// How many there are is bounded by memory alone; the library wants a number.
	e.mu.pools, err = simplelru.NewLRU(math.MaxInt32, func(_ bundles.Digest, p *Pool) { p.close() })
	if err != nil {
		return nil, fmt.Errorf("isolate: %w", err)
	}
	e.work.Go(e.warm)
	e.work.Go(e.trim)
	return e, nil
}

// Close ends all events under way and waits for them.
func (e *Engine) Close() {
	e.cancel()
	e.work.Wait()
	e.mu.Lock()
	e.mu.pools.Purge()
	e.mu.Unlock()
	e.turns.Close()
}

// Dispatch runs one event of the function version t and returns the response, which is
// the caller's to keep. If it has a Stream, the caller must read that to its end or cancel it;
// its errors are *Failure. That, and work that the handler gave to waitUntil, goes on
// afterwards, on another goroutine; ev.Done is called when all is over, possibly before
// Dispatch returns.
//
// The error is a *Failure. When ctx ends first the event is given up.
func (e *Engine) Dispatch(ctx context.Context, t *Target, ev *Event) (*Response, error) {
	run := &running{Context: e.ctx, event: ev, target: t, started: time.Now()}
	pool := e.pool(t)
	i, err := pool.acquire(ctx)
	if err != nil {
		return nil, e.refuse(ctx, run, err)
	}
	d := i.deliver(ctx, run)
	if d.failure != nil && d.failure.Outcome == OutcomeCanceled && e.ctx.Err() == nil {
		d.tell(e.ctx)
	}
	if d.waiting() && e.ctx.Err() == nil {
		e.work.Add(1)
		go d.stream(e.ctx, func() {
			defer e.work.Done()
			if d.waiting() {
				ctx, cancel := context.WithTimeout(e.ctx, e.cfg.DrainMax)
				defer cancel()
				d.drain(ctx)
			}
			d.end()
		})
	} else {
		d.end()
	}
	if d.response == nil {
		return nil, d.failure
	}
	return d.response, nil
}

// end releases the isolate and tells the event's source.
func (d *delivery) end() {
	d.logDropped()
	result := d.result()
	if r := d.run.event.Request; r != nil && r.Stream != nil {
		r.Stream.Cancel(errUnread)
	}
	d.isolate.pool.release(d.isolate)
	if done := d.run.event.Done; done != nil {
		done(result)
	}
}

// refuse ends an event that got no isolate.
func (e *Engine) refuse(ctx context.Context, run *running, err error) *Failure {
	var failure *Failure
	if !errors.As(err, &failure) {
		failure = &Failure{Outcome: OutcomeInternal, Message: "the function could not be started", Detail: err.Error()}
		if ctx.Err() != nil {
			failure = &Failure{Outcome: OutcomeCanceled, Message: "the client left, or the node is stopping"}
		}
	}
	if done := run.event.Done; done != nil {
		elapsed := time.Since(run.started)
		done(Result{Outcome: failure.Outcome, Failure: failure, Head: elapsed, Total: elapsed})
	}
	return failure
}

// Warm makes t ready for its first event: its bundle is loaded, compiled and evaluated.
// The error is a *Failure if the bundle itself can't be run.
func (e *Engine) Warm(ctx context.Context, t *Target) error {
	p := e.pool(t)
	if err := p.start(ctx); err != nil {
		return err
	}
	if !p.wants() {
		return nil
	}
	i, err := p.warm(ctx, js.High)
	if err != nil {
		return err
	}
	p.put(i)
	e.refill(p)
	return nil
}

// Check evaluates a bundle that is not live yet, without a trace, and returns a *Failure
// if it can't be run.
func (e *Engine) Check(ctx context.Context, b *bundles.Bundle) error {
	p := &Pool{engine: e, manifest: b.Manifest.WithDefaults(), modules: b.Modules, runtime: asksRuntime(b)}
	p.env = binding.Entries(p.manifest.Vars, kvEntries(p.manifest.KV))
	p.program, p.failure = compile(b)
	if p.failure != nil {
		return p.failure
	}
	if _, err := p.wasm.compileFiles(ctx, b); err != nil {
		return err
	}
	_, err := p.warm(ctx, js.High)
	return err
}

// pool returns the pool of t's bundle, and notes that it was used.
func (e *Engine) pool(t *Target) *Pool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p, ok := e.mu.pools.Get(t.Digest); ok {
		return p
	}
	p := &Pool{engine: e, digest: t.Digest}
	p.flow.Digest = t.Digest.Number()
	e.mu.pools.Add(t.Digest, p)
	return p
}

// forget drops a pool that came to nothing.
func (e *Engine) forget(p *Pool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if found, ok := e.mu.pools.Peek(p.digest); ok && found == p {
		e.mu.pools.Remove(p.digest)
	}
}

// charge counts bytes, and drops the pools used longest ago if there are too many.
func (e *Engine) charge(bytes int64) {
	if e.used.Add(bytes) <= e.cfg.MemoryBytes || bytes <= 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.used.Load() > e.cfg.MemoryBytes && e.mu.pools.Len() > 1 {
		e.mu.pools.RemoveOldest()
	}
}

// Backlog is how many events wait for their turn, and for how long the one that has it has
// run, by the clock on the wall. It costs next to nothing.
func (e *Engine) Backlog() (waiting int, held time.Duration) { return e.turns.Backlog() }

// LongTurns is the time that JavaScript has run for so far in turns of a millisecond or more.
func (e *Engine) LongTurns() time.Duration { return e.turns.Long() }

// Delay is how long an event of t that comes now waits until JavaScript runs for it, about.
// It costs next to nothing while no event waits.
func (e *Engine) Delay(t *Target) time.Duration {
	if waiting, _ := e.turns.Backlog(); waiting == 0 {
		return 0
	}
	e.mu.Lock()
	p, ok := e.mu.pools.Peek(t.Digest)
	e.mu.Unlock()
	if !ok {
		return 0
	}
	return e.turns.Delay(&p.flow)
}

// known is what the process holds that is no event's.
func (e *Engine) known() int64 {
	if e.cfg.Beside == nil {
		return e.used.Load()
	}
	return e.used.Load() + e.cfg.Beside()
}

// Held is how many bytes idle isolates and programs hold, about.
func (e *Engine) Held() int64 { return e.used.Load() }

// Pools is the number of bundles that are loaded.
func (e *Engine) Pools() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.mu.pools.Len()
}

// Idle is the number of warm isolates that wait for an event.
func (e *Engine) Idle() int {
	e.mu.Lock()
	pools := e.mu.pools.Values()
	e.mu.Unlock()
	idle := 0
	for _, p := range pools {
		p.mu.Lock()
		idle += len(p.mu.idle)
		p.mu.Unlock()
	}
	return idle
}

// refill asks for isolates for p, soon. If too many pools ask, p asks again later.
func (e *Engine) refill(p *Pool) {
	if p.queued.Swap(true) {
		return
	}
	select {
	case e.warming <- p:
	default:
		p.queued.Store(false)
	}
}

// warm fills pools. One goroutine does it for all: only one VM runs at a time.
func (e *Engine) warm() {
	for {
		select {
		case <-e.ctx.Done():
			return
		case p := <-e.warming:
			p.refill(e.ctx)
		}
	}
}

// trim shrinks pools by what is not used.
func (e *Engine) trim() {
	tick := time.NewTicker(trimEvery)
	defer tick.Stop()
	for {
		select {
		case <-e.ctx.Done():
			return
		case now := <-tick.C:
			e.mu.Lock()
			pools := e.mu.pools.Values()
			e.mu.Unlock()
			for _, p := range pools {
				p.trim(now)
			}
		}
	}
}

// allocated is the number of bytes that the process has allocated up to now.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
