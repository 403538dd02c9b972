//go:build unix

package supervise

import (
	"os"
	"runtime"
	"syscall"
)

// forkExec starts a program with files as its 0, 1, 2 and so on. It is os.StartProcess
// without one of its effects, which is to make the files blocking: a listening socket's
// mode is shared by all processes that have it.
func forkExec(path string, args, env []string, files []*os.File, attributes *processAttributes) (*os.Process, error) {
	fds := make([]uintptr, len(files))
	for i, f := range files {
		raw, err := f.SyscallConn()
		if err != nil {
			return nil, err
		}
		if err := raw.Control(func(fd uintptr) { fds[i] = fd }); err != nil {
			return nil, err
		}
	}
	pid, _, err := syscall.StartProcess(path, append([]string{path}, args...), &syscall.ProcAttr{Env: env, Files: fds, Sys: attributes})
	runtime.KeepAlive(files)
	if err != nil {
		return nil, &os.PathError{Op: "fork/exec", Path: path, Err: err}
	}
	// The number is the child's for as long as nobody has waited for it.
	return os.FindProcess(pid)
}
