// Package load sends HTTP requests at a server and says how it did.
//
// [Run] loads in one of two ways. An open loop sends at the times that [Rate] sets, whether
// or not earlier requests have been answered, as many independent clients do; what it calls
// latency counts from the time a request was meant to be sent, so that a server which stalls
// is charged for all the requests that had to wait (what others leave out is known as
// coordinated omission). A closed loop has a number of clients, each of which waits for an
// answer before it sends again: it finds out how much a server can do at most.
//
//	Source ── Next ──▶ Request ──┐
//	Rate ──── pacer ──▶ arrival ─┴─▶ sender × Concurrency ──▶ recorder ──▶ Second … ──▶ Result
//	                                     └── connection, the one used last
//
// # What counts
//
// An answer with a status under 400 is a success. Latency is that of successes and of
// requests that ran out of time, which waited at least as long as it says; how fast a
// refusal came flatters nobody. Everything else that can happen to a request is an error of
// a kind: "status 503", "timeout", "refused", and so on.
//
// # Trust
//
// A generator that is short of CPU time measures itself. [Run] watches how late its own
// timers are and how much CPU time it takes, and returns a [*BottleneckError] with a result
// that says more of the generator than of the server.
//
// [Compare] says whether one result is slower than another, with an interval.
package load
