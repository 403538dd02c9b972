// Package wasm is the WebAssembly namespace, over wazero, which is a compiler in Go.
//
// A [Library] belongs to a bundle and keeps its modules compiled, for all VMs that run the
// bundle. What scripts see of them are the classes of [Namespace]:
//
//	bytes ── parse ──▶ layout ── lower ──▶ bytes ── compile ──▶ [Code]     once for a bundle
//	                                                              │
//	            imports ── link ──▶ Instance ◀── instantiate ─────┘        in each VM
//
// A module is taken apart, so that what it imports and exports is known in full, and put
// together again with names of ours, and with code that keeps it within its turn (lower.go).
// A memory, table or global that a script makes is a small module that exports it (made.go),
// so that everything can be linked to everything.
//
// # Ownership
//
// What a VM makes is in its store and lives as long as the VM: there is nothing to close. The
// memory of modules is Go's, so that an ArrayBuffer over it is good whatever becomes of the
// module. Machine code lives until nobody can run it any more.
//
// # Limits
//
// Code pays for its length and calls into Go every some ten microseconds, where a turn that
// was cut ends. Memory and tables are the event's like all that it allocates. What a script
// compiles itself is bounded by what compiling takes ([Library]); a bundle's own modules are
// compiled before its first turn.
//
// # What is missing
//
// There is one memory in a module, of up to 4 GiB, and not shared. Modules that use threads,
// tail calls, typed references, garbage collection or exceptions don't compile: what the engine
// knows of exceptions is invisible to Go's collector, and so not safe. Tag and Exception are
// there for scripts alone. Vectors (SIMD) work within modules. A constant Global of a reference
// that a script made can't be imported.
package wasm
