// Package jail runs functions as package isolate does, in processes of their own. What
// happens in such a process, a jail, is presumed hostile by everything in this package that
// is outside of it.
//
// A [Keeper] owns the jails of a node, one for each function that needs one. A [Client] is
// one process's end of a channel into a jail; it dispatches events as an isolate.Engine does.
// A [Pool] keeps one client for each function and stands where a process has its dispatcher.
// In the jail a [Server] has the engine:
//
//	worker                                keeper                     jail
//	Pool.Dispatch ── no client ─────────▶ Open ── process, if none ─▶ Server.Serve
//	  ▲                                     └── socket pair: one end ─┘   │
//	  └────────────── the other end ────────┘                             │
//	Client.Dispatch ── event ─────────────────────────────────────▶ Engine.Dispatch
//	  Host.Fetch, KV, Console, Load ◀── calls of the event ───────────  Host
//	  response or Failure ◀───────────────────────────────────────────┘
//	  Event.Done ◀── result, when waitUntil work is over
//
// # Bodies
//
// Bodies that come little by little stay so on their way through a channel: a request's to the
// jail and its response's back, and the same of subrequests, the other way around. Each end reads a
// body's source when the other asks for more, so that whoever takes it slowly slows down who makes
// it. An event whose response has such a body is over after that has ended.
//
// # Trust
//
// A jail has no way to the world but its channels. The process at the other end of a channel
// knows which function the channel is for and which event each call belongs to; nothing that
// a jail sends can name another. Lengths, numbers, names, counts and the order of messages
// are checked, and memory is taken only for what has arrived. A jail that breaks a rule is at
// fault: its channel is closed and its keeper kills it.
//
// # Loss
//
// When a jail dies, events in it end with isolate.OutcomeWorkerLost. Events that had not
// been sent yet get [ErrGone] and may go to another jail: a jail that means to end says so
// first, and refuses what reaches it afterwards.
//
// # Ownership
//
// Channels belong to the client made of them. A jail with no channels left is killed: clients
// close theirs when they have had no events for a while, and only they can tell.
//
// # Limits
//
// Bytes under way in either direction of a channel are bounded, and so are the events in a
// channel, the calls that they make at once, the bodies that they have, what is asked of each
// ahead, and the lines that they log. An event's wall time is bounded by the client as well as
// by the jail, and so is how long a response's body may give nothing. CPU and memory of the whole process are
// bounded from outside, by whoever starts it.
package jail
