package isolate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate/binding"
	"github.com/skerry-edge/skerry/isolate/js"
)

const (
	idleMax    = 64               // isolates that a pool keeps beyond its prewarm
	idleShare  = 4                // the share of Config.MemoryBytes that they take at most, if there are several
	trimEvery  = 5 * time.Second  // how often pools shrink by isolates that nobody has needed
	trimAfter  = 30 * time.Second // without an event: a pool shrinks to its prewarm
	bytesFloor = 8 << 10          // of an isolate, where the measurement says less

	weighedMax = 16 // isolates of a pool whose making is measured

	// programFactor is how many bytes a compiled script holds for each byte of source, and about
	// as many an isolate that has evaluated it.
	programFactor = 8

	heavyFactor = 4        // above so many times what is expected of an isolate, what was measured counts
	heavyBytes  = 16 << 20 // and above this in any case: nothing else in the process allocates so much
)

// Pool keeps isolates of one bundle that have evaluated it and wait for an event. How many
// it keeps follows demand: it doubles when an event found none, and shrinks by those that were
// not needed for a while.
type Pool struct {
	engine   *Engine
	digest   bundles.Digest
	manifest bundles.Manifest // with defaults
	program  *js.Program
	modules  map[string][]byte
	wasm     webAssembly
	runtime  bool // the script calls __runtime
	started  sync.Once
	failure  *Failure // the bundle can't be run, and trying again won't help

	image atomic.Pointer[image] // nil: isolates evaluate the bundle

	flow js.Flow         // the turns of the bundle's isolates
	base int64           // bytes that the program holds, about
	env  []binding.Entry // of the isolates' env

	used    atomic.Int64 // unix nanoseconds of the last acquire
	weight  atomic.Int64 // bytes that one isolate keeps alive, about: see weigh
	weighed atomic.Int64 // isolates whose making was measured, or too many to be
	light   int64        // what is expected of an isolate before any was measured
	queued  atomic.Bool  // waits for the engine's warmer

	mu struct {
		sync.Mutex
		idle   []*Isolate // a stack: the warmest is taken first
		target int        // how many to keep
		spare  int        // the fewest that waited since the pool was trimmed

		evaluations evaluations

		closed  bool
		charged int64 // bytes that the engine counts for the pool
	}
}

// start loads and compiles the bundle, once. A bundle that could not be loaded may be
// loaded later: the error is then not kept.
func (p *Pool) start(ctx context.Context) error {
	var loadErr error
	p.started.Do(func() {
		bundle, err := p.engine.cfg.Load(ctx, p.digest)
		if err != nil {
			loadErr = fmt.Errorf("load bundle %s: %w", p.digest, err)
			p.failure = &Failure{Outcome: OutcomeInternal, Message: "the function's bundle could not be loaded", Detail: err.Error()}
			p.engine.forget(p)
			return
		}
		p.manifest = bundle.Manifest.WithDefaults()
		p.modules = bundle.Modules
		p.runtime = asksRuntime(bundle)
		p.program, p.failure = compile(bundle)
		modules, err := p.wasm.compileFiles(p.engine.ctx, bundle)
		if err != nil {
			p.failure = &Failure{Outcome: OutcomeCanceled, Message: "the node is stopping"}
			return
		}
		p.base = int64(len(bundle.Script))*programFactor + modules
		p.light = bytesFloor + int64(len(bundle.Script))*programFactor
		p.weight.Store(p.light)
		p.env = binding.Entries(p.manifest.Vars, kvEntries(p.manifest.KV))
		p.mu.Lock()
		p.mu.target = max(p.manifest.Prewarm, 1)
		p.mu.Unlock()
		p.account()
	})
	if loadErr != nil {
		return loadErr
	}
	if p.failure != nil {
		return p.failure
	}
	return nil
}

// parameters are the names by which a bundle's script calls the runtime; see bundles/build.
var parameters = []string{"__register", "__module", "__wasm", "__runtime"}

func compile(b *bundles.Bundle) (*js.Program, *Failure) {
	program, err := js.CompileFunction("bundle.js", string(b.Script), parameters, b.SourceMap)
	if err == nil {
		return program, nil
	}
	f := &Failure{Outcome: OutcomeException, Message: err.Error()}
	var compileErr *js.CompileError
	if errors.As(err, &compileErr) {
		f.Message = "SyntaxError: " + compileErr.Message
		f.Source = &Frame{File: compileErr.File, Line: compileErr.Line, Column: compileErr.Column,
			Text: lineOf(b, compileErr.File, compileErr.Line)}
	}
	return nil, f
}

// acquire returns a warm isolate, making one on this goroutine if none is ready.
func (p *Pool) acquire(ctx context.Context) (*Isolate, error) {
	p.used.Store(time.Now().UnixNano())
	if err := p.start(ctx); err != nil {
		return nil, err
	}
	p.mu.Lock()
	if n := len(p.mu.idle); n > 0 {
		i := p.mu.idle[n-1]
		p.mu.idle[n-1] = nil
		p.mu.idle = p.mu.idle[:n-1]
		p.mu.spare = min(p.mu.spare, n-1)
		low := n-1 <= p.mu.target/2
		p.mu.Unlock()
		p.account()
		if low && p.manifest.Isolation != bundles.IsolationReuse {
			p.engine.refill(p)
		}
		return i, nil
	}
	p.mu.spare = 0
	p.mu.target = min(2*p.mu.target, p.most())
	p.mu.Unlock()
	if p.manifest.Isolation != bundles.IsolationReuse {
		p.engine.refill(p)
	}
	return p.warm(ctx, js.High)
}

// release takes back an isolate whose event is over: a reused one that can still run goes
// back to the others, any other is dropped.
func (p *Pool) release(i *Isolate) {
	i.vm.Abandon()
	i.run, i.context = nil, nil
	var broken *js.PanicError
	if i.copied != nil && errors.As(i.vm.Ended(), &broken) {
		i.drop(broken)
	}
	if p.manifest.Isolation == bundles.IsolationReuse && i.vm.Ended() == nil {
		p.put(i)
	}
}

// most is how many isolates p keeps at most: fewer if they are heavy, as those are whose modules
// have large memories.
func (p *Pool) most() int {
	n := p.engine.cfg.MemoryBytes / idleShare / max(p.weight.Load(), 1)
	return max(p.manifest.Prewarm, int(min(max(n, 1), idleMax)))
}

// put adds an isolate to those that wait. It returns false if it is not wanted.
func (p *Pool) put(i *Isolate) bool {
	p.mu.Lock()
	if p.mu.closed || len(p.mu.idle) >= p.most() {
		p.mu.Unlock()
		return false
	}
	p.mu.idle = append(p.mu.idle, i)
	p.mu.Unlock()
	p.account()
	return true
}

// refill warms isolates until the pool has as many as it wants.
func (p *Pool) refill(ctx context.Context) {
	p.queued.Store(false)
	if p.start(ctx) != nil {
		return
	}
	for p.wants() {
		p.picture(ctx)
		i, err := p.warm(ctx, js.Low)
		if err != nil || !p.put(i) {
			return
		}
	}
}

func (p *Pool) wants() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.mu.closed && len(p.mu.idle) < min(p.mu.target, p.most())
}

// trim shrinks a pool: to what it always keeps, if it has had no event for a while, else by
// half of the isolates that have waited all the time since it was trimmed last.
func (p *Pool) trim(now time.Time) {
	p.mu.Lock()
	if p.mu.target == 0 { // it has not started
		p.mu.Unlock()
		return
	}
	keep := max(p.manifest.Prewarm, 1)
	if now.Sub(time.Unix(0, p.used.Load())) < trimAfter {
		keep = max(keep, p.mu.target-(p.mu.spare+1)/2)
	}
	p.mu.target = keep
	dropped := max(0, len(p.mu.idle)-keep)
	clear(p.mu.idle[len(p.mu.idle)-dropped:])
	p.mu.idle = p.mu.idle[:len(p.mu.idle)-dropped]
	p.mu.spare = len(p.mu.idle)
	p.mu.Unlock()
	p.account()
}

// close drops the idle isolates. Events under way end as they would have.
func (p *Pool) close() {
	p.mu.Lock()
	p.mu.closed = true
	p.mu.idle = nil
	freed := p.mu.charged
	p.mu.charged = 0
	p.mu.Unlock()
	p.engine.used.Add(-freed)
}

// account tells the engine what the pool holds now.
func (p *Pool) account() {
	p.mu.Lock()
	holds := p.base + int64(len(p.mu.idle))*p.weight.Load()
	if image := p.image.Load(); image != nil {
		holds += image.bytes
	}
	if p.mu.closed {
		holds = 0
	}
	change := holds - p.mu.charged
	p.mu.charged = holds
	p.mu.Unlock()
	p.engine.charge(change)
}

// warm makes an isolate that is ready for an event: from the bundle's image if there is one.
func (p *Pool) warm(ctx context.Context, priority js.Priority) (*Isolate, error) {
	if image := p.image.Load(); image != nil {
		return p.copy(ctx, priority, image)
	}
	return p.evaluate(ctx, priority, false)
}

// isolate makes an isolate in which nothing has run. watched is for one that an image is to be
// taken of.
func (p *Pool) isolate(priority js.Priority, watched bool) *Isolate {
	i := &Isolate{pool: p}
	i.vm = p.engine.platform.NewVM(js.Config{Host: hostOf{i}, Turns: p.engine.turns, Eval: p.manifest.Eval, Watched: watched})
	i.vm.Meter().Reset(js.Account{
		CPU: p.engine.cfg.StartCPU, MemoryBytes: int64(p.manifest.Limits.MemoryMB) << 20,
		Flow: &p.flow, Priority: priority, Owner: p,
	})
	return i
}

// evaluate makes an isolate, evaluates the bundle in it and runs its warmup.
func (p *Pool) evaluate(ctx context.Context, priority js.Priority, watched bool) (*Isolate, error) {
	i := p.isolate(priority, watched)
	if p.engine.cfg.StartMax > 0 && p.program.Async() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.engine.cfg.StartMax)
		defer cancel()
	}
	var module, top, warming js.Value
	var thrown error
	weigh := p.weigh(i)
	ready := func() (err error) {
		if err = i.adopt(module); err == nil {
			warming, err = i.warmup(module)
		}
		return err
	}
	err := i.vm.Hold(ctx, func() error {
		err := i.vm.Enter(ctx, func() {
			register := i.vm.NewFunction("__register", 1, func(c *js.Call) (any, error) {
				module = c.Arg(0)
				return js.Undefined, nil
			})
			args := p.arguments(i, register)
			if watched {
				i.given = args
			}
			top, thrown = i.vm.Evaluate(p.program, args...)
		})
		if err != nil || thrown != nil || p.program.Async() {
			return err
		}
		return i.vm.Enter(ctx, func() { thrown = ready() })
	})
	if err == nil && thrown == nil && p.program.Async() {
		thrown, err = i.settled(ctx, top, ready)
	}
	if err == nil && thrown == nil && warming != nil {
		ctx, cancel := context.WithTimeout(ctx, p.engine.cfg.StartMax)
		defer cancel()
		thrown, err = i.settled(ctx, warming, func() error { return nil })
	}
	weigh()
	if failure := p.startFailure(ctx, i, err, thrown); failure != nil {
		return nil, failure
	}
	p.evaluated(i)
	i.vm.Abandon() // what the top level started does not outlive it
	return i, nil
}

// arguments are what the script's parameters get: functions that it does not call are left
// out.
func (p *Pool) arguments(i *Isolate, register js.Value) []any {
	args, vm := []any{register, js.Undefined, js.Undefined, js.Undefined}, i.vm
	if len(p.modules) > 0 {
		args[1] = vm.NewFunction("__module", 1, func(c *js.Call) (any, error) {
			b, ok := p.modules[c.String(0)]
			if !ok {
				return nil, js.TypeError("the bundle has no file %s", c.String(0))
			}
			return js.Bytes(append([]byte(nil), b...)), nil
		})
		args[2] = vm.NewFunction("__wasm", 1, p.wasm.file)
	}
	if p.runtime {
		args[3] = i.runtime()
	}
	return args
}

// adopt takes the handler out of the evaluated module, in a turn: an object with a method
// fetch, or a class whose instances have one.
func (i *Isolate) adopt(module js.Value) error {
	handler, ok := i.vm.Get(module, "default").(*js.Object)
	if !ok {
		return js.TypeError("the bundle has no default export; write: export default { fetch(request, env, ctx) { … } }")
	}
	if !js.IsFunction(i.vm.Get(handler, string(KindFetch))) {
		if i.class = js.IsFunction(handler) && js.IsFunction(i.vm.Get(i.vm.Get(handler, "prototype"), string(KindFetch))); !i.class {
			return js.TypeError("the default export has no method fetch; write: export default { fetch(request, env, ctx) { … } }")
		}
	}
	i.handler = handler
	i.environment()
	return nil
}

// kvEntries lists a manifest's KV bindings: from the name on env to the namespace.
func kvEntries(bound []bundles.KVBinding) map[string]string {
	entries := make(map[string]string, len(bound))
	for _, b := range bound {
		entries[b.Binding] = b.Namespace
	}
	return entries
}

// startFailure says why the bundle's top level did not come to its end.
func (p *Pool) startFailure(ctx context.Context, i *Isolate, err, thrown error) *Failure {
	switch {
	case err == nil && thrown == nil:
		return nil
	case err == nil:
		var f *Failure
		if enterErr := i.vm.Enter(ctx, func() { f = i.exception(thrown) }); enterErr != nil {
			return i.failureOf(ctx, enterErr)
		}
		if i.warming {
			f.Message = "warmup: " + f.Message
		}
		return f
	case errors.Is(err, js.ErrCPU), errors.Is(err, context.DeadlineExceeded):
		return p.engine.startExceeded(i.starting(), i.vm.Meter().Used())
	case errors.Is(err, js.ErrMemory):
		f := i.failureOf(ctx, err)
		f.Outcome, f.Message = OutcomeExceededStart, strings.Replace(f.Message, "the handler", "the bundle's "+i.starting(), 1)
		return f
	default:
		f, waits := i.failureOf(ctx, err), "top-level await"
		if i.warming {
			waits = "warmup"
		}
		f.Message = strings.Replace(f.Message, "the handler's promise", "the bundle's "+waits, 1)
		return f
	}
}

// startExceeded is the failure of a bundle that used too much CPU time before its first event.
func (e *Engine) startExceeded(starting string, used time.Duration) *Failure {
	limit := e.cfg.StartCPU.Milliseconds()
	return &Failure{
		Outcome: OutcomeExceededStart,
		Message: fmt.Sprintf("the bundle's %s used more than %d ms of CPU time, or never finished; move work into the handler", starting, limit),
		Limit:   "startup_ms", Used: used.Milliseconds(), Allowed: limit,
	}
}

// weigh starts to measure the making of i; the function it returns ends that. What the process
// has allocated meanwhile tells what an isolate holds, but it is others' too: where they had
// the processor for most of the time it says nothing, and else the least that was seen is
// nearest the truth. What can be expected by the size of the script is only put right if it is
// far from that. Thousands of functions whose first isolate was made on a busy machine would
// seem to hold many times what they do, and drive each other out.
func (p *Pool) weigh(i *Isolate) (done func()) {
	if p.weighed.Load() >= weighedMax {
		return func() {}
	}
	before, started := allocated(), time.Now()
	return func() {
		got := max(int64(allocated()-before), bytesFloor)
		if got < heavyBytes && time.Since(started) > 2*i.vm.Meter().Used() {
			return
		}
		if got < heavyFactor*p.light {
			got = min(got, p.light)
		}
		if p.weighed.Add(1) > 1 {
			got = min(got, p.weight.Load())
		}
		p.weight.Store(got)
	}
}
