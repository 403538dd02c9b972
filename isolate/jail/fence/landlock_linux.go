package fence

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// landlock is what the kernel's access control is asked to refuse.
//
// See https://docs.kernel.org/userspace-api/landlock.html. Signals are left to the system call
// filter: some kernels take the threads of one process for strangers to each other
// (LANDLOCK_SCOPE_SIGNAL before Linux 6.15), and Go's runtime signals its threads.
type landlock struct {
	folders []string // can be read still
	version int      // of the kernel's interface; below 1: it has none
}

func pathRules(folders []string) landlock {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		version = 0
	}
	return landlock{folders, int(version)}
}

func (k landlock) available() error {
	if k.version < 1 {
		return errors.New("the kernel has none, or it is not enabled")
	}
	if k.version < landlockAllThreads && cgoEnabled {
		return errCgo
	}
	return nil
}

func (k landlock) note() string {
	what := "no file can be opened"
	if len(k.folders) > 0 {
		what = fmt.Sprintf("nothing but %q can be opened, to be read", k.folders)
	}
	switch {
	case k.version < 3:
		return what + ", but open ones can be truncated (Linux 6.2 prevents that)"
	case k.version < 4:
		return what
	}
	return what + ", and no TCP port can be used"
}

// The versions of the interface that brought more than rights for files. LandlockRead is what a
// folder's rule gives.
const (
	landlockNet        = 4
	landlockAllThreads = 8
	landlockRead       = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
)

// handled returns the rights that the kernel knows of and takes away.
func (k landlock) handled() unix.LandlockRulesetAttr {
	var attr unix.LandlockRulesetAttr
	for _, right := range []struct {
		version int
		bits    uint64
	}{
		{1, unix.LANDLOCK_ACCESS_FS_MAKE_SYM<<1 - 1}, // all up to this one
		{2, unix.LANDLOCK_ACCESS_FS_REFER},
		{3, unix.LANDLOCK_ACCESS_FS_TRUNCATE},
		{5, unix.LANDLOCK_ACCESS_FS_IOCTL_DEV},
		{9, unix.LANDLOCK_ACCESS_FS_RESOLVE_UNIX},
	} {
		if k.version >= right.version {
			attr.Handled_access_fs |= right.bits
		}
	}
	if k.version >= landlockNet {
		attr.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	if k.version >= 10 {
		attr.Handled_access_net |= unix.LANDLOCK_ACCESS_NET_BIND_UDP | unix.LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP
	}
	return attr
}

// restrict puts the rules in force in all threads, and checks that they are.
func (k landlock) restrict() error {
	if err := k.available(); err != nil {
		return err
	}
	attr := k.handled()
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	if errno != 0 {
		return fmt.Errorf("make rules: %w", errno)
	}
	rules := int(fd)
	defer unix.Close(rules)
	for _, folder := range k.folders {
		if err := allowReading(rules, folder); err != nil {
			return err
		}
	}
	if k.version >= landlockAllThreads {
		_, _, errno = unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, unix.LANDLOCK_RESTRICT_SELF_TSYNC, 0)
		if errno != 0 {
			return fmt.Errorf("put rules in force: %w", errno)
		}
	} else if err := onAllThreads(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); err != nil {
		return fmt.Errorf("put rules in force: %w", err)
	}
	return probePaths()
}

// allowReading adds a rule for what is beneath folder. What is not there can't be read anyway.
func allowReading(rules int, folder string) error {
	fd, err := unix.Open(folder, unix.O_PATH|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("allow %s: %w", folder, err)
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return fmt.Errorf("allow %s: %w", folder, err)
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: landlockRead, Parent_fd: int32(fd)}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		rule.Allowed_access = unix.LANDLOCK_ACCESS_FS_READ_FILE
	}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(rules), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("allow %s: %w", folder, errno)
	}
	return nil
}

// probePaths tries what must fail now: to list the root.
func probePaths() error {
	fd, err := unix.Open("/", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err == nil {
		unix.Close(fd)
		return errors.New("the kernel took the rules and does not keep them")
	}
	return nil
}
