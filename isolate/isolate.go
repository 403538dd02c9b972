package isolate

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// Isolate is one VM that has evaluated a bundle. It belongs to one goroutine at a time:
// to the one that acquired it from its pool, then, if the event goes on after its
// response, to the one that drains it.
type Isolate struct {
	vm      *js.VM
	pool    *Pool
	handler *js.Object // export default
	given   []any      // what the bundle's script was called with, where that is asked for; see outside
	warming bool       // the bundle's warmup has begun
	copied  *image     // what it was made from; nil: the bundle was evaluated
	class   bool       // handler is a class, of which each event gets an instance
	env     *js.Object // what bindings made of the manifest; the handler's second argument
	run     *running   // the event that is being handled; nil between events
	context *executionContext
}

// What the console lines of one event may be. What comes beyond is counted, and the count is
// the last line.
const (
	logLinesMax = 1000
	logBytesMax = 256 << 10
)

// log writes a line for the event that is running.
func (i *Isolate) log(level, message string) {
	if i.run != nil {
		i.run.logLines++
		i.run.logBytes += len(message)
		if i.run.logLines > logLinesMax || i.run.logBytes > logBytesMax && i.run.logLines > 1 {
			i.run.logDropped++
			return
		}
	}
	i.write(level, message)
}

// write passes a line on.
func (i *Isolate) write(level, message string) {
	console := i.pool.engine.cfg.Host.Console
	if console == nil {
		return
	}
	line := LogLine{Time: time.Now(), Function: i.pool.manifest.Name, Level: level, Message: message}
	if i.run != nil {
		line.EventID, line.Version = i.run.event.ID, i.run.target.Number
	}
	console(line)
}

// delivery is an event in an isolate, from the handler's call to the end of its waitUntil
// work.
type delivery struct {
	isolate  *Isolate
	run      *running
	context  *executionContext
	request  js.Value // the handler's first argument
	promise  js.Value // what the handler returned
	response *Response
	flow     *outflow // response's body, while it goes out; nil: all of it is here, or it has ended
	failure  *Failure
	head     time.Duration
}

// deliver calls the handler and returns when its response is known, or why there is none.
func (i *Isolate) deliver(ctx context.Context, run *running) *delivery {
	d := &delivery{isolate: i, run: run, context: new(executionContext)}
	i.run, i.context = run, d.context
	limits := &run.target.Manifest.Limits
	vm := i.vm
	vm.Begin(run)
	vm.Meter().Reset(js.Account{
		CPU: time.Duration(limits.CPUMillis) * time.Millisecond, MemoryBytes: int64(limits.MemoryMB) << 20,
		Flow: &i.pool.flow, Owner: run,
	})
	settled := false
	err := vm.Hold(ctx, func() error {
		if err := vm.Enter(ctx, d.call); err != nil {
			return err
		}
		// Promise jobs have run: most handlers have settled by now.
		return vm.Enter(ctx, func() { settled = d.settle() })
	})
	if err == nil && !settled {
		err = d.wait(ctx, limits.WallMillis)
	}
	if err != nil {
		d.failure, d.response = i.failureOf(ctx, err), nil
	}
	d.head, run.event.HeadCPU = time.Since(run.started), vm.Meter().Used()
	return d
}

// call calls the handler, in a turn.
func (d *delivery) call() {
	i := d.isolate
	handler := i.handler
	if i.class {
		handler = i.vm.Construct(handler, d.context, i.env)
	}
	d.request = webapi.NewRequest(i.vm, d.run.event.Request)
	v, err := i.vm.Call(i.vm.Get(handler, string(d.run.event.Kind)), handler, d.request, i.env, d.context)
	if err != nil {
		d.failure = i.exception(err)
		return
	}
	d.promise = v
}

// settle says whether the response, or the failure, is known, in a turn.
func (d *delivery) settle() bool {
	if d.failure != nil {
		return true
	}
	i := d.isolate
	state, v := js.Peek(d.promise)
	switch state {
	case js.Pending:
		webapi.TellRejections(i.vm)
		return false
	case js.Rejected:
		i.vm.Listen(d.promise) // the failure tells of it
		d.failure = i.exception(js.Throw(v))
		webapi.ReportRejections(i.vm)
		return true
	}
	response, err := webapi.ResponseOf(i.vm, v)
	if err != nil {
		d.failure = i.exception(err)
		return true
	}
	if response.Stream != nil {
		d.flow = newOutflow(d, response.Stream)
		response.Stream = d.flow
	}
	d.response = response
	webapi.ReportRejections(i.vm)
	return true
}

// wait gives the handler's promise, which is known not to have settled, time to do so: wallMillis from the event's start, nil
// or 0 being no bound.
func (d *delivery) wait(ctx context.Context, wallMillis *int) error {
	if wallMillis != nil && *wallMillis > 0 {
		limit := time.Duration(*wallMillis) * time.Millisecond
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, d.run.started.Add(limit), errWall)
		defer cancel()
	}
	err := d.isolate.vm.Resume(ctx, d.settle, d.isolate.uncaught)
	if err != nil && context.Cause(ctx) == errWall {
		return errWall
	}
	return err
}

// errWall says that the handler took longer than limits.wall_ms.
var errWall = errors.New("isolate: wall time used up")

// waiting says whether the response's body is still going out or waitUntil work is left, in no
// turn: nobody else has the isolate.
func (d *delivery) waiting() bool {
	return d.isolate.vm.Ended() == nil && (d.flow != nil || d.context.pending() > 0)
}

// drain runs what the handler gave to waitUntil until it has settled or ctx ends.
func (d *delivery) drain(ctx context.Context) {
	i := d.isolate
	i.vm.Meter().SetPriority(js.Low)
	err := i.vm.Run(ctx, func() bool {
		webapi.ReportRejections(i.vm)
		return d.context.pending() == 0
	}, i.uncaught)
	switch {
	case err == nil:
	case errors.Is(err, js.ErrNeverSettles):
		i.log("warn", "waitUntil: the promise can never settle; its work was dropped")
	case errors.Is(err, context.DeadlineExceeded):
		i.log("warn", "waitUntil: the work took longer than "+i.pool.engine.cfg.DrainMax.String()+" after the response and was cut")
	default:
		failure := i.failureOf(ctx, err)
		i.log("error", "waitUntil: "+failure.Error())
		if d.failure == nil {
			d.failure = failure
		}
	}
}

// logDropped says how many lines of the event were too many.
func (d *delivery) logDropped() {
	if n := d.run.logDropped; n > 0 {
		d.isolate.write("warn", plural(n, "more line")+" of this event dropped: at most "+
			strconv.Itoa(logLinesMax)+" lines and "+strconv.Itoa(logBytesMax>>10)+" KiB are kept")
	}
}

// uncaught reports an exception that a timer's callback threw, in a turn.
func (i *Isolate) uncaught(err error) { webapi.ReportException(i.vm, err) }

func (i *Isolate) logReport(prefix string, r js.Report) {
	message := prefix + r.Message
	if stack := r.Stack(); stack != "" {
		message += "\n" + stack
	}
	i.log("error", message)
}

// result says how the event ended.
func (d *delivery) result() Result {
	r := Result{
		Outcome: OutcomeOK,
		Failure: d.failure,
		Head:    d.head,
		Total:   time.Since(d.run.started),
		CPU:     d.isolate.vm.Meter().Used(),
		Fetches: int(d.run.subCount.Load()),
		Memory:  d.isolate.vm.Meter().Peak(),
	}
	if d.failure != nil {
		r.Outcome = d.failure.Outcome
	}
	if d.response != nil {
		r.Status = d.response.Status
	}
	return r
}

// executionContext is the handler's third argument.
//
// Source: https://developers.cloudflare.com/workers/runtime-apis/context/
type executionContext struct {
	js.Instance
	promises []js.Value
}

var executionContextClass = js.Class[executionContext]{
	Name:   "ExecutionContext",
	Hidden: true,
	Members: []js.Member[executionContext]{
		js.Do("waitUntil", 1, (*executionContext).waitUntil),
		// Milliseconds of JavaScript time that the event has used, with the fraction.
		js.Method("cpuTime", 0, func(_ *executionContext, c *js.Call) (any, error) {
			return float64(c.VM.Meter().Used().Microseconds()) / 1000, nil
		}),
		// There is no origin to pass to: an exception is answered with its error.
		js.Do("passThroughOnException", 0, func(*executionContext, *js.Call) error { return nil }),
	},
}

func (e *executionContext) waitUntil(c *js.Call) error {
	e.promises = append(e.promises, c.Arg(0))
	if js.IsPromise(c.Arg(0)) {
		// A rejection is reported when the work is drained, not as unhandled.
		c.VM.Then(c.Arg(0), func(_ js.Value, err error) {
			if err != nil {
				c.VM.Host().(hostOf).isolate.logReport("waitUntil: ", c.VM.Report(err))
			}
		})
	}
	return nil
}

// pending counts the promises that have not settled, forgetting the others.
func (e *executionContext) pending() int {
	left := e.promises[:0]
	for _, p := range e.promises {
		if state, _ := js.Peek(p); state == js.Pending {
			left = append(left, p)
		}
	}
	e.promises = left
	return len(left)
}
