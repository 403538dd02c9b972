package isolate

import (
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// Kind is the sort of an event, and the name of the handler that takes it.
type Kind string

// KindFetch is an HTTP request: export default { fetch(request, env, ctx) }.
const KindFetch Kind = "fetch"

// Event is one thing that a function handles. It owns everything in it: nothing refers to
// a buffer that its source will use again.
type Event struct {
	ID      string // the request id, unique and printable
	Kind    Kind
	Request *Request // KindFetch

	// Done, if not nil, is called exactly once, when the event is over: its response is
	// out, its waitUntil work has settled or was cut, its isolate is released. It runs on
	// whichever goroutine ended the event and must not block.
	Done func(Result)

	// Waiter, if not nil, is told when the event can't be ended.
	Waiter Waiter

	// HeadCPU is the JavaScript time until the response. Dispatch sets it before it returns.
	HeadCPU time.Duration
}

// Waiter is whoever waits for an event's response.
type Waiter interface {
	// Overrun is called at most once, when the event is so far past a cap that nothing in
	// the process can end it: Dispatch may never return, and the process is about to be
	// replaced. The failure should be passed on now. It runs on a goroutine of its own.
	Overrun(*Failure)
}

// Request is an HTTP request as a function sees it, Response what it answered, Field one
// header line of either, Source a body that comes little by little, and Chunks what it may
// come in.
type (
	Request  = webapi.HTTPRequest
	Response = webapi.HTTPResponse
	Field    = webapi.Field
	Source   = webapi.Source
	Chunks   = webapi.Chunks
)

// LengthOf is how many bytes are still to come of s, if it knows; -1: it does not.
func LengthOf(s Source) int64 { return webapi.LengthOf(s) }

// Reuse gives all that the last Next of s has returned back to s, to be filled again: nobody may
// look at it any more.
func Reuse(s Source, chunk []byte) { webapi.Reuse(s, chunk) }

// BodyError is an error of a request's Source that the function sees as it is: an Error with
// a code.
func BodyError(code, message string) error { return &js.CodedError{Code: code, Message: message} }

// Outcome is how an event ended: the one name used in problem documents, log lines and
// metric labels.
type Outcome string

// The outcomes of an event that reached a function. The gateway adds its own for requests
// that did not.
const (
	OutcomeOK             Outcome = "ok"
	OutcomeException      Outcome = "exception"       // the handler threw, or returned no Response
	OutcomeNeverSettled   Outcome = "never_settled"   // the handler's promise can't settle any more
	OutcomeExceededCPU    Outcome = "exceeded_cpu"    // past Limits.CPUMillis
	OutcomeExceededMemory Outcome = "exceeded_memory" // past Limits.MemoryMB
	OutcomeExceededWall   Outcome = "exceeded_wall"   // past Limits.WallMillis
	OutcomeExceededStart  Outcome = "exceeded_startup"
	OutcomeOverloaded     Outcome = "overloaded"  // no isolate within the wait
	OutcomeCanceled       Outcome = "canceled"    // the client left, or the node is stopping
	OutcomeWorkerLost     Outcome = "worker_lost" // the process that ran the event died
	OutcomeQuarantined    Outcome = "quarantined" // the function kills every process that runs it
	OutcomeInternal       Outcome = "internal"    // a fault of Skerry's own
)

// Result is what is known of an event when it is over.
type Result struct {
	Outcome Outcome
	Failure *Failure      // nil when Outcome is OutcomeOK
	Status  int           // of the response; 0: none
	Head    time.Duration // from Dispatch to the response head
	Total   time.Duration // from Dispatch to the end of waitUntil work
	CPU     time.Duration // running JavaScript, in Head and after
	Fetches int           // subrequests made
	Memory  int64         // bytes that the event held at most, about; 0: too few to be counted
}

// Failure says why an event ended without the handler's own response. It is an error.
type Failure struct {
	Outcome Outcome
	Message string // for users: "TypeError: x is not a function"
	Stack   string // source-mapped JavaScript stack, one frame a line; empty: none
	Source  *Frame // where it happened, if that is known
	Detail  string // for operators only: a Go stack; empty: none

	Limit   string // for exceeded_*: the manifest's key, "cpu_ms"
	Used    int64  // in the limit's unit
	Allowed int64  // in the limit's unit
}

func (f *Failure) Error() string { return string(f.Outcome) + ": " + f.Message }

// Frame is a place in a function's sources.
type Frame struct {
	File   string // relative to the project
	Line   int    // from 1
	Column int    // from 1
	Text   string // the line itself; empty: unknown
}

// LogLine is one call of console, or a message of the runtime about an event.
type LogLine struct {
	Time     time.Time
	EventID  string
	Function string
	Version  int
	Level    string // "debug", "info", "log", "warn", "error"
	Message  string
}

// Target is what an event is for: one version of a function.
type Target = bundles.Version
