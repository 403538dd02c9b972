package load

import (
	"context"
	"sync"
	"time"
)

// Run loads a server and says what came of it.
//
// A result comes back with a [*BottleneckError] too: it is what was measured, for those who
// know better. If ctx ends, so does the load, and the result is of what was measured until
// then; there is none, and ctx's error, if nothing was. An error of Source ends the load
// and is returned.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	return run(ctx, cfg, newClient(cfg), newWaiter)
}

// loader is one load.
type loader struct {
	cfg    Config
	sender sender
	waiter func() waiter
	caller context.Context
	ctx    context.Context // of the load: the caller's, and it ends with an error of Source
	fail   context.CancelCauseFunc
}

// run is Run with what it reaches the world by; it closes the sender.
func run(ctx context.Context, cfg Config, s sender, w func() waiter) (*Result, error) {
	l := &loader{cfg: cfg, sender: s, waiter: w, caller: ctx}
	l.ctx, l.fail = context.WithCancelCause(ctx)
	defer l.fail(nil)
	closed := context.AfterFunc(l.ctx, s.close) // who waits for an answer gets an error
	defer func() {
		if closed() {
			s.close()
		}
	}()
	if cfg.Warmup > 0 {
		rate := cfg.Rate
		rate.To = rate.From
		if cfg.Rate.open() && rate.From == 0 {
			rate = Rate{From: 0, To: cfg.Rate.To} // a ramp from nothing warms up as it begins
		}
		p := l.phase(rate, cfg.Warmup, true)
		p.run()
		if l.ctx.Err() != nil {
			return nil, l.ended()
		}
	}
	return l.measure()
}

// ended says why the load is over before its time.
func (l *loader) ended() error {
	if err := l.caller.Err(); err != nil {
		return err
	}
	return context.Cause(l.ctx)
}

// measure runs the phase that the result is of.
func (l *loader) measure() (*Result, error) {
	before, err := l.usage()
	if err != nil {
		return nil, err
	}
	p := l.phase(l.cfg.Rate, l.cfg.Duration, false)
	p.last = before
	cpu, started := usedCPU(), time.Now()
	p.run()
	wall, cpu := time.Since(started), usedCPU()-cpu
	interrupted := l.ctx.Err() != nil
	if interrupted && (l.caller.Err() == nil || p.total.requests == 0) {
		return nil, l.ended()
	}
	r := &Result{
		Format: format, Started: started.UTC(), Concurrency: l.cfg.Concurrency, Interrupted: interrupted,
		Seconds: p.seconds,
	}
	if l.cfg.Rate.open() {
		r.Rate = &l.cfg.Rate
	}
	if err := r.fill(p.total); err != nil {
		return nil, err
	}
	successes := 0.0
	for _, s := range p.seconds {
		r.Duration += s.Length
		successes += float64(s.Requests - s.Failed)
	}
	if r.Duration > 0 {
		r.Throughput = successes / r.Duration
	}
	if after, err := l.usage(); err == nil && l.cfg.Usage != nil {
		r.Server = serverOf(before, after, p.memoryMax)
	}
	r.Generator = p.lags.report(cpu, wall, p.total.histogram)
	if r.Generator.Bottleneck != "" {
		return r, &BottleneckError{r.Generator.Bottleneck}
	}
	return r, nil
}

func (l *loader) usage() (Usage, error) {
	if l.cfg.Usage == nil {
		return Usage{}, nil
	}
	return l.cfg.Usage(context.WithoutCancel(l.ctx)) // what an interrupted load has cost is known too
}

// phase is a part of a load: its warm-up, or what is measured.
type phase struct {
	*loader
	rate     Rate
	duration time.Duration
	warmup   bool
	start    time.Time
	recorder *recorder
	lags     *lags

	// Of the goroutine that runs it.
	total     *tally
	seconds   []Second
	last      Usage
	memoryMax int64
}

func (l *loader) phase(r Rate, d time.Duration, warmup bool) *phase {
	return &phase{loader: l, rate: r, duration: d, warmup: warmup, recorder: newRecorder(), lags: newLags(), total: newTally()}
}

// run loads until the time is over and all that was sent is answered, or the load ends.
func (p *phase) run() {
	p.start = time.Now()
	var senders, helpers sync.WaitGroup
	ctx, stop := context.WithCancel(p.ctx)
	defer stop()
	helpers.Go(func() {
		w := p.waiter()
		defer w.close()
		p.lags.probe(ctx, w)
	})
	if p.rate.open() {
		arrivals := make(chan arrival)
		helpers.Go(func() {
			defer close(arrivals)
			w := p.waiter()
			defer w.close()
			pace(p.ctx, w, p.start, schedule{p.rate, p.duration}, arrivals)
		})
		for i := range p.cfg.Concurrency {
			senders.Go(func() { p.sendArrivals(i, arrivals) })
		}
	} else {
		for i := range p.cfg.Concurrency {
			senders.Go(func() { p.sendAlways(i) })
		}
	}
	p.collect()
	senders.Wait()
	stop()
	helpers.Wait()
	p.total.merge(p.recorder.take()) // what was answered after the time was over
}

// sendArrivals is one of those who send in an open loop.
func (p *phase) sendArrivals(i int, arrivals <-chan arrival) {
	for a := range arrivals {
		if a.prompt {
			p.lags.add(time.Since(a.at))
		}
		p.send(i, a.at)
	}
}

// sendAlways is one of the clients of a closed loop.
func (p *phase) sendAlways(i int) {
	end := p.start.Add(p.duration)
	for p.ctx.Err() == nil {
		if !time.Now().Before(end) {
			return
		}
		p.send(i, time.Time{})
	}
}

// sourceMax is how long a request may take to be made without being counted as lag.
const sourceMax = 100 * time.Microsecond

// send sends the next request, which was meant to be sent at a time; zero: once it is made.
func (p *phase) send(i int, at time.Time) {
	asked := time.Now()
	r, err := p.cfg.Source.Next(p.ctx)
	if err != nil {
		p.fail(err)
		return
	}
	made := time.Now()
	if waited := made.Sub(asked); waited > sourceMax {
		p.lags.add(waited)
	}
	if at.IsZero() {
		at = made
	}
	deadline := at.Add(p.cfg.Timeout)
	a := answer{err: errUnsent}
	if made.Before(deadline) {
		a = p.sender.send(r, deadline)
	}
	if p.ctx.Err() != nil {
		return // cut by the end of the load: nobody knows how it would have been
	}
	p.recorder.add(i, time.Since(at), a)
}

// collect makes a Second of each, until the time is over or the load ends.
func (p *phase) collect() {
	for at := time.Duration(0); at < p.duration; {
		length := min(time.Second, p.duration-at)
		err := timerWaiter{}.until(p.ctx, p.start.Add(at+length))
		if err != nil {
			length = min(length, max(time.Since(p.start)-at, 0))
		}
		t := p.recorder.take()
		p.total.merge(t)
		s := t.second(at, length)
		if err == nil && !p.warmup && p.cfg.Usage != nil {
			p.use(&s)
		}
		p.seconds = append(p.seconds, s)
		if p.cfg.Progress != nil {
			p.cfg.Progress(Progress{Second: s, Warmup: p.warmup, Total: latencyOf(p.total.histogram), Overall: p.duration})
		}
		if err != nil {
			return
		}
		at += length
	}
}

// use puts into s what the server has used in it.
func (p *phase) use(s *Second) {
	u, err := p.usage()
	if err != nil {
		return // it is too busy to say: the whole is read at the end
	}
	p.memoryMax = max(p.memoryMax, u.MemoryBytes)
	if one := serverOf(p.last, u, 0); one != nil {
		s.CPU = one.CPUMillis
	}
	p.last = u
}
