package build_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// watch reports opens of folders, and of what is in them, while the test lasts. The function
// that it returns gives their names since the last call.
func watch(t *testing.T, folders ...string) func() []string {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		t.Skipf("SKIP: no inotify: %v", err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	names := make(map[int32]string)
	for _, folder := range folders {
		wd, err := unix.InotifyAddWatch(fd, folder, unix.IN_OPEN|unix.IN_ACCESS)
		if err != nil {
			t.Fatal(err)
		}
		names[int32(wd)] = folder
	}
	buffer := make([]byte, 64<<10)
	return func() []string {
		n, err := unix.Read(fd, buffer)
		if errors.Is(err, unix.EAGAIN) {
			return nil
		}
		if err != nil {
			t.Fatal(err)
		}
		var opened []string
		for rest := buffer[:n]; len(rest) >= unix.SizeofInotifyEvent; {
			event := (*unix.InotifyEvent)(unsafe.Pointer(&rest[0]))
			end := unix.SizeofInotifyEvent + int(event.Len)
			name := string(bytes.TrimRight(rest[unix.SizeofInotifyEvent:end], "\x00"))
			opened = append(opened, filepath.Join(names[event.Wd], name))
			rest = rest[end:]
		}
		return opened
	}
}

// Not even a look: the kernel says that nothing outside is opened, neither a file nor a
// folder to list, and nothing in the folder that the process works in.
func TestNothingOutsideIsOpened(t *testing.T) {
	// A working folder of its own: tests of other packages read the real one meanwhile.
	working := t.TempDir()
	t.Chdir(working)
	for name := range attacks("") {
		t.Run(name, func(t *testing.T) {
			root, outside := layOutside(t)
			attacks(outside)[name].writeTo(t, root)
			opened := watch(t, working, outside)
			attempt(root, false)
			attempt(root, true)
			if names := opened(); len(names) > 0 {
				t.Errorf("opened: %q", names)
			}
			if _, err := os.ReadFile(filepath.Join(outside, "index.js")); err != nil || len(opened()) == 0 {
				t.Errorf("the watch sees nothing (%v)", err)
			}
		})
	}
}
