// Package js is where Go and JavaScript meet: it is the only importer of the engine,
// goja, and the one place that knows its quirks.
//
// A [Platform] is the set of globals that scripts find, prepared once from tables of
// [Class], [Namespace], [Function] and [Lazy] values. A [VM] is one realm with its event
// loop; making one costs under a microsecond and two kilobytes, because a global, and each
// member of a class, is made in a VM when a script first touches it. A [Program] is a
// compiled script, shared by all VMs that evaluate it.
//
//	Platform ── NewVM ──▶ VM ── Enter(Evaluate) ──▶ ready
//	                      │                           │
//	                      │      Enter(Call handler) ─┤ a turn
//	                      │      Run(until settled)  ─┘ turns, with waits between
//	                      └── interrupt, panic ──▶ ended: never runs again
//
// # Ownership
//
// A VM belongs to one goroutine at a time, and values belong to their VM. Nothing inside is
// locked. Work that waits runs on other goroutines ([Call.Async]), never sees a value, and
// posts its result to the loop.
//
// # Turns
//
// VMs that share [Turns] run one at a time, each until it waits for something. A turn's CPU
// time is read from its thread's clock and charged to the VM's [Meter]; a watchdog
// interrupts the turn that uses up its budget. A turn that an interrupt doesn't end is
// reported, and the turn is given to the next ([Overrun]).
//
// Work that computes for long without JavaScript is done beside the turns
// ([VM.AsyncCharged]), at the expense of the same account.
//
// Turns tell whose memory is whose, too: what an event can be holding follows from what was
// allocated in its turns, and collections tell what it does hold (ledger.go, trial.go).
//
// # Throwing
//
// Functions called by scripts return errors, which exception.go turns into what scripts
// see. Conversions of arguments may run a script's code and throw: they panic with the
// engine's own value, which passes through Go frames to the script and never out of Enter.
package js
