//go:build linux && (amd64 || arm64)

package fence

import "golang.org/x/sys/unix"

// allowed are the system calls of a Go program that computes, and talks over what it has open.
// Those that Go makes most come first.
func allowed(pid uint64, readFiles bool) []allowance {
	list := always(
		// What goes in and out, of what is open.
		unix.SYS_READ, unix.SYS_WRITE, unix.SYS_EPOLL_PWAIT, unix.SYS_RECVMSG, unix.SYS_SENDMSG,
		unix.SYS_READV, unix.SYS_WRITEV, unix.SYS_PREAD64, unix.SYS_EPOLL_CTL, unix.SYS_EPOLL_CREATE1, unix.SYS_EVENTFD2,
		unix.SYS_CLOSE, unix.SYS_SHUTDOWN, unix.SYS_FSTAT, unix.SYS_GETSOCKOPT, unix.SYS_GETSOCKNAME, unix.SYS_GETPEERNAME,
		// Threads and time.
		unix.SYS_FUTEX, unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP, unix.SYS_CLOCK_GETTIME, unix.SYS_CLOCK_GETRES,
		unix.SYS_GETTIMEOFDAY, unix.SYS_SCHED_YIELD, unix.SYS_SCHED_GETAFFINITY, unix.SYS_GETRUSAGE,
		unix.SYS_GETPID, unix.SYS_GETTID, unix.SYS_GETPPID, unix.SYS_SET_ROBUST_LIST, unix.SYS_RSEQ,
		// Memory.
		unix.SYS_MADVISE, unix.SYS_MUNMAP, unix.SYS_BRK, unix.SYS_GETRANDOM,
		// Signals, of its own threads.
		unix.SYS_RT_SIGRETURN, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGACTION, unix.SYS_SIGALTSTACK, unix.SYS_RESTART_SYSCALL,
		unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
	)
	list = append(list,
		when(unix.SYS_TGKILL, is(0, pid)),
		when(unix.SYS_KILL, is(0, pid)),
		when(unix.SYS_MMAP, without(2, unix.PROT_EXEC)),
		when(unix.SYS_MPROTECT, without(2, unix.PROT_EXEC)),
		when(unix.SYS_PRCTL, is(0, unix.PR_SET_VMA)), // the runtime names its memory
		when(unix.SYS_CLONE, is(0, threadOfGo), is(0, threadOfGo|unix.CLONE_SETTLS), is(0, threadOfC)),
		when(unix.SYS_FCNTL, is(1, unix.F_GETFL), is(1, unix.F_SETFL), is(1, unix.F_GETFD), is(1, unix.F_SETFD), is(1, unix.F_DUPFD_CLOEXEC)),
	)
	if readFiles {
		const change = unix.O_ACCMODE | unix.O_CREAT | unix.O_TRUNC | unix.O_APPEND | unix.O_TMPFILE&^unix.O_DIRECTORY
		list = append(list, when(unix.SYS_OPENAT, without(2, change)))
		list = append(list, always(unix.SYS_NEWFSTATAT, unix.SYS_STATX, unix.SYS_GETDENTS64, unix.SYS_READLINKAT, unix.SYS_LSEEK, unix.SYS_GETCWD)...)
	}
	return list
}

// absent are calls that programs try first and do without.
func absent() []uint32 {
	return []uint32{unix.SYS_CLONE3, unix.SYS_OPENAT2, unix.SYS_SPLICE, unix.SYS_SENDFILE, unix.SYS_COPY_FILE_RANGE, unix.SYS_EPOLL_PWAIT2}
}

// The flags with which a thread is made, and nothing but a thread: by Go's runtime, which adds
// CLONE_SETTLS on some processors, and by the C library where the program is linked with it.
const (
	threadOfGo = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_SYSVSEM | unix.CLONE_THREAD
	threadOfC  = threadOfGo | unix.CLONE_SETTLS | unix.CLONE_PARENT_SETTID | unix.CLONE_CHILD_CLEARTID
)
