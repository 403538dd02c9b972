package supervise_test

import (
	"time"

	"golang.org/x/sys/unix"
)

// threadCPU is the CPU clock of the calling thread.
func threadCPU() time.Duration {
	var ts unix.Timespec
	unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts)
	return time.Duration(ts.Nano())
}
