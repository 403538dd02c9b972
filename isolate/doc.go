// Package isolate runs functions in JavaScript isolates.
//
// An [Engine] keeps a [Pool] of warm isolates for each bundle, and drops the pools used
// longest ago when together they hold more than Config.MemoryBytes. [Engine.Dispatch]
// takes an isolate, delivers one [Event] to its handler on the calling goroutine and
// returns the [Response]. Work that the handler gave to waitUntil goes on afterwards, on
// a goroutine of the engine's:
//
//	          ┌── none is warm: made on the event's goroutine ──┐
//	          │                                                 ▼
//	warm ── acquire ──▶ deliver ── response ──▶ drain ──▶ release ──▶ dropped, and another is
//	  ▲                    │                                │         warmed in the background
//	  │                    └── limit, fault ── [Failure] ───┤
//	  └──────────────────── isolation = "reuse" ────────────┘
//
// # Statelessness
//
// An isolate serves one event and is dropped, so that module state dies with the event; one
// of a bundle with isolation = "reuse" goes back to its pool, if nothing went wrong in it.
// Isolates are never shared between bundles.
//
// # Ownership
//
// An isolate belongs to the goroutine that acquired it, then to the one that drains it. What
// reaches it from elsewhere comes through its event loop. Events and responses own all that
// is in them.
//
// # Limits
//
// CPU time is time spent running JavaScript, waiting excluded: one isolate of an engine runs
// at a time, and gives its turn up whenever it waits. Wall time counts until the response.
// Each limit ends an event with the [Outcome] of its name.
//
// # The world
//
// Isolates reach the world through [Host] alone. The zero Host reaches nothing.
package isolate
