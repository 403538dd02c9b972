//go:build unix && !linux

package supervise

import "syscall"

type processAttributes = syscall.SysProcAttr

// childAttributes give a child a process group of its own, so that a terminal's signals
// don't reach it.
func childAttributes(*Command) *processAttributes { return &syscall.SysProcAttr{Setpgid: true} }

// successorAttributes let a successor live when we end, without a terminal's signals.
func successorAttributes() *processAttributes { return &syscall.SysProcAttr{Setpgid: true} }
