//go:build !linux

package redistest

import "syscall"

// dieWithParent is Linux's. Elsewhere a server outlives a test process that is killed.
func dieWithParent() *syscall.SysProcAttr { return nil }
