package gateway

import (
	"math/rand/v2"
	"strconv"

	"github.com/valyala/fasthttp"

	"github.com/skerry-edge/skerry/isolate"
)

// The outcomes of requests that reached no function. Those of events that did are in
// package isolate.
const (
	outcomeNoRoute           isolate.Outcome = "no_route"
	outcomeBadRequest        isolate.Outcome = "bad_request"
	outcomeURITooLong        isolate.Outcome = "uri_too_long"
	outcomeHeadersTooLarge   isolate.Outcome = "headers_too_large"
	outcomeMethodNotAllowed  isolate.Outcome = "method_not_allowed"
	outcomeBodyTooLarge      isolate.Outcome = "body_too_large"
	outcomeRequestTimeout    isolate.Outcome = "request_timeout"
	outcomeExpectationFailed isolate.Outcome = "expectation_failed"
	outcomeRateLimited       isolate.Outcome = "rate_limited"
)

// answer is what the client of an event with a certain outcome gets.
type answer struct {
	status int
	retry  bool   // with Retry-After
	detail string // for users; says nothing of causes
}

// answers is the one table from outcome to HTTP.
var answers = map[isolate.Outcome]answer{
	outcomeNoRoute:           {404, false, "No function answers at this host and path."},
	outcomeBadRequest:        {400, false, "The request breaks the rules of HTTP."},
	outcomeURITooLong:        {414, false, "The URL is too long."},
	outcomeHeadersTooLarge:   {431, false, "The request's header is too large."},
	outcomeMethodNotAllowed:  {405, false, "The method is not one that functions take."},
	outcomeBodyTooLarge:      {413, false, "The request's body is larger than the function takes."},
	outcomeRequestTimeout:    {408, false, "The request did not arrive in time."},
	outcomeExpectationFailed: {417, false, `The only expectation that is met is "100-continue".`},
	outcomeRateLimited:       {429, true, "Too many connections come from this address."},

	isolate.OutcomeException:      {500, false, "The function failed."},
	isolate.OutcomeNeverSettled:   {500, false, "The function's promise can never settle."},
	isolate.OutcomeExceededCPU:    {503, false, "The function used more CPU time than it may."},
	isolate.OutcomeExceededMemory: {503, false, "The function used more memory than it may."},
	isolate.OutcomeExceededWall:   {504, false, "The function did not answer in time."},
	isolate.OutcomeExceededStart:  {503, false, "The function could not be started within its limits."},
	isolate.OutcomeOverloaded:     {503, true, "Too many events run at once."},
	isolate.OutcomeCanceled:       {503, true, "The node is stopping."},
	isolate.OutcomeWorkerLost:     {502, false, "The process that ran the function ended."},
	isolate.OutcomeQuarantined:    {503, true, "The function is held back: it has ended every process that ran it."},
	isolate.OutcomeInternal:       {500, false, "The gateway failed."},
}

// answerTo returns the answer for outcome; that for internal if it is in no table, as none
// should be.
func answerTo(outcome isolate.Outcome) answer {
	if a, ok := answers[outcome]; ok {
		return a
	}
	return answers[isolate.OutcomeInternal]
}

// problem is why a request gets a problem document instead of a function's response. It
// begins as one of the constructors below.
type problem struct {
	outcome isolate.Outcome
	detail  string           // for users; empty: that of the table
	failure *isolate.Failure // for operators, and in dev mode for all; nil: detail says it all
	limit   string           // name of the limit that was passed; empty: none
	used    int64            // in the limit's unit
	allowed int64            // in the limit's unit
	closing bool             // the connection can't be used any more
	silent  bool             // the client is gone: there is no answer, and the connection ends
}

// refuse is a problem after which the connection may be used for other requests.
func refuse(outcome isolate.Outcome, detail string) *problem {
	return &problem{outcome: outcome, detail: detail}
}

// hangUp is a problem that ends the connection: its request broke the rules, or is still
// being sent.
func hangUp(outcome isolate.Outcome, detail string) *problem {
	return &problem{outcome: outcome, detail: detail, closing: true}
}

// failed is the problem of an event that the engine ended.
func failed(f *isolate.Failure) *problem {
	return &problem{outcome: f.Outcome, failure: f, limit: f.Limit, used: f.Used, allowed: f.Allowed}
}

// text says what happened, to users.
func (p *problem) text() string {
	if p.detail != "" {
		return p.detail
	}
	return answerTo(p.outcome).detail
}

// write puts the problem's document into r.
func (p *problem) write(r *fasthttp.Response, d *document, f format) {
	a := answerTo(p.outcome)
	r.SetStatusCode(a.status)
	h := &r.Header
	h.Set("cache-control", "no-store")
	h.Set("vary", "accept")
	if a.retry {
		h.Set("retry-after", strconv.Itoa(1+rand.IntN(5))) // spread, lest all come back at once
	}
	if p.outcome == outcomeMethodNotAllowed {
		h.Set("allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
	}
	if f == formatHTML {
		h.Set("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'")
	}
	h.SetContentType(f.contentType())
	r.SetBodyRaw(d.render(f))
}
