package jail

import (
	"context"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/isolate"
)

// memoryMax is the most that a jail is believed to have held.
const memoryMax = 1 << 40

// flight is an event in a jail, as the client sees it.
type flight struct {
	id       uint32
	target   *isolate.Target
	event    *isolate.Event
	started  time.Time
	answered chan struct{} // closed when it is settled

	sending sync.Mutex // held while the event is sent; guards the two below
	sent    bool       // all of it
	lost    bool       // the channel is over

	streams streams

	// The receiver's.
	replied bool // the jail has answered
	fetches int
	lines   int
	ctx     context.Context // of its calls; nil: there were none
	cancel  context.CancelFunc

	mu struct {
		sync.Mutex
		settled  bool // the three below are what Dispatch returns
		response *isolate.Response
		failure  *isolate.Failure
		gone     error
		head     time.Duration
		timer    *time.Timer // for its end
		over     bool
	}
}

// settle sets what Dispatch returns, and says whether it was the first to.
func (f *flight) settle(r *isolate.Response, failure *isolate.Failure, gone error) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mu.settled {
		return false
	}
	f.mu.settled = true
	f.mu.response, f.mu.failure, f.mu.gone = r, failure, gone
	f.mu.head = time.Since(f.started)
	close(f.answered)
	return true
}

// outcome returns what f was settled with.
func (f *flight) outcome() (*isolate.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.mu.gone != nil:
		return nil, f.mu.gone
	case f.mu.failure != nil:
		return nil, f.mu.failure
	default:
		return f.mu.response, nil
	}
}

// watch calls late unless the event is over within wait.
func (f *flight) watch(wait time.Duration, late func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mu.timer == nil && !f.mu.over {
		f.mu.timer = time.AfterFunc(wait, late)
	}
}

// end tells the event's source that it is over.
func (f *flight) end(r result) {
	f.mu.Lock()
	f.mu.over = true
	if f.mu.timer != nil {
		f.mu.timer.Stop()
	}
	total := time.Since(f.started)
	ended := isolate.Result{
		Outcome: isolate.OutcomeOK, Failure: f.mu.failure, Head: f.mu.head, Total: total,
		CPU: min(r.cpu, total), Memory: min(r.memory, memoryMax), Fetches: f.fetches,
	}
	if f.mu.response != nil {
		ended.Status = f.mu.response.Status
	}
	f.mu.Unlock()
	if ended.Failure == nil {
		ended.Failure = r.failure
	}
	if ended.Failure != nil {
		ended.Outcome = ended.Failure.Outcome
	}
	if f.event.Done != nil {
		f.event.Done(ended)
	}
}

// refuse ends an event that was not sent.
func (f *flight) refuse(failure *isolate.Failure) *isolate.Failure {
	return refuse(f.event, f.started, failure)
}

func refuse(ev *isolate.Event, started time.Time, failure *isolate.Failure) *isolate.Failure {
	if ev.Done != nil {
		elapsed := time.Since(started)
		ev.Done(isolate.Result{Outcome: failure.Outcome, Failure: failure, Head: elapsed, Total: elapsed})
	}
	return failure
}
