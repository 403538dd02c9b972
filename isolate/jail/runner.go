package jail

import "sync"

// idleRunners is how many goroutines wait for the next event.
const idleRunners = 16

// runners run events. They are goroutines that stay: JavaScript needs a deep stack, and one
// that has grown already saves an event a third of its price.
type runners struct {
	events chan func()
	over   chan struct{} // closed when no event comes any more
	work   *sync.WaitGroup

	mu struct {
		sync.Mutex
		idle int
	}
}

func newRunners(work *sync.WaitGroup) *runners {
	return &runners{events: make(chan func()), over: make(chan struct{}), work: work}
}

// run runs event on a goroutine that waits for one, or else on a new one.
func (r *runners) run(event func()) {
	select {
	case r.events <- event:
	default:
		r.work.Go(func() { r.stay(event) })
	}
}

// stay runs event, and others after it.
func (r *runners) stay(event func()) {
	for {
		event()
		r.mu.Lock()
		stay := r.mu.idle < idleRunners
		if stay {
			r.mu.idle++
		}
		r.mu.Unlock()
		if !stay {
			return
		}
		open := true
		select {
		case event = <-r.events:
		case <-r.over:
			open = false
		}
		r.mu.Lock()
		r.mu.idle--
		r.mu.Unlock()
		if !open {
			return
		}
	}
}

// close ends the goroutines that wait.
func (r *runners) close() { close(r.over) }
