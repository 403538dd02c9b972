// Package replicate keeps a node in step with the catalog: it notices a change, fetches
// and verifies the bundles that are new, has them warmed, and only then switches the node
// over. If any of that fails, what was served goes on being served.
//
//	notice ─▶ read ─▶ for each function that changed, several at once:   ─▶ keep ─▶ switch
//	 Mark    Snapshot  read its version, fetch and verify, Warm             file    hook
//	   ▲                         │
//	   └── Poll, Sync            └─ failed: the function keeps its old version, is tried
//	                                again later, and is listed in Status as held
//
// # What is switched together
//
// A switch hands over all that is to be served, as one [Serving]. Each function in it is as
// the catalog had it at one revision: old or new, never a mix. A function whose new version
// cannot be prepared is held: it keeps the version it has, and the others switch without
// it. One that takes long is not waited for by the others for more than a second. Should
// a held function still have a route that the catalog has meanwhile given to another one,
// the other one gets it.
//
// # Starting
//
// A node that starts reads and verifies all bundles, but warms only what is news to it, and
// what asks to be kept ready: the others wait for their first event. How long a start takes
// depends on how many functions there are, not on what they do.
//
// # Starting without the catalog
//
// What is served is kept in a file, written before each switch. A node that starts while
// its store is away serves what the file says, as far as the bundles are on its disk, and
// says so in [Status]; when the store is back it catches up. Without such a file it cannot
// start: [ErrNoState].
//
// The file also names the catalog. A store with another catalog, or with none at all any
// more, was mistaken for the node's own or has lost its content: a starting node refuses
// it, a running one goes on serving what it has, with a [ForeignError] in both cases.
//
// # Ownership
//
// One goroutine owns all state and calls the Switch and Changed hooks; preparations run on
// others, Config.Parallel at most. [Replica.Close] ends and awaits them all.
package replicate
