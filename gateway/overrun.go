package gateway

import (
	"errors"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
)

// errOverrun is why an event is given up that nothing can end.
var errOverrun = errors.New("the event is past its cap, and can't be ended")

// Overrun makes an exchange its event's Waiter. The handler is stuck in the engine, and with it the
// goroutine that fasthttp would answer on, perhaps until the process ends: so the answer goes
// straight to the connection, which is closed, and the record is written now. Should the
// handler come back after all, it finds the connection closed and the record taken.
func (x *exchange) Overrun(f *isolate.Failure) {
	if x.observedOnce.Swap(true) {
		return
	}
	p := failed(f)
	var record observe.Record
	record.Head = time.Since(x.start)
	if x.conn.flushed.Load() && !x.streaming.Load() {
		var to fasthttp.Response
		x.describe(&to, p)
		to.SetConnectionClose()
		to.Header.Add("x-skerry-request-id", x.requestID())
		record.Status, record.BytesOut = to.StatusCode(), int64(len(to.Body()))
		x.conn.SetWriteDeadline(time.Now().Add(overrunWrite))
		// A client that doesn't take it has left.
		_, _ = to.WriteTo(x.conn.Conn)
	}
	record.CPU, record.Outcome, record.Failure = time.Duration(f.Used)*time.Millisecond, f.Outcome, f
	x.fill(&record)
	x.observed.End(&record)
	x.conn.abandon(errOverrun)
}

// overrunWrite is how long a client has to take the answer of an event that overran.
const overrunWrite = 100 * time.Millisecond
