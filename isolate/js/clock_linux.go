package js

import (
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// threadClock names the CPU clock of one thread, as clock_gettime takes it.
type threadClock int32

// now reads the clock; it is 0 if the thread is gone.
func (c threadClock) now() time.Duration { return readClock(int32(c)) }

// readClock avoids the scheduler's bookkeeping around system calls that may block: this
// one does not, and is made twice a turn.
func readClock(id int32) time.Duration {
	var ts unix.Timespec
	unix.RawSyscall(unix.SYS_CLOCK_GETTIME, uintptr(uint32(id)), uintptr(unsafe.Pointer(&ts)), 0)
	return time.Duration(ts.Nano())
}

// threadCPU is the CPU time that the calling thread has used.
func threadCPU() time.Duration { return readClock(unix.CLOCK_THREAD_CPUTIME_ID) }

// currentThread is the clock of the calling thread, for others to read: while the goroutine
// is not tied to it, it may be another's at once.
//
// Source: MAKE_THREAD_CPUCLOCK in linux/posix-timers_types.h
func currentThread() threadClock {
	tid, _, _ := unix.RawSyscall(unix.SYS_GETTID, 0, 0, 0)
	return threadClock(^int32(tid)<<3 | 6)
}

// id is the thread as the system numbers it.
func (c threadClock) id() int { return int(^(int32(c) >> 3)) }

// lockThread ties the goroutine to its thread, so that the thread's clock is its own.
func lockThread() threadClock {
	runtime.LockOSThread()
	return currentThread()
}

func unlockThread() { runtime.UnlockOSThread() }
