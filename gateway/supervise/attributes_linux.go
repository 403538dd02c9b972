package supervise

import "syscall"

type processAttributes = syscall.SysProcAttr

// childAttributes make a child end with the thread that starts it, and give it a process
// group of its own, so that a terminal's signals don't reach it.
func childAttributes(cmd *Command) *processAttributes {
	a := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if cmd.Cgroup != nil {
		a.UseCgroupFD, a.CgroupFD = true, int(cmd.Cgroup.Fd())
	}
	return a
}

// successorAttributes let a successor live when we end, without a terminal's signals.
func successorAttributes() *processAttributes { return &syscall.SysProcAttr{Setpgid: true} }
