package wasm

import "golang.org/x/sys/unix"

// mayExecute says whether this process may make memory executable. A jail may not, and
// interprets modules.
func mayExecute() bool {
	page, err := unix.Mmap(-1, 0, unix.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Munmap(page) }()
	return unix.Mprotect(page, unix.PROT_READ|unix.PROT_EXEC) == nil
}
