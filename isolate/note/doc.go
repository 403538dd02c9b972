// Package note is a place in memory, shared by two processes, that says which function one
// of them is running: the other reads it when the first has died, or to see how long its
// turn has been going on.
//
//	parent:  Create ──▶ *Note ── Read ──▶ Running ── CPU(pid)
//	            └─ file, inherited ─┐
//	child:                     Open ──▶ *Note ── Begin, End for each turn
//
// Noting a turn is a few stores and no system call. The reader presumes nothing of the
// writer: whatever the memory holds, reading it is safe, and a note that was being written
// reads as if nothing ran.
//
// On Linux the memory is an anonymous file that can't change its size. Elsewhere it is the
// process's own: a note can be written and read there, by the same process alone.
package note
