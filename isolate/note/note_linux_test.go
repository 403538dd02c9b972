package note_test

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skerry-edge/skerry/isolate/note"
)

// TestAnotherProcess: a parent reads which function its child ran when it died, and how
// long it burned CPU while it lived.
func TestAnotherProcess(t *testing.T) {
	if os.Getenv("SKERRY_NOTE_CHILD") != "" {
		spin()
	}
	t.Parallel()
	n, file, err := note.Create()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = n.Close() }()
	child := exec.Command(os.Args[0], "-test.run=^TestAnotherProcess$")
	child.Env = append(os.Environ(), "SKERRY_NOTE_CHILD=1")
	child.ExtraFiles = []*os.File{file}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	var used time.Duration
	for deadline := time.Now().Add(20 * time.Second); used < 20*time.Millisecond; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the child has burned no CPU time after 20 s")
		}
		r := n.Read()
		if r.Digest == 0 {
			continue
		}
		if used, err = r.CPU(child.Process.Pid); err != nil {
			t.Fatal(err)
		}
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	if r := n.Read(); r.Digest != 99 || r.Budget != time.Hour {
		t.Errorf("after the child's death: got %+v, want the turn it was in", r)
	}
}

// spin is the child: it dies in a turn of function 99.
func spin() {
	runtime.LockOSThread()
	n, err := note.Open(os.NewFile(3, "note"))
	if err != nil {
		panic(err)
	}
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		panic(err)
	}
	n.Begin(99, unix.Gettid(), time.Duration(ts.Nano()), time.Hour)
	for begin := time.Now(); time.Since(begin) < time.Minute; {
		continue
	}
	os.Exit(3)
}

// TestSizeIsFixed: a child can't make its parent read beyond the end of the memory.
func TestSizeIsFixed(t *testing.T) {
	t.Parallel()
	n, file, err := note.Create()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = n.Close(), file.Close() }()
	if err := file.Truncate(0); err == nil {
		t.Error("the memory could be taken away")
	}
	if n.Read() != (note.Running{}) {
		t.Error("the note has changed")
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if err := file.Truncate(4096); err != nil {
		t.Fatal(err)
	}
	if n, err := note.Open(file); err == nil {
		t.Errorf("a file that can shrink was taken: %v", n.Read())
	}
}
