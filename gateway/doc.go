// Package gateway is where events enter: it turns an HTTP request into an event for a
// function, and the event's outcome into a response.
//
// A [Server] has a fasthttp server in front and a [Dispatcher], the engine, behind. One
// request takes this way, on one goroutine; handler.go shows it on one screen:
//
//	listener    accepts, bounds connections, survives running out of files
//	parse       strict rules on the raw request; an owned isolate.Request
//	route       host and path to a version of a function
//	body        read under a deadline and the function's limit
//	admit       run now, wait, or be refused
//	dispatch    the engine runs the handler; a watch cancels it when the client leaves
//	respond     the response is checked and written
//	observe     one record, when waitUntil work is over too
//
// # Ownership
//
// fasthttp uses the buffers of a request again when its handler has returned, and an event
// may outlive that. So nothing of an event refers to them: parse copies the request once,
// and all the strings of the event are parts of that copy.
//
// # Refusals
//
// What the gateway or the engine refuses becomes a problem document with one of the codes in
// status.go, the same codes that log lines and metrics have. A request that breaks HTTP's
// rules, or whose body stays unread, ends its connection: where the next request would begin
// is then not certain.
//
// # The request a function sees
//
// The URL is in the canonical form of [github.com/skerry-edge/skerry/gateway/route], the one
// that was routed. Header names are in lower case. Fields that concern one connection alone
// are gone, and so is what only a proxy may say, unless one in Config.Trusted said it. The
// gateway adds cf-connecting-ip, x-forwarded-for, x-forwarded-host and x-forwarded-proto.
package gateway
