// Package webapi is the standard Web platform as scripts find it: one file per interface,
// and one table, [All], of everything.
//
// An interface is a [js.Class] over an ordinary Go type, a group of functions such as
// console a [js.Namespace], and a function such as atob a [js.Function]. All of them are
// values shared by every VM; a VM pays for what its script touches. The Go types keep
// JavaScript values only where an interface must hand back what it was given (a listener,
// the reason of an abort).
//
// # The way out
//
// A script reaches the world through the [Host] of its VM alone: fetch and the output of
// console, and where it is a [CacheHost] the Cache API. A VM whose host is none can compute,
// and nothing else.
//
// # Streams
//
// A body that the host has is bytes, or a [Source] of them, until a script reads it by hand:
// then its stream is opened, and is the Streams standard's, step by step. What is only handed
// on, teed, or piped through an IdentityTransformStream stays on the host's side:
//
//	[HTTPRequest], [HTTPResponse] ── Body ──▶ stream ── Body ───▶ [ResponseOf], [Host].Fetch
//	                              ── Stream ▶   │    ── Stream ─▶   the same source, or one over it
//	                                            ▼ read, piped or made by a script
//	                                      opened stream ─ Stream ▶  a source that asks for turns
//
// Who is given a Stream reads it to its end or cancels it, on any goroutine. One that a script
// makes gives nothing unless the VM's owner runs its loop ([js.VM.Run]); the loop ends with
// [js.ErrNeverSettles] if nothing can come any more, and [ErrAbandoned] is what the reader gets
// when the owner has abandoned the event's work. Its own errors are a *[StreamError].
//
// # Limits
//
// What a script can make large is bounded where the specification leaves room for it: a
// URL is at most 2 MiB, a pattern of URLs 16 KiB, a line of console 8 KiB, timers 1,000 at
// once, random bytes 65,536 a call, a Blob or a form that is sent 128 MiB, the fields of a
// form that is read 10,000, copies of bodies that wait to be read 16 MiB, streams that
// compress or decompress 32. Keys and the work of cryptography are bounded as package subtle
// says. Each refusal is an exception that names the limit.
//
// # Errors
//
// Exceptions are what the specifications ask for; package js makes them from Go errors.
// What a listener, a timer or a microtask throws has nobody to catch it: [ReportException]
// dispatches it at globalThis, and it goes to the console unless a listener there prevents
// that. So it is with promises that nobody listens to: [ReportRejections].
package webapi
