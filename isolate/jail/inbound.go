package jail

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skerry-edge/skerry/isolate"
)

// inbound is an event in its jail.
type inbound struct {
	channel *channel
	id      uint32 // in the channel
	number  uint64 // in the server
	event   isolate.Event
	cancel  context.CancelFunc
	memory  int // bytes that the manifest lets it hold
	streams streams
	fetches atomic.Uint32 // subrequests, by which their bodies have their numbers

	mu struct {
		sync.Mutex
		answered bool            // what the answer is has been decided
		failed   bool            // the answer is a failure
		sent     bool            // the answer is on its way
		over     bool            // the client knows, or is about to, that the event has ended
		result   *isolate.Result // of an event that has ended
		lines    int
	}
}

// run runs the event and answers.
func (in *inbound) run(ctx context.Context, t *isolate.Target) {
	defer in.cancel()
	response, err := in.channel.server.engine.Dispatch(ctx, t, &in.event)
	a, first := in.decide(response, err)
	if response != nil && response.Stream != nil && a.response == nil {
		defer response.Stream.Cancel(errUnread)
	}
	if !first {
		return
	}
	in.send(a) // without the lock, which the event's turns take to log
	if a.result != nil {
		in.end()
		return
	}
	in.mu.Lock()
	in.mu.sent = true
	in.mu.Unlock()
	in.settle()
}

// decide says what the answer is, after what Dispatch has returned; false: there was one before.
func (in *inbound) decide(response *isolate.Response, err error) (a answer, first bool) {
	a.headCPU = in.event.HeadCPU
	if err != nil {
		a.failure = failureOf(err)
	} else {
		a.failure = tooLarge(response, in.memory)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.mu.answered {
		return a, false
	}
	if a.failure == nil && response.Stream != nil {
		a.failure = in.offerLocked(response.Stream)
	}
	if a.failure == nil {
		a.response = response
	}
	in.mu.answered, in.mu.failed = true, a.failure != nil
	if in.mu.result != nil {
		a.result = in.finishLocked(*in.mu.result)
		in.mu.over = true
	}
	return a, true
}

// offerLocked makes body what the client can pull. It returns why it can't.
func (in *inbound) offerLocked(body isolate.Source) *isolate.Failure {
	if ended := in.mu.result; ended != nil { // the engine is closed, and nothing more will come
		return cmp.Or(ended.Failure, canceled())
	}
	if err := in.streams.offer(0, body, &outlet{sent: in.settle}); err != nil {
		return failureOf(err)
	}
	return nil
}

// failureOf returns what Dispatch or Check failed with.
func failureOf(err error) *isolate.Failure {
	var f *isolate.Failure
	if errors.As(err, &f) {
		return f
	}
	return &isolate.Failure{Outcome: isolate.OutcomeInternal, Message: "the engine failed", Detail: err.Error()}
}

// tooLarge says what of r no client takes, nil if there is nothing: a body that is larger than
// all that the event may hold, or an endless header.
func tooLarge(r *isolate.Response, memory int) *isolate.Failure {
	head := len(r.StatusText) + len(r.URL)
	for _, f := range r.Header {
		head += len(f.Name) + len(f.Value) + 2*binary.MaxVarintLen32
	}
	switch {
	case len(r.Body) > memory:
		return &isolate.Failure{
			Outcome: isolate.OutcomeExceededMemory,
			Message: fmt.Sprintf("the response's body has %d bytes, and the event may hold %d MB (limits.memory_mb)", len(r.Body), memory>>20),
			Limit:   "memory_mb", Used: int64((len(r.Body) + 1<<20 - 1) >> 20), Allowed: int64(memory >> 20),
		}
	case head > headBytesMax/2:
		return &isolate.Failure{Outcome: isolate.OutcomeException, Message: fmt.Sprintf("the response's header has more than %d bytes", headBytesMax/2)}
	}
	return nil
}

// done takes note that the event is over.
func (in *inbound) done(r isolate.Result) {
	in.mu.Lock()
	in.mu.result = &r
	in.mu.Unlock()
	in.settle()
}

// settle tells the client that the event is over, if it is and everything that comes before is
// on its way: the answer, and what was read of the response's body.
func (in *inbound) settle() {
	in.mu.Lock()
	over := in.mu.result != nil && in.mu.sent && !in.mu.over && !in.streams.busy(0)
	if over {
		in.mu.over = true
		in.sendResultLocked(*in.finishLocked(*in.mu.result))
	}
	in.mu.Unlock()
	if over {
		in.end()
	}
}

// Overrun answers the event, which nothing can end. Whoever hears of it has heard before that
// this jail takes no more events.
func (in *inbound) Overrun(f *isolate.Failure) {
	in.channel.server.leave()
	in.fail(f)
}

// fail ends the event as far as the client can tell, whatever becomes of it here.
func (in *inbound) fail(f *isolate.Failure) {
	final := result{}
	if f.Limit == "cpu_ms" {
		final.cpu = time.Duration(f.Used) * time.Millisecond
	}
	in.mu.Lock()
	switch {
	case in.mu.over:
	case !in.mu.answered:
		in.mu.answered, in.mu.sent, in.mu.over = true, true, true
		in.send(answer{failure: f, result: &final})
	case in.mu.sent:
		in.mu.over = true
		final.failure = f
		in.sendResultLocked(final)
	default: // the answer is being sent; run sends this after it
		in.mu.result = &isolate.Result{Failure: f, CPU: final.cpu}
	}
	over := in.mu.over
	in.mu.Unlock()
	if over {
		in.end()
	}
}

// finishLocked logs what is left to be logged, and returns what the client needs of r. A
// failure that was the answer is not told twice.
func (in *inbound) finishLocked(r isolate.Result) *result {
	if dropped := in.mu.lines - linesMax; dropped > 0 {
		in.channel.sendLine(in.id, isolate.LogLine{Level: "warn", Message: fmt.Sprintf("console: %d more lines were dropped; an event may log %d", dropped, linesMax)})
	}
	final := &result{cpu: r.CPU, memory: r.Memory}
	if !in.mu.failed {
		final.failure = r.Failure
	}
	return final
}

func (in *inbound) send(a answer) {
	var space [1024]byte
	var body []byte
	if a.response != nil {
		body = a.response.Body
	}
	// A broken channel has no client.
	_ = in.channel.link.send(in.channel.ctx, kindAnswer, in.id, appendAnswer(space[:0], a), body)
}

func (in *inbound) sendResultLocked(r result) {
	var space [512]byte
	// A broken channel has no client.
	_ = in.channel.link.send(in.channel.ctx, kindDone, in.id, appendResult(space[:0], r), nil)
}

// end forgets the event, which is over.
func (in *inbound) end() {
	ch := in.channel
	ch.mu.Lock()
	delete(ch.mu.events, in.id)
	ch.mu.Unlock()
	in.streams.close(errEventOver)
	ch.server.end(in)
}

// line sends a line that the event logs, in its turn.
func (in *inbound) line(l isolate.LogLine) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.mu.over {
		return
	}
	if in.mu.lines++; in.mu.lines > linesMax {
		return
	}
	if in.channel.link.queued() > logBytesMax {
		in.mu.lines = linesMax + 1 // what is not read is not worth waiting for
		return
	}
	in.channel.sendLine(in.id, l)
}
