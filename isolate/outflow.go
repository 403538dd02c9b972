package isolate

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// outflow is the body of a response that goes out little by little. The event that it belongs
// to is not over before it has ended: its isolate may be what makes it.
//
// Whoever writes the response reads it; the goroutine that drains the event runs what the
// script does for it.
type outflow struct {
	source  webapi.Source
	idleMax time.Duration
	idle    *time.Timer // cuts a Next that takes too long; nil before the first
	port    *js.Port
	done    func(error) // what is to be done in a turn when it has ended

	mu struct {
		sync.Mutex
		err error // why it has ended, for its reader; nil: it has not
	}
}

// newOutflow wraps the body of d's response, in a turn.
func newOutflow(d *delivery, source webapi.Source) *outflow {
	return &outflow{source: source, idleMax: d.isolate.pool.engine.cfg.StreamIdleMax, port: d.isolate.vm.NewPort(), done: d.flowed}
}

// await has the VM's loop wait for o where that would not wait for o's source of its own accord,
// in a turn. It must be called again after each turn, for the source may have ended meanwhile.
func (o *outflow) await() { o.port.Await(!webapi.Awaited(o.source)) }

// Length is how many bytes come, if that is known; -1: it is not.
func (o *outflow) Length() int64 { return webapi.LengthOf(o.source) }

// Next returns the next bytes. Its error is io.EOF, a *Failure, or ctx's.
func (o *outflow) Next(ctx context.Context) ([]byte, error) {
	if err := o.ended(); err != nil {
		return nil, err
	}
	if o.idle == nil {
		o.idle = time.AfterFunc(o.idleMax, o.late)
	} else {
		o.idle.Reset(o.idleMax)
	}
	chunk, err := o.source.Next(ctx)
	o.idle.Stop()
	if err == nil {
		return chunk, nil
	}
	if ctx.Err() != nil && o.ended() == nil { // the reader's doing
		return nil, err
	}
	return nil, o.end(err)
}

// Reuse gives a chunk back to where it came from.
func (o *outflow) Reuse(chunk []byte) { webapi.Reuse(o.source, chunk) }

// Cancel says that the client takes no more.
func (o *outflow) Cancel(reason error) {
	if reason == nil {
		reason = errUnread
	}
	o.fail(&departure{reason})
}

// fail ends o with err, under its reader if there is one.
func (o *outflow) fail(err error) {
	first := o.note(err)
	o.source.Cancel(err) // before the event may end: the script is told
	if first {
		o.post(err)
	}
}

// late is called when nothing came for too long.
func (o *outflow) late() {
	o.fail(&Failure{
		Outcome: OutcomeExceededWall,
		Message: "nothing of the response's body came for " + o.idleMax.String(),
		Limit:   "stream_idle_ms", Used: o.idleMax.Milliseconds(), Allowed: o.idleMax.Milliseconds(),
	})
}

// end notes why o has ended; the first reason counts, and is returned.
func (o *outflow) end(err error) error {
	if o.note(err) {
		o.post(err)
	}
	return o.ended()
}

// post tells the event that o has ended with err.
func (o *outflow) post(err error) {
	o.port.Post(func() {
		o.port.Await(false)
		o.done(err)
	})
}

// note sets why o has ended, and says whether it was the first to.
func (o *outflow) note(err error) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.mu.err != nil {
		return false
	}
	o.mu.err = err
	return true
}

func (o *outflow) ended() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.mu.err
}

// errUnread is why a body ends that its reader gave up without a reason.
var errUnread = errors.New("the body is not read any more")

// departure says that the reader of a body has left.
type departure struct{ reason error }

func (d *departure) Error() string { return d.reason.Error() }
func (d *departure) Unwrap() error { return d.reason }

// flowed takes note, in a turn, that the response's body has ended with err.
func (d *delivery) flowed(err error) {
	d.flow = nil
	var left *departure
	switch {
	case err == io.EOF:
	case errors.As(err, &left):
		d.departed()
	case d.failure == nil:
		d.failure = d.isolate.streamFailure(err)
	}
}

// departed tells the script that the client has left, in a turn.
func (d *delivery) departed() { webapi.AbortRequest(d.isolate.vm, d.request) }

// tell tells the script that the client has left before there was a response.
func (d *delivery) tell(ctx context.Context) {
	// A VM that has ended can't be told.
	_ = d.isolate.vm.Enter(ctx, d.departed)
}

// streamFailure describes why a response's body has failed, in a turn.
func (i *Isolate) streamFailure(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	f = i.exception(err)
	f.Message = "the response's body failed: " + f.Message
	return f
}

// stream runs the isolate until the response's body has ended, or engine's ctx, and then
// calls over.
func (d *delivery) stream(ctx context.Context, over func()) {
	flow := d.flow
	if flow == nil {
		over()
		return
	}
	i := d.isolate
	i.vm.RunParked(ctx, func() bool {
		webapi.ReportRejections(i.vm)
		if d.flow != nil {
			d.flow.await()
		}
		return d.flow == nil
	}, i.uncaught, func(err error) {
		if err != nil {
			d.streamFailed(ctx, flow, err)
		}
		over()
	})
}

// streamFailed ends the response's body with what has ended the isolate's loop.
func (d *delivery) streamFailed(ctx context.Context, flow *outflow, err error) {
	failure := d.isolate.failureOf(ctx, err)
	if errors.Is(err, js.ErrNeverSettles) {
		failure.Message = "the response's body can never end: its stream waits for something, but no timer, fetch or KV call is under way"
	}
	if d.failure == nil {
		d.failure = failure
	}
	flow.fail(failure)
}

// Collect returns all of a response's body. One of more than max bytes is canceled, and an
// error.
func Collect(ctx context.Context, r *Response, max int) ([]byte, error) {
	if r.Stream == nil {
		return r.Body, nil
	}
	var body []byte
	for {
		chunk, err := r.Stream.Next(ctx)
		if err == io.EOF {
			return body, nil
		}
		if err == nil && len(body)+len(chunk) > max {
			err = errors.New("the response's body is larger than " + strconv.Itoa(max) + " bytes")
		}
		if err != nil {
			r.Stream.Cancel(err)
			return body, err
		}
		body = append(body, chunk...)
		Reuse(r.Stream, chunk)
	}
}
