// Package observe tells operators and authors what happened: access lines, console lines,
// metrics and a live tail, all fed from one [Record] for each event.
//
//	event over ──▶ Function.End(record) ──┬──▶ counters and histogram of the function
//	console.log ─▶ Observer.Log(line) ────┼──▶ line ──▶ bounded buffer ──▶ Config.Out
//	                                      └──▶ tail subscribers
//
// Nothing here makes a request wait. A sink that is slow, stopped or full costs lines, and
// a subscriber that is slow costs its own; both are counted. Lines are JSON, one document a
// line, with control characters escaped, so that what a function logs can't reach the
// operator's terminal as a command.
//
// Labels of metrics are the names of functions that [Observer.Function] was asked for, and
// outcomes; never what a client or a function chose.
//
// # Several processes
//
// Workers observe their events each with an Observer of their own, and their supervisor
// shows the node as one:
//
//	lines    Observer ──▶ stdout ──▶ Lines.Pipe ──▶ the supervisor's output
//	metrics  Observer.Snapshot ────▶ Merged.Set ──▶ /metrics
//	tail     Subscription ─ Item.Encode ──▶ DecodeItem ─ Observer.Publish ──▶ Subscription
//
// Items go that way only while somebody follows them, of which Config.Followed is told.
// What a worker sends is checked: one that is broken can spoil its own numbers, and stop
// nothing.
package observe
