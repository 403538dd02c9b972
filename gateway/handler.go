package gateway

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/skerry-edge/skerry/gateway/admit"
	"github.com/skerry-edge/skerry/isolate"
)

// handle serves one HTTP request from start to finish.
func (s *Server) handle(ctx *fasthttp.RequestCtx) {
	x := s.newExchange(ctx, ctx.Time())
	defer func() {
		if !x.streaming.Load() {
			x.finish()
		}
	}()
	defer x.recover()
	p := x.read()
	if p == nil {
		p = x.run()
	}
	if p != nil {
		x.refuse(p)
	}
}

// expect decides, before fasthttp asks a client that waits with "Expect: 100-continue" for
// its body, whether we want it: 100, or the status of the refusal, which is then the
// response. What is wanted goes through handle afterwards.
func (s *Server) expect(ctx *fasthttp.RequestCtx) (status int) {
	x := s.newExchange(ctx, time.Now())
	defer func() {
		if status = fasthttp.StatusContinue; x.problem != nil {
			x.finish()
			status = ctx.Response.StatusCode()
		}
	}()
	defer x.recover()
	p := x.readHead()
	if p == nil {
		p = x.checkLength()
	}
	if p != nil {
		x.refuse(p)
	}
	return
}

// checkLength refuses a body that is announced to be too large, before it is read.
func (x *exchange) checkLength() *problem {
	if n := x.ctx.Request.Header.ContentLength(); n > x.target.bodyMax {
		return bodyTooLarge(n, x.target.bodyMax)
	}
	return nil
}

// readBody reads the body, if there is one and it is short. A long one, or one that may be, goes
// to its function as it comes.
func (x *exchange) readBody() (p *problem) {
	stream := x.ctx.RequestBodyStream()
	if stream == nil {
		return nil
	}
	length, limit, timeout := x.ctx.Request.Header.ContentLength(), x.target.bodyMax, x.server.cfg.BodyTimeout
	if length < 0 || length > bodyInline {
		x.upload = newUpload(x.conn, stream, length, limit, timeout)
		return nil
	}
	x.body, p = readBody(stream, x.conn, length, timeout)
	return p
}

// read applies the rules, finds the function and reads the body.
func (x *exchange) read() *problem {
	if p := x.readHead(); p != nil {
		return p
	}
	x.count()
	if p := x.checkLength(); p != nil {
		return p
	}
	return x.readBody()
}

// readHead applies the rules and finds the function.
func (x *exchange) readHead() *problem {
	p := x.head.parse(&x.ctx.Request.Header, &x.id, x.conn.peer, x.server.cfg.Trusted)
	if p != nil {
		return p
	}
	if x.target = x.server.match(x.head.host, x.head.path); x.target == nil {
		return refuse(outcomeNoRoute, "")
	}
	return nil
}

// run waits for the event's turn, runs it and writes the response. If that has a stream, the
// event goes on until it has ended.
func (x *exchange) run() *problem {
	ctx := x.conn.begin(x.upload)
	defer func() {
		if !x.streaming.Load() {
			x.endEvent()
		}
	}()
	if err := x.target.function.door.Enter(ctx, x.target); err != nil {
		return refused(err)
	}
	response, err := x.dispatch(ctx)
	if err != nil {
		if p := x.bodyProblem(); p != nil {
			return p
		}
		return failure(ctx, err)
	}
	if err := checkResponse(response); err != nil {
		if response.Stream != nil {
			response.Stream.Cancel(err)
		}
		return failed(&isolate.Failure{Outcome: isolate.OutcomeException, Message: err.Error()})
	}
	x.respond(ctx, response)
	return nil
}

// bodyProblem is what was wrong with the request's body, if its function has met it: nil, if
// nothing was.
func (x *exchange) bodyProblem() *problem {
	if x.upload == nil {
		return nil
	}
	return x.upload.problem.Load()
}

// refused is the problem of an event that was not admitted.
func refused(err error) *problem {
	var r *admit.Refusal
	if !errors.As(err, &r) {
		return departed(err)
	}
	p := refuse(isolate.OutcomeOverloaded, "")
	p.failure = &isolate.Failure{Outcome: p.outcome, Message: r.Error()}
	p.limit, p.used, p.allowed = r.Limit, int64(r.Allowed), int64(r.Allowed)
	return p
}

// failure is the problem of an event that the engine ended with err. Where ctx has ended too,
// nobody is left to be told.
func failure(ctx context.Context, err error) *problem {
	var f *isolate.Failure
	if !errors.As(err, &f) {
		f = &isolate.Failure{Outcome: isolate.OutcomeInternal, Message: "the engine failed", Detail: err.Error()}
	}
	if f.Outcome == isolate.OutcomeCanceled && ctx.Err() != nil {
		return departed(context.Cause(ctx))
	}
	return failed(f)
}

// departed is the problem of an event whose client is gone: nothing is answered.
func departed(cause error) *problem {
	return &problem{
		outcome: isolate.OutcomeCanceled, silent: true,
		failure: &isolate.Failure{Outcome: isolate.OutcomeCanceled, Message: cause.Error()},
	}
}

// recover turns a panic of the gateway or the engine into an answer: one request is lost, not
// the process.
func (x *exchange) recover() {
	v := recover()
	if v == nil {
		return
	}
	x.server.panics.Add(1)
	f := &isolate.Failure{Outcome: isolate.OutcomeInternal, Message: "the gateway panicked", Detail: fmt.Sprintf("%v\n%s", v, debug.Stack())}
	x.end(isolate.Result{Outcome: f.Outcome, Failure: f})
	p := failed(f)
	p.closing = true
	x.refuse(p)
}
