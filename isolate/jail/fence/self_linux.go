package fence

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// self puts the layers in force, those first that need what later ones take away.
func self(cfg Config) (Layers, error) {
	// Some layers are a thread's, given to all others from here.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var l Layers
	if cfg.Parent != 0 {
		if err := dieWith(cfg.Parent); err != nil {
			return l, err
		}
		l.add(LayerParent, fmt.Sprintf("the process ends with its parent, %d", cfg.Parent))
	}
	clearEnvironment(cfg.Env)
	l.add(LayerEnvironment, "the environment is empty but for what was asked for")
	if err := closeOthers(cfg.Keep); err != nil {
		return l, err
	}
	l.add(LayerDescriptors, "nothing is open but what was asked for")
	l.addUnless(limit(cfg.OpenFilesMax), LayerLimits, fmt.Sprintf("no core file, no file grows, at most %d descriptors", cfg.OpenFilesMax))
	if cfg.DataBytes > 0 {
		l.addUnless(limitData(cfg.DataBytes), LayerData, fmt.Sprintf("at most %d MB of private memory", cfg.DataBytes>>20))
	}
	l.addUnless(unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0), LayerUndumpable, "other processes of its user can't read its memory")
	l.addUnless(dropCapabilities(), LayerCapabilities, "the process has no capabilities")

	paths := pathRules(cfg.ReadFolders)
	noNewPrivs := forbidPrivileges()
	landlocked := paths.restrict()
	l.addUnless(landlocked, LayerLandlock, paths.note())
	filtered := installFilter(len(cfg.ReadFolders) > 0)
	if filtered == nil {
		noNewPrivs = nil // the kernel gave it to all threads, with the filter
	}
	l.addUnless(noNewPrivs, LayerNoNewPrivs, "nothing gives it more rights")
	l.addUnless(filtered, LayerSeccomp, "no system calls but those of a program that computes and talks over what it has")
	return l, nil
}

// Available says which layers [Self] would put in force, as far as can be told without doing it.
func Available() Layers {
	var l Layers
	paths := pathRules(nil)
	l.addUnless(paths.available(), LayerLandlock, paths.note())
	l.addUnless(filterAvailable(), LayerSeccomp, "the kernel filters system calls")
	return l
}

// dieWith has the kernel kill this process with its parent, which must be there.
func dieWith(parent int) error {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("ask to die with process %d: %w", parent, err)
	}
	if os.Getppid() != parent { // looked at after asking: it may have died before
		return ErrOrphan
	}
	return nil
}

// limit sets resource limits, for good: soft and hard ones.
func limit(openFilesMax int) error {
	for _, r := range []struct {
		resource int
		name     string
		value    uint64
	}{
		{unix.RLIMIT_CORE, "RLIMIT_CORE", 0},
		{unix.RLIMIT_FSIZE, "RLIMIT_FSIZE", 0},
		{unix.RLIMIT_MEMLOCK, "RLIMIT_MEMLOCK", 0},
		{unix.RLIMIT_MSGQUEUE, "RLIMIT_MSGQUEUE", 0},
		{unix.RLIMIT_NOFILE, "RLIMIT_NOFILE", uint64(openFilesMax)},
	} {
		if err := setLimit(r.resource, r.value); err != nil {
			return fmt.Errorf("set %s: %w", r.name, err)
		}
	}
	return nil
}

func setLimit(resource int, value uint64) error {
	var old unix.Rlimit
	if err := unix.Getrlimit(resource, &old); err != nil {
		return err
	}
	value = min(value, old.Max)
	return unix.Setrlimit(resource, &unix.Rlimit{Cur: value, Max: value})
}

func limitData(bytes int64) error {
	if raceEnabled {
		return errors.New("a build with the race detector sets aside more than any bound")
	}
	return setLimit(unix.RLIMIT_DATA, uint64(bytes))
}

// errCgo says why a layer that each thread must put on itself is missing.
var errCgo = errors.New("the program was built with cgo, and has threads that can't be reached")

// onAllThreads makes a system call in each thread.
func onAllThreads(trap, a1, a2, a3 uintptr) error {
	_, _, errno := syscall.AllThreadsSyscall(trap, a1, a2, a3)
	switch errno {
	case 0:
		return nil
	case syscall.ENOTSUP:
		return errCgo
	}
	return errno
}

func dropCapabilities() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	return onAllThreads(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&none)), 0)
}

// forbidPrivileges sets no_new_privs. In a build with cgo this thread alone has it, which
// suffices for a filter of system calls to give it to the others.
func forbidPrivileges() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	return onAllThreads(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0)
}
