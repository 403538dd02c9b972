package replicate

import (
	"slices"
	"strings"
)

// request asks the loop to be in step with what the catalog says from now on.
type request struct {
	functions []string   // empty: all
	answer    chan error // has room for the one answer

	look  int  // the first look at the catalog that counts
	ready bool // whether that look is over
}

// request takes a Sync in.
func (l *loop) request(q *request) {
	q.look = l.looker.number + 1
	l.looker.now = true
	l.waiting = append(l.waiting, q)
	for name, f := range l.failing {
		if f.job == nil && !f.queued && (len(q.functions) == 0 || slices.Contains(q.functions, name)) {
			l.enqueue(f) // whoever asks may have mended what was wrong
		}
	}
}

// satisfied reports whether all that q waits for is prepared, or failed.
func (l *loop) satisfied(q *request) bool {
	if !q.ready {
		return false
	}
	if len(q.functions) == 0 {
		return !l.busy()
	}
	return !slices.ContainsFunc(q.functions, func(name string) bool {
		f := l.functions[name]
		return f != nil && !f.settled()
	})
}

// answer answers the requests that are satisfied and switched to.
func (l *loop) answer() {
	if l.dirty && l.switchErr == nil {
		return
	}
	l.waiting = slices.DeleteFunc(l.waiting, func(q *request) bool {
		if !l.satisfied(q) {
			return false
		}
		err := l.switchErr
		if held := l.held(q.functions); err == nil && len(held) > 0 {
			err = &HeldError{Held: held}
		}
		q.answer <- err
		return true
	})
}

// held returns those of the named functions that are held, sorted; no names: of all.
func (l *loop) held(names []string) []Held {
	var held []Held
	for name, f := range l.failing {
		if len(names) == 0 || slices.Contains(names, name) {
			held = append(held, f.held())
		}
	}
	slices.SortFunc(held, func(a, b Held) int { return strings.Compare(a.Function, b.Function) })
	return held
}
