// Package catalog says what should be live: which functions there are, their versions,
// which of these gets events, and which routes each function takes.
//
// A [Catalog] is a view of one namespace of a [kv.Store]; any number of them, on any
// number of nodes, may work on the same store. Its content is a tree of JSON documents
// that are never changed once they can be seen:
//
//	head ───▶ history/shop/<id> ──▶ version/shop/<id>   version 1: manifest, digest, message
//	   │                      └───▶ version/shop/<id>   version 2
//	   └────▶ history/blog/<id> ──▶ …
//
// The head, a [Snapshot], is the one key that is written twice. It holds for each function
// what a node must know to notice a change: the live version, its digest, its routes, and
// where the function's history is. A change writes new documents beside the old, and then
// puts a new head in the place of the old by compare-and-swap: a crash at any step leaves
// the old catalog or the new one, and documents that nobody refers to, which Sweep removes.
// The loser of a race starts again from the winner's head.
//
// # Limits
//
// The head is one value of the store, so at most 25 MiB: 10,000 functions with two routes
// each make 3 MB. The newest VersionsMax versions of a function are kept, and those that
// are live or would be by a rollback. Numbers of versions are given once: a function that
// is removed and pushed again goes on counting.
//
// # Durability
//
// A change that returned nil is as durable as the store is.
package catalog
