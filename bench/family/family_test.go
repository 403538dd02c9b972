package family_test

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"

	"github.com/skerry-edge/skerry/bench/family"
)

// TestFamily reads of this process and of a child's child.
func TestFamily(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: families are read from /proc")
	}
	// The shell says that its child runs, and both wait until their input ends.
	shell := exec.Command("sh", "-c", "(echo on; cat) ; true")
	in, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := shell.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = shell.Wait()
	})
	if _, err := out.Read(make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	all, err := family.Of(os.Getpid())
	if err != nil || all[0] != os.Getpid() || !slices.Contains(all, shell.Process.Pid) || len(all) < 3 {
		t.Errorf("got %v, %v, want %d, %d and its child", all, err, os.Getpid(), shell.Process.Pid)
	}
	own, err := family.Resident(os.Getpid())
	if err != nil || own < 1<<20 {
		t.Errorf("this process holds %d bytes, %v", own, err)
	}
	if whole, err := family.Resident(os.Getpid(), shell.Process.Pid); err != nil || whole <= 0 {
		t.Errorf("both hold %d bytes, %v", whole, err)
	}
	if _, err := family.CPU(os.Getpid()); err != nil {
		t.Error(err)
	}
	if _, err := family.CPU(1 << 30); err == nil {
		t.Error("a process that is not there has used CPU time")
	}
	if _, err := family.Resident(1 << 30); err == nil {
		t.Error("a process that is not there holds memory")
	}
}
