//go:build unix

package supervise

import "syscall"

// terminate asks a process to end.
const terminate = syscall.SIGTERM
