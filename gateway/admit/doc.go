// Package admit decides whether an event may run now, later or not at all.
//
// A [Node] bounds the events that run at once on a node, and each [Function] those of one
// function, so that one that is slow or popular can't take the whole node. An event that
// finds no slot waits, first come first served, until it gets one, its client leaves, or it
// has waited too long and is refused:
//
//	Enter ──▶ function's slot ──▶ node's slot ──▶ running ──▶ Leave
//	              │ none free         │
//	              ▼                   ▼
//	           backlog ── Wait over, or full ──▶ *Refusal
//
// Slots bound what runs, not how fast: while all are taken by events that wait for CPU time, or
// the line of those goes on growing, those that come are more than there is time for. After
// half a second of that they are refused at once, but for as many as the line can be kept
// short with; a quiet second ends it. A fixed number of clients, each of which waits for its
// answer, is served as long as there are slots: their line doesn't grow.
//
// Where slots are free and nobody waits for CPU time, Enter and Leave are a few atomic
// operations: no lock is taken, and nothing allocated.
package admit
