//go:build !unix

package gateway

// openFilesReserve is how many files are kept for others than clients: stores, logs, fetch.
const openFilesReserve = 256

// openFilesMax returns how many files this process may have open: there is no limit to ask
// for here.
func openFilesMax() int { return 1 << 20 }
