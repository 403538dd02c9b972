package replicate

import (
	"math/rand/v2"
	"time"

	"github.com/skerry-edge/skerry/bundles/catalog"
)

// Retries of a function that could not be prepared, twice as late each time.
const (
	retryMin = time.Second
	retryMax = 30 * time.Second
)

// function is what the loop knows of one function.
type function struct {
	want catalog.Function // what the catalog says
	have *Function        // what is prepared, and served after the next switch; nil: nothing
	last *Function        // what the file says was served before the start; nil: nothing

	job      *job      // that prepares it now; nil: none
	queued   bool      // whether it waits for a job
	failures int       // to prepare want
	err      error     // why the last attempt failed; nil: none has failed
	retry    time.Time // when the next attempt is due, after a failure
}

// inStep reports whether f is prepared as it should be.
func (f *function) inStep() bool { return f.have != nil && f.have.is(&f.want) }

// settled reports whether f is in step or can't be now.
func (f *function) settled() bool { return f.inStep() || f.err != nil && f.job == nil && !f.queued }

// failed notes that an attempt has failed, and when the next is due.
func (f *function) failed(err error, now time.Time) {
	f.err = err
	f.failures++
	pause := min(retryMin<<min(f.failures-1, 10), retryMax)
	f.retry = now.Add(pause - rand.N(pause/4)) // not all nodes at the same moment
}

func (f *function) held() Held {
	h := Held{Function: f.want.Name, Version: f.want.Live[0].Version, Err: f.err, Failures: f.failures}
	if f.have != nil {
		h.Serving = f.have.Live[0].Number
	}
	return h
}
