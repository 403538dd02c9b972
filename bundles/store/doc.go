// Package store keeps the bytes of bundles by their digest, and verifies them on the way
// in and on the way out: what Get returns is what Put was given, or an error.
//
// There are two places for them and a pair. [Local] is a directory of content-addressed
// files on this node's disk. [Shared] is a namespace of a [kv.Store] that many nodes use.
// A [Tier] is both: a node of many reads from its disk, and fetches what its disk lacks
// or has lost from the store that all share.
//
//	push ──Put──▶ Tier ──1──▶ Shared   chunks, then the index entry that makes them visible
//	               └────2──▶ Local    tmp/… ─ write, fsync ─▶ rename ─▶ sha256/ab/cd… ─ fsync dir
//	run  ──Get──▶ Tier ──1──▶ Local    absent or corrupt: from Shared, and kept
//
// A bundle is put before the catalog names it and stays until the catalog has forgotten
// it: Sweep removes what nobody refers to, and spares what was put a short while ago,
// because its push may still be on the way to the catalog.
//
// A directory belongs to one process at a time. The caller sees to that: a node locks its
// data directory.
package store
