package fence_test

import (
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/skerry-edge/skerry/isolate/jail/fence"
)

// hog takes memory, once it is told to, until it is stopped.
func hog(end *childEnd, _ task) {
	var goAhead int
	if end.in.Decode(&goAhead) != nil {
		return
	}
	var kept [][]byte
	for {
		b := make([]byte, 1<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		kept = append(kept, b)
		if len(kept) > 4096 { // a bound that doesn't hold must not take the machine
			return
		}
		runtime.KeepAlive(kept)
	}
}

// A child that takes more than its group has dies alone, and it is known why.
func TestGroupBoundsMemory(t *testing.T) {
	t.Parallel()
	groups := fence.OpenGroups()
	if !groups.Layers().InForce(fence.LayerMemory) {
		t.Skipf("SKIP: %s", groups.Layers())
	}
	limits := fence.Limits{MemoryBytes: 96 << 20, ProcessesMax: 64}
	var children [2]*child
	var around [2]*fence.Group
	for i, role := range []string{"hog", "answer"} {
		group, err := groups.New("test "+role, limits)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { group.Close() }) // after the child's end, for a test that fails before
		children[i] = start(t, role, task{Fenced: true}, func(cmd *exec.Cmd) { group.StartIn(cmd.SysProcAttr) })
		if err := group.Add(children[i].cmd.Process.Pid); err != nil {
			t.Fatal(err)
		}
		around[i] = group
	}
	if err := around[1].Close(); err == nil {
		t.Error("a group is gone though it has a process")
	}
	children[0].send(1)
	status := children[0].wait().Sys().(syscall.WaitStatus)
	if !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Errorf("the child that takes memory ended with %v, want a kill", children[0].cmd.ProcessState)
	}
	children[1].send(7)
	var pong int
	children[1].receive(&pong)
	children[1].conn.Close()
	children[1].wait()
	for i, want := range []int{1, 0} {
		if n, err := around[i].OOMKills(); n != want || err != nil {
			t.Errorf("group %d: %d kills, want %d (%v)", i, n, want, err)
		}
		if n, err := around[i].PeakBytes(); err != nil || n > limits.MemoryBytes+1<<20 { // the kernel counts in batches
			t.Errorf("group %d: at most %d bytes of %d (%v)", i, n, limits.MemoryBytes, err)
		}
		if err := around[i].Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestDataBytes(t *testing.T) {
	t.Parallel()
	c := start(t, "hog", task{Fenced: true, DataBytes: 256 << 20}, nil)
	if !c.started.Layers.InForce(fence.LayerData) {
		t.Skipf("SKIP: %s", c.started.Layers.Missing())
	}
	c.send(1)
	state := c.wait()
	if text := c.stderr.String(); state.ExitCode() != 2 || !strings.Contains(text, "out of memory") && !strings.Contains(text, "cannot allocate memory") {
		t.Errorf("the child ended with %v\n%s", state, text)
	}
}
