package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// fifo is a queue that a script can make long. The zero value is empty.
type fifo[T any] struct {
	items []T
	first int // index of what is next; what is before it is gone
}

func (q *fifo[T]) len() int { return len(q.items) - q.first }

func (q *fifo[T]) empty() bool { return q.len() == 0 }

func (q *fifo[T]) push(vm *js.VM, item T) { q.items = appendTo(vm, q.items, item) }

// peek returns what is next, in place: good until the next push.
func (q *fifo[T]) peek() *T { return &q.items[q.first] }

// pop takes out what is next.
func (q *fifo[T]) pop() T {
	var gone T
	item := q.items[q.first]
	q.items[q.first] = gone
	q.first++
	switch {
	case q.first == len(q.items):
		q.items, q.first = q.items[:0], 0
	case q.first >= 32 && q.first*2 >= len(q.items):
		n := copy(q.items, q.items[q.first:])
		clear(q.items[n:])
		q.items, q.first = q.items[:n], 0
	}
	return item
}

// clear drops everything.
func (q *fifo[T]) clear() { *q = fifo[T]{} }

// takeAll empties q and returns what was in it.
func (q *fifo[T]) takeAll() []T {
	items := q.items[q.first:]
	q.clear()
	return items
}
