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
package observe
