package js

import (
	"container/heap"
	"time"
)

// Timer is a callback that is due at a time.
type Timer struct {
	id     int
	due    time.Time
	every  time.Duration // 0: once
	call   func()
	serial int // orders timers that are due at the same time
	index  int // in the heap; -1: not there
}

// SetTimer calls f in a turn after delay, again and again if repeat, and returns a number
// for ClearTimer. Delays under a millisecond count as one.
func (vm *VM) SetTimer(delay time.Duration, repeat bool, f func()) int {
	return vm.setTimer(max(delay, time.Millisecond), repeat, f)
}

// NextTurn calls f in a turn of its own, after the present one and what is due by now, and
// returns a number for ClearTimer.
func (vm *VM) NextTurn(f func()) int { return vm.setTimer(0, false, f) }

func (vm *VM) setTimer(delay time.Duration, repeat bool, f func()) int {
	l := &vm.loop
	l.used = true
	l.lastID++
	t := &Timer{id: l.lastID, due: time.Now().Add(delay), call: f, serial: l.lastID}
	if repeat {
		t.every = delay
	}
	if l.byID == nil {
		l.byID = make(map[int]*Timer)
	}
	l.byID[t.id] = t
	heap.Push(&l.timers, t)
	return t.id
}

// ClearTimer forgets a timer; a number that is none does nothing.
func (vm *VM) ClearTimer(id int) {
	l := &vm.loop
	t := l.byID[id]
	if t == nil {
		return
	}
	delete(l.byID, id)
	if t.index >= 0 {
		heap.Remove(&l.timers, t.index)
	}
}

// Timers is the number of timers set and not yet over.
func (vm *VM) Timers() int { return len(vm.loop.byID) }

// fire runs a timer that is due.
func (l *loop) fire(t *Timer) {
	heap.Remove(&l.timers, t.index)
	if t.every > 0 {
		l.lastID++
		t.serial, t.due = l.lastID, time.Now().Add(t.every)
		heap.Push(&l.timers, t)
	} else {
		delete(l.byID, t.id)
	}
	t.call()
}

type timerHeap []*Timer

func (h timerHeap) first() *Timer {
	if len(h) == 0 {
		return nil
	}
	return h[0]
}

func (h timerHeap) Len() int { return len(h) }

func (h timerHeap) Less(i, j int) bool {
	if h[i].due.Equal(h[j].due) {
		return h[i].serial < h[j].serial
	}
	return h[i].due.Before(h[j].due)
}

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push is for package heap.
func (h *timerHeap) Push(x any) {
	t := x.(*Timer)
	t.index = len(*h)
	*h = append(*h, t)
}

// Pop is for package heap.
func (h *timerHeap) Pop() any {
	t := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	t.index = -1
	return t
}
