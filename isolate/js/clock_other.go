//go:build !linux

package js

import "time"

// Without a CPU clock that another thread can read, time spent in a turn stands for CPU
// time: exact on an idle machine, too high on a busy one.

var processStart = time.Now()

type threadClock struct{}

func (threadClock) now() time.Duration { return time.Since(processStart) }

func (threadClock) id() int { return 0 }

func threadCPU() time.Duration { return time.Since(processStart) }
func lockThread() threadClock  { return threadClock{} }
func unlockThread()            {}
