package fence_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// attempt is what a guest might do to get out. All must fail in a fenced process.
type attempt struct {
	name string
	free bool // it succeeds in any process that is not fenced: that shows that the attempt is one
	try  func(task) error
}

// result is how an attempt went.
type result struct {
	Name  string
	Error string // empty: it succeeded
	Errno syscall.Errno
}

func attempts(end *childEnd) []attempt {
	list := []attempt{
		{"open a file by its absolute path", true, func(w task) error { return opened(os.Open(filepath.Join(w.Folder, "file"))) }},
		{"open a relative path", true, func(task) error { return opened(os.Open(".")) }},
		{"open a file of the machine", true, func(task) error { return opened(os.Open("/etc/passwd")) }},
		{"open to write", true, func(w task) error { return opened(os.OpenFile(filepath.Join(w.Folder, "file"), os.O_WRONLY, 0)) }},
		{"create a file", true, func(w task) error { return opened(os.Create(filepath.Join(w.Folder, "new"))) }},
		{"create a file without a name", false, func(w task) error { return descriptor(unix.Open(w.Folder, unix.O_TMPFILE|unix.O_RDWR, 0o600)) }},
		{"make a folder", true, func(w task) error { return os.Mkdir(filepath.Join(w.Folder, "folder"), 0o755) }},
		{"make a link", true, func(w task) error { return os.Symlink("/etc/passwd", filepath.Join(w.Folder, "link")) }},
		{"rename", true, func(w task) error {
			return errors.Join(os.Rename(filepath.Join(w.Folder, "file"), filepath.Join(w.Folder, "other")),
				os.Rename(filepath.Join(w.Folder, "other"), filepath.Join(w.Folder, "file")))
		}},
		{"change a mode", true, func(w task) error { return os.Chmod(filepath.Join(w.Folder, "file"), 0o600) }},
		{"truncate", true, func(w task) error { return os.Truncate(filepath.Join(w.Folder, "file"), 3) }},
		{"remove a file", true, func(w task) error { return os.Remove(filepath.Join(w.Folder, "file")) }},
		{"look at a file", true, func(task) error { _, err := os.Stat("/etc/passwd"); return err }},
		{"list a folder", true, func(task) error { _, err := os.ReadDir("/"); return err }},
		{"open its own memory", true, func(task) error { return opened(os.Open("/proc/self/mem")) }},
		{"read its own environment", true, func(task) error { _, err := os.ReadFile("/proc/self/environ"); return err }},
		{"read about its parent", true, func(w task) error { _, err := os.ReadFile(proc(w.Parent, "cmdline")); return err }},
		{"open its parent's memory", false, func(w task) error { return opened(os.Open(proc(w.Parent, "mem"))) }},
		{"open an open file again", true, func(task) error { return opened(os.Open("/proc/self/fd/0")) }},
		{"open a device", true, func(task) error { return opened(os.OpenFile("/dev/null", os.O_RDWR, 0)) }},
		{"open the new way", false, func(task) error {
			return descriptor(unix.Openat2(unix.AT_FDCWD, "/etc/passwd", &unix.OpenHow{Flags: unix.O_RDONLY}))
		}},
		{"open by a handle", false, func(task) error { return call(unix.SYS_OPEN_BY_HANDLE_AT) }},

		{"dial TCP", true, func(w task) error { return dialed(net.Dial("tcp", w.TCP)) }},
		{"dial UDP", true, func(w task) error {
			c, err := net.Dial("udp", w.UDP)
			if err != nil {
				return err
			}
			defer c.Close()
			_, err = c.Write([]byte("hello"))
			return err
		}},
		{"dial a Unix socket", true, func(w task) error { return dialed(net.Dial("unix", w.Unix)) }},
		{"listen on TCP", true, func(task) error { return listening(net.Listen("tcp", "127.0.0.1:0")) }},
		{"listen on a Unix socket", true, func(w task) error { return listening(net.Listen("unix", w.Unix+"-child")) }},
		{"open a raw socket", false, func(task) error { return descriptor(unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)) }},
		{"open a packet socket", false, func(task) error { return descriptor(unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)) }},
		{"open a netlink socket", true, func(task) error { return descriptor(unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW, 0)) }},
		{"make a pair of sockets", true, func(task) error {
			_, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			return err
		}},
		{"make a pipe", true, func(task) error { return unix.Pipe2(make([]int, 2), 0) }},

		{"execute a program", true, func(w task) error { return exec.Command(w.Program).Run() }},
		{"execute a program in its own place", false, func(w task) error { return unix.Exec(w.Program, []string{"true"}, nil) }},
		{"execute a file that has no name", false, func(task) error { return call(unix.SYS_EXECVEAT) }},
		{"make a file in memory", true, func(task) error { return descriptor(unix.MemfdCreate("code", 0)) }},
		{"become another process", false, func(task) error {
			pid, _, errno := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
			if pid == 0 && errno == 0 {
				unix.Exit(9) // the copy
			}
			return errnoOf(errno)
		}},
		{"get memory to execute", true, func(task) error {
			_, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_ANON|unix.MAP_PRIVATE)
			return err
		}},
		{"make memory executable", true, func(task) error {
			b, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
			if err != nil {
				return nil // memory is to be had: this is not the attempt
			}
			return unix.Mprotect(b, unix.PROT_READ|unix.PROT_EXEC)
		}},

		{"see whether its parent lives", true, func(w task) error { return unix.Kill(w.Parent, 0) }},
		{"signal a thread of its parent", true, func(w task) error { return unix.Tgkill(w.Parent, w.Parent, 0) }},
		{"signal all processes", false, func(task) error { return unix.Kill(-1, 0) }},
		{"get a descriptor for its parent", true, func(w task) error { return descriptor(unix.PidfdOpen(w.Parent, 0)) }},
		{"trace its parent", false, func(w task) error { return unix.PtraceAttach(w.Parent) }},
		{"be traced", false, func(task) error { return call(unix.SYS_PTRACE, unix.PTRACE_TRACEME) }},
		{"read its parent's memory", false, func(w task) error {
			var b [8]byte
			local := []unix.Iovec{{Base: &b[0], Len: 8}}
			_, err := unix.ProcessVMReadv(w.Parent, local, []unix.RemoteIovec{{Base: uintptr(unsafe.Pointer(&b)), Len: 8}}, 0)
			return err
		}},
		{"change its parent's limits", false, func(w task) error {
			return unix.Prlimit(w.Parent, unix.RLIMIT_CORE, nil, new(unix.Rlimit))
		}},
		{"raise its own limits", false, func(task) error {
			return unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 1 << 20, Max: 1 << 20})
		}},
		{"become dumpable", true, func(task) error { return unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0) }},
		{"outlive its parent", true, func(task) error { return unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0) }},

		{"mount", false, func(task) error { return unix.Mount("none", "/tmp", "tmpfs", 0, "") }},
		{"change its root", false, func(task) error { return unix.Chroot("/") }},
		{"change its folder", true, func(task) error { return unix.Chdir("/") }},
		{"leave its namespaces", false, func(task) error { return unix.Unshare(unix.CLONE_NEWUSER) }},
		{"enter another namespace", false, func(task) error { return unix.Setns(0, 0) }},
		{"become root", false, func(task) error { return call(unix.SYS_SETRESUID) }},
		{"get a session of its own", false, func(task) error { _, err := unix.Setsid(); return err }},
		{"use a key ring", false, func(task) error { return call(unix.SYS_KEYCTL) }},
		{"add a key", false, func(task) error { return call(unix.SYS_ADD_KEY) }},
		{"load a program into the kernel", false, func(task) error { return call(unix.SYS_BPF) }},
		{"queue calls for the kernel", false, func(task) error { return call(unix.SYS_IO_URING_SETUP, 1) }},
		{"measure others", false, func(task) error { return call(unix.SYS_PERF_EVENT_OPEN) }},
		{"handle page faults", false, func(task) error { return call(unix.SYS_USERFAULTFD, unix.O_CLOEXEC) }},
		{"filter its own calls", false, func(task) error { return call(unix.SYS_SECCOMP, 0, 1) }},
		{"type into the terminal", false, func(task) error { return call(unix.SYS_IOCTL, 0, unix.TIOCSTI) }},
		{"share memory by key", false, func(task) error { return call(unix.SYS_SHMGET, 0, 4096, 0o1600) }},
		{"set the time", false, func(task) error { return call(unix.SYS_CLOCK_SETTIME, 99) }},

		{"read a file that was left open", true, func(task) error {
			_, err := unix.Read(leftOpen, make([]byte, 8))
			return err
		}},
		{"open a file in a folder that it was handed", true, func(task) error {
			folder, err := end.receiveFile()
			if err != nil {
				return nil // it is to be had: this is not the attempt
			}
			defer folder.Close()
			return descriptor(unix.Openat(int(folder.Fd()), "passwd", unix.O_RDONLY, 0))
		}},
	}
	return list
}

// leftOpen is a descriptor that children inherit, and nobody asked to keep.
const leftOpen = 4

func opened(f *os.File, err error) error {
	if err == nil {
		f.Close()
	}
	return err
}

func dialed(c net.Conn, err error) error {
	if err == nil {
		c.Close()
	}
	return err
}

func listening(l net.Listener, err error) error {
	if err == nil {
		l.Close()
	}
	return err
}

func descriptor(fd int, err error) error {
	if err == nil {
		unix.Close(fd)
	}
	return err
}

func proc(pid int, file string) string { return filepath.Join("/proc", strconv.Itoa(pid), file) }

// call makes a system call with arguments that are too bad for it to do anything.
func call(number uintptr, arguments ...uintptr) error {
	var a [6]uintptr
	for i := range a {
		a[i] = ^uintptr(0)
	}
	copy(a[:], arguments)
	_, _, errno := unix.Syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
	return errnoOf(errno)
}

func errnoOf(errno syscall.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}

// receiveFile takes a descriptor that the other side sends.
func (e *parentEnd) receiveFile() (*os.File, error) {
	space := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := e.conn.ReadMsgUnix(make([]byte, 1), space)
	if err != nil {
		return nil, err
	}
	messages, err := unix.ParseSocketControlMessage(space[:n])
	if err != nil || len(messages) != 1 {
		return nil, fmt.Errorf("%d control messages: %w", len(messages), err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fds[0]), "received"), nil
}

func (e *parentEnd) sendFile(f *os.File) error {
	_, _, err := e.conn.WriteMsgUnix([]byte{0}, unix.UnixRights(int(f.Fd())), nil)
	return err
}

// tryAll is the child that tries.
func tryAll(end *childEnd, what task) {
	for _, a := range attempts(end) {
		r := result{Name: a.name}
		if !a.free && !what.Fenced { // it might do what it says
			a.try = func(task) error { return errors.New("not tried") }
		}
		if err := a.try(what); err != nil {
			r.Error = err.Error()
			errors.As(err, &r.Errno)
		}
		if end.out.Encode(r) != nil {
			return
		}
	}
}

// tries starts a child that tries everything and returns what came of it.
func tries(t *testing.T, what task, change func(*exec.Cmd)) []result {
	t.Helper()
	left, err := os.Open("/etc/hostname")
	if err != nil {
		left, err = os.Open("/etc/passwd")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer left.Close()
	c := start(t, "try", what, func(cmd *exec.Cmd) {
		cmd.ExtraFiles = append(cmd.ExtraFiles, left)
		if change != nil {
			change(cmd)
		}
	})
	if c.started.Error != "" {
		t.Fatal(c.started.Error)
	}
	etc, err := os.Open("/etc")
	if err != nil {
		t.Fatal(err)
	}
	defer etc.Close()
	var results []result
	for range attempts(nil) {
		if len(results) == len(attempts(nil))-1 { // the last one waits for a folder
			if err := c.sendFile(etc); err != nil {
				t.Fatal(err)
			}
		}
		var r result
		c.receive(&r)
		results = append(results, r)
	}
	if state := c.wait(); !state.Success() {
		t.Errorf("the child ended with %v\n%s", state, c.stderr.String())
	}
	return results
}

// refusals are the errors of a fence: any other comes from something that merely went wrong.
var refusals = []syscall.Errno{syscall.EPERM, syscall.EACCES, syscall.ENOSYS, syscall.EBADF}

// From inside everything fails, with an error and no worse.
func TestNothingGetsOut(t *testing.T) {
	t.Parallel()
	needFence(t, "seccomp")
	for _, r := range tries(t, surroundings(t), nil) {
		if !slices.Contains(refusals, r.Errno) {
			t.Errorf("%s: error %q, want a refusal", r.Name, r.Error)
		}
	}
}

// The same without root's rights.
func TestNothingGetsOutOfAnotherUser(t *testing.T) {
	t.Parallel()
	needFence(t, "seccomp")
	if os.Getuid() != 0 {
		t.Skip("SKIP: only root can become another user; TestNothingGetsOut has run as this one")
	}
	for _, r := range tries(t, surroundings(t), asNobody(t)) {
		if !slices.Contains(refusals, r.Errno) {
			t.Errorf("%s: error %q, want a refusal", r.Name, r.Error)
		}
	}
}

// asNobody makes a command run as a user who may do nothing, from a folder where that user can
// execute it.
func asNobody(t *testing.T) func(*exec.Cmd) {
	t.Helper()
	dir, err := os.MkdirTemp("", "fence-test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "child")
	if err := os.WriteFile(name, program, 0o755); err != nil {
		t.Fatal(err)
	}
	return func(cmd *exec.Cmd) {
		cmd.Path, cmd.Dir = name, "/"
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	}
}

// What the attempts try can be done where there is no fence: else they would show nothing.
func TestAttemptsAreReal(t *testing.T) {
	t.Parallel()
	what := surroundings(t)
	what.Fenced = false
	list := attempts(nil)
	for i, r := range tries(t, what, nil) {
		if list[i].free && r.Error != "" {
			t.Errorf("%s: %s", r.Name, r.Error)
		}
	}
}
