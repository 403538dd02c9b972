//go:build !unix

package supervise

import "syscall"

type processAttributes = syscall.SysProcAttr

func childAttributes(*Command) *processAttributes { return nil }

func successorAttributes() *processAttributes { return nil }
