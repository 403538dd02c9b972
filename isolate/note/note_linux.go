package note

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// seals keep the memory's size: reading beyond the end of a file that has shrunk would kill
// the reader.
const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL

// Create makes the memory of a note. The file is for a child process to inherit and
// [Open]; the caller closes it once the child has started, and the Note when it no longer
// reads it.
func Create() (*Note, *os.File, error) {
	fd, err := unix.MemfdCreate("skerry-note", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, nil, fmt.Errorf("note: create shared memory: %w", err)
	}
	file := os.NewFile(uintptr(fd), "skerry-note")
	if err = file.Truncate(pageBytes); err == nil {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals)
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("note: size shared memory: %w", err), file.Close())
	}
	n, err := Open(file)
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return n, file, nil
}

// Open returns the note in a file that Create made, here or in another process. The file
// stays the caller's, and may be closed at once.
func Open(file *os.File) (*Note, error) {
	have, err := unix.FcntlInt(file.Fd(), unix.F_GET_SEALS, 0)
	if err != nil || have&seals != seals {
		return nil, fmt.Errorf("note: %s is no note", file.Name())
	}
	info, err := file.Stat()
	if err != nil || info.Size() != pageBytes {
		return nil, fmt.Errorf("note: %s is no note", file.Name())
	}
	mapped, err := unix.Mmap(int(file.Fd()), 0, pageBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("note: map shared memory: %w", err)
	}
	return &Note{page: (*page)(unsafe.Pointer(&mapped[0])), mapped: mapped}, nil
}

// Close gives the memory back. The Note must not be used any more; what another process
// has of it stays.
func (n *Note) Close() error {
	if n.mapped == nil {
		return nil
	}
	mapped := n.mapped
	n.mapped, n.page = nil, nil
	return unix.Munmap(mapped)
}

// CPU returns how long the turn has been burning CPU in the process pid, which noted it and
// lives: what its thread has used since the turn began, as the kernel counts it. It may lag
// by a few milliseconds.
func (r Running) CPU(pid int) (time.Duration, error) {
	path := "/proc/" + strconv.Itoa(pid) + "/task/" + strconv.Itoa(r.Thread) + "/schedstat"
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("note: %w", err)
	}
	used, err := parseSchedstat(string(text))
	if err != nil {
		return 0, fmt.Errorf("note: %s: %w", path, err)
	}
	return max(0, used-r.Began), nil
}

// parseSchedstat returns the first number of a thread's schedstat: nanoseconds on a
// processor.
//
// Source: https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat
func parseSchedstat(text string) (time.Duration, error) {
	first, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	n, err := strconv.ParseInt(first, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is no number of nanoseconds", first)
	}
	return time.Duration(n), nil
}
