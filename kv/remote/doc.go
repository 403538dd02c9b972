// Package remote is a kv.Store in another process: a client and a server over one stream
// connection, such as an inherited Unix socket pair. The supervisor of a node owns the
// embedded store, and its children reach it through this.
//
// [Serve] answers one client from a kv.Store. [Open] is the other end, a [Client], whose
// [Client.Store] has the abilities of the store behind the server and no others.
//
//	caller ─ request ─▶ outbox ─ frames ─▶ reader ─▶ a goroutine for the call ─▶ store
//	caller ◀─ answer ── reader ◀─ frames ─ outbox ◀─ its result, read in full ◀─┘
//
// Many calls are under way at once and are answered in the order in which they end. The
// outbox of each side gathers what is ready into one write, and large messages take turns
// in it, a part at a time, so that a small one waits for a part and not for a value.
//
// # Protocol
//
// A frame is a header of 8 bytes and a payload. The header is two little-endian 32-bit
// numbers: the length of the payload in the low 24 bits and the kind in the high 8 bits
// of the first, the call's number in the second. A payload is at most 64 KiB.
//
//	kind    sent by  payload
//	hello   client   the magic, one byte of version; its call's number is 0
//	hello   server   the magic, one byte of version, one byte of abilities, the window (uvarint)
//	whole   both     a message
//	first   both     the message's length (4 bytes) and its first part
//	more    both     the next part of that message; at its length it is complete
//	cancel  client   none: the result of this call no longer matters
//
// The client speaks first. A client's message is a request, a server's the answer to the
// request of the same number. Each request is answered exactly once, a canceled one too,
// and its number is free again after that. In messages, text is a uvarint of its length
// and its bytes, numbers are varints, an expiry is in milliseconds as kv.Millis gives it,
// and a value is what is left.
//
//	request                                            answer, after a byte of 0
//	get     ns, key                                    expiry, version, metadata, value
//	put     ns, key, expiry, metadata, value           version
//	delete  ns, key                                    nothing
//	list    ns, prefix, cursor, limit                  cursor, count, (name, metadata, expiry, version)…
//	swap    ns, key, old, expiry, metadata, value      version
//	add     ns, key, delta                             the sum
//
// The answer to a call that failed is the code of the error (failure.go), its text, and
// for an invalid argument the field and the reason. An error that has no code arrives as
// one with the same text and no identity.
//
// # Limits
//
// The server says in its hello how many bytes of requests may be under way, its window. A
// request counts with its size and 8 KiB, from its first byte to its answer. The client
// keeps within the window by letting callers wait, large requests apart from small
// ones. A server that sees a client exceed it ends the connection, as it does for
// whatever else is not in the tables above: see [ErrProtocol].
//
// Answers are bounded where they are made. A call that reads is begun when the largest
// answer it can have fits in ServerConfig.AnswerBytesMax beside all that are not written
// yet; so a client that doesn't read holds that many bytes and no more. It holds no
// transaction of the store: an answer is complete before a byte of it is sent.
// Both sides go on reading whatever else they wait for, so neither can lock the other up.
//
// # When the connection ends
//
// All calls under way, and all after, fail with kv.ErrUnavailable and the cause. As with
// every store, whether a write took effect is then unknown. Nothing is sent twice, and a
// Client doesn't connect anew: whoever made the connection makes another.
//
// # Ownership
//
// Open and Serve take possession of the connection and close it. A call that ends before
// its request has been sent leaves nothing behind that refers to its arguments.
package remote
