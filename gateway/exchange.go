package gateway

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
)

// exchange is one request and its response, and the event between them. It is one
// allocation, for all that is known of a request lives until its event is over.
//
// Two parties end it, in any order: the handler, when the response is ready, and the engine,
// by Done, when the event is over. The later one observes the record.
type exchange struct {
	server *Server
	ctx    *fasthttp.RequestCtx // the handler's alone, until it returns
	conn   *conn
	start  time.Time
	id     [idLen]byte
	head   head
	inline [24]isolate.Field // room for head.fields; few requests have more

	target  *target // nil: no function is for this request
	event   isolate.Event
	request isolate.Request
	body    []byte
	upload  *upload // the body, if it comes little by little; nil: body is all

	streaming atomic.Bool // the response's head is out, or about to be, and its body goes out

	problem  *problem // nil: the function's response went out
	observed *observe.Function
	record   observe.Record

	parties atomic.Int32 // that have not ended yet
	running atomic.Bool  // the event holds a slot, and Done has not been called
	result  isolate.Result

	observedOnce atomic.Bool // the record has been passed on
}

func (s *Server) newExchange(ctx *fasthttp.RequestCtx, start time.Time) *exchange {
	x := &exchange{server: s, ctx: ctx, conn: ctx.Conn().(*conn), start: start}
	newID(&x.id, start)
	x.head.fields = x.inline[:0]
	x.parties.Store(1)
	return x
}

// dispatch gives the event to the engine. It holds a slot of admission, which the event's
// end gives back.
func (x *exchange) dispatch(ctx context.Context) (*isolate.Response, error) {
	x.request = isolate.Request{
		Method: x.head.method, URL: x.head.url, Header: x.head.fields, Body: x.body, Client: x.head.client,
		CF: x.server.cf.of(&x.head),
	}
	if x.upload != nil {
		x.request.Stream = x.upload
	}
	x.event = isolate.Event{ID: x.head.id, Kind: isolate.KindFetch, Request: &x.request, Done: x.end, Waiter: x}
	x.running.Store(true)
	x.parties.Add(1)
	return x.server.cfg.Dispatcher.Dispatch(ctx, x.target.version, &x.event)
}

// end is the event's Done: its isolate is free again.
func (x *exchange) end(r isolate.Result) {
	if !x.running.Swap(false) {
		return
	}
	x.target.function.door.Leave()
	x.result = r
	x.party()
}

// respond writes the function's response, or its head if the body has yet to come. ctx is the
// event's.
func (x *exchange) respond(ctx context.Context, r *isolate.Response) {
	x.record.Head = time.Since(x.start)
	to := &x.ctx.Response
	to.Header.DisableNormalizing() // names go out as the function wrote them
	x.record.BytesOut = int64(writeResponse(to, r, x.head.method))
	if r.Stream != nil {
		x.stream(ctx, r)
	}
	x.record.Status = r.Status
	if x.server.cfg.ServerTiming {
		to.Header.Add("server-timing", timing(x.event.HeadCPU, x.record.Head))
	}
	x.send()
}

// timing is the value of a Server-Timing header: JavaScript time, and the time until the
// response's head, in milliseconds.
//
// Spec: https://www.w3.org/TR/server-timing/
func timing(cpu, total time.Duration) string {
	b := append(make([]byte, 0, 48), "cpu;dur="...)
	b = strconv.AppendFloat(b, float64(cpu.Microseconds())/1000, 'f', -1, 64)
	b = append(b, ", total;dur="...)
	return string(strconv.AppendFloat(b, float64(total.Microseconds())/1000, 'f', -1, 64))
}

// refuse writes a problem document.
func (x *exchange) refuse(p *problem) {
	x.record.Head = time.Since(x.start)
	x.problem = p
	if p.silent {
		x.conn.kill(errDeparted)
		return
	}
	to := &x.ctx.Response
	to.Reset()
	x.describe(to, p)
	x.record.BytesOut = int64(len(to.Body()))
	x.record.Status = to.StatusCode()
	if p.closing {
		to.SetConnectionClose()
		x.conn.linger.Store(true)
	}
	x.send()
}

// describe puts p's document into to.
func (x *exchange) describe(to *fasthttp.Response, p *problem) {
	d := newDocument(p, x.server.cfg.Dev)
	d.RequestID = x.requestID()
	if x.target != nil {
		d.Function, d.Version = x.target.version.Function, x.target.version.Number
	}
	p.write(to, d, negotiate(x.head.accept))
}

const (
	// writeRate is what a client must take, in bytes a second, of a long response once
	// WriteTimeout is over.
	writeRate = 16 << 10

	// longResponse is where a body is long: it takes more than the kernel's buffers at once.
	longResponse = 64 << 10
)

// send leaves the response to fasthttp.
func (x *exchange) send() {
	to := &x.ctx.Response
	to.Header.Add("x-skerry-request-id", x.requestID())
	if x.server.draining.Load() {
		to.SetConnectionClose()
	}
	if n := x.record.BytesOut; n > longResponse {
		more := time.Duration(n) * time.Second / writeRate
		x.ctx.SetWriteDeadline(time.Now().Add(x.server.cfg.WriteTimeout + more))
	}
}

// endEvent gives the connection back to fasthttp: nobody watches it or reads the body.
func (x *exchange) endEvent() {
	if x.upload != nil {
		x.upload.close()
	}
	x.conn.end()
}

// finish ends the handler's part.
func (x *exchange) finish() {
	x.conn.sawLine = false
	x.conn.flushed.Store(false)
	x.ctx = nil // fasthttp's again
	x.party()
}

func (x *exchange) party() {
	if x.parties.Add(-1) == 0 {
		x.observe()
	}
}

// observe fills the record and passes it on.
func (x *exchange) observe() {
	if x.observedOnce.Swap(true) {
		return
	}
	r := &x.record
	r.CPU, r.Memory, r.Subrequests = x.result.CPU, x.result.Memory, x.result.Fetches
	r.Outcome, r.Failure = isolate.OutcomeOK, x.result.Failure
	if x.result.Outcome != "" {
		r.Outcome = x.result.Outcome
	}
	if p := x.problem; p != nil {
		r.Outcome, r.Failure = p.outcome, p.failure
		if r.Failure == nil {
			r.Failure = &isolate.Failure{Outcome: p.outcome, Message: p.text()}
		}
	}
	x.fill(r)
	if r.Failure != nil && r.Failure.Detail != "" {
		x.server.log("error", r.ID, r.Failure.Message+": "+r.Failure.Detail)
	}
	x.count()
	x.observed.End(r)
}

// fill writes into r what is known of the request.
func (x *exchange) fill(r *observe.Record) {
	r.Time, r.ID, r.Kind = x.start, x.requestID(), isolate.KindFetch
	r.Method, r.Host, r.Path, r.Client = x.head.method, x.head.host, x.head.path, x.head.client
	if r.Path == "" { // a request that broke the rules
		r.Path, _, _ = strings.Cut(x.head.target, "?")
	}
	if !r.Client.IsValid() {
		r.Client = x.conn.peer.addr
	}
	r.BytesIn, r.Total = int64(len(x.body)), time.Since(x.start)
	if x.upload != nil {
		r.BytesIn = x.upload.read.Load()
	}
	if x.target != nil {
		r.Function, r.Version = x.target.version.Function, x.target.version.Number
	}
}

// count counts the event among those in flight, once.
func (x *exchange) count() {
	if x.observed != nil {
		return
	}
	x.observed = x.server.unrouted
	if x.target != nil {
		x.observed = x.target.function.observed
	}
	x.observed.Begin()
}

// requestID returns the id as a string, the head's if it got that far.
func (x *exchange) requestID() string {
	if x.head.id != "" {
		return x.head.id
	}
	return string(x.id[:])
}
