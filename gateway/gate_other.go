//go:build !unix

package gateway

// pending can't tell here, and lets Accept find out.
func pending(uintptr) bool { return true }
