package load

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// timerFile waits with a timer of the kernel's that the poller is told of at once. Timers of
// the runtime are up to a millisecond late in a process that has nothing else to do, which
// is more than many a request takes.
//
// Spec: timerfd_create(2)
type timerFile struct {
	fd   int
	file *os.File
}

// newWaiter returns the most precise waiter there is.
func newWaiter() waiter {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return timerWaiter{}
	}
	return &timerFile{fd: fd, file: os.NewFile(uintptr(fd), "timer")}
}

func (t *timerFile) close() { _ = t.file.Close() }

func (t *timerFile) until(ctx context.Context, at time.Time) error {
	// The runtime can wait far longer than ctx must be able to cut short.
	if far := time.Until(at) - 50*time.Millisecond; far > 0 {
		if err := (timerWaiter{}).until(ctx, at.Add(-50*time.Millisecond)); err != nil {
			return err
		}
	}
	wait := time.Until(at)
	if wait <= 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(wait))}
	if err := unix.TimerfdSettime(t.fd, 0, &spec, nil); err != nil {
		return (timerWaiter{}).until(ctx, at)
	}
	var expirations [8]byte
	if _, err := t.file.Read(expirations[:]); err != nil {
		return (timerWaiter{}).until(ctx, at)
	}
	return ctx.Err()
}
