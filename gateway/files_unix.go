//go:build unix

package gateway

import "syscall"

// openFilesReserve is how many files are kept for others than clients: stores, logs, fetch.
const openFilesReserve = 256

// openFilesMax returns how many files this process may have open.
func openFilesMax() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024
	}
	return int(min(max(uint64(limit.Cur), 2*openFilesReserve), 1<<20))
}
