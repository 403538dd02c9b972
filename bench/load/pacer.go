package load

import (
	"context"
	"time"
)

// waiter waits for points in time, for one goroutine.
type waiter interface {
	until(ctx context.Context, t time.Time) error
	close()
}

// timerWaiter waits with a timer of the runtime's.
type timerWaiter struct{}

func (timerWaiter) close() {}

func (timerWaiter) until(ctx context.Context, t time.Time) error {
	wait := time.Until(t)
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// arrival is a request that is meant to be sent at a time.
type arrival struct {
	at     time.Time
	prompt bool // somebody was free to send it: that it is late is the generator's doing
}

// pace gives arrivals the times of s, in order, until s or ctx ends. It never leaves one
// out: while nobody is free to take one it waits, and then makes up for it.
func pace(ctx context.Context, w waiter, start time.Time, s schedule, arrivals chan<- arrival) {
	behind := false // because nobody was free to take an arrival
	for i := int64(0); ; i++ {
		at := s.at(i)
		if at >= s.duration {
			return
		}
		a := arrival{at: start.Add(at)}
		behind = behind && time.Until(a.at) <= 0
		a.prompt = !behind
		if err := w.until(ctx, a.at); err != nil {
			return
		}
		select {
		case arrivals <- a:
			continue
		default:
		}
		a.prompt, behind = false, true
		select {
		case arrivals <- a:
		case <-ctx.Done():
			return
		}
	}
}
