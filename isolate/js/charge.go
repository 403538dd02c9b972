package js

import "time"

// StartCPU begins to measure the CPU time of the calling goroutine, which is tied to its
// thread until it calls stop: what to [VM.Charge] for work that no turn and no
// [VM.AsyncCharged] does.
func StartCPU() (stop func() time.Duration) {
	thread := lockThread()
	start := thread.now()
	return func() time.Duration {
		defer unlockThread()
		return thread.now() - start
	}
}

// Charge adds to what vm's event has used, in a turn: d was used for it elsewhere. An event
// that is past its cap gets no other turn.
func (vm *VM) Charge(d time.Duration) { vm.meter.aside.Add(int64(d)) }
