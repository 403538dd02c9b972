package js

import "github.com/dop251/goja"

// argumentLists makes the arguments of many calls of one function, several at a time. Each
// list is the callee's to keep: some do.
type argumentLists struct {
	room  []goja.Value
	calls int // that the last room was made for
}

// argumentCalls is how many calls room is made for at most.
const argumentCalls = 16

// next returns an empty list with room for n arguments.
func (l *argumentLists) next(n int) []goja.Value {
	if len(l.room) < n {
		l.calls = min(max(2*l.calls, 2), argumentCalls)
		l.room = make([]goja.Value, l.calls*n)
	}
	list := l.room[:0:n]
	l.room = l.room[n:]
	return list
}
