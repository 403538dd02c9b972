package fence

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// closeOthers closes what the process was started with and keep doesn't name. Those descriptors
// are known by not being closed at exec: Go opens none like that. What the process has opened
// itself belongs to some value of Go's, so that it is an error instead.
func closeOthers(keep []syscall.Conn) error {
	kept := []int{0, 1, 2}
	for _, c := range keep {
		raw, err := c.SyscallConn()
		if err == nil {
			err = raw.Control(func(fd uintptr) { kept = append(kept, int(fd)) })
		}
		if err != nil {
			return fmt.Errorf("find the descriptor to keep: %w", err)
		}
	}
	open, err := descriptors()
	if err != nil {
		return fmt.Errorf("list what is open: %w", err)
	}
	for _, fd := range open {
		if slices.Contains(kept, fd) {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err != nil { // closed since it was listed, as that which listed it
			continue
		}
		if flags&unix.FD_CLOEXEC == 0 {
			unix.Close(fd)
			continue
		}
		if target, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd)); err == nil && !runtimeOwned(target) {
			return &OpenError{fd, target}
		}
	}
	return nil
}

// runtimeOwned says whether Go's runtime has opened target for itself: to wait for descriptors,
// and to know the processors that its control group may use. None of it leads anywhere.
func runtimeOwned(target string) bool {
	switch path.Base(target) {
	case "anon_inode:[eventpoll]", "anon_inode:[eventfd]", "cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us":
		return true
	}
	return false
}

// descriptors lists the open ones.
func descriptors() ([]int, error) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil, err
	}
	open := make([]int, 0, len(entries))
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil {
			open = append(open, fd)
		}
	}
	return open, nil
}
