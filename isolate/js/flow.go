package js

import (
	"container/heap"
	"time"
)

// Flow is a stream of turns that is given its fair share of CPU time beside others: the
// events of one function. The zero value is ready for use; a Flow belongs to one Turns.
type Flow struct {
	Digest uint64 // tells whose turn it is in a note; 0: not noted. Must not change in use

	lanes [2]lane // by Priority; guarded by the mutex of Turns
	aside lane    // of work beside turns; guarded likewise
}

// lane is a flow's place in a line: those who wait, first come, first served, and the CPU
// time that the flow has had.
type lane struct {
	spent       time.Duration // virtual: see line
	first, last *waiter
	length      int           // how many wait
	each        time.Duration // how long it takes to come forward by one place, about; 0: unknown
	place       int           // in line.waiting, from 1; 0: nobody waits
}

// line is start-time fair queueing among the lanes of one priority: whoever has had the
// least CPU time goes first. A flow that comes back after it had nothing to do starts from
// what the flow served last has had, so that it neither has hoarded time nor must make up
// for any.
type line struct {
	waiting lanes
	now     time.Duration // virtual time: what the flow served last had had when it began
}

// add puts w at the end of its flow's lane.
func (l *line) add(w *waiter) {
	lane := w.lane
	w.ahead = lane.length
	lane.length++
	if w.before = lane.last; w.before != nil {
		w.before.after = w
		lane.last = w
		return
	}
	lane.first, lane.last = w, w
	lane.spent = max(lane.spent, l.now)
	heap.Push(&l.waiting, lane)
}

// remove takes w out, wherever it stands.
func (l *line) remove(w *waiter) {
	lane := w.lane
	lane.length--
	if w.before != nil {
		w.before.after = w.after
	} else {
		lane.first = w.after
	}
	if w.after != nil {
		w.after.before = w.before
	} else {
		lane.last = w.before
	}
	if lane.first == nil {
		heap.Remove(&l.waiting, lane.place-1)
	}
}

// pacing is how much of lane.each one waiter more makes up: one part of so many.
const pacing = 8

// waited notes how long w has waited for its turn.
func (l *lane) waited(w *waiter, d time.Duration) {
	each := d / time.Duration(w.ahead+1)
	if l.each == 0 {
		l.each = each
	}
	l.each += (each - l.each) / pacing
}

// delay is how long one who comes now waits, about; 0: it is the first to wait.
func (l *lane) delay() time.Duration {
	if l.length == 0 {
		return 0
	}
	return l.each * time.Duration(l.length+1)
}

// next takes out the waiter whose turn it is; nil if nobody waits.
func (l *line) next() *waiter {
	if len(l.waiting) == 0 {
		return nil
	}
	w := l.waiting[0].first
	l.begin(w.lane)
	l.remove(w)
	return w
}

// begin moves virtual time on to lane's.
func (l *line) begin(lane *lane) {
	lane.spent = max(lane.spent, l.now)
	l.now = lane.spent
}

// charge ends a turn of lane that took used. When nobody waits, nothing is owed to anybody.
func (l *line) charge(lane *lane, used time.Duration) {
	lane.spent += used
	if lane.place > 0 {
		heap.Fix(&l.waiting, lane.place-1)
	} else if len(l.waiting) == 0 {
		l.now = max(l.now, lane.spent)
	}
}

// lanes is a heap, the lane with the least time first.
type lanes []*lane

func (h lanes) Len() int           { return len(h) }
func (h lanes) Less(i, j int) bool { return h[i].spent < h[j].spent }

func (h lanes) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i+1, j+1
}

// Push is for package heap.
func (h *lanes) Push(x any) {
	l := x.(*lane)
	*h = append(*h, l)
	l.place = len(*h)
}

// Pop is for package heap.
func (h *lanes) Pop() any {
	last := len(*h) - 1
	l := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	l.place = 0
	return l
}
