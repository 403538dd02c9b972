// Package egress is the way out for fetch: it performs the subrequests of functions.
//
// A [Client] takes a request as plain data, decides for every hop whether it may go where
// it wants to, and returns the response when its head is there; the body comes as it is read:
//
//	Fetch ─▶ URL ─▶ allow list, port ─▶ resolve ─▶ address ─▶ response head ─▶ body
//	          ▲                                                     │
//	          └───────────────────── redirect ──────────────────────┘
//
// # Where functions may go
//
// The function's own list (allow in skerry.toml) names the hosts and ports that it may
// reach; without one that is the public internet. Whatever it says, the node refuses
// addresses that are not public, its own listeners, and ports of protocols other than
// HTTP; Config.AllowPrivate opens single ones. The address is judged when it is known, on
// the socket that is about to connect: what a name led to a moment ago, or leads to for
// somebody else, doesn't count. Every URL is parsed once, by the URL standard, and later
// steps see that parser's words alone.
//
// # Ownership
//
// A Client owns a pool of connections. The pool is shared by all who use the Client, so
// functions that must not trust each other (tenants) each get a Client.
// A Client starts no goroutine but those of net/http, which end with their connections, and
// lookups of names, which end by the resolver's own time.
//
// # Limits
//
// A subrequest ends with a named [Error] when its response's head takes too long or is too
// large, when nothing comes of its body, when a compressed body is too large when decoded, or
// when it is a link of a chain in which functions call themselves. A body holds at most one
// chunk of 64 KB; what is made of it is its reader's to bound.
package egress
